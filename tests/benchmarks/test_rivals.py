"""What the comparison with other programs does by itself, without any of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.lab import Engine, Lab
from benchmarks.processes import family_cpu_seconds
from benchmarks.rivals import incidents, installed
from benchmarks.rivals.__main__ import MEASURES, measured
from benchmarks.rivals.installed import MissingError, pins
from benchmarks.rivals.ours import take
from benchmarks.table import Line

WIRE = bytes(range(256)) * 4
BURN = "x = 0\nwhile __import__('time').process_time() < 0.3: x += 1"


def test_every_rival_is_pinned_to_one_version() -> None:
    for wanted in pins().values():
        (programs,) = wanted.values()
        assert all(one.rpartition("==" if "pip" in wanted else "@")[2][:1].isdecimal() for one in programs)


@pytest.mark.parametrize("carried", [incidents.stix_object, incidents.message])
def test_others_carry_as_many_bytes(carried: object) -> None:
    assert callable(carried)
    text = carried(WIRE)
    assert len(text) == len(WIRE)
    assert json.loads(text)


def test_records_are_written_behind_their_length(tmp_path: Path) -> None:
    incidents.write_wires(tmp_path / "records", [b"one", b"three"])
    assert (tmp_path / "records").read_bytes() == b"\0\0\0\3one\0\0\0\5three"


def test_a_rival_that_can_not_be_had_is_a_line_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_lab: Lab) -> Iterator[Line]:
        raise MissingError("npm is not on this machine")

    monkeypatch.setitem(MEASURES, "hypercore", missing)
    (line,) = measured("hypercore", Lab(tmp_path, (1,), ("sqlite",)))
    assert line.value == "npm is not on this machine"
    assert line.bound is None


def test_a_program_that_is_not_there_can_not_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="npm"):
        installed.installed("hypercore", tmp_path)
    assert not (tmp_path / "hypercore" / installed.READY).exists()


def test_processor_time_of_children_counts_while_they_run_and_when_they_have_ended() -> None:
    before = family_cpu_seconds(os.getpid())
    subprocess.run((sys.executable, "-c", BURN), check=True)
    ended = family_cpu_seconds(os.getpid())
    assert ended - before >= 0.25
    waiting = BURN + "\nprint('done', flush=True)\ninput()"
    with subprocess.Popen(
        (sys.executable, "-c", waiting), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert family_cpu_seconds(os.getpid()) - ended >= 0.25
        process.communicate(b"\n")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_tocsins_own_side_is_taken_without_rivals(tmp_path: Path, engine: Engine) -> None:
    with Lab(tmp_path, (60,), (engine,)) as lab:
        taken = take(lab, engine, 60)
    assert taken.records == 60
    assert taken.cpu > 0
