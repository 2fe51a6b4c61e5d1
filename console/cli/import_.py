"""`tocsin import` and `tocsin template`: read files of incidents, and write a workbook for them."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cells import Cell
from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show, working

ProfileOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="TOML that says which column is what; else a built-in one."),
]


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or JSON as it was published.")],
    profile: ProfileOption = None,
    published: Annotated[
        date | None, day_option("--published", "Day of publication, if the file does not tell.")
    ] = None,
    whole: Annotated[
        bool | None,
        typer.Option(
            "--whole/--part",
            help="Whether the file holds all that its source knows; else as the profile says.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the refused rows there, each with its reasons: CSV, or .xlsx."
        ),
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Take in a file of incidents, such as a published data set.

    A whole file stands for all that its source said on its day: new rows are added, changed rows revised, vanished
    rows withdrawn. A part adds and revises only. Rows that can not be read are refused, each with its reasons, and
    nothing is repaired. The same file again changes nothing.
    """
    from console.home import open_home, read_file, write_file
    from console.importing import COUNTS, looks_cut
    from console.submissions import read_profile_file
    from console.web.workbooks import read_in_any_language
    from node.intake import rejects_csv, rejects_workbook
    from node.record import foresee, import_publication

    store = open_home(home).store()
    data = read_file(file)
    now = datetime.now(UTC)
    by = read_profile_file(profile) if profile is not None else None
    with working(f"Reading {file.name}"):
        publication = read_in_any_language(data, file.name, published, now.date(), by, whole=whole)
    say(
        f"Source: {publication.source}. Published on {publication.published_on} ({publication.published_from})."
    )
    for warning in publication.warnings:
        say(f"Note: {warning}")
    if rejects is not None:
        as_workbook = rejects.suffix.lower() == ".xlsx"
        write_file(
            rejects, rejects_workbook(publication) if as_workbook else rejects_csv(publication).encode()
        )
    _tell_rejects([(one.number, one.reasons) for one in publication.rejects], rejects)
    if dry_run:
        done, changes = foresee(store, publication, now)
        counts = {name: getattr(done, name) for name in COUNTS}
        shown = changes if style is not Format.TABLE else changes[:_SHOWN]
        rows = [[one.what, one.key, *_said(one.incident)] for one in shown]
        show(("change", "key", "when", "country", "means", "affected"), rows, style, counts)
        say(f"Nothing was changed. {len(changes)} records would be.")
        return
    with working(f"Storing {len(publication.rows)} rows"):
        done = import_publication(store, publication, hashlib.sha256(data).digest(), now)
    if looks_cut(done, len(publication.rows)):
        say(
            f"Note: {done.withdrawn} records are not in this file any more and were withdrawn. If the file was cut"
        )
        say("short, import the whole one with the same date: that brings them back.")
    if done.kept:
        say(f"Note: {done.kept} rows are of records that were merged or split here, and stay so.")
    if done.changed:
        say(
            f"Note: of these the file says something new: {', '.join(done.changed)}. Look whether they still are one."
        )
    show(
        COUNTS,
        [[getattr(done, name) for name in COUNTS]],
        style,
        {"source": done.source, "published_on": done.published_on},
    )


def template(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the workbook (.xlsx).")],
    profile: ProfileOption = None,
    language: Annotated[
        str, typer.Option("--language", metavar="en|fr|es|ar|ru|zh", help="Whose words it is in.")
    ] = "en",
) -> None:
    """Write an empty workbook with drop-downs for incidents.

    `tocsin import` reads it back, in whatever language it is. With a profile it has the columns of that one, in
    English, and is read with it.
    """
    from console.home import write_file
    from console.submissions import read_profile_file
    from console.web.languages import LANGUAGES
    from console.web.workbooks import workbook_in

    if language not in LANGUAGES:
        raise typer.BadParameter(f"one of {', '.join(LANGUAGES)}", param_hint="--language")
    if profile is not None and language != "en":
        raise typer.BadParameter("a profile of yours has its own words", param_hint="--language")
    write_file(file, workbook_in(language, read_profile_file(profile) if profile is not None else None))


def _said(incident: object) -> list[Cell]:
    from node.model import Incident

    if not isinstance(incident, Incident):
        return ["", "", "", ""]
    return [str(incident.when), incident.where.country, incident.means, incident.count()]


def _tell_rejects(refused: Sequence[tuple[int, tuple[str, ...]]], written: Path | None) -> None:
    for number, reasons in refused[:_SHOWN]:
        say(f"Row {number} refused: {' '.join(reasons)}")
    left = len(refused) - _SHOWN
    if left > 0:
        say(
            f"... and {left} more; "
            + (f"all are in {written}." if written else "--rejects FILE writes them all.")
        )


_SHOWN = 20  # refused rows or changes printed before the rest is only counted
