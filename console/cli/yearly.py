"""`tocsin yearly`: the fixed yearly table from counts."""

from pathlib import Path
from typing import Annotated

import typer

from console.cells import DASH
from console.cli.options import Format, FormatOption
from console.cli.output import show


def yearly(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or XLSX with the columns year, of, what, number.")
    ],
    style: FormatOption = Format.TABLE,
) -> None:
    """Print the yearly table of the Secretary-General's report.

    A dash is what nobody reported; it is no zero. UNSMS and UNRWA are never added up.
    """
    from console.exports import read_counts
    from console.home import read_file
    from node.yearly import HEADER
    from node.yearly import yearly as table

    rows = table(read_counts(read_file(file)))
    show(
        HEADER,
        [[DASH if cell is None and style is not Format.JSON else cell for cell in row] for row in rows],
        style,
        {"unit": "affected persons; harassed: cases", "of": "UNSMS and UNRWA staff are never added up"},
    )
