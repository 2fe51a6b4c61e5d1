"""A case as a fold over its events: which statements stand, as of a valid day and a known day.

Nothing here is stored. An event that a later one supersedes no longer stands, and is still there for who asks what was
thought before. Two events that contradict each other both stand; `conflicts` names them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from casework.errors import NotFoundError
from casework.event import Event
from casework.span import Range, Span, covers
from casework.values import Gap, Value
from casework.vocabulary import codes, kinds

SEXUAL_VIOLENCE = "sexual_violence"
_WHAT_IT_IS = ("opened", "described")
_PERSON = ("person_added", "person_updated")
_PARTY = ("party_added", "party_updated")
# Statements of which there can be only one true value for each subject: two different dates contradict.
_SUBJECTS = {"incident": "incident", "abduction_started": "abduction", "detention_started": "detention"}
_ONCE = frozenset({*_SUBJECTS, "verdict", "detention_ended", "abduction_ended", "remains_found", "died"})


@dataclass(frozen=True, slots=True)
class Thing:
    """Somebody or something that several events speak of: the values said last, and by which events."""

    id: str
    values: Mapping[str, Value]
    events: tuple[Event, ...]

    def text(self, name: str) -> str:
        """A text, code, id or State; empty where there is none."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) and not isinstance(value, Gap) else ""

    def many(self, name: str) -> tuple[str, ...]:
        """Several of them; none where there are none."""
        value = self.values.get(name, ())
        return value if isinstance(value, tuple) and not isinstance(value, Span | Range) else ()


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What stands of one case.

    Attributes:
        uid: 32 hexadecimal digits.
        events: Those that stand, in the order in which they were written down.
        superseded: Those that no longer stand.
        valid_as_of: Day up to which things have happened.
        known_as_of: Day up to which they were known.
    """

    uid: str
    events: tuple[Event, ...]
    superseded: tuple[Event, ...]
    valid_as_of: date
    known_as_of: date

    def of(self, *kinds: str) -> Iterator[Event]:
        """Standing events of these kinds, in their order."""
        return (event for event in self.events if event.kind in kinds)

    def last(self, *kinds: str) -> Event | None:
        """The last of them, or nothing."""
        found = None
        for event in self.of(*kinds):
            found = event
        return found

    def by_id(self, event_id: str) -> Event | None:
        """A standing event, or nothing."""
        return next((event for event in self.events if event.event_id == event_id), None)

    @property
    def name(self) -> str:
        """What people call the case: eight signs of its uid."""
        return case_name(self.uid)

    @property
    def about(self) -> Thing:
        """The case itself: categories, host State, owner and so on."""
        return next(iter(self.things("", *_WHAT_IT_IS)), Thing("", {}, ()))

    @property
    def categories(self) -> tuple[str, ...]:
        """Codes of the list `category`."""
        return self.about.many("categories")

    @property
    def host_state(self) -> str:
        """Country code of three letters."""
        return self.about.text("host_state")

    @property
    def is_sexual_violence(self) -> bool:
        """Whether anybody affected is a survivor of sexual violence."""
        return SEXUAL_VIOLENCE in self.categories or any(
            "sexually_assaulted" in person.many("harm") for person in self.persons
        )

    @property
    def persons(self) -> tuple[Thing, ...]:
        """Persons affected, by pseudonym, in the order in which they were added."""
        return self.things("person", *_PERSON)

    @property
    def parties(self) -> tuple[Thing, ...]:
        """Those said to be responsible, likewise."""
        return self.things("party", *_PARTY)

    @property
    def incident(self) -> Span | None:
        """When it happened: the first incident, or else abduction or detention, by the chosen statement of it."""
        starts = list(self.of("incident")) or list(self.of("abduction_started", "detention_started"))
        if not starts:
            return None
        first = min(starts, key=moment)
        name = _SUBJECTS[first.kind]
        same = [one for one in starts if one.kind == first.kind and one.text(name) == first.text(name)]
        return self.choose(same).when

    def choose(self, claims: list[Event]) -> Event:
        """Of several statements of one thing the one that somebody chose last, or else the best supported.

        That is the most reliable, then the one with more sources, then the one known first; never the one that
        happened to be written down first.
        """
        by_id = {claim.event_id: claim for claim in claims}
        chosen = [event.text("chosen") for event in self.of("claim_chosen") if event.text("chosen") in by_id]
        return by_id[chosen[-1]] if chosen else min(claims, key=_support)

    def things(self, name: str, *kinds: str) -> tuple[Thing, ...]:
        """Fold events that speak of the same subject, named in field `name`, into one thing each."""
        found: dict[str, list[Event]] = {}
        for event in self.of(*kinds):
            found.setdefault(event.text(name), []).append(event)
        return tuple(
            Thing(
                subject,
                {field: value for event in events for field, value in event.fields.items()},
                tuple(events),
            )
            for subject, events in found.items()
        )

    def conflicts(self) -> tuple[tuple[Event, Event], ...]:
        """Pairs of statements of one thing that can not both be true, by date or by number."""
        found = []
        for kind in sorted(_ONCE):
            events = list(self.of(kind))
            for at, first in enumerate(events):
                found += [(first, second) for second in events[at + 1 :] if _contradict(first, second)]
        return tuple(found)


def fold(uid: str, events: Iterable[Event], valid_as_of: date, known_as_of: date) -> CaseFile:
    """Say what stands: events known up to one day that had begun by the other, without those superseded by then."""
    known = sorted(
        (event for event in events if event.known_on <= known_as_of), key=lambda event: event.sequence
    )
    replaced = {event.supersedes for event in known if event.supersedes}
    begun = [event for event in known if event.when.earliest <= valid_as_of]
    return CaseFile(
        uid,
        tuple(event for event in begun if event.event_id not in replaced),
        tuple(event for event in begun if event.event_id in replaced),
        valid_as_of,
        known_as_of,
    )


def moment(event: Event) -> tuple[object, ...]:
    """Sort events by when they happened; those of one day in the order of the table of kinds, never as written."""
    places = _places()
    return (event.when.earliest, places.get(event.kind, len(places)), event.when.latest, _said(event))


def counted(event: Event, name: str) -> Range:
    """How many an event speaks of: its number, or as many as it names in this field."""
    return event.count("number") or Range(len(event.many(name)), len(event.many(name)))


def case_name(uid: str) -> str:
    """Eight signs of a uid, in two groups; letters that look like digits are not among them."""
    signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    number = int(uid[:10], 16)
    text = "".join(signs[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{text[:4]}-{text[4:]}"


def find_case(uids: Iterable[str], reference: str) -> str:
    """Uid of the one of these cases that somebody names by the first signs of its name or uid.

    Raises:
        NotFoundError: None, or several.
    """
    wanted = reference.strip().replace("-", "").upper()
    found = [
        uid
        for uid in uids
        if wanted and any(one.startswith(wanted) for one in (case_name(uid).replace("-", ""), uid.upper()))
    ]
    if len(found) != 1:
        if found:
            raise NotFoundError("there are several cases {reference!r}", reference=reference[:40])
        raise NotFoundError("there is no case {reference!r}", reference=reference[:40])
    return found[0]


def _support(event: Event) -> tuple[object, ...]:
    """Sort statements of one thing, the best supported first."""
    unsure = (
        list(codes("reliability")).index(event.reliability)
        if event.reliability in codes("reliability")
        else 99
    )
    return (unsure, -len(event.sources), event.known_on, moment(event), event.sequence)


@cache
def _places() -> Mapping[str, int]:
    return MappingProxyType({name: place for place, name in enumerate(kinds())})


def _said(event: Event) -> str:
    return str(sorted((name, str(value)) for name, value in event.fields.items()))


def _contradict(first: Event, second: Event) -> bool:
    """Tell whether two events of one kind speak of the same thing and differ in date or number."""
    for name in ("incident", "proceeding", "detention", "abduction", "instance", "charge"):
        if first.text(name) != second.text(name):
            return False
    for name in ("accused", "persons", "verdict"):
        if first.fields.get(name) != second.fields.get(name):
            return False
    if any(counted(first, name).high < len(first.many(name)) for name in ("accused", "persons")):
        return False  # some of them, then some others
    numbers = first.count("number"), second.count("number")
    return not covers(first.when, second.when) or (None not in numbers and numbers[0] != numbers[1])
