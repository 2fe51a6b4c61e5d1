"""`tocsin staff`: numbers of staff, for rates."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, HomeOption, day_option
from console.cli.output import say


def staff(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="CSV or XLSX: year, country, org_type, staff, number; an empty cell is all."
        ),
    ],
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Who says so.")],
    published: Annotated[date | None, day_option("--published", "Day from which it is known.")] = None,
    home: HomeOption = HERE,
) -> None:
    """Take in how many staff there were.

    `tocsin query --rate` takes rates per 10,000 of them. What is said later of the same staff counts from its day on.
    """
    from console.home import open_home, read_file
    from console.staff import take_in

    day = published or datetime.now(UTC).date()
    taken = take_in(open_home(home).store(), read_file(file), source, day)
    say(f"Took in {taken} numbers of staff, known from {day}.")
