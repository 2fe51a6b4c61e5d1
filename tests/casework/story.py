"""Events of a case without keys or a database, for rules that look at nothing else."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from casework.casefile import CaseFile, fold
from casework.deadlines import Clock, JointAnswer, clocks
from casework.event import Event, Statement, check_statement
from casework.span import parse_span
from casework.values import Value, parse_value
from casework.vocabulary import kinds
from casework.vocabulary.deadlines import Rules, usual_rules

UID = "5" * 32


def day(text: str) -> date:
    return date.fromisoformat(text)


class Story:
    """What was said of one case so far; texts become values as on the command line."""

    def __init__(self, opened: str = "2026-01-05", **about: str) -> None:
        self.events: list[Event] = []
        self._numbers = count(1)
        usual = {
            "categories": "death_violence",
            "host_state": "SSD",
            "sensitivity": "normal",
            "owner": "ops-1",
            "public_ref": "a1b2",
            "no_incident": "not_recorded",
        }
        self.say("opened", opened, **{**usual, **about})

    def say(
        self, what: str, when: str, known: str = "", by: str = "ops-1", replaces: str = "", **said: str
    ) -> Event:
        """Add one event; it is known on its last day unless another is given. A trailing _ frees a Python word."""
        table = kinds()[what].fields
        fields: dict[str, Value] = {
            (name := key.rstrip("_")): parse_value(table[name], text) for key, text in said.items()
        }
        span = parse_span(when)
        known_on = day(known) if known else span.latest
        check_statement(Statement(what, span, fields, known_on), date.max)
        number = next(self._numbers)
        at = datetime(known_on.year, known_on.month, known_on.day, tzinfo=UTC) + timedelta(seconds=number)
        event = Event(
            f"{number:032x}", what, span, known_on, at, by, fields, supersedes=replaces, sequence=number
        )
        self.events.append(event)
        return event

    def registered(self, when: str = "2026-01-05", *, incident: str = "2026-01-04") -> "Story":
        """Register it, with one person and one incident, as most stories need."""
        self.say("incident", incident, known=when)
        self.say("person_added", when, person="P1", harm="dead", cause="violence")
        self.say("registered", when)
        return self

    def letter(self, letter: str, when: str, *, known: str = "", **said: str) -> Event:
        """Send a note verbale, or what else is said."""
        usual = {"kind": "note_verbale", "counterpart": "C1", "document": hash_of(letter)}
        return self.say("letter_sent", when, known, letter=letter, **{**usual, **said})

    def answer(self, answer: str, letter: str, when: str, kind: str = "reply", known: str = "") -> Event:
        """Receive an answer."""
        return self.say("answer_received", when, known, answer=answer, letter=letter, kind=kind)

    def case(self, today: str | date, known: str | date | None = None) -> CaseFile:
        """The case file as of a day."""
        as_of = day(today) if isinstance(today, str) else today
        known_on = day(known) if isinstance(known, str) else known
        return fold(UID, self.events, as_of, known_on or as_of)

    def clocks(
        self,
        today: str | date,
        known: str | date | None = None,
        rules: Rules | None = None,
        parties: frozenset[str] = frozenset(),
        elsewhere: tuple[JointAnswer, ...] = (),
    ) -> dict[str, Clock]:
        """Its clocks by name as of a day."""
        as_of = day(today) if isinstance(today, str) else today
        found = clocks(self.case(as_of, known), as_of, rules or usual_rules(), parties, elsewhere)
        assert len({clock.key for clock in found}) == len(found)
        return {clock.key: clock for clock in found}


def hash_of(name: str) -> str:
    """A digest that stands for a document of that name."""
    return name.encode().hex().ljust(64, "0")[:64]
