"""Share requests: what members asked of us and all that was done about it, and what we asked of members.

Each request is kept with a digest of all of it, so that a change behind the node's back is found.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from node.audience import Levels, Purpose, Views, read_levels, request_name, requests_of, write_levels
from node.errors import StoreError
from node.share_request import Action, Answer, Grant, Refusal, ShareRequest, State, Step, Wish
from node.store.database import insert_many, next_id, portions
from node.store.own_log import views_of
from node.tables.audiences import sent_request, share_request, share_step
from node.tables.incidents import record
from node.tables.releases import release


class StoredRequest(NamedTuple):
    """A request that a member made of us, and the record that it is about."""

    key: int
    record_id: int
    record: str  # SOURCE:KEY
    request: ShareRequest


class SentRequest(NamedTuple):
    """A request of ours, and the newest answer; times are seconds since 1970, `taken_at` 0 while it is not told yet."""

    origin_id: str
    asked_by: str
    asked_at: int
    taken_at: int
    answer: Answer


class Opened(NamedTuple):
    """An entry of our log that names a granted request; `stands` is whether it is the last of its record."""

    request_id: str
    log_index: int
    record_id: int
    views: Views
    stands: bool


def stored_requests(
    connection: Connection, *, member: str = "", request_id: str = "", after: int = 0, limit: int = 0
) -> list[StoredRequest]:
    """Requests that members made of us, oldest first.

    Args:
        connection: To the database.
        member: Only of this one.
        request_id: Only with this id.
        after: Only with a greater key.
        limit: At most so many; 0 is all.
    """
    conditions: list[ColumnElement[bool]] = [share_request.c.id > after]
    if member:
        conditions.append(share_request.c.member == member)
    if request_id:
        conditions.append(share_request.c.request_id == request_id)
    wanted = (
        select(share_request, record.c.source, record.c.source_key)
        .join_from(share_request, record)
        .where(and_(*conditions))
        .order_by(share_request.c.id)
    )
    rows = connection.execute(wanted.limit(limit) if limit else wanted).all()
    steps = _steps(connection, [row.id for row in rows])
    return [
        StoredRequest(
            row.id,
            row.record_id,
            f"{row.source}:{row.source_key}",
            ShareRequest(row.member, _wish(row), row.received_at, tuple(steps.get(row.id, ()))),
        )
        for row in rows
    ]


def grants(connection: Connection) -> dict[str, Grant]:
    """What was granted and counts, by the id of the request."""
    return {
        one.request.wish.request_id: Grant(one.request.member, one.request.levels)
        for one in stored_requests(connection)
        if one.request.state is State.GRANTED
    }


def requests_since(connection: Connection, member: str, since: int) -> int:
    """How many requests a member has made since a time."""
    made = and_(share_request.c.member == member, share_request.c.received_at >= since)
    return int(connection.execute(select(func.count()).where(made)).scalar_one())


def add_request(connection: Connection, record_id: int, request: ShareRequest) -> None:
    """Keep a request that a member made of us."""
    wish = request.wish
    row = (
        next_id(connection, share_request),
        wish.request_id,
        request.member,
        record_id,
        wish.record_uid,
        wish.log_index,
        wish.purpose,
        write_levels(wish.wanted),
        wish.note,
        request.received_at,
        b"",
    )
    insert_many(connection, share_request, [row])
    _seal(connection, row[0])


def add_step(connection: Connection, key: int, step: Step) -> None:
    """Keep what somebody did about a request."""
    row = (
        next_id(connection, share_step),
        key,
        step.action,
        step.said_by,
        step.at,
        write_levels(step.levels),
        int(step.reason or 0),
    )
    insert_many(connection, share_step, [row])
    _seal(connection, key)


def sent_requests(connection: Connection, origin_id: str = "") -> list[SentRequest]:
    """What we asked of members, oldest first; only of one if it is named."""
    rows = select(sent_request).order_by(sent_request.c.id)
    if origin_id:
        rows = rows.where(sent_request.c.origin_id == origin_id)
    return [_sent(row) for row in connection.execute(rows)]


def add_sent(connection: Connection, sent: SentRequest) -> None:
    """Keep a request of ours before it is told to anybody."""
    wish = sent.answer.wish
    connection.execute(
        insert(sent_request).values(
            id=next_id(connection, sent_request),
            request_id=wish.request_id,
            origin_id=sent.origin_id,
            uid=wish.record_uid,
            log_index=wish.log_index,
            purpose=wish.purpose,
            wanted=write_levels(wish.wanted),
            note=wish.note,
            asked_by=sent.asked_by,
            asked_at=sent.asked_at,
            taken_at=sent.taken_at,
            **_answered(sent.answer),
        )
    )
    _seal_sent(connection, wish.request_id)


def note_answers(connection: Connection, origin_id: str, answers: Iterable[Answer]) -> None:
    """Keep what a member has answered; what answers no request of ours is left out."""
    for answer in answers:
        ours = and_(
            sent_request.c.origin_id == origin_id, sent_request.c.request_id == answer.wish.request_id
        )
        values = {**_answered(answer), "taken_at": answer.received_at}
        connection.execute(update(sent_request).where(ours).values(values))
        _seal_sent(connection, answer.wish.request_id)


def opened_by_requests(connection: Connection) -> list[Opened]:
    """What left to members because requests of theirs were granted, in the order of the log."""
    last = set(
        connection.execute(select(func.max(release.c.log_index)).group_by(release.c.record_id)).scalars()
    )
    rows = connection.execute(
        select(release.c.log_index, release.c.record_id, release.c.asked, release.c.views)
        .where(and_(release.c.views != "", release.c.asked.contains(request_name(""))))
        .order_by(release.c.log_index)
    )
    return [
        Opened(request_id, index, record_id, views_of(views), index in last)
        for index, record_id, asked, views in rows
        for request_id in sorted(requests_of(asked.split()))
    ]


def changed_requests(connection: Connection) -> Iterator[str]:
    """Names of the requests, those of members and ours, that are not what was kept of them."""
    for row in connection.execute(select(share_request).order_by(share_request.c.id)).all():
        if row.digest != _digest(*row[1:-1], _step_rows(connection, row.id)):
            yield f"share request {row.request_id} of {row.member}"
    for row in connection.execute(select(sent_request).order_by(sent_request.c.id)):
        if row.digest != _digest(*row[1:-1]):
            yield f"share request {row.request_id} to {row.origin_id}"


def _seal(connection: Connection, key: int) -> None:
    row = connection.execute(select(share_request).where(share_request.c.id == key)).one()
    content = _digest(*row[1:-1], _step_rows(connection, key))
    connection.execute(update(share_request).where(share_request.c.id == key).values(digest=content))


def _seal_sent(connection: Connection, request_id: str) -> None:
    for row in connection.execute(select(sent_request).where(sent_request.c.request_id == request_id)).all():
        content = _digest(*row[1:-1])
        connection.execute(update(sent_request).where(sent_request.c.id == row.id).values(digest=content))


def _step_rows(connection: Connection, key: int) -> list[tuple[Any, ...]]:
    steps = select(*share_step.c[2:]).where(share_step.c.share_request_id == key).order_by(share_step.c.id)
    return [tuple(row) for row in connection.execute(steps)]


def _digest(*values: Any) -> bytes:
    return sha256(json.dumps(values, default=bytes.hex).encode()).digest()


def _answered(answer: Answer) -> dict[str, Any]:
    return {
        "state": int(answer.state),
        "reason": int(answer.reason or 0),
        "granted": write_levels(answer.granted),
        "changed_at": answer.changed_at,
    }


def _steps(connection: Connection, keys: list[int]) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = {}
    rows = [
        row
        for chosen in portions(keys)
        for row in connection.execute(
            select(*share_step.c[1:])
            .where(share_step.c.share_request_id.in_(chosen))
            .order_by(share_step.c.id)
        )
    ]
    for key, action, said_by, at, levels, reason in rows:
        try:
            step = Step(Action(action), said_by, at, read_levels(levels), Refusal(reason) if reason else None)
        except ValueError as error:
            raise StoreError("what was done about a share request can not be read") from error
        found.setdefault(key, []).append(step)
    return found


def _wish(row: Row[Any]) -> Wish:
    try:
        purpose, wanted = Purpose(row.purpose), read_levels(row.wanted)
    except ValueError as error:
        raise StoreError("a share request names a purpose or level that there is not") from error
    return Wish(row.request_id, row.uid, row.log_index, purpose, wanted, row.note, bool(row.note))


def _sent(row: Row[Any]) -> SentRequest:
    try:
        state, reason = State(row.state), Refusal(row.reason) if row.reason else None
        granted: Levels = read_levels(row.granted)
    except ValueError as error:
        raise StoreError("an answer to a share request can not be read") from error
    answer = Answer(_wish(row), state, reason, granted, row.taken_at, row.changed_at)
    return SentRequest(row.origin_id, row.asked_by, row.asked_at, row.taken_at, answer)
