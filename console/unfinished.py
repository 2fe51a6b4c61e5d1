"""A first run that was cut short: how far it came is written into the folder of the node, and the next start goes on.

Before anything is made the mark says `making`: what is found beside it then is of a node that nobody ever used, and is
made anew. Once the node is whole it says `made`, until somebody has said that the page for the safe is printed, or has
made other shares of the keys.
"""

import shutil
from pathlib import Path

from node.errors import UnreadableError

FILE = "first-run"
_MAKING, _MADE = "making", "made"


def begin(folder: Path) -> None:
    """Mark a folder as one in which a node is being made.

    Raises:
        UnreadableError: It can not be written.
    """
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        (folder / FILE).write_text(_MAKING)
    except OSError as error:
        raise UnreadableError("{path} can not be written: {why}", path=folder, why=error.strerror) from error


def note_whole(folder: Path) -> None:
    """Mark the node as whole; its page for the safe is still to be printed."""
    (folder / FILE).write_text(_MADE)


def note_printed(folder: Path) -> None:
    """Take the mark off: what belongs into the safe is there."""
    (folder / FILE).unlink(missing_ok=True)


def is_to_be_made(folder: Path) -> bool:
    """Whether there is no node in a folder yet: it holds nothing, or only what a cut first run has left."""
    return not folder.exists() or not any(folder.iterdir()) or _mark(folder) == _MAKING


def is_to_be_printed(folder: Path) -> bool:
    """Whether nobody has said yet that the page for the safe was printed."""
    return _mark(folder) == _MADE


def clear(folder: Path) -> None:
    """Take away what a cut first run has left, the mark last; anything else stays as it is.

    Raises:
        UnreadableError: It can not be taken away.
    """
    if _mark(folder) != _MAKING:
        return
    try:
        for one in folder.iterdir():
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            elif one.name != FILE:
                one.unlink()
        (folder / FILE).unlink()
    except OSError as error:
        raise UnreadableError("{path} can not be written: {why}", path=folder, why=error.strerror) from error


def _mark(folder: Path) -> str:
    try:
        return (folder / FILE).read_text()
    except OSError:
        return ""
