"""Counting once where the truth is known: how many pairs are found, how many are wrong, what the total says."""

from collections.abc import Iterator
from statistics import median
from time import perf_counter

from benchmarks.lab import Lab
from benchmarks.table import Line, at_least, at_most
from node.audience import Levels, Tier
from node.candidates import Candidate, candidates
from node.clusters import Reading, Ties, clusters, groups_of
from node.policy import baseline
from node.sight import cut_sight, sight
from tests.support.overlaps import Truth, make_truth

EVENTS = 3_000
SEEDS = (1, 2, 3, 4, 5)
SEEN_BY = {"day and district": Tier.COORDINATOR, "month and province": Tier.PEER}
# What the first version of the weights reached, a little loosened: a change of either is to be told, not to happen.
BOUNDS = {"day and district": (0.92, 0.66, 0.18), "month and province": (0.78, 0.45, 0.28)}
MAX_SECONDS = 10.0  # to look at all reports of one truth


def lines(_lab: Lab) -> Iterator[Line]:
    """Measure at the levels of each tier, over several truths."""
    truths = [make_truth(seed, EVENTS) for seed in SEEDS]
    for words, tier in SEEN_BY.items():
        found, seconds = [], []
        for truth in truths:
            start = perf_counter()
            found.append(_found(truth, baseline().levels[tier]))
            seconds.append(perf_counter() - start)
        yield from _compare(words, truths, found, median(seconds))


def _found(truth: Truth, levels: Levels) -> tuple[Candidate, ...]:
    return candidates({name: cut_sight(sight(one), levels) for name, one in truth.facts.items()})


def _compare(
    words: str, truths: list[Truth], found: list[tuple[Candidate, ...]], seconds: float
) -> Iterator[Line]:
    least_precision, least_recall, most_error = BOUNDS[words]
    each = [_measured(truth, pairs) for truth, pairs in zip(truths, found, strict=True)]
    middle = [median(column) for column in zip(*each, strict=True)]
    precision, recall, shown, error, inside, decided = middle[:6]
    low, best, high, true = map(round, middle[6:])
    what, there = f"matching at {words}", f"{len(truths[0].pairs)} pairs"
    for name, value, bound in (
        ("pairs that are right (precision)", precision, at_least(least_precision)),
        ("pairs that are found (recall)", recall, at_least(least_recall)),
        ("pairs that people are shown", shown, None),
    ):
        yield Line("once", f"{what}: {name}", f"{value:.3f}", there, value, bound)
    totals, events = f"{low} / {best} / {high}", f"{true} events"
    yield Line("once", f"{what}: error of the best total", totals, events, error, at_most(most_error))
    rightly = f"{what}: error once people have decided rightly what they are shown"
    yield Line("once", rightly, f"{decided:.3f}", events, decided)
    yield Line("once", f"{what}: truth between low and high", f"{inside:.2f}", events, inside, at_least(1))
    reports = f"{len(truths[0].incidents)} reports"
    yield Line("once", f"{what}: looking", f"{seconds:.2f} s", reports, seconds, at_most(MAX_SECONDS))


def _measured(truth: Truth, found: tuple[Candidate, ...]) -> tuple[float, ...]:
    """Precision, recall, share that is shown, error of the best total, whether it lies in the range; the totals."""
    pairs = [one.pair for one in found]
    likely = set(pairs[: round(sum(one.likeness.probability for one in found))])
    right, true = len(likely & truth.pairs), truth.events
    low, best, high = (_total(truth, found, reading) for reading in Reading)
    shown = truth.pairs.intersection(pairs)
    decided = len(truth.incidents) - sum(len(one) - 1 for one in clusters(Ties(same=shown)).events)
    shares = (
        right / max(len(likely), 1),
        right / len(truth.pairs),
        len(shown) / len(truth.pairs),
    )
    errors = abs(best - true) / true, float(low <= true <= high), abs(decided - true) / true
    return *shares, *errors, low, best, high, true


def _total(truth: Truth, found: tuple[Candidate, ...], reading: Reading) -> int:
    ties = Ties(open={one.pair: one.likeness.weight for one in found})
    groups = groups_of(ties, reading)
    return len(truth.incidents) - sum(len(one) - 1 for one in groups)
