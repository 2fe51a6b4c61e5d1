"""Try one change: a process of its own imports the changed module and runs the tests that should notice."""

import ast
import importlib
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutation.changes import Mutant, mutants
from tests.mutation.plan import Target

CPU_SECONDS = 120  # a change that makes a loop endless is noticed by that
# pytest imports the tests as they are run in every process; what they use of others comes with these.
_HEAVY = ("hypothesis.strategies", "tests.support.network")
_OURS = {"casework", "console", "crypto", "node", "tests"}
_OPTIONS = (
    "--hypothesis-profile=mutation",
    "--assert=plain",
    "--exitfirst",
    "--quiet",
    "--no-header",
    "--no-summary",
    "-pno:cacheprovider",
    "-pno:randomly",
    "-pno:xdist",
    "-mnot postgresql",
)


class Trial:
    """One change, and whether no test noticed it."""

    def __init__(self, mutant: Mutant, *, survived: bool) -> None:
        self.mutant = mutant
        self.survived = survived


def trials(target: Target, workers: int) -> Iterator[Trial]:
    """Try every change of a module, so many at once.

    Raises:
        RuntimeError: The tests fail although nothing is changed.
    """
    for name in _HEAVY:
        importlib.import_module(name)
    module = ast.parse(Path(target.file).read_text(), target.file)
    if os.waitpid(_begin(target, module), 0)[1]:
        raise RuntimeError(f"{target.module}: its tests fail without any change")
    running: dict[int, Mutant] = {}
    for mutant in mutants(module, vars(importlib.import_module(target.module))):
        if mutant.owner in target.harmless:
            continue
        if len(running) >= workers:
            yield _next(running)
        running[_begin(target, mutant.apply(module))] = mutant
    while running:
        yield _next(running)


def _next(running: dict[int, Mutant]) -> Trial:
    child, status = os.wait()
    return Trial(running.pop(child), survived=status == 0)


def _begin(target: Target, module: ast.Module) -> int:
    """Start a process that runs the tests of a target with this module in the place of its own."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = _run(target, module)
        finally:
            os._exit(code)
    return child


def _run(target: Target, module: ast.Module) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Changed(target, module))
    return int(pytest.main([*_OPTIONS, *target.tests]))


class _Changed(SourceFileLoader):
    """Finds and loads one module as a tree that was changed, whatever its file says."""

    def __init__(self, target: Target, module: ast.Module) -> None:
        super().__init__(target.module, str(Path(target.file).resolve()))
        self._module = module

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where the changed module comes from; nothing for every other."""
        return spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, _fullname: str) -> CodeType:
        """The changed module, compiled."""
        return compile(self._module, self.path, "exec", dont_inherit=True)
