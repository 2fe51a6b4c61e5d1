"""Try changes inside functions: the tests stay imported and collected, and each change gets a fork of their process.

There the functions of the module get the code of the changed one. What runs when a module is imported can not be
changed so.
"""

import ast
import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import CodeType, FunctionType
from typing import NamedTuple

import pytest

from tests.mutation.changes import Mutant
from tests.mutation.plan import Target
from tests.mutation.process import begin, compiled, limit_cpu, run_tests
from tests.mutation.record import Recording

_NO_FIT = 3  # a process ends with it when the functions can not take the changed code
_ALL_TESTS_SHARE = "migrated_file"


class Asked(NamedTuple):
    """A change, by its number, and the tests that are asked in this order; without one, the module as it is."""

    number: int
    mutant: Mutant | None
    tests: Sequence[str]

    def changed(self, module: ast.Module) -> ast.Module:
        """The module with this change."""
        return self.mutant.apply(module) if self.mutant is not None else module


class Work(NamedTuple):
    """What is tried on one module, so many changes at once."""

    target: Target
    module: ast.Module
    recording: Recording
    workers: int


def try_in_place(work: Work, asked: Sequence[Asked]) -> Iterator[tuple[int, bool | None]]:
    """Give of each change whether it survives, by its number; `None` if it can not be tried so.

    Raises:
        RuntimeError: The tests fail in this order although nothing is changed.
    """
    fork = get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=_serve, args=(work, asked, there))
    process.start()
    there.close()
    try:
        for _ in asked:
            yield here.recv()
    except EOFError as error:
        reason = "its tests fail, quickest first, without any change"
        raise RuntimeError(f"{work.target.module}: {reason}") from error
    finally:
        process.join()


def _serve(work: Work, asked: Sequence[Asked], there: Connection) -> None:
    child = begin(lambda: run_tests(work.target, work.module, _Loop(work, asked, there)))
    there.close()
    os.waitpid(child, 0)


class _Loop:
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, work: Work, asked: Sequence[Asked], there: Connection) -> None:
        self._work = work
        self._asked = asked
        self._there = there
        self._failed = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try each change in a process of its own."""
        items = {item.nodeid: item for item in session.items}
        self._make_what_all_share(session)
        functions = _functions(self._work.target)
        gc.freeze()  # so that no fork copies what is there already by looking through it
        unchanged = Asked(-1, None, self._work.recording.all)
        if self._failed or os.waitpid(self._begin(unchanged, items, functions), 0)[1]:
            return True
        running: dict[int, Asked] = {}
        for one in self._asked:
            if len(running) >= self._work.workers:
                self._wait(running)
            running[self._begin(one, items, functions)] = one
        while running:
            self._wait(running)
        return True

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test fails."""
        self._failed = self._failed or report.failed

    def _make_what_all_share(self, session: pytest.Session) -> None:
        """Make the empty database before there are several processes."""

        def made(migrated_file: object) -> None:
            assert migrated_file

        users = [item for item in session.items if _ALL_TESTS_SHARE in getattr(item, "fixturenames", ())]
        for user in users[:1]:
            one = pytest.Function.from_parent(user.parent, name="made", callobj=made)
            one.ihook.pytest_runtest_protocol(item=one, nextitem=session)

    def _wait(self, running: dict[int, Asked]) -> None:
        child, status = os.wait()
        ended = os.waitstatus_to_exitcode(status)
        self._there.send((running.pop(child).number, None if ended == _NO_FIT else ended == 0))

    def _begin(self, one: Asked, items: Mapping[str, pytest.Item], functions: Sequence[FunctionType]) -> int:
        return begin(lambda: self._try(one, [items[test] for test in one.tests], functions))

    def _try(self, one: Asked, items: Sequence[pytest.Item], functions: Sequence[FunctionType]) -> int:
        limit_cpu(sum(self._work.recording.seconds[test] for test in one.tests))
        if not _put(compiled(self._work.target, one.changed(self._work.module)), functions):
            return _NO_FIT
        for at, item in enumerate(items):
            following = items[at + 1] if at + 1 < len(items) else item.session
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                return 1
        return 0


def _functions(target: Target) -> list[FunctionType]:
    """All functions of the module that there are."""
    file = compiled(target, ast.Module([], [])).co_filename
    return [
        one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == file
    ]


def _put(code: CodeType, functions: Sequence[FunctionType]) -> bool:
    """Give every function its code in the changed module; false if one can not take it."""
    found = dict(_codes(code))
    try:
        for one in functions:
            if one.__name__ != "<lambda>":  # several may share a line
                one.__code__ = found[one.__code__.co_qualname, one.__code__.co_firstlineno]
    except ValueError:  # it uses other names of the function around it
        return False
    return True


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    """All code inside a module."""
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield (one.co_qualname, one.co_firstlineno), one
            yield from _codes(one)
