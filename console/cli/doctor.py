"""`tocsin doctor`: what is wrong with this node, and what to do."""

from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show


def doctor(
    everything: Annotated[bool, typer.Option("--all", help="Show what is good too.")] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Say what is wrong with this node, and what to do.

    It looks at disk, clock, database, keys, certificate, directory, own log, members, backups and casework. Nothing is
    changed, and nothing of records or cases is shown. It ends with exit code 1 if anything is bad.
    """
    from datetime import UTC, datetime

    from console.doctor import examine
    from console.home import open_home
    from console.symptoms import State

    found = examine(open_home(home), datetime.now(UTC))
    shown = [one for one in found if everything or one.state is not State.GOOD]
    show(("state", "what", "it says", "do"), [(str(one.state), *one[1:]) for one in shown], style)
    bad = sum(one.state is State.BAD for one in found)
    say(f"{len(found)} things looked at, {bad} bad.")
    if bad:
        raise typer.Exit(1)
