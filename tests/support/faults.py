"""Make a chosen write of a store go wrong: refused, done but reported as failed, or the last thing a process did."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from node.store import database
from node.store.database import Store

_CHANGES = ("INSERT", "UPDATE", "DELETE")


class Flavour(StrEnum):
    """How a write goes wrong."""

    REFUSED = "refused"
    DONE_BUT_REPORTED_AS_FAILED = "done but reported as failed"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


def _go_wrong(flavour: Flavour, kind: str, write: Callable[[], Any]) -> None:
    if flavour is Flavour.KILLED_BEFORE:
        os.kill(os.getpid(), signal.SIGKILL)
    if flavour is not Flavour.REFUSED:
        write()
    if flavour is Flavour.KILLED_AFTER:
        os.kill(os.getpid(), signal.SIGKILL)
    raise OperationalError(kind, None, OSError("disk I/O error"))


@contextmanager
def failing_at(store: Store, number: int | None, flavour: Flavour) -> Iterator[list[str]]:
    """Let write `number` of a store go wrong, 0 being the first; gives the writes as they happen.

    A write is a statement that changes rows, a bulk copy, or the commit of such.
    """
    with _happening_at(store, number, partial(_go_wrong, flavour)) as writes:
        yield writes


@contextmanager
def at_write(store: Store, number: int, happens: Callable[[], object]) -> Iterator[None]:
    """Let something happen just before write `number` of a store."""

    def goes_on(_kind: str, write: Callable[[], Any]) -> Any:
        happens()
        return write()

    with _happening_at(store, number, goes_on):
        yield


@contextmanager
def _happening_at(
    store: Store, number: int | None, happens: Callable[[str, Callable[[], Any]], Any]
) -> Iterator[list[str]]:
    writes: list[str] = []
    dialect = store.engine.dialect

    def counted(write: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        def perform(*arguments: Any) -> Any:
            kind = name(*arguments)
            if kind:
                writes.append(kind)
            if not kind or len(writes) - 1 != number:
                return write(*arguments)
            return happens(kind, lambda: write(*arguments))

        return perform

    def statement(_cursor: object, text: str, *_others: object) -> str:
        first = text.split(maxsplit=1)[0]
        return first if first in _CHANGES else ""

    def commit(_connection: object) -> str:
        return "COMMIT" if writes and writes[-1] != "COMMIT" else ""

    with pytest.MonkeyPatch.context() as patch:
        for method in ("do_execute", "do_executemany", "do_execute_no_params"):
            patch.setattr(dialect, method, counted(getattr(dialect, method), statement))
        patch.setattr(dialect, "do_commit", counted(dialect.do_commit, commit))
        for bulk in ("_copy", "_execute_many"):
            patch.setattr(database, bulk, counted(getattr(database, bulk), lambda *_rows: "INSERT"))
        yield writes
