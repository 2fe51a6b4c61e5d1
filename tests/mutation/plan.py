"""Which modules are changed, which tests must notice, and which changes are known to let nothing else leave."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """One module, the tests that are asked in this order, and its parts that decide nothing."""

    module: str
    file: str
    tests: tuple[str, ...]
    harmless: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run tries; `reasons` holds the changes that may survive, by module and name."""

    targets: tuple[Target, ...]
    reasons: Mapping[tuple[str, str], str]

    def equivalent(self, module: str) -> list[str]:
        """Names of the changes of a module that let nothing else leave."""
        return [name for one, name in self.reasons if one == module]


def read_plan(root: Path) -> Plan:
    """Read the plan beside this file; a file or test that it names and that is not there is an error."""
    plan: dict[str, Any] = tomllib.loads((root / "tests/mutation/mutation.toml").read_text())
    targets: list[Target] = []
    for one in plan["target"]:
        files = [file for file in sorted(root.glob(one["files"])) if file.name != "__init__.py"]
        missing = [name for name in one["tests"] if not (root / name).is_file()] + (
            [] if files else [one["files"]]
        )
        if missing:
            raise FileNotFoundError(f"mutation.toml names {', '.join(missing)}")
        harmless = frozenset(name for rest in one.get("harmless", ()) for name in rest["parts"])
        for file in (str(file.relative_to(root)) for file in files):
            module = file.removesuffix(".py").replace("/", ".")
            targets.append(Target(module, file, tuple(one["tests"]), harmless))
    reasons = {
        (group["module"], name): group["reason"]
        for group in plan.get("equivalent", ())
        for name in group["changes"]
    }
    return Plan(tuple(targets), reasons)
