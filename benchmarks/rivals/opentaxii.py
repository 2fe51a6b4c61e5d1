"""OpenTAXII on PostgreSQL: the same incidents pushed in batches over HTTP, and asked whether there is anything new.

It neither signs nor verifies. Its client is not counted: only its own processes and the database's server are.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from sqlalchemy import make_url

from benchmarks.lab import Lab
from benchmarks.processes import family_cpu_seconds
from benchmarks.rivals.incidents import stix_object, wires
from benchmarks.rivals.installed import installed
from benchmarks.rivals.ours import Taken, take
from benchmarks.started import answering
from benchmarks.table import Line, at_least, at_most
from console.demo_nodes import free_ports

BATCH = 100
CLIENTS = 2  # at the same time, as it has two processes
ROUNDS = 3
POLLS = 30
ROOT = "6f0fd1b4-0001-4a6b-9d0e-000000000001"
OBJECTS = f"/taxii2/{ROOT}/collections/incidents/objects/"
MEDIA = "application/taxii+json;version=2.1"
MAX_BODY_BYTES = 10_000_000
PATIENCE_SECONDS = 300  # on a machine that is full; by itself it ends a process that takes 30 s for a request


class Feed(NamedTuple):
    """A server that runs, and where."""

    pid: int
    port: int


def lines(lab: Lab) -> Iterator[Line]:
    """Push the smallest log and pull it with Tocsin, in turns."""
    size, program = lab.sizes[0], installed("opentaxii")
    objects = [stix_object(one) for one in wires(lab.network(size).origin, size)]
    mine, theirs, polls = [], [], []
    for _ in range(ROUNDS):
        mine.append(take(lab, "postgresql", size))
        with lab.database("postgresql") as url, serving(program, url, lab.folder()) as feed:
            theirs.append(push(feed, objects, lab.database_pid))
            polls += [poll(feed) for _ in range(POLLS)]
    pairs = list(zip(mine, theirs, strict=True))
    yield Line(
        "R1",
        f"push and store, {size:,} on PostgreSQL, records a second",
        f"{median(one.rate for one in mine):,.0f}/s signed",
        f"OpenTAXII: {median(one.rate for one in theirs):,.0f}/s unsigned",
        median(one.rate / other.rate for one, other in pairs),
        at_least(10),
    )
    yield Line(
        "R1",
        "the same, processor seconds for 1,000 records",
        f"{median(one.cpu_per_thousand for one in mine):.2f} s",
        f"OpenTAXII: {median(one.cpu_per_thousand for one in theirs):.2f} s",
        median(one.cpu / other.cpu for one, other in pairs),
        at_most(0.2),
    )
    yield Line("R3", f"OpenTAXII: asked for what is new among {size:,}", f"{median(polls):.1f} ms", "-", None)


@contextmanager
def serving(program: Path, url: str, folder: Path) -> Iterator[Feed]:
    """Run it with two processes on a new database, with one collection that everybody may write."""
    (port,) = free_ports(1)
    settings = folder / "opentaxii.yml"
    settings.write_text(json.dumps(_settings(port, url)))  # JSON is YAML
    environment = os.environ | {"OPENTAXII_CONFIG": str(settings), "HOME": str(folder)}
    folder_of_programs = program / "bin"

    def run(name: str, *options: str) -> None:
        command = (str(folder_of_programs / name), *options)
        subprocess.run(command, check=True, env=environment, capture_output=True)  # noqa: S603 - pinned by us

    run("opentaxii-add-api-root", "-t", "bench", "--default", "--public", "-i", ROOT)
    run("opentaxii-add-collection", "-r", ROOT, "-t", "i", "-a", "incidents", "--public", "--public-write")
    gunicorn = str(folder_of_programs / "gunicorn")
    command = (
        gunicorn,
        "opentaxii.http:app",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        str(CLIENTS),
        "--timeout",
        str(PATIENCE_SECONDS),
    )
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=silent, stderr=silent) as process:  # noqa: S603 - pinned by us
        try:
            answering(process, lambda: _asks(port, OBJECTS.removesuffix("objects/")))
            yield Feed(process.pid, port)
        finally:
            process.terminate()


def push(feed: Feed, objects: Sequence[str], database: int) -> Taken:
    """Send all objects in batches, so many clients at a time, and read them back to be sure that they are there."""
    batches = [objects[start : start + BATCH] for start in range(0, len(objects), BATCH)]
    bodies = [f'{{"objects": [{", ".join(batch)}]}}'.encode() for batch in batches]
    everybody = (feed.pid, database)
    before = sum(map(family_cpu_seconds, everybody))
    start = perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        stored = sum(pool.map(lambda body: _pushed(feed.port, body), bodies))
    wall = perf_counter() - start
    spent = sum(map(family_cpu_seconds, everybody)) - before
    assert stored == len(objects), f"{stored} of {len(objects)} are stored"
    return Taken(stored, wall, spent)


def poll(feed: Feed) -> float:
    """Milliseconds until it has said that nothing is new."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    start = perf_counter()
    answer = _ask(feed.port, "GET", f"{OBJECTS}?added_after={now}&limit={BATCH}")
    assert not answer.get("objects"), "there is something new"
    return (perf_counter() - start) * 1e3


def _pushed(port: int, body: bytes) -> int:
    stored: int = _ask(port, "POST", OBJECTS, body)["success_count"]
    return stored


def _asks(port: int, path: str) -> bool:
    _ask(port, "GET", path)
    return True


def _ask(port: int, method: str, path: str, body: bytes | None = None) -> dict[str, int]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, {"Accept": MEDIA, "Content-Type": MEDIA})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise ConnectionError(f"OpenTAXII answers {answer.status}: {text[:200]!r}")
        read: dict[str, int] = json.loads(text)
        return read
    finally:
        connection.close()


def _settings(port: int, url: str) -> dict[str, object]:
    database = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    keep = {"db_connection": database, "create_tables": True}
    return {
        "domain": f"127.0.0.1:{port}",
        "taxii1": None,
        "auth_api": {
            "class": "opentaxii.auth.sqldb.SQLDatabaseAPI",
            "parameters": keep | {"secret": "of no use, as everybody may write"},
        },
        "taxii2": {
            "title": "bench",
            "public_discovery": True,
            "max_content_length": MAX_BODY_BYTES,
            "persistence_api": {
                "class": "opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI",
                "parameters": keep,
            },
        },
        "logging": {"opentaxii": "error", "root": "error"},
    }
