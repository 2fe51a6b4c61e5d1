"""Tables as lines of JSON, the same from SQLite and PostgreSQL, and back into either.

A row is a list with a value for each column, bytes in base64. Rows stand in the order of their keys, compared byte by
byte, so that a table has one digest whichever database it lies in.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    inspect,
    select,
)
from sqlalchemy.types import TypeEngine

import casework.tables
import console.web.tables
import node.tables
from console.errors import BackupDamagedError
from node.store.database import insert_many

# Who or which program is signed in, where this database lies, what is made again from the facts: not for a copy.
LEFT_OUT = frozenset(
    {
        *("account_session", "account_try", "account_token", "account_challenge"),
        *("place", "column_segment", "fact_change"),
    }
)
_KINDS: dict[
    str, type[TypeEngine[Any]]
] = {  # the narrower before the wider, which they are in SQLAlchemy too
    "int2": SmallInteger,
    "int8": BigInteger,
    "int4": Integer,
    "text": Text,
    "bytes": LargeBinary,
}
_BITS = {"int2": 15, "int4": 31, "int8": 63}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_AT_ONCE = 1_000  # rows that are fetched together


class Shape(NamedTuple):
    """A table: its name, its columns with their kinds, and those of its key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]


class Digest(NamedTuple):
    """How many rows a table has, and SHA-256 of all of them."""

    rows: int
    sha256: str


def shapes() -> tuple[Shape, ...]:
    """Every table of a node that is copied, each behind those that it refers to."""
    metadata = (node.tables.metadata, casework.tables.metadata, console.web.tables.metadata)
    tables = chain.from_iterable(one.sorted_tables for one in metadata)
    return tuple(_shape(table) for table in tables if table.name not in LEFT_OUT)


def rows_of(connection: Connection, shape: Shape) -> Iterator[bytes]:
    """Every row of a table, a few of them in memory at a time."""
    table = as_table(shape)
    order: list[Any] = [table.c[name] for name in shape.key]
    if connection.dialect.name == "postgresql":  # by itself it would sort text as people of a country do
        order = [one.collate("C") if isinstance(one.type, Text) else one for one in order]
    hidden = [number for number, (_, kind) in enumerate(shape.columns) if kind == "bytes"]
    wanted = select(*table.c).order_by(*order)
    for row in connection.execute(wanted, execution_options={"yield_per": _AT_ONCE}):
        values = list(row)
        for number in hidden:
            if values[number] is not None:
                values[number] = base64.b64encode(values[number]).decode()
        yield json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()


class Counting:
    """Gives rows on, and knows in the end how many there were and what their digest is."""

    def __init__(self, rows: Iterable[bytes]) -> None:
        self._rows = rows
        self._digest, self._count = sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        for row in self._rows:
            self._digest.update(row + b"\n")
            self._count += 1
            yield row

    @property
    def digest(self) -> Digest:
        """Of what was given on."""
        return Digest(self._count, self._digest.hexdigest())


def digest_of(connection: Connection, shape: Shape) -> Digest:
    """Count and hash the rows of a table."""
    counting = Counting(rows_of(connection, shape))
    for _ in counting:
        pass
    return counting.digest


def put_rows(connection: Connection, shape: Shape, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows as they were read from a line.

    Raises:
        BackupDamagedError: One of them is no row of this table.
        StoreError: The database refused.
    """
    kinds = [kind for _, kind in shape.columns]
    try:
        opened = [tuple(_value(*one) for one in zip(kinds, row, strict=True)) for row in rows]
    except (TypeError, ValueError) as error:
        raise BackupDamagedError("a row of the table {name} can not be read", name=shape.name) from error
    insert_many(connection, as_table(shape), opened)


def check_shape(connection: Connection, shape: Shape) -> None:
    """See that a database has this very table, before its name goes into any statement.

    Raises:
        BackupDamagedError: It has not.
    """
    names = [name for name, _ in shape.columns]
    fits = all(_NAME.fullmatch(one) for one in (shape.name, *names)) and all(
        kind in _KINDS for _, kind in shape.columns
    )
    looked = inspect(connection)
    if not fits or not looked.has_table(shape.name):
        raise BackupDamagedError(
            "the backup holds a table {name!r}, which is none of its revision", name=shape.name[:40]
        )
    if [one["name"] for one in looked.get_columns(shape.name)] != names:
        raise BackupDamagedError(
            "the table {name} has other columns in the backup than in its revision", name=shape.name
        )


def as_table(shape: Shape) -> Table:
    """A table of this shape, as SQLAlchemy knows it."""
    return Table(shape.name, MetaData(), *(Column(name, _KINDS[kind]) for name, kind in shape.columns))


def shape_in(line: dict[str, Any]) -> Shape:
    """The table that a line names.

    Raises:
        BackupDamagedError: It names none.
    """
    try:
        columns = tuple((str(name), str(kind)) for name, kind in line["columns"])
        key = tuple(map(str, line["key"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BackupDamagedError("a table of the backup can not be read") from error
    if not key or not set(key) <= {name for name, _ in columns}:
        raise BackupDamagedError("a table of the backup has no key")
    return Shape(text_in(line, "table"), columns, key)


def fields_of(line: bytes) -> dict[str, Any]:
    """Read a line.

    Raises:
        BackupDamagedError: It is none.
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BackupDamagedError("a line of the backup can not be read") from error
    if not isinstance(found, dict):
        raise BackupDamagedError("a line of the backup is none")
    return found


def bytes_in(line: dict[str, Any], name: str) -> bytes:
    """The bytes under a name in a line.

    Raises:
        BackupDamagedError: There are none.
    """
    try:
        return base64.b64decode(text_in(line, name))
    except ValueError as error:
        raise BackupDamagedError("{name} in a line of the backup can not be read", name=name) from error


def text_in(line: dict[str, Any], name: str) -> str:
    """The text under a name in a line.

    Raises:
        BackupDamagedError: There is none.
    """
    found = line.get(name)
    if not isinstance(found, str):
        raise BackupDamagedError("a line of the backup lacks {name}", name=name)
    return found


def _shape(table: Table) -> Shape:
    columns = tuple((one.name, _kind(one)) for one in table.columns)
    return Shape(table.name, columns, tuple(one.name for one in table.primary_key))


def _kind(column: Column[Any]) -> str:
    return next(name for name, kind in _KINDS.items() if isinstance(column.type, kind))


def _value(kind: str, value: object) -> object:
    """A value of a column of this kind; anything else is a `ValueError`."""
    if value is None:
        return None
    if kind in _BITS:
        if type(value) is int and -1 << _BITS[kind] <= value < 1 << _BITS[kind]:
            return value
    elif isinstance(value, str):
        return base64.b64decode(value, validate=True) if kind == "bytes" else value
    raise ValueError(kind)
