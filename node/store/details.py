"""What more is known of our own records, as a question groups, filters and sums it.

An incident may have several details of one kind and counts under each; of the records of peers none is known, nor from
which of their sources they come.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Subquery,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from node.codes import SCHEMES, code_list
from node.dimensions import HELD_FOR, UNKNOWN
from node.store.categories import cases, categories, text_of
from node.tables.facts import detail, fact
from node.tables.incidents import record, revision

_ONE = literal_column("1", Integer)
_TOPICS = {"resource": "harm", "held_for": "duration"}  # where a dimension is not its list itself


def details(name: str, chosen: Sequence[str] | None = None) -> Subquery:
    """Revision, code and number of one dimension, each revision once under a code; `chosen` keeps some codes."""
    told: Select[Any] | CompoundSelect[Any]
    if name == "source":
        told = select(
            revision.c.id.label("revision_id"),
            record.c.source.label("code"),
            _ONE.label("number"),
        ).join_from(revision, record)
    elif name in SCHEMES:
        told = union_all(*categories(name))
    else:
        told = select(detail.c.revision_id, _code(name).label("code"), detail.c.number).where(
            detail.c.topic == _TOPICS.get(name, name)
        )
    each = told.subquery()
    number: ColumnElement[int] = func.sum(each.c.number)
    if name in SCHEMES:
        number = case((each.c.code.in_(cases(name)), _ONE), else_=number)
    once = select(each.c.revision_id, each.c.code, number.label("number"))
    if chosen is not None:
        once = once.where(each.c.code.in_(chosen))
    return once.group_by(each.c.revision_id, each.c.code).subquery()


def has_detail(name: str, values: Sequence[str]) -> ColumnElement[bool]:
    """Whether a fact has a detail with one of these codes, or with `unknown` none at all."""
    some = fact.c.revision_id.in_(select(details(name, values).c.revision_id))
    if UNKNOWN not in values:
        return some
    return or_(
        some, fact.c.revision_id.is_(None), fact.c.revision_id.not_in(select(details(name).c.revision_id))
    )


def harmed(code: str) -> ColumnElement[int]:
    """How many of one harm a fact tells; nothing where it tells of none."""
    return (
        select(func.sum(detail.c.number))
        .where(detail.c.revision_id == fact.c.revision_id, detail.c.topic == "harm", detail.c.code == code)
        .correlate(fact)
        .scalar_subquery()
    )


def _code(name: str) -> ColumnElement[str]:
    if name == "resource":
        resources: dict[str, list[str]] = {}
        for code in code_list("harm").codes.values():
            resources.setdefault(code.resource, []).append(code.code)
        return case(*((detail.c.code.in_(codes), text_of(resource)) for resource, codes in resources.items()))
    if name == "held_for":
        return case(*((detail.c.number <= most, text_of(band)) for band, most in HELD_FOR.items()))
    return detail.c.code
