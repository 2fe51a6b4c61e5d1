"""Who can read a case: let somebody in with rights, a reason and an end, shut somebody out; and who has read it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TypeAlias

from casework.access import ADVOCATE
from casework.auditing import AUDITOR
from casework.client.desk import RemoteDesk
from casework.errors import CaseInputError, NotFoundError, RefusedError, SessionError
from casework.report.telling import Level, Telling
from casework.vocabulary import Group, codes
from casework.vocabulary.words import Words, words
from console.web.languages import translations
from console.web.officer.fields import printing
from console.web.officer.opening import at_desk, kept_of
from console.web.visit import Answer, Elsewhere, Page, Table, Visit

COLUMNS = ("officer", "rights", "until", "given_by", "reason")
LOG_COLUMNS = ("entry", "hour", "officer", "did", "cases", "purpose", "fields")
Line: TypeAlias = tuple[int | str, ...]
MAX_LINES = 200  # of the log on one page; a file holds all


@at_desk
def show(visit: Visit, desk: RemoteDesk) -> Answer:
    """Everybody who was ever let into a case."""
    return _page(visit, desk, kept_of(visit, desk), {}, 200)


@at_desk
def take_away(visit: Visit, desk: RemoteDesk) -> Answer:
    """The same as a file; in the language of the page where it is printed."""
    if printing(visit):
        said, gettext = words(visit.language), translations(visit.language).gettext
        told = [
            (
                one.officer_id,
                said.listed(said.code("right", right) for right in codes("right") if right in one.rights),
                str(one.expires_on or ""),
                one.granted_by,
                one.reason,
            )
            for one in desk.grants(visit.asks("id"))
        ]
        header = (
            gettext("Officer"),
            gettext("Rights"),
            said.field("until"),
            gettext("Given by"),
            said.field("reason"),
        )
        return Table(gettext("Who can read it"), header, tuple(told))
    rows = [
        (one.officer_id, ";".join(sorted(one.rights)), str(one.expires_on or ""), one.granted_by, one.reason)
        for one in desk.grants(visit.asks("id"))
    ]
    return Table("access", COLUMNS, tuple(rows))


@at_desk
def take(visit: Visit, desk: RemoteDesk) -> Answer:
    """Let somebody in, or shut them out."""
    uid, who, reason = visit.asks("id"), visit.says("officer"), visit.says("reason").strip()
    rights = frozenset(visit.form.get("rights", ()))
    values = {
        "officer": who,
        "reason": reason,
        "until": visit.says("until"),
        "rights": ",".join(sorted(rights)),
    }
    faults = {} if reason else {"reason": "needed"}
    until = None
    try:
        until = date.fromisoformat(values["until"]) if values["until"] else None
    except ValueError:
        faults["until"] = "write a day like 2015-03-14"
    if faults:
        return _page(visit, desk, values, faults, 422)
    try:
        if visit.says("act") == "shut_out":
            desk.shut_out(uid, who, reason, for_good=visit.says("knows") == "yes")
        else:
            desk.let_in(uid, who, rights | {"read"}, reason, until)
    except (CaseInputError, RefusedError) as error:
        if error.reason in {SessionError.reason, NotFoundError.reason}:
            raise
        return _page(visit, desk, values, {"": str(error)}, 422)
    return Elsewhere(f"/case/access?id={uid}&done=yes")


def _page(
    visit: Visit, desk: RemoteDesk, values: Mapping[str, str], faults: Mapping[str, str], status: int
) -> Answer:
    said = words(visit.language)
    telling = Telling(said, Level.INTERNAL)
    case = desk.read(visit.asks("id"))
    rows = [
        (
            one,
            said.listed(said.code("right", right) for right in codes("right") if right in one.rights),
            telling.day(one.expires_on) if one.expires_on else "",
        )
        for one in desk.grants(case.uid)
    ]
    facts = {
        "case": case,
        "rows": rows,
        "officers": [
            (one.officer_id, said.listed(said.code("role", role) for role in sorted(one.roles)))
            for one in desk.colleagues()
            if one.roles
        ],
        "rights": [(right, said.code("right", right)) for right in codes("right") if right != "read"],
        "values": values,
        "faults": faults,
        "names": {"reason": said.field("reason"), "until": said.field("until")},
        "advocate": ADVOCATE in desk.officer.roles,
        "done": bool(visit.asks("done")),
        "words": said,
    }
    return Page("officer/access.html", facts, status)


def _log(visit: Visit, desk: RemoteDesk) -> list[Line]:
    return [
        (
            one.number,
            f"{datetime.fromtimestamp(one.entry.at, UTC):%Y-%m-%d %H:00}",
            one.entry.officer,
            one.words,
            ";".join(one.cases),
            one.entry.purpose,
            ";".join(one.entry.groups),
        )
        for one in desk.read_log(visit.asks("case"), visit.asks("officer"))
    ]


@at_desk
def show_log(visit: Visit, desk: RemoteDesk) -> Answer:
    """Who read or wrote what: all of it for auditors, of one case for who holds it; the latest first."""
    said = words(visit.language)
    mine = bool(visit.asks("case")) or AUDITOR in desk.officer.roles
    rows = _log(visit, desk) if mine else []
    facts = {
        "rows": [_told(row, said) for row in rows[: -MAX_LINES - 1 : -1]],
        "all": len(rows),
        "choose": not mine,
        "asked": {name: visit.asks(name) for name in ("case", "officer")},
        "words": said,
    }
    return Page("officer/log.html", facts)


def _told(row: Line, said: Words) -> Line:
    """An entry with its codes in words."""
    *first, cases, purpose, groups = map(str, row)
    told = (
        said.code("right", "read" if group == Group.CASE else group) for group in groups.split(";") if group
    )
    return (*first, cases.replace(";", " "), said.code("read_purpose", purpose), said.apart(told))


@at_desk
def take_log(visit: Visit, desk: RemoteDesk) -> Answer:
    """All of it as a file; in the language of the page where it is printed."""
    rows = tuple(_log(visit, desk))
    if not printing(visit):
        return Table("audit", LOG_COLUMNS, rows)
    said, gettext = words(visit.language), translations(visit.language).gettext
    header = (
        "#",
        said.word("say", "when"),
        gettext("Officer"),
        said.field("act"),
        said.word("say", "case"),
        said.field("purpose"),
        gettext("Opened"),
    )
    told = (_told(row, said) for row in rows)
    return Table(
        gettext("Who has read what"),
        header,
        tuple((*row[:3], gettext(str(row[3])), *row[4:]) for row in told),
    )
