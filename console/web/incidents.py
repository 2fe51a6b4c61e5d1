"""Pages of incidents: the list with its filters, one incident, what is held, reporting and completing."""

import re
import secrets
from dataclasses import replace
from hashlib import sha256
from urllib.parse import quote, urlencode

from console.cells import Cell
from console.errors import ChangedError, EntryError, NoPageError
from console.selection import one_revision
from console.web.drafts import drop_draft, find_draft
from console.web.effects import effect_rows
from console.web.entries import CHOICES, GROUPS, changed, new_incident, rows_of, typed_of, values_of
from console.web.listing import MAX_HELD, filters_of, find_all, find_held, find_page, standing_of
from console.web.visit import Answer, Elsewhere, Page, Table, Visit
from node.document import write_document
from node.errors import QueryError
from node.intake import Publication, Row
from node.model import Incident, Outcome
from node.record import import_publication
from node.store.records import Current, current, current_by_record, record_ids_by_key

SOURCE = "own"  # as in the workbook that `tocsin template` writes
KEY_BYTES = 3
_ONCE = re.compile(f"[0-9a-f]{{{2 * KEY_BYTES}}}")
COLUMNS = (
    "record",
    "when",
    "country",
    "admin1",
    "admin2",
    "settlement",
    "cause",
    "means",
    *Outcome,
    "certainty",
)
HELD_COLUMNS = (*COLUMNS[:6], "means", "rule", "why", "what_would_release_it")


def list_incidents(visit: Visit) -> Answer:
    """Own incidents, newest first, as the filters in the link say."""
    found = find_page(visit)
    return Page("incidents.html", {"found": found, "filters": filters_of(visit)})


def take_away(visit: Visit) -> Answer:
    """The whole list as a file, without what people wrote in their own words."""
    rows = tuple(_cells(one) for one in find_all(visit))
    return Table("incidents", COLUMNS, rows)


def take_held(visit: Visit) -> Answer:
    """What is held as a file, with the rule, why, and what would release it."""
    found = find_held(visit, MAX_HELD)
    if found.fault:
        raise QueryError(found.fault)
    rows = [
        (*_cells(row.one)[:6], row.one.incident.means, row.hold.rule, row.hold.reason, row.hold.release)
        for row in found.rows
        if row.hold is not None
    ]
    return Table("held", HELD_COLUMNS, tuple(rows))


def _cells(one: Current) -> tuple[Cell, ...]:
    incident, where = one.incident, one.incident.where
    place = (where.country, where.admin1, where.admin2, where.settlement)
    counts = (incident.count(outcome) for outcome in Outcome)
    return one.name, str(incident.when), *place, incident.cause, incident.means, *counts, incident.certainty


def show_incident(visit: Visit) -> Answer:
    """One incident: all that we hold, who has it, and what holds it."""
    one = _current(visit)
    (standing,) = standing_of(visit, [one])
    mine = one.name.startswith(f"{SOURCE}:")
    return Page("incident.html", {"one": one, "standing": standing, "groups": GROUPS if mine else {}})


def report(visit: Visit) -> Answer:
    """The form of the three fields that saving takes; a link may fill some in."""
    typed = find_draft(visit.store, visit.who.key, visit.page) or typed_of(visit.asked)
    return _form("report.html", "first", typed)


def take_report(visit: Visit) -> Answer:
    """Save a new incident; the rest can follow at once or later."""
    try:
        incident = new_incident(visit.form)
    except EntryError as error:
        return _form("report.html", "first", typed_of(visit.form), error)
    key = _key(visit, incident)
    _save(visit, key, incident)
    drop_draft(visit.store, visit.who.key, visit.page)
    return Elsewhere(f"/reported?{urlencode({'id': f'{SOURCE}:{key}'})}")


def reported(visit: Visit) -> Answer:
    """Say that a report was saved; whoever only reports sees no more of it."""
    return Page("reported.html", {"name": visit.asks("id")[:80]})


def complete(visit: Visit) -> Answer:
    """The form of one group of fields of an incident."""
    one, group = _own(visit), _group(visit)
    typed = find_draft(visit.store, visit.who.key, visit.page)
    values = values_of(one.incident) | typed
    basis = typed.get("basis") or one.digest.hex()
    return _form("complete.html", group, values, one=one, basis=basis)


def take_completion(visit: Visit) -> Answer:
    """Save one group of fields as another revision."""
    one, group = _own(visit), _group(visit)
    try:
        incident = changed(one.incident, group, visit.form)
        same = write_document(incident) == write_document(one.incident)  # as when it is sent a second time
        if not same:
            _check_basis(one, visit.says("basis"))
    except (EntryError, ChangedError) as error:
        return _form("complete.html", group, typed_of(visit.form), error, one=one, basis=one.digest.hex())
    _, _, key = one.name.partition(":")
    if not same:
        _save(visit, key, incident)
    drop_draft(visit.store, visit.who.key, visit.page)
    return Elsewhere(f"/incident?id={quote(one.name)}")


def list_held(visit: Visit) -> Answer:
    """Own incidents that no rule lets leave, with the reason and what would release them."""
    return Page("held.html", {"found": find_held(visit), "filters": filters_of(visit)})


def _form(
    template: str,
    group: str,
    values: dict[str, str],
    error: EntryError | ChangedError | None = None,
    **more: object,
) -> Page:
    faults = error.faults if isinstance(error, EntryError) else {"": str(error)} if error else {}
    facts = {"group": group, "fields": GROUPS[group], "values": values, "faults": faults, "choices": CHOICES}
    once = values.get("once", "") or secrets.token_hex(KEY_BYTES)
    rows = {"rows": rows_of(values), "effect_rows": effect_rows(values), "once": once}
    return Page(template, {**facts, **rows, **more}, 422 if error else 200)


def _key(visit: Visit, incident: Incident) -> str:
    """What a new incident is called: the same for a form that is sent a second time, but never that of another one."""
    once = visit.says("once")
    name = once if _ONCE.fullmatch(once) else secrets.token_hex(KEY_BYTES)
    key = f"{visit.now:%Y%m%d}-{name}"
    with visit.store.read() as connection:
        ids = record_ids_by_key(connection, SOURCE, [key])
        known = current_by_record(connection, list(ids.values()))
    if any(write_document(one.incident) != write_document(incident) for one in known.values()):
        return f"{visit.now:%Y%m%d}-{secrets.token_hex(KEY_BYTES)}"
    return key


def _save(visit: Visit, key: str, incident: Incident) -> None:
    """Take an incident in as a part of what this organization tells: the way that its workbook takes."""
    today = visit.now.date()
    rows = (Row(1, key, replace(incident, sensitive=frozenset()), ()),)
    part = Publication(SOURCE, today, "today", (), rows, (), (), whole=False)
    import_publication(visit.store, part, sha256(write_document(incident).encode()).digest(), visit.now)


def _current(visit: Visit) -> Current:
    try:
        revision = one_revision(visit.store, visit.asks("id"))
    except QueryError as error:
        raise NoPageError("there is no such page") from error
    with visit.store.read() as connection:
        found = current(connection, [revision])
    if not found:
        raise NoPageError("there is no such page")
    return found[0]


def _own(visit: Visit) -> Current:
    """An incident that people write down here; those of published data sets are corrected by their source."""
    one = _current(visit)
    if not one.name.startswith(f"{SOURCE}:"):
        raise NoPageError("there is no such page")
    return one


def _check_basis(one: Current, basis: str) -> None:
    if basis != one.digest.hex():
        raise ChangedError("somebody else changed this incident meanwhile; look at it and save again")


def _group(visit: Visit) -> str:
    group = visit.asks("group")
    if group not in GROUPS:
        raise NoPageError("there is no such page")
    return group
