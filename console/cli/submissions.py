"""`tocsin submissions`: let a form server push what people submit."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.import_ import import_file
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say

submissions = typer.Typer(
    name="submissions", help="Let a form server push what people submit.", no_args_is_help=True
)


@submissions.command()
def token(home: HomeOption = HERE) -> None:
    """Make the token for the form server; an older one ends.

    It is printed once and kept nowhere. Enter it in the form server as password of basic authentication, or as header
    `Authorization: Bearer TOKEN`. A running node takes it over when it is started again.
    """
    from console.home import open_home
    from console.submissions import make_token

    print(make_token(open_home(home)))
    say("Keep it safe: who has it can add records here. It is shown this once only.")


@submissions.command()
def reconcile(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Export of all submissions, as JSON, CSV or XLSX.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what is new, changed or vanished, and change nothing.")
    ] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the refused ones there, each with its reasons: CSV, or .xlsx."
        ),
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Bring records in line with an export of the form server.

    What is edited or deleted there is never pushed. The export stands for all submissions:
    new ones are added, edited ones revised, deleted ones withdrawn. What came in
    on the day of the export itself may be newer than it, and is not taken for deleted.
    """
    from console.home import open_home

    opened = open_home(home)
    import_file(
        file,
        opened.path / opened.settings.submissions_profile,
        None,
        whole=True,
        dry_run=dry_run,
        rejects=rejects,
        home=home,
        style=style,
    )
