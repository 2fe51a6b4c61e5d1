"""The docs name every command, setting, call and error reason, and their picture is that of the code."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import casework.errors
import console.errors
import crypto.errors
import node.errors
from casework.errors import CaseworkError
from console.cli.main import command_line
from console.errors import ConsoleError
from crypto.errors import CryptoError
from node.config import Settings
from node.dimensions import DIMENSIONS, MEASURES
from node.errors import NodeError
from tocsin.casework.v1 import (
    access_service_pb2,
    casework_service_pb2,
    evidence_service_pb2,
    intake_service_pb2,
    portfolio_service_pb2,
)
from tocsin.node.v1 import (
    alert_service_pb2,
    coordinator_service_pb2,
    exchange_service_pb2,
    release_service_pb2,
    total_service_pb2,
    witness_service_pb2,
)

ROOT = Path(__file__).parent.parent
DOCS = {path.stem: path.read_text() for path in (ROOT / "docs").glob("*.md")}


def reasons() -> set[str]:
    found = set()
    for module in (casework.errors, console.errors, crypto.errors, node.errors):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if (
                issubclass(kind, (CaseworkError, ConsoleError, CryptoError, NodeError))
                and kind.__module__ == module.__name__
            ):
                found.add(kind.reason)
    return found


def commands() -> dict[str, list[str]]:
    """Every command with its options, as a shell would name them."""
    found = {}

    def gather(prefix: str, group: Any) -> None:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                gather(f"{prefix} {name}", command)
            else:
                options = [option for one in command.params for option in one.opts if option.startswith("--")]
                found[f"{prefix} {name}"] = options

    gather("tocsin", command_line())
    return found


COMMANDS = commands()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_and_option_is_documented(command: str) -> None:
    row = next(
        (line for line in DOCS["commands"].splitlines() if f"`{command}" in line.partition(" | ")[0]), ""
    )

    missing = {option for option in COMMANDS[command] if option not in row} - {
        "--home",
        "--format",
        "--help",
    }

    assert row
    assert not missing


def test_every_documented_command_exists() -> None:
    rows = re.findall(r"^\| `(tocsin [a-z-]+(?: [a-z-]+)*)", DOCS["commands"], re.MULTILINE)

    assert sorted(set(rows) - COMMANDS.keys()) == []


def test_every_setting_is_documented() -> None:
    assert all(f"| `{name}` |" in DOCS["settings"] for name in Settings.model_fields)


def test_every_call_is_documented() -> None:
    files = (
        exchange_service_pb2.DESCRIPTOR,
        coordinator_service_pb2.DESCRIPTOR,
        alert_service_pb2.DESCRIPTOR,
        access_service_pb2.DESCRIPTOR,
        casework_service_pb2.DESCRIPTOR,
        evidence_service_pb2.DESCRIPTOR,
        intake_service_pb2.DESCRIPTOR,
        portfolio_service_pb2.DESCRIPTOR,
        release_service_pb2.DESCRIPTOR,
        total_service_pb2.DESCRIPTOR,
        witness_service_pb2.DESCRIPTOR,
    )
    methods = [
        one.name for file in files for service in file.services_by_name.values() for one in service.methods
    ]

    assert all(f"| `{name}` |" in DOCS["protocol"] for name in methods)


def test_every_error_reason_is_documented_once_and_no_other() -> None:
    table = DOCS["protocol"].partition("## Reasons")[2]

    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)) == sorted(reasons())


def test_every_dimension_and_measure_is_documented() -> None:
    assert all(f"`{name}`" in DOCS["commands"] for name in (*DIMENSIONS, *MEASURES))


def test_the_picture_of_the_floors_shows_every_module_and_no_other() -> None:
    picture = DOCS["architecture"].partition("```\n")[2].partition("```")[0]
    shown: dict[str, set[str]] = {}
    package = ""
    for line in picture.splitlines():
        if not line.startswith("-"):
            first, *names = line.split()
            package = first if not line.startswith(" ") else package
            shown.setdefault(package, set()).update(names if not line.startswith(" ") else [first, *names])

    for name in ("crypto", "node", "casework", "console"):
        modules = {
            path.stem
            for path in (ROOT / name).iterdir()
            if path.suffix == ".py" or (path / "__init__.py").exists()
        }
        assert shown[name] == modules - {"__init__"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *(f"docs/{name}.md" for name in DOCS)])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    targets = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if not link.startswith("http")]

    assert all(((ROOT / page).parent / target).exists() for target in targets)
