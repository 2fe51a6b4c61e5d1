"""The justice axes of a case: how far each class of forum got, what stands of it, and what that means (casework 3.4).

Nothing here is typed by hand or stored. A conviction abroad moves the axis of other States and the level of impunity,
never the host State's; a disciplinary sanction is no conviction.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from casework.captivity import episodes
from casework.casefile import CaseFile
from casework.communications import Response, demarches, response
from casework.detention import WORDS as DETENTION
from casework.investigations import Investigation, investigations
from casework.proceedings import (
    LOOSE,
    RANK,
    Accused,
    Proceeding,
    proceedings,
    unnamed_custody,
)
from casework.span import Range, Span, days_between
from casework.vocabulary import codes, kinds

NO_CRIME = frozenset({"detention", "death_safety", "injury_safety"})  # nobody is to be prosecuted for these
_FOLLOWING = frozenset({"letters", "investigation", "courts"})  # lanes of whoever looks or acts
_CLOSED = frozenset({"no_charge", "no_crime", "report_published"})
_PRINCIPAL = frozenset({"ordered", "planned", "carried_out", "command"})


class Stage(NamedTuple):
    """How far one class of forum got: code of the list `forum`, then two of the list `stage`."""

    forum: str
    furthest: str
    current: str


@dataclass(frozen=True, slots=True)
class Axes:
    """What is derived of a case, as of its days.

    Attributes:
        stages: One per class of forum, in the order of the list `forum`.
        public_status: Of the host State; code of the list `public_status`.
        foreign_status: Of other States and international courts together; code of the list `forum_status`.
        impunity: Code of the list `impunity`.
        why: In words what the level of impunity rests on.
        staff: Code of the list `staff_outcome`; empty where no staff stand accused.
        response: What the government did about the letters.
        proceedings: Every proceeding.
        investigations: Every investigation.
    """

    stages: tuple[Stage, ...]
    public_status: str
    foreign_status: str
    impunity: str
    why: str
    staff: str
    response: Response
    proceedings: tuple[Proceeding, ...]
    investigations: tuple[Investigation, ...]

    def days_to_judgment(self, incident: Span | None) -> Range | None:
        """Days from the incident to the first judgment of any court of the host State; nothing without one."""
        judged = [
            judgment.when
            for court in self.proceedings
            if court.forum_class == "host"
            for accused in court.accused
            for judgment in accused.judgments
        ]
        return days_between(incident, min(judged)) if incident and judged else None

    def stage(self, forum: str) -> Stage:
        """The stage of one class of forum."""
        return next(one for one in self.stages if one.forum == forum)


def axes(case: CaseFile) -> Axes:
    """Derive everything."""
    courts, inquiries = proceedings(case), investigations(case)
    crime = concerns_crime(case)  # then the trial of staff says nothing of the crime against them
    about = tuple(one for one in courts if not (crime and one.against_staff))
    stages = tuple(_stage(case, forum, about, inquiries) for forum in codes("forum"))
    impunity, why = _impunity(case, courts, stages)
    answers = response(demarches(case), case.valid_as_of)
    return Axes(
        stages,
        _public_status(case, courts, stages[0], answers),
        _foreign_status(courts, stages),
        impunity,
        why,
        _staff(courts),
        answers,
        courts,
        inquiries,
    )


def concerns_crime(case: CaseFile) -> bool:
    """Whether anybody is to be prosecuted: not for an accident, an illness, or the detention of staff alone."""
    return not case.categories or bool(set(case.categories) - NO_CRIME)


def suspects(case: CaseFile, courts: Iterable[Proceeding]) -> tuple[str, ...]:
    """Identified suspects: persons alleged to have been principals, those arrested, and those accused."""
    named = [
        party.id
        for party in case.parties
        if party.text("kind") == "person"
        and party.text("principal") != "not_met"
        and (party.text("principal") == "met" or party.text("involvement") in {"", *_PRINCIPAL})
    ]
    named += [
        one
        for event in case.of("suspect_arrested", "suspect_died", "suspect_transferred")
        for one in event.many("parties")
    ]
    named += [one for court in courts if not court.against_staff for who in court.accused for one in who.who]
    return tuple(dict.fromkeys(named))


def _stage(
    case: CaseFile, forum: str, courts: Iterable[Proceeding], inquiries: Iterable[Investigation]
) -> Stage:
    tried = [one for one in courts if one.forum_class == forum and one.court != "disciplinary"]
    looked = [one for one in inquiries if one.forum_class == forum]
    least = "none_known" if _followed(case) else "unknown"
    reached = [least, *(one.furthest for one in tried), *(["investigation"] if looked else [])]
    now = [one.current for one in tried]
    if any(RANK[one] >= RANK["charged"] for one in now):
        open_courts = [one for one in now if one != "final"]
        current = max(open_courts or now, key=_closeness)
    else:
        steps = ["closed_without_charge" if one.outcome in _CLOSED else "investigation" for one in looked]
        current = max([least, *now, *steps], key=_closeness)
    return Stage(forum, max(reached, key=RANK.__getitem__), current)


def _closeness(stage: str) -> tuple[int, bool]:
    """Of two stages of one rank the open one counts: one investigation closed, another still goes on."""
    return RANK[stage], stage not in {"closed_without_charge", "appeal_blocked"}


def _followed(case: CaseFile) -> bool:
    """Whether anybody looked: something is known beyond what happened and to whom."""
    return any(
        event.kind == "status_checked"
        or (
            event.kind in kinds()
            and kinds()[event.kind].lane in _FOLLOWING
            and event.kind != "counterpart_added"
        )
        for event in case.events
    )


def _public_status(case: CaseFile, courts: tuple[Proceeding, ...], host: Stage, answers: Response) -> str:
    if not concerns_crime(case) and set(case.categories) == {"detention"}:
        return _detention_status(case, courts, host, answers)
    here = [one for one in courts if one.forum_class == "host" and not one.against_staff and one.is_criminal]
    if host.current == "final" and _all_decided(here):
        return "archived" if _only_discontinued(here) else "resolved"
    if _all_dead(case, courts):
        return "resolved"
    if host.current == "closed_without_charge" or _only_discontinued(here):
        return "archived"
    return _open_status(host, answers)


def _detention_status(case: CaseFile, courts: tuple[Proceeding, ...], host: Stage, answers: Response) -> str:
    """Everybody is out and no charge stands: resolved by release."""
    held = any(one.ongoing and not _cleared_of_all(courts, one.who) for one in episodes(case, DETENTION))
    charged = _staff(courts) in {"pending", "convicted"} or host.current in {
        "appeal_pending",
        "appeal_blocked",
    }
    return (
        _open_status(host, answers)
        if held or charged or not any(case.of("detention_started"))
        else "resolved"
    )


def _cleared_of_all(courts: tuple[Proceeding, ...], who: tuple[str, ...]) -> bool:
    """Whether the charges ended of whoever is held, as far as is known."""
    ends = [one for court in courts for one in court.accused if set(who) & set(one.who)]
    return bool(who and ends) and all(one.outcome in {"acquitted", "discontinued"} for one in ends)


def _open_status(host: Stage, answers: Response) -> str:
    established = RANK[host.furthest] > RANK["none_known"]
    return "ongoing_unresolved" if established or answers.answered else "no_information"


def _foreign_status(courts: tuple[Proceeding, ...], stages: tuple[Stage, ...]) -> str:
    abroad = [
        one
        for one in courts
        if one.forum_class in {"other", "international"} and one.is_criminal and not one.against_staff
    ]
    there = [one for one in stages if one.forum != "host"]
    if all(RANK[one.furthest] <= RANK["none_known"] for one in there):
        return "none_known"
    if abroad and _all_decided(abroad) and all(one.current == "final" for one in abroad):
        return "archived" if _only_discontinued(abroad) else "resolved"
    if any(one.convicted_of_a_crime for court in abroad for one in court.accused):
        return "resolved_in_part"
    currents = {one.current for one in there if RANK[one.furthest] > RANK["none_known"]}
    return "archived" if currents == {"closed_without_charge"} else "ongoing"


def _impunity(case: CaseFile, courts: tuple[Proceeding, ...], stages: tuple[Stage, ...]) -> tuple[str, str]:
    if not concerns_crime(case):
        return "not_applicable", "no crime against staff is to be prosecuted"
    tried = [
        one for court in courts if court.is_criminal and not court.against_staff for one in court.accused
    ]
    convicted = [one for one in tried if one.convicted_of_a_crime]
    if not convicted:
        if all(one.furthest == "unknown" for one in stages):
            return "unknown", "nothing is known of any follow-up"
        return "full", "nobody was convicted by a criminal court"
    for applies, why in _provisos(case, courts, tried, convicted):
        if applies:
            return "partial", why
    if any(one.finality != "final" for one in convicted):
        return "unknown", "judged, finality unknown"
    return "complete_justice", "every identified suspect was convicted, and it is final"


def _provisos(
    case: CaseFile, courts: tuple[Proceeding, ...], tried: list[Accused], convicted: list[Accused]
) -> Iterator[tuple[bool, str]]:
    """What keeps convictions from being justice, the gravest first."""
    reached = {one for who in tried if who.outcome in {"convicted", "acquitted"} for one in who.who} | _dead(
        case
    )
    missing = [one for one in suspects(case, courts) if one not in reached]
    loose = any(status in LOOSE for status, _ in unnamed_custody(case)) or any(
        court.has_unnamed_fugitives and any(one in convicted for one in court.accused) for court in courts
    )
    yield any(one.finality in {"appealed", "appealable"} for one in convicted), "convicted, not yet final"
    yield loose or any(one.is_loose for one in convicted), "somebody convicted is at large or was let off"
    yield bool(missing), f"not judged: {', '.join(missing)}"
    yield any(one.outcome == "pending" for one in tried), "somebody still stands accused"


def _dead(case: CaseFile) -> set[str]:
    """Suspects whose death is established; a report of it is not enough."""
    return {
        one
        for event in case.of("suspect_died")
        if event.text("established") == "met"
        for one in event.many("parties")
    }


def _all_dead(case: CaseFile, courts: tuple[Proceeding, ...]) -> bool:
    found = suspects(case, courts)
    return bool(found) and set(found) <= _dead(case)


def _all_decided(courts: list[Proceeding]) -> bool:
    accused = [one for court in courts for one in court.accused]
    return bool(accused) and all(one.finality == "final" and one.outcome != "pending" for one in accused)


def _only_discontinued(courts: list[Proceeding]) -> bool:
    accused = [one for court in courts for one in court.accused]
    return bool(accused) and all(
        one.outcome == "discontinued" and one.judgments[-1].verdict != "discontinued_death" for one in accused
    )


def _staff(courts: tuple[Proceeding, ...]) -> str:
    outcomes = {one.outcome for court in courts if court.against_staff for one in court.accused}
    if "acquitted" in outcomes:
        outcomes = (outcomes - {"acquitted"}) | {"cleared"}
    return next((one for one in ("pending", "convicted", "discontinued", "cleared") if one in outcomes), "")
