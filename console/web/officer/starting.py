"""Open a case."""

import secrets
from collections.abc import Mapping

from casework.casefile import CaseFile
from casework.client.desk import RemoteDesk
from casework.errors import RefusedError, SessionError
from casework.vocabulary import kinds
from casework.vocabulary.words import words
from console.errors import NoPageError
from console.web.officer.fields import asked_of, fault_of, own_of, request_id_of, statement_of, typed_of
from console.web.officer.opening import at_desk
from console.web.visit import Answer, Elsewhere, Page, Visit

OPENED = "opened"
_FIELDS = ("categories", "host_state", "place", "owner", "sensitivity", "no_incident", "title")


@at_desk
def ask(visit: Visit, desk: RemoteDesk) -> Answer:
    """The form; other things of a case are said once it is there."""
    kept = visit.works.desks.take(visit.who.key, visit.page, desk.officer.officer_id, visit.now)
    usual = {"owner": desk.officer.officer_id, "sensitivity": "normal"}
    return opening_form(visit, desk, typed_of(OPENED, kept) if kept else usual, {})


@at_desk
def take(visit: Visit, desk: RemoteDesk) -> Answer:
    """Open it, and go there."""
    typed = typed_of(OPENED, visit.form)
    values = {name: typed[name] for name in _FIELDS if name in typed}
    whole = {**values, "public_ref": secrets.token_hex(8)}
    statement, faults = statement_of(OPENED, whole, own_of(visit.form), desk.today)
    if statement is None:
        return opening_form(visit, desk, values, faults)
    owners = () if values["owner"] == desk.officer.officer_id else (values["owner"],)
    try:
        uid = desk.open_for(statement, owners, request_id=request_id_of(visit))
    except RefusedError as error:
        if error.reason == SessionError.reason:
            raise
        return opening_form(visit, desk, values, fault_of(OPENED, error))
    return Elsewhere(f"/case?id={uid}&done={OPENED}")


def opening_form(
    visit: Visit,
    desk: RemoteDesk,
    values: Mapping[str, str],
    faults: Mapping[str, str],
    from_report: str = "",
) -> Answer:
    """The form of a new case, also of one that is opened from an anonymous report of that name."""
    if not kinds()[OPENED].roles & desk.officer.roles:
        raise NoPageError("there is no such page")
    said, fields = words(visit.language), kinds()[OPENED].fields
    empty = CaseFile("", (), (), desk.today, desk.today)
    facts = {
        "fields": [asked_of(empty, fields[name], said) for name in _FIELDS],
        "values": values,
        "faults": faults,
        "names": {name: said.field(name) for name in fields},
        "request_id": request_id_of(visit),
        "page": visit.page,
        "from_report": from_report,
        "words": said,
    }
    return Page("officer/opening.html", facts, 422 if faults else 200)
