"""Gather the facts of a case from everything that is derived of it, as of its two days."""

from collections.abc import Iterator
from datetime import date, timedelta

from casework.abduction import abductions
from casework.captivity import Episode
from casework.casefile import CaseFile
from casework.communications import Demarche, demarches
from casework.consent import blocked
from casework.detention import Detention, detentions
from casework.figures.facts import (
    Answer,
    DemarcheFact,
    EvidenceFact,
    Facts,
    ForumFact,
    HeldFact,
    OverdueFact,
    PersonFact,
)
from casework.justice import Axes, axes
from casework.lifecycle import State, follow
from casework.persons import affected
from casework.proceedings import RANK
from casework.span import Basis, Range, Span
from casework.tombstone import Tombstone
from casework.vocabulary.deadlines import Rules
from casework.worklist import When, worklist

EARLY = timedelta(days=7)  # within which evidence is secured early (I22)
_BEFORE_COURTS = frozenset({"unknown", "none_known"})
_REHASH = "D13"


def facts_of(case: CaseFile, rules: Rules) -> Facts:
    """What a case contributes to boards and figures, as of its valid and known day."""
    followed, derived, letters = follow(case), axes(case), demarches(case)
    found = worklist((case,), case.valid_as_of, rules)
    late = tuple(
        OverdueFact(item.clock.rule.id, item.clock.rule.owner, item.clock.overdue(case.valid_as_of).low)
        for item in found.within(When.OVERDUE)
    )
    closed = [move.on for move in followed.moves if move.to is State.CLOSED]
    return Facts(
        case.uid,
        case.categories,
        case.host_state,
        case.incident,
        min((event.known_on for event in case.events), default=case.known_as_of),
        max((event.known_on for event in case.events), default=case.known_as_of),
        closed[-1] if closed and followed.state is State.CLOSED else None,
        str(followed.state),
        followed.since,
        case.about.text("owner"),
        followed.state is not State.ON_HOLD and not blocked(case, "statistics"),
        case.is_sexual_violence,
        derived.public_status,
        derived.impunity,
        tuple(_persons(case, derived)),
        tuple(map(_demarche, letters)),
        tuple(_forum(derived, stage.forum) for stage in derived.stages),
        tuple(mark for one in derived.investigations for mark in one.quality),
        (*_detained(case), *_abducted(case)),
        late,
        not found.no_next_action,
        _evidence(case, late),
        tuple(_remedies(case)),
        _convicted(derived),
        _joint(case),
    )


def _persons(case: CaseFile, derived: Axes) -> Iterator[PersonFact]:
    known = {person.id: person for person in case.persons}
    for one in affected(case):
        said = known[one.id]
        yield PersonFact(
            one.harm,
            one.cause,
            said.text("staff"),
            said.text("employer"),
            said.text("sex"),
            _covered(derived, one.id),
        )


def _covered(derived: Axes, person: str) -> Answer:
    """Whether a conviction that stands covers the harm of a person; unknown where none says whose harm it covers."""
    convictions = [
        judgment
        for court in derived.proceedings
        if court.is_criminal and not court.against_staff
        for accused in court.accused
        if accused.convicted_of_a_crime
        for judgment in accused.judgments
        if judgment.verdict == "convicted"
    ]
    if not convictions:
        return Answer.UNKNOWN if derived.impunity == "unknown" else Answer.NO
    named = {one for judgment in convictions for claim in judgment.claims for one in claim.many("persons")}
    if person in named:
        return Answer.YES
    return Answer.NO if named else Answer.UNKNOWN


def _demarche(letter: Demarche) -> DemarcheFact:
    graded = [one.grade for one in letter.incoming if one.grade]
    return DemarcheFact(
        letter.sent,
        letter.acknowledged,
        letter.answered,
        min(graded, default=letter.grade),
        letter.event.text("kind") == "yearly_request",
    )


def _forum(derived: Axes, forum: str) -> ForumFact:
    """How far justice went: what is unknown as a whole is unknown at each step."""
    furthest = derived.stage(forum).furthest
    inquiries = [one for one in derived.investigations if one.forum_class == forum]
    if furthest == "unknown" and not inquiries:
        return ForumFact(forum)
    accused = [
        one
        for court in derived.proceedings
        if court.forum_class == forum and court.is_criminal and not court.against_staff
        for one in court.accused
        if one.convicted_of_a_crime
    ]
    final = [one.finality for one in accused]
    return ForumFact(
        forum,
        _answer(yes=bool(inquiries) or furthest not in _BEFORE_COURTS | {"complaint"}),
        _answer(yes=any(one.closed for one in inquiries) or RANK[furthest] >= RANK["charged"]),
        _answer(yes=RANK[furthest] >= RANK["charged"]),
        _answer(yes=RANK[furthest] >= RANK["trial"]),
        _answer(yes=bool(accused)),
        Answer.YES if "final" in final else Answer.UNKNOWN if "unknown" in final else Answer.NO,
    )


def _answer(*, yes: bool) -> Answer:
    return Answer.YES if yes else Answer.NO


def _detained(case: CaseFile) -> Iterator[HeldFact]:
    for detention in detentions(case):
        access = tuple(_access(detention))
        for episode in detention.episodes:
            yield _held(episode, access, _answer(yes=detention.grounds_on is not None), abducted=False)


def _access(detention: Detention) -> Iterator[tuple[str, int]]:
    for kind in dict.fromkeys(one.kind for one in detention.access):
        days = detention.days_to(kind)
        yield kind, days.low if days is not None else -1


def _abducted(case: CaseFile) -> Iterator[HeldFact]:
    for abduction in abductions(case):
        for episode in abduction.episodes:
            yield _held(episode, (), Answer.UNKNOWN, abducted=True)


def _held(
    episode: Episode, access: tuple[tuple[str, int], ...], grounds: Answer, *, abducted: bool
) -> HeldFact:
    return HeldFact(abducted, episode.number, episode.start, episode.end, episode.outcome, access, grounds)


def _evidence(case: CaseFile, late: tuple[OverdueFact, ...]) -> EvidenceFact:
    acts = {event.text("evidence"): event.text("act") for event in case.of("custody")}
    held = [event for event in case.of("evidence_added") if acts.get(event.text("evidence")) != "destroy"]
    by = case.incident.latest + EARLY if case.incident else None
    checks = {
        event.text("evidence"): event.text("result")
        for event in case.of("custody")
        if event.text("act") == "verify"
    }
    results = [checks.get(event.text("evidence"), "") for event in held]
    return EvidenceFact(
        len(held),
        sum(by is not None and event.when.latest <= by for event in held),
        results.count("met"),
        results.count("not_met"),
        sum(one.rule == _REHASH for one in late),
    )


def _remedies(case: CaseFile) -> Iterator[tuple[str, str]]:
    paid = {event.text("remedy"): event.text("paid") for event in case.of("remedy_paid")}
    for one in case.things("remedy", "remedy_ordered"):
        yield paid.get(one.id, "unknown"), "yes" if one.text("contested") == "met" else "no"


def _convicted(derived: Axes) -> tuple[Range, Range]:
    accused = [
        one
        for court in derived.proceedings
        if court.is_criminal and not court.against_staff
        for one in court.accused
        if one.convicted_of_a_crime
    ]
    everybody = sum((one.number for one in accused), Range(0, 0))
    return everybody, sum((one.number for one in accused if one.is_loose), Range(0, 0))


def _joint(case: CaseFile) -> str:
    """The joint reference that was confirmed last and not taken back."""
    standing: dict[str, str] = {}
    for event in case.of("joint_confirmed", "joint_withdrawn"):
        standing.pop(event.text("member"), None)
        if event.kind == "joint_confirmed":
            standing[event.text("member")] = event.text("joint_ref")
    return next(reversed(standing.values()), "")


def facts_of_erased(stone: Tombstone) -> Facts:
    """What still counts of a case whose keys were destroyed: how many, where, which year, and how it ended."""
    year = stone.incident_year
    opened = date(stone.opened_year or stone.closed_year or year or 1, 1, 1)
    return Facts(
        stone.case,
        stone.categories,
        stone.host_state,
        Span(date(year, 1, 1), date(year, 12, 31), Basis.YEAR) if year else None,
        opened,
        opened,
        date(stone.closed_year, 12, 31) if stone.closed_year else None,
        stone.status,
        opened,
        "",
        counted=True,
        sexual_violence="sexual_violence" in stone.categories,
        public_status="",
        impunity="unknown",
        persons=(PersonFact(),) * stone.persons,
    )
