"""Counting once where the truth is known: how many pairs are found, how many are wrong, what the total says."""

from collections.abc import Iterator
from itertools import combinations
from statistics import median
from time import perf_counter

from benchmarks.lab import Lab
from benchmarks.table import Line, at_least, at_most
from node.audience import Levels, Tier
from node.candidates import Looked, look, pair_of
from node.chances import weigh
from node.clusters import Reading, Ties, clusters, groups_of
from node.policy import baseline
from node.sight import cut_sight, sight
from tests.support.overlaps import Truth, make_truth

EVENTS = 3_000
SEEDS = (1, 2, 3, 4, 5)
SEEN_BY = {"day and district": Tier.COORDINATOR, "month and province": Tier.PEER}
# What the first version of the weights reached, a little loosened: a change of either is to be told, not to happen.
BOUNDS = {"day and district": (0.92, 0.66, 0.08), "month and province": (0.78, 0.45, 0.12)}
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


def _found(truth: Truth, levels: Levels) -> Looked:
    return look({name: cut_sight(sight(one), levels) for name, one in truth.facts.items()})


def _compare(words: str, truths: list[Truth], found: list[Looked], seconds: float) -> Iterator[Line]:
    least_precision, least_recall, most_error = BOUNDS[words]
    each = [_measured(truth, pairs) for truth, pairs in zip(truths, found, strict=True)]
    middle = [median(column) for column in zip(*each, strict=True)]
    precision, recall, shown, joined, met, error, inside, decided = middle[:8]
    low, best, high, true = map(round, middle[8:])
    what, there = f"matching at {words}", f"{len(truths[0].pairs)} pairs"
    for name, value, bound in (
        ("likeliest pairs by the table alone: right (precision)", precision, at_least(least_precision)),
        ("likeliest pairs by the table alone: found (recall)", recall, at_least(least_recall)),
        ("likeliest pairs that the best total joins: right", joined, None),
        ("likeliest pairs that the best total joins: found", met, None),
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


def _measured(truth: Truth, looked: Looked) -> tuple[float, ...]:
    """Precision and recall by the table, share that is shown, both as joined, errors, whether it is inside; totals."""
    found, all_pairs, true = looked.candidates, truth.pairs, truth.events
    pairs = [one.pair for one in found]
    weighed = weigh([looked])
    ties = Ties(
        open={one.candidate.pair: one.weight for one in weighed},
        expected={one.candidate.pair: one.expected for one in weighed},
    )
    likely = set(pairs[: round(sum(one.likeness.probability for one in found))])
    joined = {
        pair_of(*pair) for group in groups_of(ties, Reading.BEST) for pair in combinations(sorted(group), 2)
    }
    right, met = len(likely & all_pairs), len(joined & all_pairs)
    low, best, high = (_total(truth, ties, reading) for reading in Reading)
    shown = all_pairs.intersection(pairs)
    decided = len(truth.incidents) - sum(len(one) - 1 for one in clusters(Ties(same=shown)).events)
    shares = (
        right / max(len(likely), 1),
        right / len(all_pairs),
        len(shown) / len(all_pairs),
        met / max(len(joined), 1),
        met / len(all_pairs),
    )
    errors = abs(best - true) / true, float(low <= true <= high), abs(decided - true) / true
    return *shares, *errors, low, best, high, true


def _total(truth: Truth, ties: Ties, reading: Reading) -> int:
    return len(truth.incidents) - sum(len(one) - 1 for one in groups_of(ties, reading))
