"""The project as a whole: what may not stand in any file, and what a built wheel holds."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path
from sysconfig import get_path

import pytest

# Written so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/")
REGISTRY = re.compile(r"inde[x]-url|--find-link[s]|pypi\.or[g]/simple|pythonhosted\.or[g]|registry\.npmj[s]")


@pytest.fixture(scope="module")
def root(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath


@pytest.fixture(scope="module")
def tracked(root: Path) -> dict[str, str]:
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True)
    texts = {}
    for name in filter(None, listed.stdout.split("\0")):
        content = (root / name).read_bytes() if (root / name).is_file() else b""
        if b"\0" not in content:
            texts[name] = content.decode()
    return texts


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry address"])
def test_no_file_knows_a_machine_or_a_registry(tracked: dict[str, str], pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in tracked.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_to_one_version_and_has_hashes(root: Path, name: str) -> None:
    text = re.sub(r"^ *#.*\n", "", (root / name).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    pinned = re.compile(r"[\w.-]+==\S+ (?:; .+ )? *--hash=sha256:\w{64}")
    assert [line for line in text.splitlines() if not pinned.match(line)] == []


def test_the_development_files_hold_every_runtime_requirement(root: Path) -> None:
    runtime, development = (
        set(re.findall(r"^\S+==\S+", (root / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert runtime <= development


def test_every_package_is_held_to_its_floor(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text())
    known = settings["tool"]["importlinter"]["root_packages"]
    packages = {folder.parent.name for folder in root.glob("*/__init__.py")}
    assert packages == set(known)


def test_proto_is_not_a_package(root: Path) -> None:
    assert list(root.glob("proto/**/__init__.py")) == []


def test_make_help_names_every_target(root: Path) -> None:
    shown = subprocess.run(["make", "help"], cwd=root, check=True, capture_output=True, text=True).stdout
    targets = re.search(r"^\.PHONY: (.+)$", (root / "Makefile").read_text(), re.MULTILINE)
    assert targets is not None
    assert re.findall(r"^  make (\S+) +\S", shown, re.MULTILINE) == targets[1].split()


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return next(folder.glob("tocsin-*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops <= {"crypto", "node", "casework", "console", "tocsin"}
    assert {"crypto", "node", "console", "tocsin"} <= tops
    assert "tocsin/node/v1/record_pb2.py" in names
    assert "console/_migrations/script.py.mako" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_an_installed_wheel_starts_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    def run(program: str, *arguments: str) -> str:
        command = [str(home / ("Scripts" if os.name == "nt" else "bin") / program), *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True).stdout

    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    run("python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    # The libraries, but not the editable checkout: a .pth in a folder that a .pth names is not followed.
    libraries = Path(get_path("purelib", vars={"base": str(home)})) / "libraries.pth"
    libraries.write_text(get_path("purelib"))
    for module in ("crypto", "node", "tocsin.node.v1.record_pb2"):
        place = run("python", "-c", f"import {module} as module; print(module.__file__)")
        assert Path(place).is_relative_to(home)
    assert "0.1.0" in run("tocsin", "version")


def test_the_metadata_asks_for_a_protobuf_that_the_generated_code_accepts(root: Path) -> None:
    generated = next(root.glob("proto/gen/**/*_pb2.py")).read_text()
    written = re.search(r"Protobuf Python Version: (\S+)", generated)
    assert written is not None
    assert f"protobuf>={written[1]}" in (requires("tocsin") or [])
