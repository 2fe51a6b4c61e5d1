"""`tocsin import`: read a published data set."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show, working


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX as it was published.")],
    published: Annotated[
        date | None, day_option("--published", "Day of publication, if the file does not tell.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the refused rows there, each with its reasons.")
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Take in a published data set, such as that of the AWSD.

    The file stands for all that its source said on its day: new rows are added, changed rows revised, vanished rows
    withdrawn. Rows that can not be read are refused, each with its reasons, and nothing is repaired. The same file
    again changes nothing.
    """
    from console.home import open_home, read_file, write_file
    from node.intake import read_publication, rejects_csv
    from node.record import import_publication

    store = open_home(home).store()
    data = read_file(file)
    now = datetime.now(UTC)
    with working(f"Reading {file.name}"):
        publication = read_publication(data, file.name, published, now.date())
    say(
        f"Source: {publication.source}. Published on {publication.published_on} ({publication.published_from})."
    )
    for warning in publication.warnings:
        say(f"Note: {warning}")
    if rejects is not None:
        write_file(rejects, rejects_csv(publication).encode())
    _tell_rejects([(one.number, one.reasons) for one in publication.rejects], rejects)
    with working(f"Storing {len(publication.rows)} rows"):
        done = import_publication(store, publication, hashlib.sha256(data).digest(), now)
    if done.withdrawn > _MANY * len(publication.rows):
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
    counts = ("accepted", "updated", "unchanged", "withdrawn", "quarantined")
    show(
        counts,
        [[getattr(done, name) for name in counts]],
        style,
        {"source": done.source, "published_on": done.published_on},
    )


def _tell_rejects(refused: Sequence[tuple[int, tuple[str, ...]]], written: Path | None) -> None:
    for number, reasons in refused[:_SHOWN]:
        say(f"Row {number} refused: {' '.join(reasons)}")
    left = len(refused) - _SHOWN
    if left > 0:
        say(
            f"... and {left} more; "
            + (f"all are in {written}." if written else "--rejects FILE writes them all.")
        )


_SHOWN = 20  # refused rows printed before the rest is only counted
_MANY = 0.1  # share of a publication that seldom vanishes at once
