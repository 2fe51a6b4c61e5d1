"""The table of treaty actions of a node: installed by its operator, in one file, complete or not at all."""

import json
from pathlib import Path

from casework.errors import FieldError
from casework.legal import Treaties, read_treaties
from console.home import read_file, write_file

FILE_NAME = "treaties.json"


def install_treaties(home: Path, actions: Path, as_of: Path) -> Treaties:
    """Check both files of a table and keep them in the node's folder, instead of those held.

    Raises:
        FieldError: A row can not be read; nothing is kept.
        NodeError: A file can not be read or written.
    """
    texts = {"actions": _text(actions), "as_of": _text(as_of)}
    table = read_treaties(**texts)
    write_file(home / FILE_NAME, json.dumps(texts, ensure_ascii=False).encode())
    return table


def treaty_texts(home: Path) -> tuple[str, str]:
    """Both files of a node's table, actions and days, as they were installed; empty without one.

    Raises:
        FieldError: The file is not what was installed.
        NodeError: It can not be read.
    """
    if not (home / FILE_NAME).exists():
        return "", ""
    try:
        texts = json.loads(read_file(home / FILE_NAME))
        return str(texts["actions"]), str(texts["as_of"])
    except (ValueError, KeyError, TypeError) as error:
        raise FieldError(
            FILE_NAME, "is damaged; install the table again with `tocsin case treaties`"
        ) from error


def _text(file: Path) -> str:
    try:
        return read_file(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FieldError(file.name, "is not UTF-8 text") from error
