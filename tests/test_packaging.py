"""What Tocsin is handed on as: files that everybody builds alike, with signed notes, and hardened services."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from console.cli.main import command_line

ROOT = Path(__file__).parent.parent
SERVICE = ROOT / "docs" / "service.md"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
WORST_EXPOSURE = 1.5  # of 10, as systemd-analyze counts it


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_service_is_exposed_to_little(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        assert "CI" not in os.environ, "there it has to be: .ci/run"
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


def checkout(folder: Path, mode: int) -> Path:
    """A clean checkout of a version that is to be released, of one commit whoever makes it; without the tests."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for file in filter(None, listed.stdout.split("\0")):
        if file.startswith(("tests/", "benchmarks/")) or not (ROOT / file).is_file():
            continue
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, folder / file)  # with new times
        (folder / file).chmod(mode)
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## Unreleased", f"## {VERSION} - 2026-01-31"))
    now = "2026-01-31T12:00:00Z"
    git = (
        "git",
        "-c",
        "user.name=releaser",
        "-c",
        "user.email=releaser@example.org",
        "-c",
        "core.fileMode=false",
    )
    for what in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "release")):
        subprocess.run(
            (*git, *what),
            cwd=folder,
            check=True,
            env=os.environ
            | {"GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now, "GIT_CONFIG_GLOBAL": os.devnull},
        )
    return folder


def release(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build what is handed on, as `make release` does."""
    command = (sys.executable, str(folder / "deploy" / "release.py"), *options)
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def new_key(file: Path) -> Path:
    """A key of SSH that is thrown away."""
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)), check=True)
    return file


def checked(folder: Path, key: Path) -> bool:
    """Whether what docs/service.md tells an operator to run before installing is content."""
    (block,) = re.findall(
        r"((?:^    (?:ssh-keygen -Y verify|grep ).*\n)+)", SERVICE.read_text(), re.MULTILINE
    )
    public = key.with_suffix(".pub").read_text()
    (folder / "tocsin.signers").write_text(f'releases namespaces="tocsin-release" {public}')
    command = "set -euo pipefail\n" + re.sub(r"^    ", "", block, flags=re.MULTILINE).replace(
        "VERSION", VERSION
    )
    return not subprocess.run(
        ("bash", "-c", command), cwd=folder, check=False, capture_output=True
    ).returncode


@pytest.mark.slow
def test_what_is_handed_on_is_the_same_whoever_builds_it_where_and_when(tmp_path: Path) -> None:
    built = []
    for name, mode in (("one", 0o644), ("a/longer/two", 0o664)):
        folder = checkout(tmp_path / name, mode)
        done = release(folder)
        assert done.returncode == 0, done.stderr
        built.append(
            {file.name: sha256(file.read_bytes()).hexdigest() for file in (folder / "dist").iterdir()}
        )
    kinds = ("-py3-none-any.whl", ".cdx.json", ".notes.md", ".tar.gz")
    assert built[0].keys() == {"requirements.txt", *(f"tocsin-{VERSION}{kind}" for kind in kinds)}
    assert built[0] == built[1]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here (Debian: openssh-client)")
def test_whoever_changes_a_byte_of_what_is_handed_on_or_signs_with_another_key_is_found_out(
    tmp_path: Path,
) -> None:
    key, other = new_key(tmp_path / "key"), new_key(tmp_path / "other")
    done = release(checkout(tmp_path / "made", 0o644), "--key", str(key))
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "made" / "dist"
    notes = (folder / f"tocsin-{VERSION}.notes.md").read_text()
    first_change = next(
        line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("- ")
    )

    assert first_change in notes
    assert checked(folder, key)
    assert not checked(folder, other)
    for file in folder.iterdir():
        if file.name == "tocsin.signers":
            continue
        whole = file.read_bytes()
        at = len(whole) // 2
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert not checked(folder, key), file.name
        file.write_bytes(whole)
    (folder / f"tocsin-{VERSION}.tar.gz").rename(folder / "away")
    assert not checked(folder, key)
    (folder / "away").rename(folder / f"tocsin-{VERSION}.tar.gz")
    assert checked(folder, key)


@pytest.mark.slow
def test_nothing_is_handed_on_that_nobody_could_build_again_or_of_which_nothing_is_said(
    tmp_path: Path,
) -> None:
    folder = checkout(tmp_path / "made", 0o644)
    changelog = folder / "CHANGELOG.md"
    whole = changelog.read_text()

    changelog.write_text(whole + "more\n")
    assert "in no commit" in release(folder).stderr
    changelog.write_text(whole.replace(f"## {VERSION}", "## Unreleased"))
    assert f'rename "## Unreleased" to "## {VERSION} - YYYY-MM-DD"' in release(folder).stderr
    changelog.write_text(whole)
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "letter").write_text("mine")
    done = release(folder, "--out", str(taken))
    assert "is not empty" in done.stderr
    assert done.returncode == 1
    assert [one.name for one in taken.iterdir()] == ["letter"]


def test_the_bill_of_materials_names_every_library_with_its_hashes() -> None:
    requirements = ROOT / "requirements.txt"
    command = (sys.executable, str(ROOT / "deploy" / "sbom.py"), str(requirements))
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", requirements.read_text(), re.MULTILINE)
    found = json.loads(told)["components"]
    assert [(one["name"], one["version"]) for one in found] == pinned
    assert sum(len(one["externalReferences"]) for one in found) == requirements.read_text().count("sha256:")
