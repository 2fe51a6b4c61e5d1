"""Saving Lives Together as rules: whether a record may leave, to whom, and how finely (R1 to R24).

Each rule is a small function of a `Case`: one record, one audience, one day, and the organization's policy. It says
nothing, or that the record is held, or how finely each dimension may be seen at the most. All of them are asked and the
narrowest wins. The one thing that widens is a bilateral agreement which the organization itself wrote into its policy
(P2): it stands in the place of the tier's levels, and everything else narrows after it.

Rules that are no matter of a single record are in the table with the place that keeps them.
"""

from collections.abc import Callable, Sequence
from datetime import date
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from node.audience import ALL_CLOSED, CLOSED, FINEST, Audience, Levels, Purpose, Tier, widest
from node.ladders import (
    ACTOR,
    CERTAINTY,
    DIMENSIONS,
    TARGET,
    VICTIMS,
    WHAT,
    WHEN,
    WHERE,
    Chain,
    Chains,
    Dimension,
)
from node.model import Custody, Incident, Outcome, is_sexual_violence
from node.policy import Policy
from node.scan import NO_NAMES, Names, leaks
from node.sensitive import grounds
from node.signed import Label

_LABELS = {Tier.PUBLIC: Label.CLEAR, Tier.PEER: Label.GREEN, Tier.COORDINATOR: Label.AMBER}
# How far down the tiers a label lets a record go (R3, R5); a narrower one leaves named members alone.
_REACH = {
    Label.CLEAR: Tier.PUBLIC,
    Label.GREEN: Tier.PEER,
    Label.AMBER: Tier.COORDINATOR,
    Label.AMBER_STRICT: Tier.COORDINATOR,
}


_GRAVEST = frozenset(
    {"R14", "R15"}
)  # named before others, which somebody could lift and still not let it leave


# The rule that speaks of each dimension: it decided where none of them narrows.
_KEPT_BY = {WHEN: "R11", WHERE: "R10", WHAT: "R3", VICTIMS: "R3", TARGET: "R6", ACTOR: "R8", CERTAINTY: "R17"}


class Hold(NamedTuple):
    """Why an incident does not leave: the rule, a sentence for people, and what would release it."""

    rule: str
    reason: str
    release: str


class Override(NamedTuple):
    """What somebody said of this one record: it may narrow; widening took a second person (P3)."""

    held: bool = False
    label: Label | None = None
    levels: Levels = FINEST
    captivity_released: bool = (
        False  # a person decided that it may leave although somebody is not known to be free
    )


class Case(NamedTuple):
    """One record on its way to one audience.

    Attributes:
        incident: As the organization holds it.
        chains: Its anonymized values at full depth.
        audience: Who is to see it.
        tiers: That somebody released it to.
        members: That somebody released it to by name.
        purpose: What it is shared for.
        override: What was said of this record alone.
        policy: Of the organization.
        today: UTC day of the decision.
        names: Which the organization keeps at home.
    """

    incident: Incident
    chains: Chains
    audience: Audience
    tiers: frozenset[Tier]
    members: frozenset[str]
    purpose: Purpose
    override: Override
    policy: Policy
    today: date
    names: Names = NO_NAMES


Finding: TypeAlias = Hold | Levels | None
Apply: TypeAlias = Callable[[Case], Finding]


class Step(IntEnum):
    """In which order findings count: what the tier may see, what was agreed with a member, what narrows after all."""

    TIER = 1
    AGREEMENT = 2
    RECORD = 3


class Rule(NamedTuple):
    """One rule: its id, what it says in plain words, where it comes from, and who keeps it.

    `apply` decides about a record; where there is none, `kept_by` says what part of Tocsin keeps the rule instead.
    """

    id: str
    text: str
    source: str
    apply: Apply | None = None
    step: Step = Step.RECORD
    kept_by: str = ""


class Choice(NamedTuple):
    """How finely one dimension is seen, and the rule that decided it; an empty value is closed."""

    dimension: Dimension
    level: int
    rule: str
    value: str


class Decision(NamedTuple):
    """What the rules say of one case: held, or seen down to these levels."""

    hold: Hold | None
    choices: tuple[Choice, ...]

    @property
    def levels(self) -> Levels:
        """The finest level of each dimension; all are closed when it is held."""
        return ALL_CLOSED if self.hold is not None else tuple(choice.level for choice in self.choices)


def label(tiers: frozenset[Tier], asked: Label | None = None) -> Label:
    """Label of a record released to these tiers: of the finest view, or narrower if that was asked for (R3, R4).

    A record that went to nobody but named members is RED.
    """
    own = _LABELS[max(tiers)] if tiers else Label.RED
    return min(own, asked or own)


def decide(case: Case) -> Decision:
    """Ask every rule; the first that holds is named, and of equally narrow ones the first."""
    found = [(rule, rule.apply(case)) for rule in RULES if rule.apply is not None]
    holds = [finding for _, finding in found if isinstance(finding, Hold)]
    hold = min(holds, key=lambda one: one.rule not in _GRAVEST, default=None)
    limits = [
        (rule, finding)
        for rule, finding in found
        if isinstance(finding, tuple) and not isinstance(finding, Hold)
    ]
    choices = tuple(
        _choose(dimension, chain, limits) for dimension, chain in zip(DIMENSIONS, case.chains, strict=True)
    )
    return Decision(hold or _revealing(case, tuple(choice.level for choice in choices)), choices)


def _choose(dimension: Dimension, chain: Chain, limits: Sequence[tuple[Rule, Levels]]) -> Choice:
    at = dimension.number
    level, decided = FINEST[at], _KEPT_BY[dimension]
    for step in Step:
        for rule, levels in limits:
            narrower = levels[at] < level if step is not Step.AGREEMENT else levels[at] > level
            if rule.step is step and narrower:
                level, decided = levels[at], rule.id
    return Choice(dimension, level, decided, chain[min(level, len(chain) - 1)] if level > CLOSED else "")


def _tier(case: Case, *dimensions: Dimension) -> Levels:
    """What the tier may see of some dimensions; the others are not limited."""
    numbers = {dimension.number for dimension in dimensions}
    levels = case.policy.levels[case.audience.tier]
    return tuple(level if at in numbers else FINEST[at] for at, level in enumerate(levels))


def _marked(case: Case, rule: str) -> Hold | None:
    """Held because somebody marked whom it concerns."""
    return next((Hold(*ground) for ground in grounds(case.incident) if ground.rule == rule), None)


def _revealing(case: Case, levels: Levels) -> Hold | None:
    """R8: held because the free words that these levels show seem to point at a person."""
    found = leaks(case.chains, levels, case.names)
    if not found:
        return None
    kinds = sorted({str(one.kind) for leak in found for one in leak.findings})
    return Hold(
        "R8",
        f"the name of {found[0].level} in {found[0].dimension} seems to hold {', '.join(kinds)}",
        "a corrected name, or a coarser level for this record",
    )


def released(case: Case) -> Finding:
    """R1."""
    if case.audience.member in case.members:
        return None
    reached = [tier for tier in case.tiers if tier <= case.audience.tier]
    if not reached:
        name = case.audience.name
        return Hold("R1", f"nobody has released it to {name}", f"release it to {name} or to a coarser tier")
    finest = max(reached)
    return case.policy.levels[finest] if finest < case.audience.tier else None


def labelled(case: Case) -> Finding:
    """R3."""
    asked = case.override.label
    if asked is not None and case.audience.member not in case.members:
        reach = _REACH.get(asked)
        if reach is None or case.audience.tier < reach:
            words = asked.name.replace("_", "+")
            return Hold("R3", f"it is labelled {words}", "a second person lowers the label")
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
        return Hold("R11", "it happened too short a time ago", f"time: it may leave after {until}")
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
            f"somebody was abducted or detained and no release is known; it is presumed on {presumed_over}",
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
        f"{case.audience.tier.name.lower()} members may not use records for {case.purpose}",
        f"another purpose: {', '.join(sorted(allowed))}" if allowed else "a purpose in the policy",
    )


def certain(case: Case) -> Finding:
    """R17."""
    return _tier(case, CERTAINTY)


def regular_level(case: Case) -> Finding:
    """P1."""
    return case.policy.regular if case.policy.is_regular(case.incident.where.country) else None


def agreed(case: Case) -> Finding:
    """P2."""
    country = case.incident.where.country
    levels = [
        one.levels
        for one in case.policy.agreements
        if one.member == case.audience.member and one.applies(country, case.today)
    ]
    return widest(levels) if levels else None


def overridden(case: Case) -> Finding:
    """P3."""
    if case.override.held:
        return Hold("P3", "somebody holds this record", "a second person lifts it")
    return case.override.levels


_SLT = "Saving Lives Together, framework of 2015"
_TLP = "Traffic Light Protocol 2.0"
RULES = (
    Rule(
        "R1",
        "Only what this organization released leaves; a new record is shared with nobody.",
        _SLT,
        released,
        Step.TIER,
    ),
    Rule(
        "R2",
        "Records are taken from registered partners alone: admitted, not suspended, in date.",
        _SLT,
        kept_by="the signed directory, at every call and every page",
    ),
    Rule(
        "R3",
        "Every record carries a label and goes no further than it says; without one it is refused.",
        _TLP,
        labelled,
        Step.TIER,
    ),
    Rule(
        "R4",
        "A receiver may narrow a label, and only the originator's signature may widen it.",
        "originator control",
        kept_by="the signature, which covers the label",
    ),
    Rule(
        "R5",
        "Nothing is passed on: RED, AMBER+STRICT and AMBER never, the others by the originator itself.",
        _TLP,
        kept_by="the node, which serves its own log alone",
    ),
    Rule(
        "R6",
        "The organization that reports is named by its broad type only.",
        "practice of the Aid Worker Security Database",
        attributed,
        Step.TIER,
    ),
    Rule(
        "R7",
        "The Red Cross and Red Crescent Movement is named as a class only with its consent.",
        "practice of the Aid Worker Security Database",
        kept_by="anonymizing, before any level is chosen",
    ),
    Rule(
        "R8",
        "No person is named, described or made countable.",
        "ICRC handbook on data protection; HDX",
        personal,
        Step.TIER,
    ),
    Rule(
        "R9",
        "No narrative leaves.",
        "WHO, list of what is not public about attacks on health care",
        kept_by="the form of a record, which has no place for text",
    ),
    Rule(
        "R10",
        "The place is made coarser the wider the audience: district, province, country.",
        "WHO, attacks on health care",
        located,
        Step.TIER,
    ),
    Rule(
        "R11",
        "The time is made coarser the wider the audience: day, month, year; and some audiences wait.",
        "statistical disclosure control",
        timed,
        Step.TIER,
    ),
    Rule(
        "R12",
        "A total of fewer than 5 incidents or 3 organizations is not published.",
        "HDX; GBVIMS",
        kept_by="no totals leave this node but to its own people",
    ),
    Rule(
        "R13",
        "A total of which one organization supplies more than 80 % is not published.",
        "follows from R6",
        kept_by="no totals leave this node but to its own people",
    ),
    Rule(
        "R14",
        "Sexual violence never leaves as a record.",
        "GBVIMS; resolution 71/129, paragraph 10",
        sexual_violence,
    ),
    Rule(
        "R15",
        "While somebody is abducted or detained the record stays here.",
        "resolution 71/129, paragraphs 16 and 17",
        captivity,
    ),
    Rule(
        "R16",
        "Each release names what it is for, and is used for nothing else.",
        "ICRC handbook on data protection",
        purposeful,
    ),
    Rule(
        "R17",
        "How sure something is, and from what kind of source, travels with it.",
        "Security Incident Information Management; WHO",
        certain,
        Step.TIER,
    ),
    Rule(
        "R18",
        "A correction or a call-back reaches everybody who has the record.",
        "practice of the Aid Worker Security Database",
        kept_by="the log, and the receipts of members: `tocsin holders`",
    ),
    Rule(
        "R19",
        "What is known about a case with a government is no part of a record.",
        "resolution 79/138, paragraphs 26 and 28",
        kept_by="casework, which peers can not ask",
    ),
    Rule(
        "R20",
        "Whoever is no member is sent to the originator of each record.",
        "GBVIMS",
        kept_by="the directory, and `tocsin query --for outsiders`",
    ),
    Rule(
        "R21",
        "What left is on record: to whom, which revision, how finely, by which policy.",
        "ICRC handbook on data protection",
        kept_by="the disclosure log: `tocsin disclosures`",
    ),
    Rule(
        "R22",
        "When a partner leaves, its old signatures stay verifiable.",
        _SLT,
        kept_by="the directory and the log",
    ),
    Rule(
        "R23",
        "Safety incidents are kept apart from violence.",
        "resolutions 71/129 and 79/138",
        kept_by="the cause, which is the coarsest level of what happened",
    ),
    Rule(
        "R24",
        "An analysis says its sources, its unit, its coverage and as of when.",
        "resolutions 71/129 and 79/138, notes",
        kept_by="`tocsin query`, with every answer",
    ),
    Rule(
        "P1",
        "In a country at the regular level, no tier sees more than that level allows.",
        _SLT,
        regular_level,
        Step.TIER,
    ),
    Rule(
        "P2",
        "A member with a bilateral agreement may see finer than its tier.",
        "policy of this organization",
        agreed,
        Step.AGREEMENT,
    ),
    Rule(
        "P3",
        "What was said of one record narrows; it widens only when a second person agrees.",
        "policy of this organization",
        overridden,
    ),
)
