"""Processes for work that is killed half-way: forked from one that has everything imported and nothing open."""

import sys
from collections.abc import Callable
from multiprocessing import get_context
from types import ModuleType
from typing import Any


def exit_code(do: Callable[..., object], *arguments: object) -> int:
    """Do something in a process of its own; gives how that ended, negative for the signal that killed it."""
    process = forked().Process(target=do, args=arguments)
    process.start()
    process.join()
    return int(process.exitcode)


def forked() -> Any:
    """What starts such processes, as `multiprocessing` has it.

    The process from which all are forked is started by whichever test comes first, and each of them would have to
    import what that one has not, which takes far longer than forking: it imports all modules that use this one.
    """
    context = get_context("forkserver")
    ours = [name for name in sys.modules if name.startswith("tests.")]
    context.set_forkserver_preload([name for name in ours if _uses_this(sys.modules[name])])
    return context


def _uses_this(module: ModuleType) -> bool:
    return any(one is exit_code or one is forked for one in vars(module).values())
