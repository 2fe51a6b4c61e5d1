"""`tocsin outcomes`: what has become of each record with each member."""

from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import show


def outcomes(
    record: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE:KEY", help="Records by their ids; else all that left."),
    ] = None,
    member: Annotated[
        str, typer.Option(metavar="ORG", help="Only with this member.", show_default=False)
    ] = "",
    only: Annotated[
        str,
        typer.Option(
            metavar="OUTCOME",
            help="sent, waiting, withheld, refused or 'taken back'.",
            show_default=False,
        ),
    ] = "",
    tree: Annotated[
        bool, typer.Option("--tree", help="Who has each record by which way, and whom they gave it to.")
    ] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show what has become of each record with each member.

    It was sent, waits for the member to come, is withheld by a rule, was refused by the member, or was taken back. A
    member confirms with its next signed receipt.
    """
    from collections import Counter

    from console.home import open_home
    from console.outcomes import HEADER, TREE_HEADER, found_outcomes, outcome_lines, tree_lines
    from console.selection import select_records
    from node.outcomes import Outcome

    if only and only not in set(Outcome):
        raise typer.BadParameter(f"{only!r} is none of {', '.join(Outcome)}", param_hint="--only")
    opened = open_home(home)
    store = opened.store()
    chosen = select_records(store, "RECORD", record or [])
    found = [
        one
        for one in found_outcomes(opened, store, chosen)
        if member in {"", one.member} and only in {"", one.outcome}
    ]
    if tree:
        show(TREE_HEADER, tree_lines(found), style)
        return
    counted = Counter(str(one.outcome) for one in found)
    show(HEADER, outcome_lines(found), style, {"outcomes": dict(sorted(counted.items()))})
