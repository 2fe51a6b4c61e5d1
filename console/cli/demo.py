"""`tocsin demo`: three organizations, a coordinator, and what it learns from them."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Annotated

import typer

_ENDINGS = ("SIGTERM", "SIGHUP")  # Ctrl-C raises by itself


def demo(
    data: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Deal out this publication (CSV or XLSX), not made-up incidents."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the nodes running until Ctrl-C.")] = False,
    home: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Make the nodes in this new folder, and leave it there."),
    ] = None,
) -> None:
    """Run three organizations here; show what a coordinator learns.

    Each is a process with keys and a database of its own, on a port that only this machine reaches. It takes some
    seconds and leaves nothing behind.
    """
    from console.cli.demo_story import tell

    with _ended_by_signals(), _folder(home) as folder:
        agrees = tell(folder, data, keep=keep)
    if home is not None:
        print(f"The folders of the nodes are in {home}.")
    elif not keep:
        print("The nodes have ended and left nothing behind. To ask them yourself: tocsin demo --keep")
    if not agrees:
        raise typer.Exit(1)


@contextmanager
def _folder(home: Path | None) -> Iterator[Path]:
    """The folder of the four nodes: the one asked for, or one that goes with the demo."""
    if home is not None:
        yield home
        return
    with TemporaryDirectory(prefix="tocsin-demo-") as folder:
        yield Path(folder)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let a signal that ends the demo end its nodes as well, by unwinding instead of dying."""

    def unwind(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    numbers = [getattr(signal, name) for name in _ENDINGS if hasattr(signal, name)]
    before = [(number, signal.signal(number, unwind)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
