"""What goes wrong at a node in the week: its disk, its process, its database, or all of it, and it is put back."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NamedTuple

from sqlalchemy import Engine, event

from console.erased import write_erased
from console.for_cases import CaseDatabase
from console.restoring import Wanted, restore
from console.saving import save
from node.errors import LogBehindError, LogUnconfirmedError
from node.store.database import Store
from tests.faults.week.people import Organization
from tests.support.backups import KEY, LOCK
from tests.support.faults import Flavour, at_write, failing_at
from tests.support.network import NOW
from tests.support.restored import backed_up

REFUSALS = (LogBehindError, LogUnconfirmedError)
SERVER_GONE = "server gone"
ON_SQLITE = ("write", "write", "write", "full", "read-only")
ON_POSTGRESQL = ("write", SERVER_GONE)
NAME = "node.db"


class Burns(NamedTuple):
    """What befalls a node: it is put back as it was before some days.

    Attributes:
        kept_on: Day on which a backup is made.
        on: Day on which that is put back; at once, if it is the same.
        saved: Whether it was made by `tocsin backup`; else the machine is set back as a whole, and does not know.
        newer: Whether a newer copy is found once members say that there was more.
    """

    kept_on: int
    on: int
    saved: bool
    newer: bool

    @classmethod
    def drawn(cls, chance: Random, days: int, *, saved: bool) -> "Burns":
        """By chance, in a week of so many days."""
        kept_on = chance.randrange(days - 1)
        return cls(kept_on, chance.randrange(kept_on, days), saved, chance.random() < 0.4)


@contextmanager
def bad_disk(store: Store, chance: Random, kind: str, server: Callable[[], None] | None) -> Iterator[None]:
    """A disk on which one write fails, that is full, or that nobody may write on; or a database that starts anew."""
    if kind == "write":
        flavour = chance.choice((Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED))
        with failing_at(store, chance.randint(0, 6), flavour):
            yield
    elif kind == SERVER_GONE:
        assert server is not None
        with at_write(store, chance.randint(0, 6), server):
            yield
    else:
        limit = "max_page_count = 1" if kind == "full" else "query_only = on"
        with _each_connection(store.engine, f"PRAGMA {limit}"):
            yield


@contextmanager
def _each_connection(engine: Engine, statement: str) -> Iterator[None]:
    """Say something to every connection that is opened meanwhile."""

    def says(connection: object, _record: object) -> None:
        connection.execute(statement)  # type: ignore[attr-defined] # of the driver

    engine.dispose()
    event.listen(engine, "connect", says)
    try:
        yield
    finally:
        event.remove(engine, "connect", says)
        engine.dispose()


def keep(one: Organization, how: Burns) -> None:
    """Make a backup."""
    folder = _kept(one)
    folder.mkdir()
    if how.saved:
        write_erased(one.home, one.node.store)
        save(one.home, one.node.identity.signing, folder / "one.backup", LOCK, NOW)
    else:
        backed_up(one.home.path / NAME, folder / NAME)
        shutil.copy(one.home.path / "log.size", folder)


def put_back(one: Organization, how: Burns) -> None:
    """Put it back while nothing runs, and move away what is left; `newest` finds it again."""
    one.node.store.close()
    home, kept, left = one.home.path, _kept(one), _left(one)
    backed_up(home / NAME, left.with_suffix(".db"))
    if how.saved:
        home.rename(left)
        (home / "keys").mkdir(parents=True, mode=0o700)
        shutil.copytree(left / "keys", home / "keys", dirs_exist_ok=True)
        shutil.copytree(left / "network", home / "network")
        restore(Wanted(kept / "one.backup", KEY, [left / "erased.list"]), home)
    else:
        _replace(home, kept / NAME)
        shutil.copy(kept / "log.size", home)
    _open(one)


def newest(one: Organization) -> None:
    """Put the newest copy into its place while nothing runs."""
    one.node.store.close()
    _replace(one.home.path, _left(one).with_suffix(".db"))
    _open(one)


def _replace(home: Path, database: Path) -> None:
    for file in home.glob(f"{NAME}*"):
        file.unlink()
    shutil.copy(database, home / NAME)


def _open(one: Organization) -> None:
    one.node = replace(one.node, store=one.home.store())
    if one.office:
        one.office.database = CaseDatabase(one.node.store)


def _kept(one: Organization) -> Path:
    return one.home.path.with_name(f"{one.org_id}.kept")


def _left(one: Organization) -> Path:
    return one.home.path.with_name(f"{one.org_id}.left")
