"""`tocsin record`: what an organization says about its own records."""

from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

record = typer.Typer(help="Say what only you know about your own records.", no_args_is_help=True)


@record.command()
def mark(
    name: Annotated[str, typer.Argument(metavar="RECORD", help="The record by its id, e.g. awsd:4664.")],
    sensitive: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHOM", help="Whom it concerns: children, survivors or patients. May be repeated."
        ),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all marks off.")] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Mark a record that concerns children, survivors or patients.

    A marked record does not leave, whatever is asked for, and a later publication of its source keeps the mark. If it
    left before, the next `tocsin share` calls it back.
    """
    from console.home import open_home
    from node.mark import mark_record
    from node.model import Sensitive

    known = {one.value: one for one in Sensitive}
    for whom in sensitive or ():
        if whom not in known:
            raise typer.BadParameter(f"{whom!r} is none of {', '.join(known)}", param_hint="--sensitive")
    if bool(sensitive) == clear:
        raise typer.BadParameter("say whom the record concerns, or --clear", param_hint="--sensitive")
    marks = frozenset(known[whom] for whom in sensitive or ())
    before = mark_record(open_home(home).store(), name, marks)
    show(("record", "marks", "marks before"), [(name, _words(marks), _words(before))], style)
    if marks - before:
        say("It does not leave any more. If it left before, `tocsin share --updates` calls it back.")


def _words(marks: frozenset[str]) -> str:
    return ", ".join(sorted(marks)) or "none"
