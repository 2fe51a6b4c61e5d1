"""`tocsin codes`: the words an incident is described with, and whose categories they lead to."""

from dataclasses import fields
from typing import Annotated

import typer

from console.cli.options import Format, FormatOption
from console.cli.output import show


def codes(
    name: Annotated[
        str, typer.Argument(metavar="[LIST]", help="Such as harm or means; else all are named.")
    ] = "",
    style: FormatOption = Format.TABLE,
) -> None:
    """Show a code list with its crosswalks, or name all lists.

    The columns `awsd` and `sind` hold the words of data sets; `hcid`, `ssa` and `unsms` lead to categories of others.
    """
    from node.codes import DETAIL_LISTS, LIST_NAMES, SCHEMES, Code, code_list
    from node.errors import QueryError

    every = (*LIST_NAMES, *DETAIL_LISTS, *SCHEMES)
    if not name:
        lists = map(code_list, every)
        show(("list", "version", "codes"), [(one.name, one.version, len(one.codes)) for one in lists], style)
        return
    if name not in every:
        raise QueryError(f"{name!r} is none of {', '.join(every)}")
    listed = code_list(name)
    rows = [[_text(getattr(code, one.name)) for one in fields(Code)] for code in listed.codes.values()]
    used = [at for at, _ in enumerate(fields(Code)) if any(row[at] for row in rows)]
    header = [one.name for at, one in enumerate(fields(Code)) if at in used]
    show(header, [[row[at] for at in used] for row in rows], style, {"version": listed.version})


def _text(value: object) -> str:
    return " | ".join(value) if isinstance(value, tuple) else str(value or "")
