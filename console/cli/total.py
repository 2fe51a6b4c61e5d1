"""`tocsin total`: totals of which nobody sees the parts."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

total = typer.Typer(
    help="""Add up numbers that no one sees.

    Each member of a group splits its number in two; each part alone is noise. Two servers, one of the United Nations
    and one of NGOs, add up what each of them holds and exchange the sums alone. For what has one owner: own staff.
    """,
    no_args_is_help=True,
)
TotalArgument = Annotated[str, typer.Argument(metavar="TOTAL", help="Name of a total, or how its id begins.")]
ByOption = Annotated[str, typer.Option("--by", metavar="WHO", help="Who signs: initials or a staff number.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write it there; nothing goes over the line.")
]


@total.command()
def declare(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The declaration, TOML.")],
    by: ByOption,
    out: OutOption = None,
    home: HomeOption = HERE,
) -> None:
    """Declare a total, as the owner of one of its servers.

    The owner of the other server agrees to it, and then nothing of it changes any more.
    """
    from console.cli.totalling import declare_or_agree

    declare_or_agree(home, by, out, file=file)


@total.command()
def agree(name: TotalArgument, by: ByOption, out: OutOption = None, home: HomeOption = HERE) -> None:
    """Agree to what the other server declared."""
    from console.cli.totalling import declare_or_agree

    declare_or_agree(home, by, out, text=name)


@total.command()
def fetch(
    servers: Annotated[list[str], typer.Argument(metavar="SERVER...", help="Whom to ask.")],
    home: HomeOption = HERE,
) -> None:
    """Fetch declarations and what came of them."""
    from console.cli.totalling import fetch as ask

    ask(home, servers)


@total.command("list")
def list_totals(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List the totals that are known here."""
    from datetime import UTC, datetime

    from console.home import open_home
    from console.totals import LIST_HEADER, list_lines

    show(LIST_HEADER, list_lines(open_home(home).store(), datetime.now(UTC)), style)


@total.command("show")
def show_one(name: TotalArgument, home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Show a total, and what came out."""
    from console.cli.totalling import show_total
    from console.home import open_home
    from node.agreeing import named_total

    opened = open_home(home)
    show_total(opened, named_total(opened.store(), name), style)


@total.command()
def give(
    name: TotalArgument,
    by: Annotated[
        str, typer.Option("--by", metavar="WHO", help="Who decides; without, nothing leaves.")
    ] = "",
    number: Annotated[
        list[str] | None,
        typer.Option(
            "--number", metavar="AREA=N", help="What is right where the records are not. May be repeated."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write both shares there; send nothing.")
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show your own figures, and give them in two shares.

    Persons are counted from records that you know first-hand and that concern your type of organization alone. Numbers
    of staff are those that you took in with `tocsin staff --source` and your own id. Giving again before the total
    closes replaces what you gave.
    """
    from console.cli.totalling import give_total

    give_total(home, name, by, number or [], out, style)


@total.command()
def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A declaration, or a share for this server.")],
    home: HomeOption = HERE,
) -> None:
    """Take in a declaration or a share that came as a file."""
    from console.cli.options import passphrase
    from console.home import open_home
    from console.totals import take_file

    say(take_file(open_home(home), passphrase(home), file))


@total.command("sum")
def add_up(name: TotalArgument, home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Add up a closed total with the other server.

    Whose shares are added up is what both hold; each signs that, and tells the other its sum, and nothing else.
    """
    from console.cli.totalling import sum_total

    sum_total(home, name, style)
