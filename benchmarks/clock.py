"""Time things that are to be compared, in turns, so that whatever else the machine does hits all of them alike."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

Timings = Mapping[str, list[float]]


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def in_turns(rounds: int, **works: Callable[[], object]) -> Timings:
    """Seconds of each work in each round."""
    timings: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            timings[name].append(seconds(work))
    return timings


def ratio(timings: Timings, one: str, other: str) -> float:
    """How many times as long `one` takes as `other`: the median over the rounds."""
    return median(mine / theirs for mine, theirs in zip(timings[one], timings[other], strict=True))
