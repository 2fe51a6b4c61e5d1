"""Target 7: what coordinators ask, over a million incidents, beside the same statements in a columnar engine alone."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import duckdb

from benchmarks.clock import in_turns, ratio
from benchmarks.lab import Engine, Lab
from benchmarks.samples import incidents
from benchmarks.table import Line, at_most
from console.database import open_store
from node.audience import Tier
from node.disclose import cut
from node.facts import fact as project
from node.figures import compared
from node.ladders import chains_of
from node.measures import Query
from node.policy import baseline
from node.query import answer
from node.query_text import read_query
from node.store.columns import DIALECT, Columns, Sizes
from node.store.database import Store, insert_many, next_id
from node.store.heads import open_log
from node.store.queries import count
from node.tables import fact

SIZES = (10_000, 100_000, 1_000_000)
LARGEST = 10_000_000
ORIGINS = 12  # peers that shared them
SAMPLES = 20_000
PORTION = 100_000  # rows of a transaction
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


class Taken(NamedTuple):
    """Median seconds of a question, and MiB of a process that asks all of them."""

    seconds: float
    memory: float


def lines(lab: Lab) -> Iterator[Line]:
    """Ask every question of each size on each engine; of ten million where a million records are asked for."""
    sizes = SIZES[:1] if len(lab.sizes) == 1 else (*SIZES, LARGEST) if SIZES[-1] in lab.sizes else SIZES
    for engine in lab.engines:
        taken: dict[int, Taken] = {}
        for size in sizes:
            yield from _ask(lab, engine, size, taken)
        yield from _growth(engine, taken)


def _growth(engine: Engine, taken: dict[int, Taken]) -> Iterator[Line]:
    """What a question takes, and what a process uses, as incidents become more: each size beside the smallest."""
    (least, small), *others = taken.items()
    for size, one in others:
        yield Line(
            "7",
            f"growth from {least:,} to {size:,}, {engine}",
            f"{one.seconds * 1e3:.0f} ms, {one.memory:.0f} MiB",
            f"{small.seconds * 1e3:.0f} ms, {small.memory:.0f} MiB",
            one.seconds / small.seconds,
        )


def _ask(lab: Lab, engine: Engine, size: int, taken: dict[int, Taken]) -> Iterator[Line]:
    name = f"{size:,}, {engine}"
    with lab.database(engine) as url:
        columns = lab.folder() / "columns"
        store = open_store(url, columns)
        fill(store, size)
        start = perf_counter()
        answer(store, read_query(QUESTIONS["Q1"], TODAY))
        first = perf_counter() - start
        own = _native(url, columns if size >= Sizes().fewest else None, lab.folder())
        ours, ratios = [], []
        for number, text in QUESTIONS.items():
            query = read_query(text, TODAY)
            times = in_turns(7, ours=partial(answer, store, query), theirs=partial(_count, own, query))
            ours.append(median(times["ours"]))
            ratios.append(ratio(times, "ours", "theirs"))
            alone = f"engine alone: {median(times['theirs']) * 1e3:.0f} ms"
            yield Line("7", f"{number}: {name}", f"{ours[-1] * 1e3:.0f} ms", alone, ratios[-1])
        bound = at_most(3) if size == SIZES[-1] else None
        took = f"{median(ours) * 1e3:.0f} ms"
        yield Line(
            "7", f"median of {len(ours)}: {name}", took, f"the first: {first:.1f} s", median(ratios), bound
        )
        used = _memory(url, columns)
        taken[size] = Taken(median(ours), used)
        limit = f"{MOST_MEMORY} MiB"
        yield Line("7", f"memory: {name}", f"{used:.0f} MiB", limit, used / MOST_MEMORY, at_most(1))
        own.close()
        store.close()


def fill(store: Store, size: int, seed: int = 5) -> None:
    """Hold facts of so many incidents that peers shared; when, where and the rest are each drawn from real ones."""
    random, source = Random(seed), incidents(seed)
    levels = baseline().levels[Tier.COORDINATOR]
    some = [project(cut(chains_of(next(source)), levels)) for _ in range(SAMPLES)]
    when, where, rest = ([row[part] for row in some] for part in (slice(5), slice(5, 8), slice(8, None)))
    with store.write() as connection:
        logs = [open_log(connection, f"origin-{at}").log_id for at in range(ORIGINS)]
    for start in range(0, size, PORTION):
        with store.write() as connection:
            first = next_id(connection, fact)
            rows = (
                (
                    *(first + at, None, logs[at % ORIGINS], (start + at) // ORIGINS),
                    *(20240101 + 100 * (at % 12), None),
                    *(random.choice(when) + random.choice(where) + random.choice(rest)),
                )
                for at in range(min(PORTION, size - start))
            )
            insert_many(connection, fact, rows)


def _native(url: str, columns: Path | None, folder: Path) -> Any:
    """The same rows in the engine's own table, in memory."""
    if columns is None:
        columns = folder
        small = Store(url, Columns(folder, Sizes(fewest=1, most_apart=0)))
        with small.counting():
            small.close()
    own = duckdb.connect(":memory:")
    own.execute("SET GLOBAL integer_division = true")
    own.execute(
        "CREATE TABLE fact AS SELECT * FROM read_parquet(?)",
        [[str(one) for one in columns.glob("*.parquet")]],
    )
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


def _memory(url: str, columns: Path) -> float:
    """MiB that a new process has used at most when it has asked everything."""
    script = (
        "import sys; from pathlib import Path; from benchmarks.counting import QUESTIONS, TODAY;"
        "from console.database import open_store; from node.query import answer;"
        "from node.query_text import read_query;"
        "store = open_store(sys.argv[1], Path(sys.argv[2]));"
        "[answer(store, read_query(text, TODAY)) for text in QUESTIONS.values()];"
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script, url, str(columns)], check=True, capture_output=True, text=True
    )
    return float(done.stdout) / 1024
