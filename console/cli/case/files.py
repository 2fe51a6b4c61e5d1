"""`tocsin case import | export | treaties`: what comes from files, and goes into them."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show


def import_cases(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="A CSV file of old cases, one event a row.")
    ],
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Import old cases from a file, each as a whole or not at all.

    A row that can not be read is named with its column, and nothing of its case is imported. Importing a file again
    changes nothing; rows that are new in it are added.
    """
    from casework.casefile import case_name
    from casework.errors import FieldError
    from console.home import read_file

    desk = desk_of(home, officer_id)
    try:
        text = read_file(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FieldError(file.name, "is not UTF-8 text") from error
    found = desk.import_cases(text)
    rows = [
        (one.case_id, case_name(one.uid) if one.uid else "", one.result, one.events, row, column, why)
        for one in found
        for row, column, why in (one.problems or ((None, "", ""),))
    ]
    show(("in the file", "case", "result", "events", "row", "column", "problem"), rows, style)
    refused = sum(one.result == "refused" for one in found)
    if any(one.result == "imported" for one in found):
        say("Imported cases are drafts until the country focal point registers them.")
    if refused:
        say(f"{refused} of {len(found)} cases refused; nothing of them was imported.")
        raise typer.Exit(1)


def export_cases(
    references: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CASE]...", help="The first signs of their names; else all."),
    ] = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write cases in the format that `import` reads, on standard output.

    Identities, medical facts and evidence are never in it. Cases of sexual violence, and of persons who do not want to
    be recorded, are left out, and so are cases that you may not export.
    """
    desk = desk_of(home, officer_id)
    found = desk.export_cases(tuple(map(desk.find, references or ())))
    print(found.text, end="")
    if found.kept_back:
        say(f"Left out, as they never leave singly: {', '.join(found.kept_back)}")
    if found.not_allowed:
        say(f"Left out, as you may not export them: {found.not_allowed}")


def treaties(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="The actions: treaty, iso3, action, date.")
    ],
    as_of: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Up to which day each is complete; else as_of.csv beside it."),
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Install the table of who is bound by which treaty since when.

    Without a table, or beyond the day up to which it is complete, where a State stands is unknown.
    """
    from casework.legal import members
    from casework.vocabulary import codes
    from console.home import open_home
    from console.treaties import install_treaties

    table = install_treaties(open_home(home).path, file, as_of or file.with_name("as_of.csv"))
    rows = [
        (words.label, len(members(table, treaty)), str(table.as_of.get(treaty, "")))
        for treaty, words in codes("treaty").items()
    ]
    show(("treaty", "parties", "complete up to"), rows, style, {"table": table.version})
