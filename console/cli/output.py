"""Print lists as table, JSON or CSV, always the same way: data on standard output, remarks on standard error."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from console.cells import Cell, harmless, sentence
from console.cli.options import Format


def show(
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    style: Format,
    remarks: Mapping[str, object] | None = None,
) -> None:
    """Print rows under a header.

    Remarks (unit, as-of date, sources...) stand below a table and beside the rows in JSON; for CSV they go to
    standard error, so that the output stays a clean file.
    """
    listed = [list(row) for row in rows]
    if style is Format.JSON:
        found = [dict(zip(header, row, strict=True)) for row in listed]
        print(json.dumps({"rows": found, **(remarks or {})}, ensure_ascii=False, indent=2, default=str))
        return
    if style is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([harmless(cell) for cell in row] for row in listed)
    else:
        _table(header, listed)
    stream = sys.stderr if style is Format.CSV else sys.stdout
    for name, remark in (remarks or {}).items():
        print(f"{name.replace('_', ' ')}: {sentence(remark)}", file=stream)


def say(text: str) -> None:
    """Print a sentence for people on standard error, where it does not get into a file."""
    print(text, file=sys.stderr)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something is being done, where somebody watches."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


@contextmanager
def steps(what: str, of: int) -> Iterator[Callable[[int], None]]:
    """Show how much is done, where somebody watches; the function that is handed out takes the number done."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=of)
        yield lambda done: progress.update(task, completed=done)


def _table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, name in enumerate(header):
        numbers = all(isinstance(row[at], int | float) for row in rows) and bool(rows)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    # A pipe is no terminal: there a table is as wide as its content, never folded.
    console = Console(width=None if sys.stdout.isatty() else 1000, markup=False, highlight=False)
    console.print(table)
