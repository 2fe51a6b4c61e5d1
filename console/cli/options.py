"""Options that several commands share."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

PASSPHRASE = "TOCSIN_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


HomeOption = Annotated[
    Path, typer.Option("--home", envvar="TOCSIN_HOME", help="Folder of the node.", show_default="this folder")
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]

HERE = Path()


def day_option(name: str, text: str) -> Any:
    """An option that takes a day; the type of the option is typer's own."""
    return typer.Option(name, formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=text)


def passphrase(*, new: bool = False) -> str | None:
    """The passphrase of the node's keys: from the environment, or asked for where somebody sits at the keyboard.

    Args:
        new: Ask twice, and take an empty answer for "none".
    """
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given or None
    if not new or not sys.stdin.isatty():
        return None
    answer = typer.prompt(
        "Passphrase for the keys (empty for none)",
        default="",
        hide_input=True,
        confirmation_prompt=True,
        show_default=False,
    )
    return str(answer) or None
