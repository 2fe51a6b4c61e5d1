"""A week with bad lines, bad disks and wrong clocks ends as it was decided, and no planted mistake survives it."""

from pathlib import Path

import pytest

from tests.faults.planted import PLANTED, Plant
from tests.faults.week import live

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SEED = 1  # more of them: python -m tests.faults.week --seeds 200
SEEDS = (1, 2, 3)  # of short weeks


def test_after_a_week_everything_is_where_it_was_meant_to_be(tmp_path: Path) -> None:
    faults, met = live(tmp_path, SEED)

    assert faults == [], f"python -m tests.faults.week --first {SEED} --seeds 1"
    assert min(met[what] for what in ("disk full", "disk read-only", "disk write", "clock jumps")) > 0
    assert min(met[f"line {kind}"] for kind in ("clear", "cut", "late", "deaf", "half open")) > 0
    assert min(met[what] for what in ("pull done", "pull cut", "relayed done", "write while pulling")) > 0


def spoiled(folder: Path) -> bool:
    """Whether a short week of few nodes ends wrong, or does not end."""
    try:
        return any(live(folder, seed, nodes=4, days=4)[0] for seed in SEEDS)
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
