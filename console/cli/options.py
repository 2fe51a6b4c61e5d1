"""Options that several commands share."""

import os
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

PASSPHRASE = "TOCSIN_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret
BACKUP_PASSPHRASE = "TOCSIN_BACKUP_PASSPHRASE"  # noqa: S105 - likewise


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


HomeOption = Annotated[
    Path,
    typer.Option(
        "--home", metavar="DIR", envvar="TOCSIN_HOME", help="Folder of the node.", show_default="this folder"
    ),
]
DraftOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DRAFT", help="Where to write it, if others have to sign.", show_default=False
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]

HERE = Path()


def day_option(name: str, text: str) -> Any:
    """An option that takes a day; the type of the option is typer's own."""
    return typer.Option(name, parser=_day, metavar="YYYY-MM-DD", help=text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day; write it like 2015-03-14") from error


def passphrase(home: Path) -> str | None:
    """The passphrase of a node's keys: from the environment, or asked for where somebody sits at the keyboard.

    Raises:
        CryptoError: The keys can not be read.
    """
    from console.home import SIGNING, key_file

    return passphrase_of(key_file(home, SIGNING), "the keys")


def passphrase_of(key: Path, what: str) -> str | None:
    """The passphrase of one key file: from the environment, or asked for where somebody sits at the keyboard.

    Raises:
        CryptoError: The key can not be read.
    """
    from crypto.keyfile import is_protected

    given = _given_passphrase()
    if given is not None:
        return _kept(given)
    if not sys.stdin.isatty() or not is_protected(key):
        return None
    return _kept(str(typer.prompt(f"Passphrase of {what}", hide_input=True, err=True)))


def new_passphrase() -> str | None:
    """A passphrase for new keys: from the environment, or asked for twice; nothing means none.

    Raises:
        CryptoError: The file that holds it can not be used.
    """
    given = _given_passphrase()
    if given is not None:
        return _kept(given)
    if not sys.stdin.isatty():
        return None
    answer = typer.prompt(
        "Passphrase for the keys (empty for none)",
        default="",
        hide_input=True,
        confirmation_prompt=True,
        show_default=False,
        err=True,
    )
    return _kept(str(answer))


def backup_passphrase(*, new: bool, what: str = "the backup") -> str | None:
    """The passphrase of a backup or of its key: from the environment, or asked for, twice for a new one.

    Raises:
        CryptoError: The file that holds it can not be used.
    """
    given = _given_passphrase(BACKUP_PASSPHRASE)
    if given is not None:
        return given or None
    if not sys.stdin.isatty():
        return None
    asked = typer.prompt(f"Passphrase of {what}", hide_input=True, confirmation_prompt=new, err=True)
    return str(asked) or None


def _kept(text: str) -> str | None:
    """A passphrase that is stretched once for all the keys of a node; an empty one is none."""
    from crypto.keyfile import Passphrase

    return Passphrase(text) if text else None


def _given_passphrase(name: str = PASSPHRASE) -> str | None:
    """The passphrase of the environment, or that in the file which it names."""
    given, named = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if given is not None or not named:
        return given
    from crypto.errors import PassphraseError
    from crypto.keyfile import read_private

    found = read_private(Path(named)).decode(errors="replace").splitlines()
    if not found or not found[0]:
        raise PassphraseError(f"{named}: its first line is empty, and an empty passphrase protects nothing")
    return found[0]
