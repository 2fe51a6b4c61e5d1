"""Shares of a secret at the keyboard and in files: handed out in turn, put in one after the other."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.output import say

ShareFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--share", metavar="FILE", help="A file with a share; may be repeated. Others are asked for."
    ),
]


def hand_out(shares: tuple[Any, ...], kind: Any) -> None:
    """Show one share after the other, each to another person."""
    from console.shares import as_text

    for share in shares:
        print(as_text(share, kind))
        if sys.stdin.isatty():
            typer.prompt("Once it is written down, press Enter", default="", show_default=False, err=True)
            print("\033[2J\033[3J\033[H", end="")  # the screen, and what was scrolled out of it


def collect_shares(files: list[Path]) -> tuple[Any, ...]:
    """Shares from files, then from the keyboard until they are enough; a mistyped one is asked for again there.

    Raises:
        KeySharesError: One is mistyped where nobody can be asked again, or is of another set.
    """
    from crypto.errors import KeySharesError
    from crypto.keyshare import put_in, read_share

    shares: tuple[Any, ...] = ()
    for file in files:
        shares = put_in(shares, read_share_file(file))
    while not shares or len(shares) < shares[0].needed:
        of = f" of {shares[0].needed}" if shares else ""
        typed = _typed(f"Share {len(shares) + 1}{of}")
        if not typed:
            break  # too few, as is said when they are put together
        try:
            shares = put_in(shares, read_share(typed))
        except KeySharesError as error:
            if not sys.stdin.isatty():
                raise
            say(str(error))
    return shares


def read_share_file(file: Path) -> Any:
    """The share in a file.

    Raises:
        KeyShareDamagedError: It is none, or mistyped.
    """
    from console.home import read_file
    from console.shares import share_in
    from crypto.errors import KeyShareDamagedError
    from crypto.keyshare import read_share

    try:
        return read_share(share_in(read_file(file).decode()))
    except (KeyShareDamagedError, UnicodeDecodeError) as error:
        why = error if isinstance(error, KeyShareDamagedError) else "share: it is no text"
        raise KeyShareDamagedError(f"{file}: {why}") from error


def typed_share(words: str) -> Any:
    """A share that somebody types.

    Raises:
        KeySharesError: It is mistyped.
    """
    from crypto.keyshare import read_share

    return read_share(_typed(words))


def _typed(words: str) -> str:
    """A line that is not shown while it is typed; empty at the end."""
    if sys.stdin.isatty():
        return str(typer.prompt(words, default="", show_default=False, hide_input=True, err=True))
    say(words)
    return sys.stdin.readline()
