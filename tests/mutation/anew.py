"""Try changes in what runs when a module is imported: each gets a process that imports everything anew."""

import os
from collections.abc import Iterator, Sequence

import pytest

from tests.mutation.in_place import Asked, Work
from tests.mutation.process import begin, limit_cpu, run_tests


def try_anew(work: Work, asked: Sequence[Asked]) -> Iterator[tuple[int, bool]]:
    """Give of each change whether it survives, by its number."""
    running: dict[int, int] = {}
    for one in asked:
        if len(running) >= work.workers:
            yield _wait(running)
        running[_begin(work, one)] = one.number
    while running:
        yield _wait(running)


def _begin(work: Work, one: Asked) -> int:
    def trial() -> int:
        limit_cpu(sum(work.recording.seconds[test] for test in one.tests))
        return run_tests(work.target, one.changed(work.module), _InOrder(one.tests))

    return begin(trial)


def _wait(running: dict[int, int]) -> tuple[int, bool]:
    child, status = os.wait()
    return running.pop(child), status == 0


class _InOrder:
    """Asks these tests in this order, and no other."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._at = {test: at for at, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        items[:] = sorted(
            (one for one in items if one.nodeid in self._at), key=lambda one: self._at[one.nodeid]
        )
