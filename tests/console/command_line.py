"""Run `tocsin` as a person would, in this process."""

import io
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from console.cli.main import main


class Ran(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Rows of `--format json`."""
        rows: list[dict[str, Any]] = json.loads(self.out)["rows"]
        return rows


def tocsin(*words: object, typed: str = "", **environment: str) -> Ran:
    """Run one command; no TOCSIN_ variable of the machine is seen."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["tocsin", *map(str, words)]),
        patch.object(sys, "stdin", io.StringIO(typed)),
        _environment(environment),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Ran(code, out.getvalue(), err.getvalue())


def joins(keeper: Path, member: Path, fingerprint: str = "") -> Ran:
    """Let a member take over the file of the network from the node that keeps it."""
    known = ("--fingerprint", fingerprint) if fingerprint else ()
    return tocsin("peer", "join", keeper / "network" / "network.pb", *known, "--home", member)


def copied(home: Path, to: Path) -> Path:
    """A copy of the folder of a node that does not know that it is one, and so asks no members first."""
    shutil.copytree(home, to)
    with closing(sqlite3.connect(to / "node.db")) as database:
        database.execute("DELETE FROM place")
        database.commit()
    return to


def machine() -> dict[str, str]:
    """The environment of this machine without a node; what is released is in the log at once, as no test waits."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return kept | {"TOCSIN_LOG_SLOT_SECONDS": "0"}


@contextmanager
def _environment(given: dict[str, str]) -> Iterator[None]:
    with patch.dict(os.environ, machine() | given, clear=True):
        yield
