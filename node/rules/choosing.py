"""Ask every rule about a case, and choose the narrowest of what they find."""

from collections.abc import Sequence
from typing import NamedTuple

from node.audience import ALL_CLOSED, CLOSED, FINEST, Levels, Tier
from node.ladders import ACTOR, CERTAINTY, DIMENSIONS, TARGET, VICTIMS, WHAT, WHEN, WHERE, Chain, Dimension
from node.rules.case import Case, Hold
from node.rules.findings import revealing
from node.rules.table import RULES, Rule, Step
from node.signed import Label

_LABELS = {Tier.PUBLIC: Label.CLEAR, Tier.PEER: Label.GREEN, Tier.COORDINATOR: Label.AMBER}
# Named before others, which somebody could lift and still not let it leave.
_GRAVEST = frozenset({"R14", "R15"})
# The rule that speaks of each dimension: it decided where none of them narrows.
_KEPT_BY = {WHEN: "R11", WHERE: "R10", WHAT: "R3", VICTIMS: "R3", TARGET: "R6", ACTOR: "R8", CERTAINTY: "R17"}


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
    limits = sorted(
        (
            (rule, finding)
            for rule, finding in found
            if isinstance(finding, tuple) and not isinstance(finding, Hold)
        ),
        key=lambda one: one[0].step,
    )
    choices = tuple(
        _choose(dimension, chain, limits) for dimension, chain in zip(DIMENSIONS, case.chains, strict=True)
    )
    return Decision(hold or revealing(case, tuple(choice.level for choice in choices)), choices)


def _choose(dimension: Dimension, chain: Chain, limits: Sequence[tuple[Rule, Levels]]) -> Choice:
    at = dimension.number
    level, decided = FINEST[at], _KEPT_BY[dimension]
    for rule, levels in limits:  # in the order in which they count
        if levels[at] > level if rule.step is Step.AGREEMENT else levels[at] < level:
            level, decided = levels[at], rule.id
    return Choice(dimension, level, decided, chain[min(level, len(chain) - 1)] if level > CLOSED else "")
