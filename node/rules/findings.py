"""What each rule finds (R1 to R24, P1 to P4): small functions of a `Case`.

Each says nothing, or that the record is held, or how finely each dimension may be seen at the most. What they say in
words, and where they come from, stands in the table of rules.
"""

from typing import TypeAlias

from crypto.sentence import Sentence, listed
from node.audience import FINEST, Levels, Tier, widest
from node.ladders import ACTOR, CERTAINTY, TARGET, VICTIMS, WHAT, WHEN, WHERE, Dimension
from node.model import Custody, Outcome, is_sexual_violence
from node.rules.case import Case, Hold
from node.scan import leaks
from node.sensitive import grounds
from node.signed import Label

# How far down the tiers a label lets a record go (R3, R5); a narrower one leaves named members alone.
_REACH = {
    Label.CLEAR: Tier.PUBLIC,
    Label.GREEN: Tier.PEER,
    Label.AMBER: Tier.COORDINATOR,
    Label.AMBER_STRICT: Tier.COORDINATOR,
}

Finding: TypeAlias = Hold | Levels | None


def released(case: Case) -> Finding:
    """R1."""
    if case.audience.member in case.members:
        return None
    reached = [tier for tier in case.tiers if tier <= case.audience.tier]
    if case.granted is not None:
        return widest([case.granted, *(case.policy.levels[tier] for tier in reached)])
    if not reached:
        audience = case.audience
        name = audience.name if audience.member else Sentence(audience.name)
        return Hold(
            "R1",
            Sentence("nobody has released it to {name}", name=name),
            Sentence("release it to {name} or to a coarser tier", name=name),
        )
    finest = max(reached)
    return case.policy.levels[finest] if finest < case.audience.tier else None


def labelled(case: Case) -> Finding:
    """R3."""
    asked = case.override.label
    if asked is not None and case.audience.member not in case.members and case.granted is None:
        reach = _REACH.get(asked)
        if reach is None or case.audience.tier < reach:
            words = asked.name.replace("_", "+")
            return Hold(
                "R3", Sentence("it is labelled {words}", words=words), "a second person lowers the label"
            )
    return _tier(case, WHAT, VICTIMS)


def attributed(case: Case) -> Finding:
    """R6."""
    return _tier(case, TARGET)


def personal(case: Case) -> Finding:
    """R8."""
    return _marked(case, "R8") or _tier(case, ACTOR)


def located(case: Case) -> Finding:
    """R10."""
    return _tier(case, WHERE)


def timed(case: Case) -> Finding:
    """R11."""
    until = case.incident.when.latest + case.policy.embargo[case.audience.tier]
    if case.policy.embargo[case.audience.tier] and case.today <= until:
        return Hold(
            "R11",
            "it happened too short a time ago",
            Sentence("time: it may leave after {until}", until=until),
        )
    return _tier(case, WHEN)


def sexual_violence(case: Case) -> Finding:
    """R14."""
    if is_sexual_violence(case.incident.means, case.incident.count(Outcome.SEXUALLY_ASSAULTED)):
        return Hold(
            "R14",
            "sexual violence never leaves as a record, only inside totals",
            "nothing; with the survivor's consent it counts in totals",
        )
    return _marked(case, "R14")


def captivity(case: Case) -> Finding:
    """R15."""
    incident = case.incident
    if case.override.captivity_released:
        return None
    if incident.custody is Custody.ONGOING:
        return Hold(
            "R15",
            "somebody is still abducted or detained",
            "the end of captivity, or a release by two persons",
        )
    captured = incident.count(Outcome.ABDUCTED) + incident.count(Outcome.DETAINED)
    presumed_over = incident.when.latest + case.policy.captivity_presumed_over
    if captured and incident.custody is Custody.UNKNOWN and case.today < presumed_over:
        return Hold(
            "R15",
            Sentence(
                "somebody was abducted or detained and no release is known; it is presumed on {presumed_over}",
                presumed_over=presumed_over,
            ),
            "news of the release, that day, or a release by two persons",
        )
    return None


def purposeful(case: Case) -> Finding:
    """R16."""
    allowed = case.policy.purposes[case.audience.tier]
    if case.purpose in allowed:
        return None
    return Hold(
        "R16",
        Sentence(
            "{name} members may not use records for {purpose}",
            name=Sentence(case.audience.tier.name.lower()),
            purpose=case.purpose,
        ),
        Sentence("another purpose: {allowed}", allowed=listed(sorted(allowed)))
        if allowed
        else "a purpose in the policy",
    )


def certain(case: Case) -> Finding:
    """R17."""
    return _tier(case, CERTAINTY)


def regular_level(case: Case) -> Finding:
    """P1."""
    country = case.incident.where.country
    return case.policy.regular if case.bounds.is_regular(country, case.audience.member) else None


def agreed(case: Case) -> Finding:
    """P2."""
    country = case.incident.where.country
    levels = [
        one.levels
        for one in case.policy.agreements
        if one.member == case.audience.member and one.applies(country, case.today)
    ]
    return widest(levels) if levels else None


def on_request(case: Case) -> Finding:
    """P4; the name of an actor stays where the policy shows it to nobody (R8), whoever agrees to more."""
    if case.granted is None:
        return None
    shown = case.policy.levels[max(Tier)]
    return tuple(
        min(level, shown[at]) if at == ACTOR.number else level for at, level in enumerate(case.granted)
    )


def overridden(case: Case) -> Finding:
    """P3."""
    if case.override.held:
        return Hold("P3", "somebody holds this record", "a second person lifts it")
    return case.override.levels


def revealing(case: Case, levels: Levels) -> Hold | None:
    """R8, once all levels are chosen: held because the free words they show seem to point at a person."""
    found = leaks(case.chains, levels, case.bounds.names)
    if not found:
        return None
    kinds = sorted({one.kind for leak in found for one in leak.findings})
    return Hold(
        "R8",
        Sentence(
            "the name of {level} in {dimension} seems to hold {kinds}",
            level=found[0].level,
            dimension=found[0].dimension,
            kinds=listed(kinds),
        ),
        "a corrected name, or a coarser level for this record",
    )


def _tier(case: Case, *dimensions: Dimension) -> Levels:
    """What the tier may see of some dimensions; the others are not limited."""
    numbers = {dimension.number for dimension in dimensions}
    levels = case.policy.levels[case.audience.tier]
    return tuple(level if at in numbers else FINEST[at] for at, level in enumerate(levels))


def _marked(case: Case, rule: str) -> Hold | None:
    """Held because somebody marked whom it concerns."""
    return next((Hold(*ground) for ground in grounds(case.incident) if ground.rule == rule), None)
