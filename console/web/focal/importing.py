"""The import wizard: send a file, see what it is and what it would change, then take it in or not."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from urllib.parse import parse_qs, urlencode

from console.errors import ChangedError, EntryError
from console.importing import COUNTS, looks_cut
from console.web.focal.waiting import ONE_FILE_BYTES, keep_files
from console.web.tray import Waiting
from console.web.visit import Answer, Document, Elsewhere, Fields, Page, Visit
from console.web.wording import in_text
from console.web.workbooks import read_in_any_language, workbook_in
from node.errors import InputError, ProfileError
from node.intake import Publication, read_profile, rejects_workbook
from node.intake import built_in as built_in_profiles
from node.record import Foreseen, foresee, import_publication
from node.store.records import Imported

SHOWN = 20  # changes, and refused rows, that a page shows; the workbook has all that was refused
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WHOLE = {"": None, "whole": True, "part": False}


def ask(visit: Visit) -> Answer:
    """The form that a file is sent with."""
    return _form(visit, "gone" if visit.asks("gone") else "")


def take(visit: Visit) -> Answer:
    """Keep a file until somebody has decided about it; nothing is imported."""
    token = keep_files(visit, "file", "profile")
    return Elsewhere(f"/import/preview?{urlencode({'file': token})}") if token else _form(visit, "none", 422)


def look(visit: Visit) -> Answer:
    """Show what the file is and what it would change; nothing is changed."""
    kept = _kept(visit, visit.asked)
    return _preview(visit, kept, visit.asked, visit.query) if kept else Elsewhere("/import?gone=1")


def take_in(visit: Visit) -> Answer:
    """Import what was shown; where what it would change is something else meanwhile, it is shown again instead."""
    asked: Fields = {name: tuple(values) for name, values in parse_qs(visit.says("asked")).items()}
    kept = _kept(visit, asked)
    if not kept:
        return Elsewhere("/import?gone=1")
    publication = _read(visit, kept, asked)
    if visit.says("seen") != _digest(*foresee(visit.store, publication, visit.now)):
        changed = ChangedError(
            "what it would change is something else than you saw; nothing was taken in yet"
        )
        return _preview(visit, kept, asked, visit.says("asked"), changed)
    done = import_publication(visit.store, publication, sha256(kept["file"].content).digest(), visit.now)
    visit.works.tray.drop(visit.sitting.key)
    return Page("focal/imported.html", {"done": done, "counts": _counts(done)})


def forget(visit: Visit) -> Answer:
    """Do not import the file, and forget it."""
    visit.works.tray.drop(visit.sitting.key)
    return Elsewhere("/import")


def refused_rows(visit: Visit) -> Answer:
    """The rows that can not be taken in, each with its reasons, as a workbook to correct and send again."""
    kept = _kept(visit, visit.asked)
    if not kept:
        return Elsewhere("/import?gone=1")
    rows = rejects_workbook(_read(visit, kept, visit.asked), partial(in_text, visit.language))
    return Document("refused-rows.xlsx", XLSX, rows)


def empty_workbook(visit: Visit) -> Answer:
    """The workbook with drop-downs that people fill in without a line, in their language."""
    return Document("incidents.xlsx", XLSX, workbook_in(visit.language))


def _form(_visit: Visit, fault: str, status: int = 200) -> Page:
    facts = {
        "fault": fault,
        "most": ONE_FILE_BYTES >> 20,
        "sources": [one.title for one in built_in_profiles() if one.name != "own"],
    }
    return Page("focal/import.html", facts, status)


def _preview(
    visit: Visit,
    kept: Mapping[str, Waiting],
    asked: Fields,
    query: str,
    changed: ChangedError | None = None,
) -> Page:
    facts: dict[str, object] = {
        "name": kept["file"].name,
        "digest": sha256(kept["file"].content).hexdigest(),
        "asked": query,
        "file": asked["file"][0],
        "published": asked.get("published", ("",))[0],
        "whole": asked.get("whole", ("",))[0],
        "fault": "",
        "changed": str(changed) if changed else "",
        "publication": None,
        "counts": {},
    }
    try:
        publication = _read(visit, kept, asked)
        facts |= {
            "publication": publication,
            "warnings": publication.warnings,
            "rejects": publication.rejects[:SHOWN],
        }
        done, changes = foresee(visit.store, publication, visit.now)
    except (InputError, EntryError) as error:
        return Page("focal/import_preview.html", {**facts, "fault": str(error)}, 422)
    facts |= {
        "counts": _counts(done),
        "changes": changes[:SHOWN],
        "more": max(0, len(changes) - SHOWN),
        "done": done,
        "cut": looks_cut(done, len(publication.rows)),
        "seen": _digest(done, changes),
    }
    return Page("focal/import_preview.html", facts, 409 if changed else 200)


def _kept(visit: Visit, asked: Fields) -> Mapping[str, Waiting]:
    return visit.works.tray.find(visit.sitting.key, asked.get("file", ("",))[0], visit.now)


def _read(visit: Visit, kept: Mapping[str, Waiting], asked: Fields) -> Publication:
    """The file as the intake reads it, by what the link says of it."""
    file, by = kept["file"], kept.get("profile")
    try:
        profile = read_profile(by.content.decode()) if by else None
    except UnicodeDecodeError as error:
        raise ProfileError("the profile is not text in UTF-8") from error
    whole = _WHOLE.get(asked.get("whole", ("",))[0])
    published = _day(asked.get("published", ("",))[0])
    return read_in_any_language(file.content, file.name, published, visit.now.date(), profile, whole=whole)


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise EntryError({"published": "write it like 2026-03-14"}) from error


def _counts(done: Imported) -> dict[str, int]:
    return {name: getattr(done, name) for name in COUNTS}


def _digest(done: Imported, changes: tuple[Foreseen, ...]) -> str:
    """What a page shows of what would change, in 32 bytes; when it is asked does not matter."""
    return sha256(repr((_counts(done), done.kept, done.changed, changes)).encode()).hexdigest()
