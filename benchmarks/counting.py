"""Target 7: what coordinators ask, over a million incidents, beside the same statements in a columnar engine alone."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import duckdb
from sqlalchemy import text

from benchmarks.clock import in_turns, ratio
from benchmarks.lab import Engine, Lab
from benchmarks.samples import NOW, incidents
from benchmarks.table import Bound, Line, at_most
from console.database import open_store
from node.audience import Tier
from node.codes import code_list
from node.cubes.declaration import cube_from
from node.cubes.document import Release, read_release, write_release
from node.disclose import cut
from node.facts import COLUMNS
from node.facts import fact as project
from node.figures import compared
from node.ladders import chains_of
from node.measures import Query
from node.policy import baseline
from node.published import published
from node.query import DEFINITION, answer
from node.query_text import read_query
from node.releasing import declare
from node.said import Teller
from node.store.columns import DIALECT, Columns, Sizes
from node.store.cubes import NewRelease, add_release, cube_key, note_published, releases
from node.store.database import Store, insert_many
from node.store.heads import open_log
from node.store.queries import count
from node.tables.facts import fact
from tests.support.cubes import YEARLY

BOUND_AT = 1_000_000  # incidents for which a ratio is required
ORIGINS = 12  # peers that shared them
SAMPLES = 20_000
PORTION = 100_000  # rows of a transaction
WHEN, WHERE, REST = slice(5), slice(5, 8), slice(8, None)  # of the columns of a fact
MOST_MEMORY = 512  # MiB of a process that asks everything
TODAY = date(2026, 1, 1)
# What of the twenty is counted from incidents; Q15 and Q16 are counted from cases.
QUESTIONS = {
    "Q1": "by=year&measure=incidents,affected,killed,injured,abducted,detained",
    "Q2": "by=country&measure=killed&from=2020-01-01&to=2020-12-31&top=10&compare=previous",
    "Q3": "by=year,staff&measure=killed,injured,abducted&share=year",
    "Q4": "by=year,cause,staff&measure=killed",
    "Q5": "by=means,sex&measure=affected&share=sex",
    "Q6": "by=country&measure=incidents,affected&cause=safety",
    "Q7": "by=quarter,means&measure=incidents,killed",
    "Q8": "by=admin1&measure=incidents,affected&location_type=road&from=2024-01-01&to=2024-03-31",
    "Q9": "by=year,country&measure=incidents,abducted&means=kidnapping",
    "Q10": "by=year,country&measure=detained&actor_group=state",
    "Q11": "by=year,location_type&measure=incidents,affected",
    "Q12": "by=country,location_type&measure=incidents",
    "Q13": "by=country,org_type&measure=incidents,affected",
    "Q14": "by=actor_group,certainty&measure=incidents,killed&share=certainty",
    "Q17": "by=year,context&measure=incidents&victims=none",
    "Q18": "by=year,motive&measure=incidents",
    "Q19": "by=year,certainty,delay&measure=incidents,contributors",
    "Q20": "by=year&measure=incidents,killed&compare=2024-07-01",
}
# Kinds of questions by what has to be done for them, which is what grows.
KINDS = {
    "all incidents once": ("Q1", "Q11", "Q12", "Q14", "Q18"),
    "some incidents": ("Q6", "Q7", "Q8", "Q9", "Q10", "Q17"),
    "persons apart (staff, sex, employer)": ("Q3", "Q4", "Q5", "Q13"),
    "two counts compared": ("Q2", "Q20"),
    "different organizations": ("Q19",),
}


class Taken(NamedTuple):
    """Median seconds of each question, and MiB that a process has used at most which asked all of them."""

    seconds: Mapping[str, float]
    memory: float


def lines(lab: Lab) -> Iterator[Line]:
    """Ask every question of each size on each engine."""
    for engine in lab.engines:
        taken: dict[int, Taken] = {}
        for size in lab.counted:
            start = perf_counter()
            yield from _ask(lab, engine, size, taken)
            print(f"counting {size:,}, {engine}: {perf_counter() - start:.0f} s", file=sys.stderr)
        yield from _growth(engine, taken)


def _growth(engine: Engine, taken: dict[int, Taken]) -> Iterator[Line]:
    """What a kind of question takes, and what a process uses: each number of incidents beside the smallest."""
    (least, small), *others = taken.items()
    for size, one in others:
        what = f"growth from {least:,} to {size:,}, {engine}"
        for kind, numbers in KINDS.items():
            before, after = (median(each.seconds[number] for number in numbers) for each in (small, one))
            yield Line(
                "7", f"{what}: {kind}", f"{after * 1e3:.0f} ms", f"{before * 1e3:.0f} ms", after / before
            )
        memory = f"{one.memory:.0f} MiB", f"{small.memory:.0f} MiB"
        yield Line("7", f"{what}: memory", *memory, one.memory / small.memory)


def _ask(lab: Lab, engine: Engine, size: int, taken: dict[int, Taken]) -> Iterator[Line]:
    name = f"{size:,}, {engine}"
    with lab.database(engine) as url:
        columns = lab.folder() / "columns"
        store = open_store(url, columns)
        fill(store, size)
        first, memory = _anew(url, columns)
        own = _native(url, columns if size >= Sizes().fewest else None, lab.folder())
        ours, ratios = dict[str, float](), []
        for number, text in QUESTIONS.items():
            query = read_query(text, TODAY)
            times = in_turns(7, ours=partial(answer, store, query), theirs=partial(_count, own, query))
            ours[number] = median(times["ours"])
            ratios.append(ratio(times, "ours", "theirs"))
            alone = f"engine alone: {median(times['theirs']) * 1e3:.0f} ms"
            yield Line("7", f"{number}: {name}", f"{ours[number] * 1e3:.0f} ms", alone, ratios[-1])
        yield _frozen(store, name, at_most(0.1) if size >= BOUND_AT else None)
        bound = at_most(3) if size >= BOUND_AT else None
        took, before = f"{median(ours.values()) * 1e3:.0f} ms", f"the first: {first:.1f} s"
        yield Line("7", f"median of {len(ours)}: {name}", took, before, median(ratios), bound)
        taken[size] = Taken(ours, memory)
        limit = f"{MOST_MEMORY} MiB"
        yield Line("7", f"memory: {name}", f"{memory:.0f} MiB", limit, memory / MOST_MEMORY, at_most(1))
        own.close()
        store.close()


def _frozen(store: Store, name: str, bound: Bound | None) -> Line:
    """A release of sixty countries and twenty years is read, beside the same figures counted anew."""
    cube = cube_from(YEARLY)
    declare(store, cube, Teller("kb", NOW))
    countries = sorted(code_list("country").codes)[:60]
    places = product(map(str, range(2005, 2025)), countries, ("violence", "safety"), ("incidents",))
    made = Release("ocha", cube, 1, "", TODAY, TODAY, DEFINITION, (), dict.fromkeys(places, 7))
    with store.write() as connection:
        row = NewRelease(1, write_release(made), {}, frozenset())
        add_release(connection, cube_key(connection, cube.title), row, "kb", NOW)
        (built,) = releases(connection, cube.title)
        note_published(connection, built, (bytes(64), bytes(64)), "mo", NOW)
    query = read_query("by=year,country,cause&measure=incidents", TODAY)
    times = in_turns(
        7,
        frozen=lambda: read_release(published(store, cube.title).payload),
        counted=partial(answer, store, query),
    )
    took, free = (f"{median(times[one]) * 1e3:.0f} ms" for one in ("frozen", "counted"))
    return Line("7", f"a release is read: {name}", took, free, ratio(times, "frozen", "counted"), bound)


def fill(store: Store, size: int, seed: int = 5) -> None:
    """Hold facts of so many incidents that peers shared; when, where and the rest are each drawn from real ones.

    The database makes further portions of the first, each time put together anew: ten times as fast as handing rows in.
    """
    random, source = Random(seed), incidents(seed)
    levels = baseline().levels[Tier.COORDINATOR]
    some = [project(cut(chains_of(next(source)), levels)) for _ in range(SAMPLES)]
    when, where, rest = ([row[part] for row in some] for part in (WHEN, WHERE, REST))
    with store.write() as connection:
        logs = [open_log(connection, f"origin-{at}").log_id for at in range(ORIGINS)]
        rows = (
            (
                *(1 + at, None, logs[at % ORIGINS], at // ORIGINS),
                *(20240101 + 100 * (at % 12), None),
                *(random.choice(when) + random.choice(where) + random.choice(rest)),
            )
            for at in range(min(PORTION, size))
        )
        insert_many(connection, fact, rows)
    for number in range(1, size // PORTION):
        with store.write() as connection:
            connection.execute(text(_further_portion()), {"number": number})


def _further_portion() -> str:
    """Rows like the first ones, mixed anew; only those are looked at, however many there are by now."""
    names = [column.name for column in COLUMNS]
    picked = [
        f"{table}.{name}"
        for part, table in ((WHEN, "one"), (WHERE, "other"), (REST, "third"))
        for name in names[part]
    ]
    return (
        f"WITH few AS MATERIALIZED (SELECT * FROM fact WHERE id <= {PORTION})"  # noqa: S608 - our own names
        f" INSERT INTO fact ({', '.join(column.name for column in fact.c)})"
        f" SELECT one.id + :number * {PORTION}, NULL, one.log_id, one.log_index + :number * {PORTION},"
        f" one.known_from, NULL, {', '.join(picked)} FROM few AS one"
        f" JOIN few AS other ON other.id = 1 + (one.id * 7919 + :number * 104729) % {PORTION}"
        f" JOIN few AS third ON third.id = 1 + (one.id * 6007 + :number * 15485863) % {PORTION}"
    )


def _native(url: str, columns: Path | None, folder: Path) -> Any:
    """The same rows in the engine's own table, in memory."""
    if columns is None:
        columns = folder
        small = Store(url, Columns(folder, Sizes(fewest=1, most_apart=0)))
        with small.counting():
            small.close()
    own = duckdb.connect(":memory:")
    own.execute("SET GLOBAL integer_division = true")
    for number, file in enumerate(columns.glob("*.duckdb")):
        own.execute(f"ATTACH '{file}' AS kept (READ_ONLY)")
        into = "INSERT INTO fact" if number else "CREATE TABLE fact AS"
        own.execute(f"{into} SELECT * FROM kept.fact")  # noqa: S608 - our own words
        own.execute("DETACH kept")
    return own


def _count(own: Any, query: Query) -> None:
    """What the engine alone needs for the same figures: its statement, and the rows of the answer."""

    def run(statement: Any) -> Any:
        compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
        values = [compiled.params[name] for name in compiled.positiontup or ()]
        return own.execute(str(compiled), values).fetchall()

    count(run, query.counted)
    other = compared(query)
    if other is not None:
        count(run, other)


def _anew(url: str, columns: Path) -> tuple[float, float]:
    """Ask everything in a new process: seconds until its first answer, and MiB that it has used at most.

    Where there are no columns yet, it writes them.
    """
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "benchmarks.counting", url, str(columns)],
        check=True,
        capture_output=True,
        text=True,
    )
    first, used = map(float, done.stdout.split())
    return first, used


def ask_everything(url: str, columns: Path) -> tuple[float, float]:
    """What such a process does, and gives."""
    queries = [read_query(text, TODAY) for text in QUESTIONS.values()]
    store = open_store(url, columns)
    start = perf_counter()
    answer(store, queries[0])
    first = perf_counter() - start
    for query in queries:
        answer(store, query)
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (used,) = (int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return first, used / 1024


if __name__ == "__main__":
    print(*ask_everything(sys.argv[1], Path(sys.argv[2])))
