"""A process of its own that imports one module as it was changed, and runs tests with it."""

import ast
import importlib
import os
import resource
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutation.plan import Target

# pytest imports the tests as they are run in every process; what they use of others comes with these.
_HEAVY = ("hypothesis.strategies", "tests.support.network")
_OURS = {"casework", "console", "crypto", "node", "tests"}
_OPTIONS = (
    "--hypothesis-profile=mutation",
    "--assert=plain",
    "--exitfirst",
    "--timeout=600",  # how long a test takes on a shared machine says nothing about it
    "--quiet",
    "--no-header",
    "--no-summary",
    "-pno:cacheprovider",
    "-pno:randomly",
    "-pno:xdist",
    "-mnot postgresql",
    "--override-ini=tmp_path_retention_policy=failed",  # `none` takes no lock on its folder
)
_CPU_SECONDS = 20  # at least: a change that makes a loop endless is noticed by that
_CPU_FACTOR = 5


def import_others() -> None:
    """Import what all processes use and do not change, so that those begin with it."""
    for name in _HEAVY:
        importlib.import_module(name)


def begin(work: Callable[[], int]) -> int:
    """Start a process that says nothing and ends with what `work` returns, or with 1 if that fails."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            code = work()
        finally:
            os._exit(code)
    return child


def limit_cpu(seconds: float) -> None:
    """End this process when it works for much longer than these tests took when nothing was changed."""
    limit = _CPU_SECONDS + int(_CPU_FACTOR * seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))


def run_tests(target: Target, module: ast.Module, *plugins: object) -> int:
    """Run the tests of a target with this module in the place of its own; give the code that pytest ends with."""
    ours = _OURS | {target.module.partition(".")[0]}
    for name in [name for name in sys.modules if name.partition(".")[0] in ours]:
        if not name.startswith("tests.mutation"):
            del sys.modules[name]
    sys.meta_path.insert(0, _Changed(target, module))
    return int(pytest.main([*_OPTIONS, *target.tests], plugins=list(plugins)))


def compiled(target: Target, module: ast.Module) -> CodeType:
    """The code of a module, as if it came from its file."""
    return compile(module, str(Path(target.file).resolve()), "exec", dont_inherit=True)


class _Changed(SourceFileLoader):
    """Finds and loads one module as a tree that was changed, whatever its file says."""

    def __init__(self, target: Target, module: ast.Module) -> None:
        super().__init__(target.module, str(Path(target.file).resolve()))
        self._target = target
        self._module = module

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where the changed module comes from; nothing for every other."""
        return spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, _fullname: str) -> CodeType:
        """The changed module, compiled."""
        return compiled(self._target, self._module)
