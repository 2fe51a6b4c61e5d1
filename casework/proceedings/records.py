"""What is said of a proceeding once its events are read: judgments, accused, and the whole through its instances."""

from dataclasses import dataclass

from casework.casefile import counted
from casework.event import Event
from casework.span import Range, Span

OUTCOMES = {  # of a verdict, to what stands of it
    "convicted": "convicted",
    "acquitted": "acquitted",
    "no_case": "acquitted",
    "discontinued_death": "discontinued",
    "discontinued_amnesty": "discontinued",
    "discontinued_other": "discontinued",
    "retrial": "pending",
    "overturned": "pending",
}
LOOSE = frozenset({"at_large", "escaped"})
_NOT_CRIMINAL = frozenset({"disciplinary", "administrative"})
# Stages by rank: a blocked appeal and a closed investigation do not rank above what they ended (casework 3.4).
RANK = {
    "unknown": 0,
    "none_known": 1,
    "complaint": 2,
    "investigation": 3,
    "closed_without_charge": 3,
    "charged": 5,
    "trial": 6,
    "first_judgment": 7,
    "appeal_pending": 8,
    "appeal_blocked": 8,
    "final": 10,
}


@dataclass(frozen=True, slots=True)
class Judgment:
    """What one instance decided for one accused on one charge.

    Attributes:
        instance: Code of the list `instance`.
        verdict: Code of the list `verdict`: the chosen one where sources differ.
        number: How many accused: from the lowest to the highest that a source names.
        when: The chosen date.
        claims: Every statement of it, the chosen one first.
    """

    instance: str
    verdict: str
    number: Range
    when: Span
    claims: tuple[Event, ...]

    @property
    def disputed(self) -> bool:
        """Whether sources differ about verdict, number or date."""
        return len({(one.text("verdict"), counted(one, "accused"), one.when) for one in self.claims}) > 1


@dataclass(frozen=True, slots=True)
class Accused:
    """How it stands for one accused on one charge.

    Attributes:
        who: The id; several ids of whom only `number` are meant; nobody where only a number is known.
        number: How many.
        charge: As the sources name it; empty where nothing is said.
        judgments: One per instance and round, in order of time.
        outcome: Code of the list `accused_outcome`.
        finality: Code of the list `finality`.
        sentences: Codes of the list `sentence` that stand, in order of time.
        custody: Code of the list `custody_status`; empty where nobody knows.
        flags: Codes of the list `proceeding_flag`.
    """

    who: tuple[str, ...]
    number: Range
    charge: str
    judgments: tuple[Judgment, ...]
    outcome: str
    finality: str
    sentences: tuple[str, ...]
    custody: str
    flags: tuple[str, ...]

    @property
    def overturned(self) -> bool:
        """Whether a conviction was undone later."""
        at = [OUTCOMES[one.verdict] for one in self.judgments]
        return "convicted" in at and self.outcome != "convicted"

    @property
    def convicted_of_a_crime(self) -> bool:
        """Whether a conviction stands; a disciplinary sanction alone is none."""
        return self.outcome == "convicted" and set(self.sentences) != {"disciplinary"}

    @property
    def is_loose(self) -> bool:
        """Whether the sentence reaches nobody: at large, escaped, tried in absentia, pardoned, under amnesty."""
        away = self.custody in LOOSE or (not self.custody and "in_absentia" in self.flags)
        return away or bool({"escaped", "pardon", "amnesty"} & set(self.flags))


@dataclass(frozen=True, slots=True)
class Proceeding:
    """One proceeding before the courts of one State, through its instances.

    Attributes:
        id: As the events name it.
        forum_class: Code of the list `forum`; empty where the State is not known.
        state: Country code; empty where nobody said.
        forums: Courts, in the order in which they came up.
        court: Code of the list `court`.
        jurisdiction: Code of the list `jurisdiction`.
        against_staff: Whether the accused are persons affected.
        accused: How it stands for each of them.
        tried: How many are accused in all, where it was said.
        flags: Codes of the list `proceeding_flag` of the whole, each with how many it was said of; 0 for all.
        furthest: Code of the list `stage` that was reached; blocked and closed ones do not count as further.
        current: Code of the list `stage`.
        events: In order of time.
    """

    id: str
    forum_class: str
    state: str
    forums: tuple[str, ...]
    court: str
    jurisdiction: str
    against_staff: bool
    accused: tuple[Accused, ...]
    tried: Range | None
    flags: tuple[tuple[str, Range], ...]
    furthest: str
    current: str
    events: tuple[Event, ...]

    @property
    def has_unnamed_fugitives(self) -> bool:
        """Whether a number of the accused, nobody says which, escaped or was tried in absentia."""
        return any(
            event.kind == "proceeding_flagged"
            and event.text("flag") in {"in_absentia", "escaped"}
            and event.count("number") is not None
            and not event.many("accused")
            for event in self.events
        )

    @property
    def is_criminal(self) -> bool:
        """Whether a criminal court acts; disciplinary and administrative bodies are none."""
        return self.court not in _NOT_CRIMINAL
