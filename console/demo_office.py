"""The office of a demo: an officer, an approver, and cases as reports of the United Nations tell them, all made up."""

from datetime import date, timedelta

from casework.workplace import Workplace
from console.home import Home
from console.office import Office
from console.saying import make_statement

OFFICER = "officer"
APPROVER = "approver"
_ROLES = {
    APPROVER: frozenset({"approver"}),
    OFFICER: frozenset({"accountability_officer", "country_focal_point"}),  # as in a small organization
}
# Kind of event, how many days ago, and what is said of it.
_Story = tuple[tuple[str, int, dict[str, str]], ...]
_DETENTION: _Story = (
    ("incident", 92, {"place": "on the road"}),
    ("person_added", 90, {"person": "P1", "harm": "detained", "cause": "violence", "staff": "national"}),
    ("person_added", 90, {"person": "P2", "harm": "detained", "cause": "violence", "staff": "national"}),
    ("detention_started", 92, {"detention": "D1", "persons": "P1, P2", "authority": "police"}),
    ("counterpart_added", 90, {"counterpart": "C1", "authority": "foreign_ministry", "state": "CMR"}),
    ("registered", 89, {}),
    (
        "letter_sent",
        88,
        {"letter": "L1", "kind": "note_verbale", "counterpart": "C1", "document": "a" * 64},
    ),
    ("access_requested", 88, {"access": "X1", "detention": "D1", "kind": "legal_counsel"}),
    ("charged", 40, {"proceeding": "J1", "state": "CMR", "accused": "A1", "charge": "aiding"}),
)
_KILLING: _Story = (
    ("incident", 410, {"place": "near a distribution point"}),
    ("person_added", 409, {"person": "P1", "harm": "dead", "cause": "violence", "staff": "national"}),
    ("counterpart_added", 405, {"counterpart": "C1", "authority": "foreign_ministry", "state": "SSD"}),
    ("registered", 405, {}),
    (
        "letter_sent",
        400,
        {"letter": "L1", "kind": "note_verbale", "counterpart": "C1", "document": "b" * 64},
    ),
)
_CASES: tuple[tuple[str, str, str, int, _Story], ...] = (
    ("detention", "CMR", "Two drivers at a checkpoint", 90, _DETENTION),
    ("death_violence", "SSD", "A nurse on the way to work", 408, _KILLING),
)


def make_office(home: Home) -> None:
    """Make the office of a node, with two officers whose keys have no passphrase, and cases that both see.

    Raises:
        CaseworkError: It can not be made.
    """
    office = Office(home)
    try:
        founder = office.enrol(APPROVER, None)
        office.found(APPROVER, _ROLES[APPROVER], founder)
        keys = office.enrol(OFFICER, None)
        admitted = (keys.signer.public_key, keys.seal.public_key)
        office.admit(office.desk(APPROVER, None), OFFICER, _ROLES[OFFICER], admitted)
        desk = office.desk(OFFICER, None)
        for number, (category, state, title, days, story) in enumerate(_CASES, 1):
            about = {
                "categories": category,
                "host_state": state,
                "title": title,
                "sensitivity": "normal",
                "owner": OFFICER,
                "public_ref": f"demo{number:04}",
                "no_incident": "not_recorded",
            }
            uid = desk.open_for(make_statement("opened", about, "", _day(desk, days), None))
            desk.let_in(uid, APPROVER, frozenset({"read", "write"}), "decides with the officer")
            for what, ago, given in story:
                when = _day(desk, ago)
                desk.say(uid, make_statement(what, given, str(when), when, None))
    finally:
        office.database.store.close()


def _day(desk: Workplace, ago: int) -> date:
    return desk.today - timedelta(days=ago)
