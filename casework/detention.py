"""Detention of persons affected: days held, grounds, and a log of access by type (GA 79/138 para 22, CW-06)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from casework.captivity import Episode, Words, episodes
from casework.casefile import CaseFile, Thing, moment
from casework.event import Event
from casework.span import Range, Span, days_between
from casework.vocabulary import codes

WORDS = Words("detention_started", "detention_ended", "detention")
CLEARED = frozenset(
    {"acquitted", "no_case", "discontinued_death", "discontinued_amnesty", "discontinued_other"}
)


@dataclass(frozen=True, slots=True)
class Access:
    """One kind of access to those detained: asked for, answered, and every visit.

    Attributes:
        id: As the events name it; empty for visits that nobody had asked for.
        kind: Code of the list `access`.
        requested: When it was asked for.
        answer: Code of the list `access_answer`; `no_answer` as long as there is none.
        answered: When.
        visits: In order of time.
    """

    id: str
    kind: str
    requested: Span | None
    answer: str
    answered: Span | None
    visits: tuple[Event, ...]

    @property
    def is_open(self) -> bool:
        """Whether it is still to be had: neither granted nor visited."""
        return self.answer != "granted" and not self.visits


@dataclass(frozen=True, slots=True)
class Detention:
    """One detention with all who were taken.

    Attributes:
        id: As the events name it.
        episodes: One per person.
        state: Country code of who detains; the host State where nothing else is said.
        grounds_on: When the grounds were communicated; nothing while they were not.
        values: Place, authority, basis and whereabouts as said last.
        access: Log of access, in the order of the list `access`.
    """

    id: str
    episodes: tuple[Episode, ...]
    state: str
    grounds_on: Span | None
    values: Thing
    access: tuple[Access, ...]

    @property
    def start(self) -> Span:
        """When it began."""
        return self.episodes[0].start

    @property
    def ongoing(self) -> bool:
        """Whether anybody is still held, as far as is known."""
        return any(one.ongoing for one in self.episodes)

    def days_to(self, kind: str) -> Range | None:
        """Days from the beginning to the first visit of a kind of access; nothing if there was none."""
        visits = [visit for one in self.access if one.kind == kind for visit in one.visits]
        return days_between(self.start, min(visits, key=moment).when) if visits else None


def detentions(case: CaseFile) -> tuple[Detention, ...]:
    """Every detention of a case, by its first day."""
    held = episodes(case, WORDS)
    values = {one.id: one for one in case.things("detention", "detention_started", "detention_updated")}
    return tuple(
        Detention(
            subject,
            tuple(one for one in held if one.subject == subject),
            values[subject].text("state") or case.host_state,
            next((one.when for one in _about(case, "grounds_communicated", subject)), None),
            values[subject],
            tuple(_access(case, subject)),
        )
        for subject in dict.fromkeys(one.subject for one in held)
    )


def cleared(case: CaseFile, episode: Episode) -> Span | None:
    """When the charges against somebody ended whose release is not recorded: they were held at least until then."""
    if not episode.ongoing:
        return None
    ends = (
        event
        for event in sorted(case.of("verdict"), key=moment)
        if episode.who and set(episode.who) <= set(event.many("accused")) and event.text("verdict") in CLEARED
    )
    return next((event.when for event in ends), None)


def days_held(case: CaseFile, episode: Episode) -> tuple[Range, bool]:
    """Days held, and whether it was perhaps longer: it lasts, or only the end of the charges is known."""
    until = cleared(case, episode)
    return (days_between(episode.start, until) if until else episode.days), episode.ongoing


def applies(kind: str, person: Thing, state: str) -> bool | None:
    """Whether a kind of access is owed to a person: a consular visit to foreigners only; None if that is not known."""
    if kind != "consular":
        return True
    nationalities = person.many("nationalities")
    return state not in nationalities if nationalities and state else None


def held_on(case: CaseFile, day: date) -> tuple[Episode, ...]:
    """Episodes in which somebody can have been held on a day."""
    return tuple(
        one
        for one in episodes(case, WORDS)
        if one.start.earliest <= day and (one.end is None or day <= one.end.latest)
    )


def _access(case: CaseFile, detention: str) -> Iterator[Access]:
    requests = {one.text("access"): one for one in _about(case, "access_requested", detention)}
    visits = _about(case, "visited", detention)
    answers = sorted(case.of("access_answered"), key=moment)
    for kind in codes("access"):
        for access, request in requests.items():
            if request.text("kind") == kind:
                told = [one for one in answers if one.text("access") == access]
                yield Access(
                    access,
                    kind,
                    request.when,
                    told[-1].text("answer") if told else "no_answer",
                    told[-1].when if told else None,
                    tuple(one for one in visits if one.text("access") == access),
                )
        unasked = tuple(
            one for one in visits if one.text("kind") == kind and one.text("access") not in requests
        )
        if unasked:
            yield Access("", kind, None, "granted", None, unasked)


def _about(case: CaseFile, kind: str, subject: str) -> list[Event]:
    return sorted((one for one in case.of(kind) if one.text("detention") == subject), key=moment)
