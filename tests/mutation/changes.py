"""Every small change of a module that could let something else leave, with a name that stays when lines move.

What tools for this leave out is what decides here: tables at the top of a module, properties, members of enumerations.
Docstrings, annotations and decorators are left alone, and so are the words of an error.
"""

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeAlias

from tests.mutation.instead import NOT_VALUES, instead

Step: TypeAlias = tuple[str, int | None]  # field of a node, and which one of a list

_AROUND = 40  # characters before and after what is changed, in the name of a mutant
_ANY = ("annotation", "returns", "decorator_list", "ctx", "bases", "type_ignores")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module.

    Attributes:
        name: Where it is and what it does, the same however far the lines have moved.
        owner: The function, class or table that it is in.
        line: Where it is now.
        lines: Of the statement that it is in, or of the head of that statement: who runs the change runs one of them.
        path: From the module down to the node that is replaced.
        becomes: What stands there instead.
    """

    name: str
    owner: str
    line: int
    lines: range
    path: tuple[Step, ...]
    becomes: ast.AST

    def apply(self, module: ast.Module) -> ast.Module:
        """The changed module; the one that is given stays as it is."""
        changed = copy.deepcopy(module)
        _put(changed, self.path, copy.deepcopy(self.becomes))
        return ast.fix_missing_locations(changed)


def mutants(module: ast.Module, names: Mapping[str, Any]) -> list[Mutant]:
    """All changes of a module whose names at the top mean these things."""
    found = []
    numbers: Counter[str] = Counter()
    for place in _places(module, (), "", (module,)):
        for becomes in instead(place.node, names):
            owner = place.owner or "module"
            said = f"{owner}: {_shown(place, becomes)}"
            numbers[said] += 1
            name = said if numbers[said] == 1 else f"{said} (#{numbers[said]})"
            found.append(Mutant(name, owner, place.line, place.lines, place.path, becomes))
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    node: ast.AST
    path: tuple[Step, ...]
    owner: str
    above: tuple[ast.AST, ...]

    @property
    def line(self) -> int:
        """Of the node, or of what it is part of."""
        lines = (getattr(one, "lineno", 0) for one in (self.node, *reversed(self.above)))
        return next(filter(None, lines), 0)

    @property
    def lines(self) -> range:
        """Of the innermost statement, without the statements inside it."""
        statement = next(
            one for one in (self.node, *reversed(self.above)) if isinstance(one, ast.stmt | ast.Module)
        )
        match statement:
            case ast.Module():
                return range(0)
            case ast.Match():
                return range(statement.lineno, statement.cases[0].pattern.lineno)
            case _:
                inner: list[ast.stmt] = getattr(statement, "body", [])
                end = max(statement.lineno, inner[0].lineno - 1) if inner else statement.end_lineno
                return range(statement.lineno, (end or statement.lineno) + 1)


def _places(
    node: ast.AST, path: tuple[Step, ...], owner: str, above: tuple[ast.AST, ...]
) -> Iterator[_Place]:
    for step, child in _children(node):
        inner = ".".join(filter(None, (owner, _called(child))))
        place = _Place(child, (*path, step), inner, above)
        yield place
        yield from _places(child, place.path, inner, (*above, child))


def _called(node: ast.AST) -> str:
    """Name by which people speak of a part of a module: of a function, class or table, or of a row of it."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) if name.isupper():
            return name
        case ast.Call(args=[ast.Constant(value=str() as name), *_]) if name.isalnum() and name[-1].isdigit():
            return name
        case _:
            return ""


def _children(node: ast.AST) -> Iterator[tuple[Step, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if name in _left_alone(node):
            continue
        for at, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST) and not _is_no_data(child, node):
                yield (name, at), child


def _left_alone(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Raise():
            return ("exc", "cause")  # that it is raised is tried
        case ast.AnnAssign(annotation=ast.Name("TypeAlias")):
            return ("annotation", "value")
        case ast.Call():
            return ("func",)
        case ast.Subscript(value=ast.Name("Literal" | "Annotated")):
            return ("value", "slice")
        case _:
            return _ANY


def _is_no_data(child: ast.AST, parent: ast.AST) -> bool:
    is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
    is_text = isinstance(parent, ast.JoinedStr) and isinstance(child, ast.Constant)
    is_import = isinstance(child, ast.Import | ast.ImportFrom)
    return (
        is_docstring or is_text or is_import or (isinstance(child, ast.keyword) and child.arg in NOT_VALUES)
    )


def _put(root: ast.AST, path: tuple[Step, ...], node: ast.AST) -> None:
    *way, (field, at) = path
    for name, index in way:
        root = getattr(root, name) if index is None else getattr(root, name)[index]
    if at is None:
        setattr(root, field, node)
    else:
        getattr(root, field)[at] = node


def _shown(place: _Place, becomes: ast.AST) -> str:
    """What was there and what is there instead, with enough around it to know it again."""
    before, after = _first_line(place.node), _first_line(becomes)
    for length, node in enumerate(takewhile(_is_within_a_line, reversed(place.above)), 1):
        changed = copy.deepcopy(node)
        _put(changed, place.path[-length:], copy.deepcopy(becomes))
        before, after = _first_line(node), _first_line(changed)
    start = _same(before, after)
    end = _same(before[start:][::-1], after[start:][::-1])
    start, stop = max(0, start - _AROUND), max(0, end - _AROUND)
    return f"{before[start : len(before) - stop]} -> {after[start : len(after) - stop]}"


def _is_within_a_line(node: ast.AST) -> bool:
    return isinstance(node, ast.expr | ast.keyword | ast.comprehension | ast.Return | ast.Assign)


def _first_line(node: ast.AST) -> str:
    return next(iter(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).splitlines()), "")


def _same(one: str, other: str) -> int:
    """How many characters two texts have in common at their start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
