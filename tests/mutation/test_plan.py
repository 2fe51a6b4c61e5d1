"""The plan of `make mutants` fits the code, and a change is what its name says."""

import ast
import importlib

import pytest

from node.audience import Tier
from tests.mutation.changes import mutants
from tests.mutation.plan import read_plan

SOURCE = '''
LIMITS = {Tier.PUBLIC: 1, "peer": 2}

def rule(case: "Case") -> int | None:
    """What it says."""
    if case.tier < Tier.PEER and case.is_new:
        raise HoldError("not for everybody")
    return min(LIMITS[case.tier], 3)
'''


def test_the_plan_names_what_is_there(pytestconfig: pytest.Config) -> None:
    plan = read_plan(pytestconfig.rootpath)

    modules = {target.module for target in plan.targets}
    assert {module for module, _ in plan.reasons} <= modules
    assert all(reason.endswith(".") for reason in plan.reasons.values())


@pytest.mark.slow
def test_a_change_that_is_written_down_is_one_that_is_tried(pytestconfig: pytest.Config) -> None:
    plan = read_plan(pytestconfig.rootpath)

    for target in plan.targets:
        written = set(plan.equivalent(target.module))
        if written or target.harmless:
            module = ast.parse((pytestconfig.rootpath / target.file).read_text())
            found = list(mutants(module, vars(importlib.import_module(target.module))))
            assert target.harmless <= {one.owner for one in found}
            assert written <= {one.name for one in found if one.owner not in target.harmless}


def test_changes_are_made_where_something_is_decided() -> None:
    module = ast.parse(SOURCE)
    before = ast.unparse(module)
    found = {one.name: one for one in mutants(module, {"Tier": Tier})}

    assert {
        "LIMITS: LIMITS = {Tier.PUBLIC: 1, 'peer': 2} -> LIMITS = {'peer': 2}",
        "LIMITS: LIMITS = {Tier.PUBLIC: 1, 'peer': 2} -> LIMITS = {Tier.COORDINATOR: 1, 'peer': 2}",
        "LIMITS: LIMITS = {Tier.PUBLIC: 1, 'peer': 2} -> LIMITS = {Tier.PUBLIC: 1, 'peerX': 2}",
        "rule: if case.tier < Tier.PEER and case.is_new: -> if False:",
        "rule: case.tier < Tier.PEER and case.is_new -> case.tier < Tier.PEER or case.is_new",
        "rule: case.tier < Tier.PEER and case.is_new -> case.tier < Tier.PEER",
        "rule: case.tier < Tier.PEER and case.is_new -> case.tier <= Tier.PEER and case.is_new",
        "rule: raise HoldError('not for everybody') -> pass",
        "rule: return min(LIMITS[case.tier], 3) -> return max(LIMITS[case.tier], 3)",
        "rule: return min(LIMITS[case.tier], 3) -> return min(LIMITS[case.tier], 4)",
        "rule: return min(LIMITS[case.tier], 3) -> return None",
    } <= found.keys()
    assert not any("everybody'X" in name or "What it says" in name for name in found)
    changed = found["rule: if case.tier < Tier.PEER and case.is_new: -> if False:"].apply(module)
    assert "if False:\n        raise" in ast.unparse(changed)
    assert ast.unparse(module) == before
    assert {found[name].owner for name in found} == {"LIMITS", "rule"}


def test_a_change_knows_the_lines_of_its_statement_without_those_inside_it() -> None:
    lines = {one.name: one.lines for one in mutants(ast.parse(SOURCE), {"Tier": Tier})}

    assert {name.partition(": ")[0]: list(found) for name, found in lines.items() if "LIMITS:" in name} == {
        "LIMITS": [2]
    }
    assert list(lines["rule: case.tier < Tier.PEER and case.is_new -> case.tier < Tier.PEER"]) == [6]
    assert list(lines["rule: raise HoldError('not for everybody') -> pass"]) == [7]
    wrapped = ast.parse("def rule(case):\n    return (\n        case.tier,\n        case.day + 1,\n    )\n")
    assert {tuple(one.lines) for one in mutants(wrapped, {})} == {(2, 3, 4, 5)}
    matched = ast.parse("match case:\n    case 1:\n        found = 2\n")
    assert {tuple(one.lines) for one in mutants(matched, {})} == {(1,), (3,)}
