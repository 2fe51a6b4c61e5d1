"""Evidence of a case: secure a file, verify it, hand it on, take it out; each act stands in its chain of custody."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO

from casework.casefile import CaseFile
from casework.client.desk import RemoteDesk
from casework.errors import CaseInputError, EvidenceError, NotFoundError, RefusedError, SessionError
from casework.evidence import Item, item_of, items
from casework.report.telling import Level, Telling
from casework.span import Range
from casework.vocabulary import kinds
from casework.vocabulary.words import words
from console.saying import complete
from console.verbs import Verb
from console.web.officer.fields import (
    asked_of,
    fault_of,
    own_of,
    printing,
    request_id_of,
    statement_of,
    typed_of,
)
from console.web.officer.opening import at_desk, kept_of
from console.web.visit import Answer, Document, Elsewhere, Page, Table, Upload, Visit

MAX_BYTES = (
    64 << 20
)  # of a file: it is held in memory alone until it is sealed; larger ones take the command line
COLUMNS = (
    "item",
    "kind",
    "copy",
    "derived_from",
    "name",
    "size",
    "sha256",
    "verified_on",
    "result",
    "destroyed",
)
_ADDED = "evidence_added"
_ASKED = ("evidence", "kind", "derived_from", "collected_by", "method")
_ACTS = frozenset({"verify", "transfer"})
_NEW = Verb(("evidence", "add"), _ADDED, "", "evidence:E")
_BLOCK = 1 << 20
_END = re.compile(r"\.[A-Za-z0-9]{1,5}")


class Pieces:
    """A file that was sent, piece by piece, as often as it is gone through."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        self._content.seek(0)
        while piece := self._content.read(_BLOCK):
            yield piece


@at_desk
def show(visit: Visit, desk: RemoteDesk) -> Answer:
    """Every item with its hash and its chain of custody, and the forms of what can be done with it."""
    return _page(visit, desk, desk.read(visit.asks("id")), kept_of(visit, desk), {}, 200)


@at_desk
def take_away(visit: Visit, desk: RemoteDesk) -> Answer:
    """The list as a file; in the language of the page where it is printed."""
    found = items(desk.read(visit.asks("id")))
    if not printing(visit):
        return Table("evidence", COLUMNS, tuple(map(_cells, found)))
    said = words(visit.language)
    lists = {"kind": "evidence_kind", "copy": "copy", "result": "met"}
    rows = [
        tuple(
            said.code(lists[name], str(cell)) if name in lists and cell else cell
            for name, cell in zip(COLUMNS, _cells(one), strict=True)
            if name != "destroyed"
        )
        for one in found
        if not one.is_destroyed
    ]
    header = (
        said.field("evidence"),
        *(said.field(name) for name in COLUMNS[1:-3]),
        said.code("custody_act", "verify"),
    )
    return Table(said.word("say", "evidence"), (*header, said.field("result")), tuple(rows))


def _cells(one: Item) -> tuple[str | int | None, ...]:
    seen = one.verified
    size = one.added.fields.get("size")
    return (
        one.id,
        *(one.added.text(name) for name in ("kind", "copy", "derived_from", "name")),
        size.low if isinstance(size, Range) else None,
        one.digest,
        str(seen.when) if seen else "",
        seen.text("result") if seen else "",
        "yes" if one.is_destroyed else "no",
    )


@at_desk
def take(visit: Visit, desk: RemoteDesk) -> Answer:
    """Seal a file as a new item, or write down an act of custody."""
    uid, act = visit.asks("id"), visit.says("act")
    case = desk.read(uid)
    typed = typed_of(_ADDED, visit.form)
    try:
        if act in _ACTS:
            fields = ("by", "to", "purpose") if act == "transfer" else ()
            said = {name: visit.says(name).strip() for name in fields if visit.says(name).strip()}
            desk.handle_evidence(uid, visit.says("item"), act, said, request_id=request_id_of(visit))
            return Elsewhere(f"/case/evidence?id={case.uid}&done={act}")
        faults = _added(visit, desk, case, typed)
    except (CaseInputError, RefusedError) as error:
        if error.reason in {SessionError.reason, NotFoundError.reason}:
            raise
        faults = fault_of(_ADDED, error)
    if faults:
        given = {name: values[0] for name, values in visit.form.items()}
        return _page(visit, desk, case, {**given, **typed}, faults, 422)
    return Elsewhere(f"/case/evidence?id={case.uid}&done=collect")


def _added(visit: Visit, desk: RemoteDesk, case: CaseFile, typed: Mapping[str, str]) -> dict[str, str]:
    """Seal what was sent; or say what is wrong with it."""
    sent: tuple[Upload, ...] = visit.files.get("file", ())
    if not sent:
        return {"file": "needed"}
    origin = typed.get("derived_from", "")
    given = {
        **{name: typed[name] for name in _ASKED if name in typed and name != "derived_from"},
        "name": sent[0].name[-200:],
        "copy": "redacted" if origin else "original",
    }
    whole = {**complete(case, _NEW, given, desk.officer), "sha256": "0" * 64, "size": "0"}
    said, faults = statement_of(_ADDED, whole, own_of(visit.form), desk.today)
    if said is None:
        return faults
    fields = {name: value for name, value in said.fields.items() if name not in {"sha256", "size"}}
    whole_said = said.__class__(said.kind, said.when, fields)
    request_id = request_id_of(visit)
    desk.add_evidence(case.uid, whole_said, Pieces(sent[0].content), origin, request_id=request_id)
    return {}


@at_desk
def content(visit: Visit, desk: RemoteDesk) -> Answer:
    """The content of an item as a file, once it is written down who took it out and what for."""
    case = desk.read(visit.asks("id"))
    try:
        one = item_of(case, visit.says("item"))
        size = one.added.fields.get("size")
        if isinstance(size, Range) and size.high > MAX_BYTES:
            raise EvidenceError("it is larger than a page gives: `tocsin case evidence extract`")
        if not visit.says("purpose").strip():
            raise EvidenceError("say what for")
        whole = b"".join(desk.evidence_content(case.uid, one.id, visit.says("purpose").strip()))
    except (CaseInputError, RefusedError) as error:
        if error.reason in {SessionError.reason, NotFoundError.reason}:
            raise
        return _page(visit, desk, case, {}, {"": str(error)}, 422)
    end = _END.search(one.added.text("name")[-6:])
    return Document(f"{case.name}-{one.id}{end[0] if end else ''}", "application/octet-stream", whole)


def _page(
    visit: Visit,
    desk: RemoteDesk,
    case: CaseFile,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
    status: int,
) -> Answer:
    said = words(visit.language)
    telling, fields = Telling(said, Level.INTERNAL), kinds()[_ADDED].fields
    acts = kinds()["custody"].fields
    names = ("by", "to", "purpose", "before", "after", "result")
    rows = [
        (
            one,
            said.code("evidence_kind", one.added.text("kind")),
            said.code("copy", one.added.text("copy")),
            [
                (
                    telling.span(act.when),
                    said.code("custody_act", act.text("act")),
                    act.recorded_by,
                    [
                        (said.field(name), telling.value(acts[name], act.fields[name]))
                        for name in names
                        if name in act.fields
                    ],
                )
                for act in one.acts
            ],
        )
        for one in items(case)
    ]
    facts = {
        "case": case,
        "items": rows,
        "fields": [asked_of(case, fields[name], said) for name in _ASKED],
        "values": complete(
            case, _NEW, {name: text for name, text in typed.items() if name in fields}, desk.officer
        ),
        "typed": typed,
        "request_id": visit.says("request_id") or typed.get("request_id") or request_id_of(visit),
        "fresh": request_id_of(replace(visit, form={})),
        "faults": faults,
        "names": {
            **{name: said.field(name) for name in (*fields, *acts)},
            "file": said.code("right", "evidence"),
        },
        "done": said.code("custody_act", visit.asks("done"))
        if visit.asks("done") in {*_ACTS, "collect"}
        else "",
        "megabytes": MAX_BYTES >> 20,
        "words": said,
    }
    return Page("officer/evidence.html", facts, status)
