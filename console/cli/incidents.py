"""`tocsin incidents`: single records into a file, for ourselves or as an audience was given them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show


def incidents(
    record: Annotated[
        list[str] | None,
        typer.Option(
            "--id", metavar="SOURCE:KEY", help="One record by its id, e.g. awsd:4664. May be repeated."
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Only records like this, e.g. country=SSD."),
    ] = None,
    first: Annotated[date | None, day_option("--from", "First day of the incidents.")] = None,
    last: Annotated[date | None, day_option("--to", "Last day of the incidents.")] = None,
    whom: Annotated[
        str,
        typer.Option("--for", metavar="WHO", help="Who will read it: ourselves, a tier, or a member."),
    ] = "ourselves",
    purpose: Annotated[
        str, typer.Option(metavar="CODE", help="For others: what they were shared for.")
    ] = "staff_safety",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it there: .csv, .xlsx, .json, .geojson or .parquet."),
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Write own records into a file, one line each.

    For ourselves they are as we hold them, without narrative. For a tier or a member they are what left for them
    with `tocsin share`, at most as fine as it left and as the rules let them see today, and nothing else; --where,
    --from and --to then go by what they see. What members shared is theirs to give and is in no file.
    """
    from console.exports import write_incidents
    from console.home import open_home
    from console.incidents import chosen_records, incident_remarks, incident_sheet, points
    from node.measures import make_query

    asked = make_query(
        [],
        ["incidents"],
        where or [],
        as_of=datetime.now(UTC).date(),
        first=first,
        last=last,
        purpose=purpose,
    )
    records, left_out = chosen_records(open_home(home), record or [], asked, whom, purpose)
    sheet = incident_sheet(records, incident_remarks(whom, purpose, left_out))
    if out is None:
        show(sheet.header, sheet.rows, style, sheet.notes)
        return
    write_incidents(sheet, points(records), out)
    say(f"Wrote {len(sheet.rows)} records to {out}.")
