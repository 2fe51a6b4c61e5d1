"""`tocsin query`: count what this node knows and was shared."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import show


def query(
    by: Annotated[str, typer.Option(help="Group by these, e.g. year,country.")] = "year",
    measure: Annotated[
        str, typer.Option(help="What to count.")
    ] = "incidents,affected,killed,injured,abducted,detained",
    where: Annotated[
        list[str] | None, typer.Option(help="Only incidents like this, e.g. means=shooting.")
    ] = None,
    first: Annotated[datetime | None, day_option("--from", "First day.")] = None,
    last: Annotated[datetime | None, day_option("--to", "Last day.")] = None,
    as_of: Annotated[datetime | None, day_option("--as-of", "As it was known on this day.")] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Count incidents and affected persons, with unit, as-of date and sources beside the figures."""
    from console.cli.remarks import remarks
    from console.home import open_home
    from node.measures import make_query
    from node.query import answer

    now = datetime.now(UTC)
    asked = make_query(
        [name for name in by.split(",") if name],
        [name for name in measure.split(",") if name],
        where or [],
        as_of=(as_of or now).date(),
        first=first and first.date(),
        last=last and last.date(),
    )
    found = answer(open_home(home).store(), asked)
    show(found.header, found.rows, style, remarks(found))
