"""An office beside a console: officers with keys and cases, and its server, which the console asks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from casework.event import Statement
from casework.sessions import Sessions
from casework.workplace import Workplace
from console.home import Home
from console.office import Office
from console.saying import make_statement
from console.web.visit import Works
from tests.casework.remote import opens, serving

OFFICERS = {
    "boss": "approver",
    "ops": "accountability_officer",
    "other": "accountability_officer",
    "focal": "country_focal_point",
    "care": "survivor_advocate",
    "law": "legal_adviser",
    "ears": "auditor",
}
ABOUT = {"sensitivity": "normal", "owner": "ops", "public_ref": "a1b2c3d4", "no_incident": "not_recorded"}


def say(desk: Workplace, uid: str, what: str, days: int = 0, **given: str) -> None:
    """Say something that happened so many days ago; a trailing _ frees a Python word."""
    when = desk.today - timedelta(days=days)
    desk.say(uid, statement(what, when, **given))


def statement(what: str, when: date, **given: str) -> Statement:
    """What happened on a day."""
    return make_statement(
        what, {name.rstrip("_"): text for name, text in given.items()}, str(when), when, None
    )


class Staffed:
    """An office with an officer in each role, none of whom has a passphrase."""

    def __init__(self, home: Home) -> None:
        self.office = Office(home)
        founder = self.office.enrol("boss", None)
        self.office.found("boss", frozenset({"approver"}), founder)
        boss = self.office.desk("boss", None)
        for name, role in OFFICERS.items():
            if name != "boss":
                made = self.office.enrol(name, None)
                self.office.admit(
                    boss, name, frozenset({role}), (made.signer.public_key, made.seal.public_key)
                )
        self.desks = {name: self.office.desk(name, None) for name in OFFICERS}

    def detention(self) -> str:
        """A case of a detention, with a letter that nobody answered, which the approver and the adviser see too."""
        ops = self.desks["ops"]
        opened = statement(
            "opened",
            ops.today - timedelta(days=90),
            categories="detention",
            host_state="CMR",
            title="Two drivers",
            **ABOUT,
        )
        uid = ops.open_for(opened)
        say(ops, uid, "incident", 92, place="on the road")
        say(
            ops,
            uid,
            "person_added",
            90,
            person="P1",
            harm="detained",
            cause="violence",
            nationalities="FRA",
            staff="national",
        )
        say(ops, uid, "detention_started", 92, detention="D1", persons="P1", authority="police")
        say(ops, uid, "counterpart_added", 90, counterpart="C1", authority="foreign_ministry", state="CMR")
        for name in ("boss", "law", "focal"):
            ops.let_in(uid, name, frozenset({"read", "write"}), "works on it")
        say(self.desks["focal"], uid, "registered", 89)
        say(
            ops, uid, "letter_sent", 88, letter="L1", kind="note_verbale", counterpart="C1", document="a" * 64
        )
        say(ops, uid, "access_requested", 88, access="X1", detention="D1", kind="legal_counsel")
        say(ops, uid, "charged", 40, proceeding="J1", state="CMR", accused="A1", charge="aiding")
        return uid


@contextmanager
def staffed(works: Works) -> Iterator[Staffed]:
    """Staff an office beside a console, and serve it."""
    made = Staffed(works.home)
    with serving(Sessions(opens(made.office), time.monotonic, lambda _seconds: None)) as where:
        before, works.desks.dial = works.desks.dial, lambda _home: where.desk()
        try:
            yield made
        finally:
            works.desks.clear()
            works.desks.dial = before
            made.office.database.store.close()
