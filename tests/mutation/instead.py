"""What could stand in the place of one node of a syntax tree and let something else leave.

Sentences for people are left alone; a word without a space counts as data.
"""

import ast
import copy
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

_COMPARED: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_COMPUTED: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any"}
# What these give can not be replaced by what they are given, or says the same.
_NOT_LEFT_OUT = {"TypeVar", "enumerate", "frozenset", "len", "list", "str", "tuple"}
NOT_VALUES = {"strict", "slots", "frozen", "repr", "maxsize"}
"""Keywords that decide nothing about a record."""


def instead(node: ast.AST, names: Mapping[str, Any]) -> Iterator[ast.AST]:
    """Every other node that is tried in the place of this one; `names` are those at the top of its module."""
    for change in (_constants, _operators, _tests, _statements, _elements, _operands, _calls, _slices):
        yield from change(node)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield from _other_members(node, names.get(node.value.id))


def _constants(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(value=bytes() as value):
            yield ast.Constant(value + b"X")
        case ast.Constant(value=str() as value) if " " not in value.strip() or not value.strip():
            yield ast.Constant(f"{value}X")
        case _:
            pass


def _operators(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[operator]):
            for other in _COMPARED[type(operator)]:
                yield ast.Compare(node.left, [other()], node.comparators)
        case ast.BinOp() if type(node.op) in _COMPUTED:
            yield ast.BinOp(node.left, _COMPUTED[type(node.op)](), node.right)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case _:
            pass


def _tests(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.If() | ast.IfExp():
            yield _with(node, test=ast.Constant(value=False))
            yield _with(node, test=ast.Constant(value=True))
        case ast.While():
            yield _with(node, test=ast.Constant(value=False))
        case ast.comprehension(ifs=[_, *_]):
            yield _with(node, ifs=[])
            yield _with(node, ifs=[ast.Constant(value=False)])
        case _:
            pass


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.For():
            yield _with(node, iter=ast.Tuple([], ast.Load()))
        case ast.Return(value=ast.Constant(value=None)):
            pass
        case ast.Return(value=ast.AST()):
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue():
            yield ast.Pass()
        case _:
            pass


def _elements(node: ast.AST) -> Iterator[ast.AST]:
    """Leave out one element of a list or table."""
    match node:
        case ast.Dict():
            for at in range(len(node.values)):
                yield ast.Dict(_without(node.keys, at), _without(node.values, at))
        case ast.Set(elts=[_, _, *_]) | ast.List(ctx=ast.Load()):
            for at in range(len(node.elts)):
                yield _with(node, elts=_without(node.elts, at))
        case ast.Tuple(ctx=ast.Load()) if not any(isinstance(one, ast.Name) for one in node.elts):
            for at in range(len(node.elts)):
                yield _with(node, elts=_without(node.elts, at))
        case _:
            pass


def _operands(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for at in range(len(node.values)):
            left = _without(node.values, at)
            yield left[0] if len(left) == 1 else _with(node, values=left)


def _calls(node: ast.AST) -> Iterator[ast.AST]:
    """Leave out an argument, or the call around its only one, or ask for the opposite."""
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    for at, keyword in enumerate(node.keywords):
        if keyword.arg not in NOT_VALUES:
            yield _with(node, keywords=_without(node.keywords, at))
    is_form = name[:1].isupper()  # of such nothing but the end can be missing
    for at in range(max(1, len(node.args) - 1 if is_form else 1), len(node.args)):
        yield _with(node, args=_without(node.args, at))
    if len(node.args) == 1 and not node.keywords and name[:1].islower() and name not in _NOT_LEFT_OUT:
        yield node.args[0]
    if name in _OPPOSITES:
        yield _with(node, func=ast.Name(_OPPOSITES[name], ast.Load()))


def _slices(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Slice):
        for part in ("lower", "upper", "step"):
            if getattr(node, part) is not None:
                yield _with(node, **{part: None})


def _other_members(node: ast.Attribute, kind: Any) -> Iterator[ast.AST]:
    if isinstance(kind, type) and issubclass(kind, Enum) and node.attr in kind.__members__:
        members = list(kind.__members__)
        at = members.index(node.attr)
        for other in sorted({members[at - 1], members[(at + 1) % len(members)]} - {node.attr}):
            yield ast.Attribute(node.value, other, ast.Load())


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _without(parts: list[Any], at: int) -> list[Any]:
    return parts[:at] + parts[at + 1 :]
