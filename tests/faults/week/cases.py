"""Cases that are followed in the week: what was said of each, and, by a model that counts day by day, what it comes to.

The model knows the rules as docs/casework.md tells them and none of the code: D1 three days, D2 seven, D4 fourteen, D5
sixty, and days on hold do not count.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import NamedTuple

from casework.about import status_subject
from casework.answering import send, take_fetched
from casework.deadlines import ClockState
from casework.desk import Desk
from casework.errors import SummaryError
from casework.event import Statement
from casework.joining import candidates, confirm
from casework.lifecycle import State
from casework.publishing import Us, propose, publish, revoke
from casework.signedfile import read_line
from casework.span import on
from casework.store.post import posted
from casework.summary import SUMMARY_TYPE
from casework.values import Value
from console.for_cases import CaseDatabase
from tests.casework.federation import GROUP_KEY, KILLED
from tests.faults.week.hands import Hands, Work

ROLES = {"ops": "accountability_officer", "focal": "country_focal_point"}
MOST_CASES = 3
MUTUAL = "CAF"  # where two organizations were hit by one incident
JOINT, JOINT_LETTER = "LJ", "ab" * 32
HIT = date(2026, 11, 18)  # when that was
DAYS = {"D1": 3, "D2": 7, "D4": 14, "D5": 60}
ONE = timedelta(days=1)


class Said(NamedTuple):
    """One thing that was said of a case: by which officer, and under which request."""

    officer: str
    statement: Statement
    request: str

    @property
    def day(self) -> date:
        """When it happened."""
        return self.statement.when.earliest


@dataclass
class Case:
    """What was decided about one case.

    Attributes:
        ref: Its public reference.
        opening: What was said when it was opened.
        said: What was said since then.
        is_told: Whether members are to know how it stands.
        number: The greatest under which members were told of it, or that they are told no more; 0 if they never were.
        partner: The case of another organization about the same incident.
    """

    ref: str
    opening: tuple[Said, ...]
    said: list[Said] = field(default_factory=list)
    uid: str = ""
    is_told: bool = False
    number: int = 0
    partner: "Case | None" = None

    @property
    def told(self) -> list[Said]:
        """Everything, in order."""
        return [*self.opening, *self.said]

    def of(self, kind: str) -> list[Said]:
        """What was said of a kind."""
        return [one for one in self.told if one.statement.kind == kind]

    @property
    def last_day(self) -> date:
        """The latest day of which something was said."""
        return max(one.day for one in self.told)

    @property
    def is_held(self) -> bool:
        """Whether it is on hold."""
        return len(self.of("hold_set")) > len(self.of("hold_lifted"))

    @property
    def is_joint(self) -> bool:
        """Whether others were hit too."""
        return self.opening[0].statement.fields["host_state"] == MUTUAL

    @property
    def letters(self) -> dict[str, date]:
        """Letters that were sent, and when."""
        return {str(one.statement.fields["letter"]): one.day for one in self.of("letter_sent")}

    def answers(self, letter: str) -> Iterator[tuple[str, date]]:
        """What came in on a letter, here or at a co-sender: its kind and when."""
        both = [self, self.partner] if letter == JOINT and self.partner else [self]
        for one in both:
            for said in one.of("answer_received"):
                if said.statement.fields["letter"] == letter:
                    yield str(said.statement.fields["kind"]), said.day

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.is_held:
            return State.ON_HOLD
        if any(any(self.answers(one)) for one in self.letters):
            return State.ENGAGED
        if self.letters:
            return State.AWAITING_GOVERNMENT
        return State.REGISTERED if self.of("registered") else State.DRAFT

    def clocks(self, day: date) -> Mapping[str, tuple[ClockState, date | None]]:
        """What D1, D2, D4 and D5 say on a day, and until when what they ask for can still be done."""
        found = {
            "D1": self._clock("D1", self.opening[0].day, [one.day for one in self.of("registered")], day)
        }
        for one in self.of("registered"):
            found["D2"] = self._clock("D2", one.day, list(self.letters.values()), day)
        for letter, sent in self.letters.items():
            answers = list(self.answers(letter))
            found[f"D4:{letter}"] = self._clock("D4", sent, [when for _, when in answers], day)
            replies = [when for kind, when in answers if kind == "reply"]
            found[f"D5:{letter}"] = self._clock("D5", sent, replies, day)
        return found

    def _clock(self, rule: str, start: date, stops: list[date], day: date) -> tuple[ClockState, date | None]:
        if stops and min(stops) <= day:
            return ClockState.MET, None
        due, left = start, DAYS[rule]
        while left or self._is_held_on(due):
            left -= not self._is_held_on(due)
            due += ONE
        return (ClockState.MISSED if day > due else ClockState.OPEN), due

    def _is_held_on(self, day: date) -> bool:
        lifted = [one.day for one in self.of("hold_lifted")] + [date.max]
        return any(one.day <= day < until for one, until in zip(self.of("hold_set"), lifted, strict=False))

    def again(self) -> Iterable[Work]:
        """All that was said of it so far, for an office that was put back as it was before some of it."""
        yield self.opens()
        for one in self.said:
            yield partial(says, uid=self.uid, said=one)

    def telling(self, *, anew: bool) -> Work:
        """Let members know how it stands, or that they are told no more; anew, or so that all know what was told last.

        An office that was put back gave some numbers already, and nobody takes them twice.
        """
        at_least = self.number + (anew or self.is_told)
        if self.is_told:
            return partial(publishes, uid=self.uid, at_least=at_least)
        return partial(takes_back, uid=self.uid, ref=self.ref, at_least=at_least)

    def opens(self) -> Work:
        """Open it."""
        return partial(opens, said=self.opening)

    def saying(self, officer: str, kind: str, day: date, /, **fields: Value) -> Work:
        """Decide to say something of it."""
        statement = Statement(kind, on(day), fields, known_on=day)
        said = Said(officer, statement, f"{self.ref} {len(self.said)}")
        self.said.append(said)
        return partial(says, uid=self.uid, said=said)


def new_case(chance: Random, host_state: str, day: date, incident: date) -> Case:
    """A case of somebody who was killed, whose family lets others know how it stands."""
    ref = f"{chance.getrandbits(64):016x}"
    about: dict[str, Value] = {"categories": ("death_violence",), "host_state": host_state, "owner": "ops"}
    about |= {"public_ref": ref, "sensitivity": "normal", "no_incident": "not_recorded"}
    consent: dict[str, Value] = {"person": "P1", "purpose": "share_status", "answer": "yes"}
    listed: tuple[tuple[str, date, Mapping[str, Value]], ...] = (
        ("opened", day, about),
        ("incident", incident, {}),
        ("person_added", day, KILLED),
        ("consent_recorded", day, consent),
    )
    said = (
        Said("focal", Statement(kind, on(when), fields, known_on=day), ref) for kind, when, fields in listed
    )
    return Case(ref, tuple(said))


def steps(case: Case, chance: Random, day: date) -> Iterator[Work]:
    """What officers do of a case on a day, if anything."""
    if not case.of("registered"):
        if chance.random() < 0.6:
            yield case.saying("focal", "registered", day)
        return
    waiting = [one for one in case.letters if "reply" not in {kind for kind, _ in case.answers(one)}]
    if waiting and chance.random() < 0.4:
        kind, number = chance.choice(("acknowledgement", "reply")), len(case.of("answer_received")) + 1
        letter = chance.choice(waiting)
        yield case.saying("ops", "answer_received", day, answer=f"A{number}", letter=letter, kind=kind)
    if case.is_held:
        if chance.random() < 0.5:
            yield case.saying("ops", "hold_lifted", day, reason="it is safe again")
        return
    if chance.random() < 0.4:
        yield from sends_letter(case, f"L{len(case.letters) + 1}", day, f"{chance.getrandbits(256):064x}")
    if chance.random() < 0.15:
        yield holds(case, day)


def holds(case: Case, day: date) -> Work:
    """Put it on hold."""
    return case.saying("ops", "hold_set", day, reason="safety", review_on=day + timedelta(days=20))


def sends_letter(case: Case, name: str, day: date, document: str, **more: Value) -> Iterator[Work]:
    """Send a letter to the government."""
    state = case.opening[0].statement.fields["host_state"]
    if not case.letters:
        yield case.saying(
            "ops", "counterpart_added", day, counterpart="C1", authority="foreign_ministry", state=state
        )
    fields: dict[str, Value] = {"letter": name, "kind": "note_verbale", "counterpart": "C1"}
    yield case.saying("ops", "letter_sent", day, **fields, document=document, **more)


# What is done at the node


def opens(hands: Hands, said: tuple[Said, ...]) -> str:
    """Open a case; gives its uid."""
    assert hands.office is not None
    people = hands.office.officers()
    statement, *then = (one.statement for one in said)
    desk = _desk(hands, said[0].officer)
    return desk.open_case(statement, (people["ops"], people["boss"]), then=then, request_id=said[0].request)


def says(hands: Hands, uid: str, said: Said) -> None:
    """Say something of a case."""
    _desk(hands, said.officer).say(uid, said.statement, request_id=said.request)


def publishes(hands: Hands, uid: str, at_least: int) -> int:
    """Tell members how a case stands; gives the number, which is printed too."""
    number = 0
    while number < at_least:
        propose(_desk(hands, "ops"), uid)
        number = publish(_desk(hands, "boss"), uid, _us(hands), "nobody is near the place any more").number
    return number


def takes_back(hands: Hands, uid: str, ref: str, at_least: int) -> int:
    """Tell members that they are told no more, unless it was done; gives the number."""
    while True:
        with CaseDatabase(hands.node.store).read() as connection:
            last = posted(connection, hands.node.org_id, status_subject(ref))
        stands = last is not None and read_line(last.line).payload_type == SUMMARY_TYPE
        if last is not None and not stands and last.number >= at_least:
            return last.number
        if stands:
            revoke(_desk(hands, "ops"), uid, _us(hands))
        else:
            publishes(hands, uid, 1)


def confirms(hands: Hands, uid: str) -> None:
    """Confirm that members have cases about the same incident, where they do and it was not done."""
    desk = _desk(hands, "ops")
    for one in candidates(desk, uid, hands.node.org_id):
        if not one.by_us:
            confirm(desk, uid, _us(hands), one.claim.origin)


def passes_on(hands: Hands, uid: str) -> None:
    """Pass on to co-senders what came in, if the case is joint yet."""
    _unless_done(SummaryError, lambda: send(_desk(hands, "ops"), uid, _us(hands)))


def takes_answers(hands: Hands) -> None:
    """Write down what came in at co-senders."""
    take_fetched(_desk(hands, "ops"), hands.node.org_id)


def _unless_done(error: type[Exception], do: Callable[[], object]) -> None:
    with suppress(error):
        do()


def _us(hands: Hands) -> Us:
    return Us(hands.node.org_id, hands.node.identity.signing, GROUP_KEY)


def _desk(hands: Hands, officer: str) -> Desk:
    assert hands.office is not None
    return hands.office.desk(officer, None)
