"""`tocsin query`: count what this node knows and was shared."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from console.cells import DASH, Cell
from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show


class Whom(StrEnum):
    """Who will read an answer."""

    OURSELVES = "ourselves"
    OUTSIDERS = "outsiders"


def query(
    by: Annotated[str, typer.Option(metavar="NAMES", help="Group by these, e.g. year,country.")] = "year",
    measure: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="What to count, e.g. incidents,killed.",
            show_default="incidents, affected and four outcomes",
        ),
    ] = "incidents,affected,killed,injured,abducted,detained",
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="Only incidents like this, e.g. country=SSD,SDN. May be repeated."
        ),
    ] = None,
    first: Annotated[date | None, day_option("--from", "First day.")] = None,
    last: Annotated[date | None, day_option("--to", "Last day.")] = None,
    as_of: Annotated[date | None, day_option("--as-of", "As it was known on this day.")] = None,
    whom: Annotated[
        Whom,
        typer.Option(
            "--for", help="Who will read it; outsiders are donors, governments, media and the like."
        ),
    ] = Whom.OURSELVES,
    purpose: Annotated[
        str,
        typer.Option(
            metavar="CODE", help="What the answer is for: staff_safety, analysis, advocacy or statistics."
        ),
    ] = "staff_safety",
    compare: Annotated[
        str,
        typer.Option(
            metavar="previous|DAY", help="Beside each figure the one of the period before, or as of a day."
        ),
    ] = "",
    changes: Annotated[
        bool, typer.Option("--changes", help="List the records that make up the difference to that day.")
    ] = False,
    top: Annotated[
        int, typer.Option(metavar="N", help="Only the N groups with the most; unknown stays.")
    ] = 0,
    share: Annotated[
        str,
        typer.Option(metavar="NAMES|all", help="Beside each figure its share, within these or of all."),
    ] = "",
    rate: Annotated[
        bool, typer.Option("--rate", help="Beside each figure the rate per 10,000 staff.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it there: .csv, .xlsx, .json, .geojson or .parquet."),
    ] = None,
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="HOST:PORT", help="Ask your own organization's node there, over the line."
        ),
    ] = "",
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Count incidents and affected persons.

    Unit, as-of date, sources and what is left open stand beside the figures. For outsiders only this organization's own
    records are counted, and the members whom they must ask for theirs are named.

    Of what peers shared only the records for the purpose that you name are counted; your own always are.

    To group and filter by: year, country, admin1, admin2, cause, means, context, location_type, motive, actor_type,
    actor_group, certainty, source_kind, victims, delay, staff, sex, org_type, source, harm, resource, hcid,
    ssa, unsms, programme, impact, driver, fate, held_for; to group by only: quarter, month.

    To count: incidents, affected, killed, injured, abducted, detained, sexually_assaulted, other, killed_in_captivity,
    killed_in_detention, abducted_kika, detained_kika, harms, civilians_killed, civilians_injured, contributors.
    """
    from console.home import open_home
    from console.remarks import remarks
    from node.measures import make_query
    from node.query import answer
    from node.query import changes as list_changes

    asked = make_query(
        _names(by),
        _names(measure),
        where or [],
        as_of=as_of or datetime.now(UTC).date(),
        first=first,
        last=last,
        own_only=whom is Whom.OUTSIDERS,
        purpose=purpose,
        compare=compare,
        top=top,
        share=_names(share) or None,
        rate=rate,
    )
    if at:
        if changes or out is not None:
            raise typer.BadParameter("goes neither with --changes nor with --out", param_hint="--at")
        from console.asking import ask_at
        from console.cli.options import passphrase

        told = ask_at(open_home(home), passphrase(home), at, asked)
        show(told.columns, _shown(told.rows, style), style, told.remarks)
        return
    found = (list_changes if changes else answer)(open_home(home).store(), asked)
    if out is None:
        show(found.header, _shown(found.rows, style), style, remarks(found))
        return
    from console.exports import write_answer

    write_answer(found, remarks(found), out)
    say(f"Wrote {len(found.rows)} rows to {out}.")


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _shown(rows: Sequence[Sequence[Cell]], style: Format) -> Sequence[Sequence[Cell]]:
    """In a table a figure that is not known is a dash, which is no zero."""
    if style is not Format.TABLE:
        return rows
    return [[DASH if cell is None else cell for cell in row] for row in rows]
