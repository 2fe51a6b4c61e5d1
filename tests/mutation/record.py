"""Record once which tests run which lines of a module, and how long each takes, so that a change is asked of few."""

import ast
import os
import sys
import time
from collections.abc import Collection, Generator
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from coverage import Coverage

from tests.mutation.plan import Target
from tests.mutation.process import begin, run_tests

_AT_IMPORT = ""
_BETWEEN = "between"  # of a thread that a test has left behind


@dataclass(slots=True)
class Recording:
    """What ran when nothing was changed.

    Attributes:
        at_import: Lines that run before the first test: a change in one of them may change every test.
        tests: By line, the tests that run it, be it in a fixture that they share with others.
        seconds: By test, without the fixtures that it shares.
        shared: By test, the fixtures that it shares with others of its file, and how long these take together.
    """

    at_import: frozenset[int] = frozenset()
    tests: dict[int, set[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    shared: dict[str, tuple[str, float]] = field(default_factory=dict)

    def running(self, lines: Collection[int]) -> list[str]:
        """Tests that run one of these lines, quickest first; those that share a fixture stay together."""
        found = {test for line in lines for test in self.tests.get(line, ())}
        return sorted(found, key=self._order)

    @property
    def all(self) -> list[str]:
        """Every test, those that run something of the module first."""
        first = self.running(self.tests)
        return first + sorted(self.seconds.keys() - set(first), key=self._order)

    def _order(self, test: str) -> tuple[float, str, float, str]:
        names, took = self.shared.get(test, ("", 0.0))
        return took, names, self.seconds[test], test


def record(target: Target, module: ast.Module) -> Recording:
    """Run the tests of a target once, in a process of its own.

    Raises:
        RuntimeError: They fail although nothing is changed.
    """
    fork = get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=_record_quietly, args=(target, module, there))
    process.start()
    there.close()
    try:
        recording: Recording = here.recv()
    except EOFError as error:
        raise RuntimeError(f"{target.module}: its tests fail without any change") from error
    finally:
        process.join()
    return recording


def _record_quietly(target: Target, module: ast.Module, there: Connection) -> None:
    child = begin(lambda: _record(target, module, there))
    there.close()
    os.waitpid(child, 0)


def _record(target: Target, module: ast.Module, there: Connection) -> int:
    file = str(Path(target.file).resolve())
    coverage = Coverage(data_file=None, include=[file], config_file=False, messages=False)
    coverage.set_option("run:core", "ctrace")  # the one that can be told which test runs
    coverage.start()
    watch = _Watch(coverage, ("crypto.", "node.", target.module))
    code = run_tests(target, module, watch)
    coverage.stop()
    if code == 0:
        there.send(watch.recording(coverage.get_data().contexts_by_lineno(file)))
    return code


class _Watch:
    """Tells who runs: a test, a fixture that several share, or nobody yet."""

    def __init__(self, coverage: Coverage, caching: tuple[str, ...]) -> None:
        self._coverage = coverage
        self._caching = caching  # how the names of modules begin that cache something
        self._context = _AT_IMPORT
        self._fixtures: dict[str, float] = {}  # that are shared, and how long they took
        self._taken = 0.0
        self._seconds: dict[str, float] = {}
        self._uses: dict[str, list[str]] = {}
        self._of_file: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Generator[None, object, object]:
        """Note one test."""
        _forget_what_is_cached(self._caching)
        self._switch(item.nodeid)
        self._taken, started = 0.0, time.monotonic()
        result = yield
        self._seconds[item.nodeid] = time.monotonic() - started - self._taken
        self._uses[item.nodeid] = item.fixturenames
        self._switch(_BETWEEN)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """Note a fixture that is made for several tests."""
        if fixturedef.scope == "function":
            return (yield)
        before, started = self._context, time.monotonic()
        self._switch(fixturedef.argname)
        result = yield
        took = time.monotonic() - started
        self._fixtures[fixturedef.argname] = took
        self._taken += took
        if fixturedef.scope != "session":
            self._of_file.add(fixturedef.argname)
        self._switch(before)
        return result

    def recording(self, contexts: dict[int, list[str]]) -> Recording:
        """What was noted, given who ran each line."""
        users = {name: {test for test, used in self._uses.items() if name in used} for name in self._fixtures}
        tests: dict[int, set[str]] = {}
        for line, ran in contexts.items():
            tests[line] = {one for one in ran if one in self._seconds}.union(
                *(users[one] for one in ran if one in users)
            )
        shared = {
            test: ("/".join(names), sum(self._fixtures[name] for name in names))
            for test, used in self._uses.items()
            if (names := sorted(self._of_file.intersection(used)))
        }
        at_import = frozenset(line for line, ran in contexts.items() if _AT_IMPORT in ran)
        return Recording(at_import, tests, self._seconds, shared)

    def _switch(self, context: str) -> None:
        self._coverage.switch_context(context)
        self._context = context


def _forget_what_is_cached(names: tuple[str, ...]) -> None:
    """Let every test run what it needs, instead of finding what an earlier one has made."""
    for module in [one for name, one in sys.modules.items() if name.startswith(names)]:
        for value in vars(module).values():
            if isinstance(value, _lru_cache_wrapper):
                value.cache_clear()
