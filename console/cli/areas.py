"""`tocsin areas`: outlines of first-level areas, for maps."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show


def areas(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Boundaries of the first level (COD-AB), GeoJSON.")
    ] = None,
    country: Annotated[
        str, typer.Option("--country", metavar="CODE", help="Of which country, e.g. SSD.")
    ] = "",
    version: Annotated[
        date | None, day_option("--version", "Day of the boundaries, as the file says.")
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Take in outlines of areas for maps, or list them.

    Tocsin ships none: take them from the Common Operational Datasets of OCHA. They replace those of the country.
    """
    from console.areas import all_areas, import_areas
    from console.home import open_home, read_file

    opened = open_home(home)
    if file is not None:
        if not country or version is None:
            raise typer.BadParameter(
                "say of which country and day they are", param_hint="--country, --version"
            )
        found = import_areas(opened, read_file(file), country, version)
        say(f"Took in {len(found.areas)} areas of {country}, as of {version}.")
        return
    rows = [(one.country, str(one.version), len(one.areas)) for one in all_areas(opened)]
    show(("country", "version", "areas"), rows, style)
