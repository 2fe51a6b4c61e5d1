"""What was sent to whom: ranges of our own log, each written down before its page left.

A row says which member got which entries, of which tier it was, and how long our log was then. Which record an entry
is of, how finely it was shown and why, stands with the release; an entry that a later one had replaced by then was not
shown at all.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql.functions import FunctionElement

from node.audience import Tier
from node.store.database import insert_many, next_id
from node.tables.incidents import record
from node.tables.logs import view
from node.tables.releases import disclosure, policy, release

RUN_SECONDS = 3600  # what a member reads within this time, of one state of the log, is written as one range


class Disclosure(NamedTuple):
    """A range of entries that a member gets at a time, in seconds since 1970."""

    member: str
    tier: Tier
    log_size: int
    start: int
    stop: int
    at: int


class Shown(NamedTuple):
    """One entry that a member got while it was open; times are seconds since 1970.

    `replaced_by` is the index of the entry that replaced it or called it back since.
    """

    record_id: int
    record: str  # SOURCE:KEY
    revision: int  # 1, 2, 3...: how often something of the record had left
    log_index: int
    released_as: str  # levels by audience
    asked: str  # names of the audiences that somebody released it to
    label: int
    policy: str
    member: str
    tier: Tier
    first_at: int
    last_at: int
    replaced_by: int | None
    called_back: bool


class CalledBack(NamedTuple):
    """A retraction of our own, in one of the forms in which it is shown."""

    record_id: int
    log_index: int
    wire: bytes


def is_noted(connection: Connection, sent: Disclosure) -> bool:
    """Whether all of it was written down already, within the same run."""
    return bool(connection.execute(_NOTED, _named(sent)).scalar_one())


def note_disclosure(connection: Connection, sent: Disclosure) -> None:
    """Write down what is about to be sent; a range that goes on with one of the same run extends it."""
    if connection.execute(_EXTEND, _named(sent)).rowcount == 0:
        row = (next_id(connection, disclosure), sent.member, int(sent.tier), *sent[2:], sent.at)
        insert_many(connection, disclosure, [row])


def shown(
    connection: Connection,
    *,
    record_ids: tuple[int, ...] = (),
    member: str = "",
    first: int = 0,
    last: int = 0,
) -> Iterator[Shown]:
    """What members got, by record, entry, member and time.

    Args:
        connection: To the database.
        record_ids: Only of these records; nothing is all.
        member: Only to this one; nothing is all.
        first: Only what was sent from this time on, in seconds since 1970.
        last: Only what was sent before this time; 0 is no end.
    """

    def over_record(function: FunctionElement[Any]) -> ColumnElement[Any]:
        return function.over(partition_by=release.c.record_id, order_by=release.c.log_index)

    history = select(
        release.c.record_id,
        release.c.log_index,
        release.c.views,
        release.c.asked,
        release.c.label,
        release.c.policy_id,
        over_record(func.row_number()).label("revision"),
        over_record(func.lead(release.c.log_index)).label("next_index"),
        over_record(func.lead(release.c.views)).label("next_views"),
    ).subquery()
    conditions: list[ColumnElement[bool]] = [
        history.c.views != "",
        or_(history.c.next_index.is_(None), history.c.next_index >= disclosure.c.log_size),
    ]
    if record_ids:
        conditions.append(history.c.record_id.in_(record_ids))
    if member:
        conditions.append(disclosure.c.member == member)
    if first:
        conditions.append(disclosure.c.last_at >= first)
    if last:
        conditions.append(disclosure.c.first_at < last)
    rows = connection.execute(
        select(
            history.c.record_id,
            record.c.source + ":" + record.c.source_key,
            history.c.revision,
            history.c.log_index,
            history.c.views,
            history.c.asked,
            history.c.label,
            policy.c.name + " " + cast(policy.c.version, Text),
            disclosure.c.member,
            disclosure.c.tier,
            disclosure.c.first_at,
            disclosure.c.last_at,
            history.c.next_index,
            history.c.next_views,
        )
        .join_from(history, record, record.c.id == history.c.record_id)
        .join(policy, policy.c.id == history.c.policy_id)
        .join(
            disclosure,
            and_(
                history.c.log_index >= disclosure.c.first_index, history.c.log_index < disclosure.c.stop_index
            ),
        )
        .where(and_(*conditions))
        .order_by(history.c.record_id, history.c.log_index, disclosure.c.member, disclosure.c.id)
    )
    for *entry, member_id, tier, first_at, last_at, next_index, next_views in rows:
        record_id, name, revision, index, views, asked, label, used = entry
        times = first_at, last_at
        yield Shown(
            record_id,
            name,
            revision,
            index,
            views,
            asked,
            label,
            used,
            member_id,
            Tier(tier),
            *times,
            next_index,
            next_views == "",
        )


def called_back(connection: Connection, record_ids: tuple[int, ...] = ()) -> list[CalledBack]:
    """Our own retractions, in the order of the log; only of these records if any are named."""
    conditions = [release.c.views == ""]
    if record_ids:
        conditions.append(release.c.record_id.in_(record_ids))
    rows = connection.execute(
        select(release.c.record_id, release.c.log_index, view.c.wire)
        .join_from(release, view, view.c.log_index == release.c.log_index)
        .where(and_(*conditions))
        .order_by(release.c.log_index)
    )
    return [CalledBack(*row) for row in rows]


def _named(sent: Disclosure) -> dict[str, Any]:
    return {f"sent_{name}": value for name, value in sent._asdict().items()} | {
        "since": sent.at - RUN_SECONDS
    }


# Every page asks these, so they are built once: building one takes longer than running it.
_TOUCHES = and_(  # ranges of the same run that overlap or meet what is sent
    disclosure.c.member == bindparam("sent_member"),
    disclosure.c.log_size == bindparam("sent_log_size"),
    disclosure.c.tier == bindparam("sent_tier"),
    disclosure.c.first_index <= bindparam("sent_stop"),
    disclosure.c.stop_index >= bindparam("sent_start"),
    disclosure.c.first_at > bindparam("since"),
)
_NOTED = select(
    exists().where(
        and_(
            _TOUCHES,
            disclosure.c.first_index <= bindparam("sent_start"),
            disclosure.c.stop_index >= bindparam("sent_stop"),
        )
    )
)
_EXTEND = (
    update(disclosure)
    .where(disclosure.c.id == select(func.max(disclosure.c.id)).where(_TOUCHES).scalar_subquery())
    .values(
        first_index=case(
            (disclosure.c.first_index < bindparam("sent_start"), disclosure.c.first_index),
            else_=bindparam("sent_start"),
        ),
        stop_index=case(
            (disclosure.c.stop_index > bindparam("sent_stop"), disclosure.c.stop_index),
            else_=bindparam("sent_stop"),
        ),
        last_at=bindparam("sent_at"),
    )
)
