"""What Tocsin is handed on as: a wheel that everybody builds alike, its bill of materials, and hardened services."""

import json
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from console.cli.main import command_line

ROOT = Path(__file__).parent.parent
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
WORST_EXPOSURE = 1.5  # of 10, as systemd-analyze counts it


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_service_is_exposed_to_little(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    command = ("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit))
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert found is not None
    assert float(found[1]) <= WORST_EXPOSURE


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_a_service_starts_is_there(unit: Path) -> None:
    (line,) = re.findall(r"^ExecStart=/opt/tocsin/bin/tocsin (\S+)(.*)$", unit.read_text(), re.MULTILINE)
    known = {option for one in command_line().commands[line[0]].params for option in one.opts}
    assert set(re.findall(r"--[a-z]+", line[1])) <= known


@pytest.mark.slow
def test_the_wheel_is_the_same_whoever_builds_it_where_and_when(tmp_path: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    built = []
    for name, mode in (("one", 0o644), ("a/longer/two", 0o664)):
        folder = tmp_path / name
        for file in filter(None, listed.stdout.split("\0")):
            if file.startswith(("tests/", "benchmarks/")) or not (ROOT / file).is_file():
                continue
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, folder / file)  # with new times
            (folder / file).chmod(mode)
        command = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", "out")
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        (wheel,) = (folder / "out").glob("*.whl")
        built.append((wheel.name, sha256(wheel.read_bytes()).hexdigest()))
    assert built[0] == built[1]


def test_the_bill_of_materials_names_every_library_with_its_hashes() -> None:
    requirements = ROOT / "requirements.txt"
    command = (sys.executable, str(ROOT / "deploy" / "sbom.py"), str(requirements))
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", requirements.read_text(), re.MULTILINE)
    found = json.loads(told)["components"]
    assert [(one["name"], one["version"]) for one in found] == pinned
    assert sum(len(one["externalReferences"]) for one in found) == requirements.read_text().count("sha256:")
