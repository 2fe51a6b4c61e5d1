"""Columns beside the store: facts of a large node as files of DuckDB, which answers the same statements faster.

A file holds the facts of a range of keys and is never changed, so any number of processes read it. Which files count
stands in the database, and so do the facts that changed or went since (`fact_change`, filled by triggers): an answer
takes those, and what is newer, from the database in the transaction in which it was asked, so it is what the database
alone would have said. Files are only a projection: without them, without DuckDB (extra `columns`) or for few facts,
the database answers.
"""

import csv
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable, Table, and_, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql.visitors import iterate

from node.errors import StoreError
from node.store.database import Run, Store, insert_many, next_id
from node.tables.facts import column_segment, fact, fact_change

MEMORY = "384MB"

logger = logging.getLogger(__name__)
_FORM = ",".join(
    f"{column.name} {'VARCHAR' if column.type.python_type is str else 'BIGINT'}" for column in fact.c
)
_SUFFIX = ".duckdb"
_DIGEST = sha256((_SUFFIX + _FORM).encode()).hexdigest()[:16]
DIALECT = PGDialect(paramstyle="qmark")  # type: ignore[no-untyped-call] # what DuckDB understands of it is all that we say
_TRIGGERS = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'fact'",
    "postgresql": "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'fact'::regclass AND NOT tgisinternal",
}


class Sizes(NamedTuple):
    """Numbers of facts: few enough for the database, in a file, and beside the files before those are written again."""

    fewest: int = 100_000
    segment: int = 245_760  # twice what DuckDB keeps together
    most_apart: int = 20_000


class _Segment(NamedTuple):
    """One file and the keys of the facts that it holds, from the first up to and without the last."""

    segment_id: int
    first_id: int
    stop_id: int
    form: str
    file: str


class _State(NamedTuple):
    """What a transaction sees: the files that count, the newest fact, and the newest change."""

    segments: tuple[_Segment, ...]
    newest: int
    changed: int

    @property
    def stop(self) -> int:
        """The first fact that is in no file."""
        return self.segments[-1].stop_id if self.segments else 1


class Columns:
    """The files in one folder, as one process reads and writes them."""

    def __init__(self, folder: Path, sizes: Sizes = Sizes()) -> None:  # noqa: B008 - it never changes
        self._folder = folder
        self._sizes = sizes
        self._opening, self._writing = Lock(), Lock()
        self._open: tuple[_State, Any] | None = None

    @contextmanager
    def reading(self, store: Store) -> Iterator[tuple[Connection, Run]]:
        """Read one consistent state of a store, with what answers statements over facts in it.

        Raises:
            StoreError: The database can not be read.
        """
        self._bring_up_to_date(store)
        with store.read() as connection:
            yield connection, self._run(connection)

    def forget(self) -> None:
        """Destroy every file, because something that it holds has to be destroyed.

        Raises:
            StoreError: A file can not be removed.
        """
        self._open = None
        try:
            for file in self._folder.iterdir() if self._folder.is_dir() else ():
                if file.is_file():  # what is being written, too
                    file.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError("a file of columns can not be removed: {why}", why=error.strerror) from error

    def _run(self, connection: Connection) -> Run:
        def ask_database(statement: Executable) -> Sequence[Sequence[Any]]:
            return connection.execute(statement).all()

        state = _state(connection)
        if not state.segments or not self._usable(connection, state):
            return ask_database
        with self._opening:
            if self._open is None or self._open[0] != state:
                try:
                    self._open = state, self._opened(connection, state)
                except _duckdb().Error as error:
                    logger.warning("columns can not be read: kind=%s", type(error).__name__)
                    return ask_database
            engine = self._open[1].cursor()

        def ask_columns(statement: Any) -> Sequence[Sequence[Any]]:
            if any(isinstance(one, Table) and one is not fact for one in iterate(statement)):
                return ask_database(statement)
            compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
            values = [compiled.params[name] for name in compiled.positiontup or ()]
            try:
                rows: Sequence[Sequence[Any]] = engine.execute(str(compiled), values).fetchall()
            except (
                _duckdb().Error
            ) as error:  # such as a file that is gone: the database knows all that it held
                logger.warning("columns can not be read: kind=%s", type(error).__name__)
                return ask_database(statement)
            return rows

        return ask_columns

    def _usable(self, connection: Connection, state: _State) -> bool:
        whole = all(
            one.form == _DIGEST and (self._folder / one.file).is_file() for one in state.segments
        ) and _has_triggers(connection)
        return whole and _duckdb() is not None and _apart(connection, state) <= 4 * self._sizes.most_apart

    def _opened(self, connection: Connection, state: _State) -> Any:
        """DuckDB with `fact` as this transaction sees it."""
        engine = self._engine()
        kept = []
        for number, one in enumerate(state.segments):
            engine.execute(f"ATTACH '{_quoted(str(self._folder / one.file))}' AS kept{number} (READ_ONLY)")
            kept.append(f"SELECT * FROM kept{number}.fact")  # noqa: S608 - our own names
        changed = select(fact_change.c.fact_id).where(fact_change.c.id <= state.changed).distinct()
        _fill(
            engine,
            self._folder,
            connection,
            "changed (id BIGINT)",
            changed.where(fact_change.c.fact_id < state.stop),
        )
        apart = select(fact).where(or_(fact.c.id >= state.stop, fact.c.id.in_(changed)))
        _fill(engine, self._folder, connection, f"apart ({_FORM})", apart)
        parts = f"SELECT * FROM ({' UNION ALL '.join(kept)})"  # noqa: S608 - our own names
        if _holds(engine, "changed"):
            parts += " WHERE id NOT IN (SELECT id FROM changed)"
        if _holds(engine, "apart"):  # of an empty table nothing is known, so nothing could be planned by it
            parts += " UNION ALL SELECT * FROM apart"
        engine.execute(f"CREATE VIEW fact AS {parts}")
        return engine

    def _engine(self) -> Any:
        engine = _duckdb().connect(":memory:")
        for setting in (
            "integer_division = true",  # as both databases divide
            "autoinstall_known_extensions = false",  # nothing is fetched from anywhere
            "autoload_known_extensions = false",
            f"memory_limit = '{MEMORY}'",
            f"temp_directory = '{_quoted(str(self._folder / 'spill'))}'",
            "preserve_insertion_order = false",
        ):
            engine.execute(f"SET GLOBAL {setting}")  # for its cursors, too
        return engine

    def _bring_up_to_date(self, store: Store) -> None:
        """Write files of what is in none, or was changed, where that is much; nobody waits for anybody."""
        if _duckdb() is None or not self._writing.acquire(blocking=False):
            return
        try:
            with store.read() as connection:
                state = _state(connection)
                if state.newest < self._sizes.fewest or not _has_triggers(connection):
                    return
                wanted = self._wanted(connection, state)
                if not wanted:
                    return
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                written = [self._write(connection, *one) for one in wanted if one[0] < one[1]]
            self._register(store, state, {first for first, _ in wanted}, written)
        except (OSError, _duckdb().Error) as error:
            logger.warning("columns can not be written: kind=%s", type(error).__name__)
        finally:
            self._writing.release()

    def _wanted(self, connection: Connection, state: _State) -> list[tuple[int, int]]:
        """Ranges of facts to be written: of files that are gone or of another form, and where much has changed.

        No range reaches beyond the newest fact: keys are given out again when the newest facts are gone.
        """
        much = _apart(connection, state) > self._sizes.most_apart or not state.segments
        keys = _changed(connection) if much else _gone(connection, state)
        touched = [one for one in state.segments if self._is_lost(one) or _holds_any(one, keys)]
        end, last = state.newest + 1, state.segments[-1:]
        ranges = [(one.first_id, min(one.stop_id, end)) for one in touched if not much or (one,) != last]
        if much:
            tail = range(last[0].first_id if last and self._is_short(last[0], touched) else state.stop, end)
            ranges += [
                (first, min(first + self._sizes.segment, end)) for first in tail[:: self._sizes.segment]
            ]
            ranges += [(one.first_id, one.first_id) for one in last if one in touched and not tail]
        return ranges

    def _is_lost(self, one: _Segment) -> bool:
        return one.form != _DIGEST or not (self._folder / one.file).is_file()

    def _is_short(self, last: _Segment, touched: Sequence[_Segment]) -> bool:
        return last in touched or last.stop_id - last.first_id < self._sizes.segment

    def _write(self, connection: Connection, first: int, stop: int) -> _Segment:
        file = f"{first}-{stop}-{token_hex(8)}{_SUFFIX}"
        engine = self._engine()
        rows = select(fact).where(and_(fact.c.id >= first, fact.c.id < stop)).order_by(fact.c.id)
        draft = self._folder / f".{file}.new"
        try:
            with _passed(self._folder, connection, _FORM, rows) as passing:
                # From text to file, so that the rows are never all in memory.
                engine.execute(f"ATTACH '{_quoted(str(draft))}' AS written")
                engine.execute(f"CREATE TABLE written.fact AS {passing}")
                engine.execute("DETACH written")
            draft.replace(self._folder / file)
        finally:
            engine.close()
            for left in self._folder.glob(
                f"{draft.name}*"
            ):  # with what DuckDB keeps beside an unfinished file
                left.unlink(missing_ok=True)
        return _Segment(0, first, stop, _DIGEST, file)

    def _register(self, store: Store, state: _State, starts: set[int], written: Sequence[_Segment]) -> None:
        """Let new files count in place of those that start where they do, unless somebody else was quicker."""
        old = [one for one in state.segments if one.first_id in starts]
        with store.write() as connection:
            current = _state(connection).segments == state.segments
            if current:
                connection.execute(delete(column_segment).where(column_segment.c.first_id.in_(starts)))
                first = next_id(connection, column_segment)
                insert_many(
                    connection, column_segment, [(first + at, *one[1:]) for at, one in enumerate(written)]
                )
                for one in (*old, *written):  # what changed of other files stays to be known
                    inside = and_(fact_change.c.fact_id >= one.first_id, fact_change.c.fact_id < one.stop_id)
                    connection.execute(
                        delete(fact_change).where(and_(fact_change.c.id <= state.changed, inside))
                    )
        for one in old if current else written:
            (self._folder / one.file).unlink(missing_ok=True)


def _holds_any(one: _Segment, keys: set[int]) -> bool:
    return any(one.first_id <= key < one.stop_id for key in keys)


def _state(connection: Connection) -> _State:
    rows = connection.execute(select(column_segment).order_by(column_segment.c.first_id))
    newest = connection.execute(select(func.coalesce(func.max(fact.c.id), 0))).scalar_one()
    changed = connection.execute(select(func.coalesce(func.max(fact_change.c.id), 0))).scalar_one()
    return _State(tuple(_Segment(*row) for row in rows), int(newest), int(changed))


def _apart(connection: Connection, state: _State) -> int:
    """How many facts have to be taken from the database beside the files, about."""
    changes = connection.execute(select(func.count()).select_from(fact_change)).scalar_one()
    return max(state.newest + 1 - state.stop, 0) + int(changes)


def _changed(connection: Connection) -> set[int]:
    return set(connection.execute(select(fact_change.c.fact_id).distinct()).scalars())


def _gone(connection: Connection, state: _State) -> set[int]:
    """Facts that files still hold and the database does not: they may be what somebody asked to destroy."""
    there = select(fact.c.id).where(fact.c.id == fact_change.c.fact_id).exists()
    rows = select(fact_change.c.fact_id).where(and_(fact_change.c.fact_id < state.stop, ~there)).distinct()
    return set(connection.execute(rows).scalars())


def _has_triggers(connection: Connection) -> bool:
    return int(connection.execute(text(_TRIGGERS[connection.dialect.name])).scalar_one()) == 2


def _holds(engine: Any, table: str) -> bool:
    """Whether a table of DuckDB has any row."""
    return engine.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None  # noqa: S608 - our own names


def _fill(engine: Any, folder: Path, connection: Connection, form: str, rows: Any) -> None:
    """Make a table of DuckDB out of what a statement finds."""
    name, _, columns = form.partition(" ")
    engine.execute(f"CREATE TABLE {form}")
    with _passed(folder, connection, columns.strip("()"), rows) as passing:
        engine.execute(f"INSERT INTO {name} {passing}")


@contextmanager
def _passed(folder: Path, connection: Connection, form: str, rows: Any) -> Iterator[str]:
    """Give a select of DuckDB for what a statement finds; as text on the way, which is what both ends do fastest."""
    passing = folder / f".{token_hex(8)}.csv"
    try:
        ends = _write_text(connection, rows, passing)
        listed = ", ".join(f"'{one.split()[0]}': '{one.split()[1]}'" for one in form.split(","))
        yield (  # our own file and names
            f"SELECT * FROM read_csv('{_quoted(str(passing))}', auto_detect = false,"  # noqa: S608
            f" header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', new_line = '{ends}',"
            f" parallel = false, columns = {{{listed}}})"
        )
    finally:
        passing.unlink(missing_ok=True)


def _write_text(connection: Connection, rows: Any, file: Path) -> str:
    """Write what a statement finds as separated text; gives how lines end. Nothing is nothing, text may be quoted."""
    driver: Any = connection.connection.driver_connection
    compiled = rows.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    file.touch(mode=0o600, exist_ok=False)
    if connection.dialect.name == "postgresql":
        copying = f"COPY ({compiled}) TO STDOUT (FORMAT csv)"
        with file.open("wb") as binary, driver.cursor() as cursor, cursor.copy(copying) as copy:
            for block in copy:
                binary.write(block)
        return "\\n"
    with file.open("w", encoding="utf-8", newline="") as target:
        # With both signs as the end of a line, either of them in a text puts it into quotation marks.
        csv.writer(target, lineterminator="\r\n").writerows(driver.execute(str(compiled)))
    return "\\r\\n"


def _duckdb() -> Any:
    try:
        import duckdb  # noqa: PLC0415 - an extra, and slow to load for who asks little
    except ImportError:
        return None
    return duckdb


def _quoted(name: str) -> str:
    return name.replace("'", "''")
