"""Signed documents that organizations send each other about cases; the newest of each subject."""

import json
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from casework.store.database import Transaction, add
from casework.tables import case_post, case_post_cursor

KINDS = ("status", "joint", "answer")  # with which a subject begins, before the public reference
SHOWN = "shown "  # stands before the subject of what we signed, lost, and were shown by a member
UNHEARD, HEARD, ALONE = "", "heard", "alone"  # the month in our own cursor, since this database was restored
_PLACES_A_SECOND = 20  # bits


class Posted(NamedTuple):
    """One signed document.

    Attributes:
        origin: Whose.
        subject: About what of theirs; begins with one of `KINDS` and the public reference.
        number: The greatest of a subject counts.
        line: Its line of a file, as signed.
        addressee: The one member for whom it is; empty for all.
        place: Where it stands in the list that its readers fetch, from 1; nothing for what others signed.
        kept_back: 1 while it is left out of that list, else 0.
    """

    origin: str
    subject: str
    number: int
    line: bytes
    addressee: str = ""
    place: int | None = None
    kept_back: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, as the audit log knows it."""
        return sha256(json.dumps([*self[:3], *self[4:]]).encode() + self.line).hexdigest()


class Cursor(NamedTuple):
    """How far the two lists of a member were fetched, and in which month, such as 2026-03, from their beginning.

    Our own says how far our lists may have gone before this database was restored, and in the place of the month what
    was heard of them since; it is there from then on.
    """

    to_all: int = 0
    to_us: int = 0
    month: str = ""


def posted(connection: Transaction, origin: str, subject: str) -> Posted | None:
    """What is held of a subject."""
    row = connection.execute(select(*case_post.c).where(_is(origin, subject))).one_or_none()
    return Posted(*row) if row else None


def all_posted(connection: Transaction) -> tuple[Posted, ...]:
    """Everything that is held, by origin and subject."""
    return _in_order(connection, ~_is_shown())


def all_shown(connection: Transaction) -> tuple[Posted, ...]:
    """Everything that we signed, lost and were shown, under its own subjects."""
    found = _in_order(connection, _is_shown())
    return tuple(one._replace(subject=one.subject.removeprefix(SHOWN)) for one in found)


def shown(connection: Transaction, origin: str, subject: str) -> Posted | None:
    """What we were shown of a subject."""
    found = posted(connection, origin, SHOWN + subject)
    return found and found._replace(subject=subject)


def put_shown(connection: Transaction, document: Posted) -> None:
    """Keep what we were shown instead of the one before it."""
    put_posted(connection, document._replace(subject=SHOWN + document.subject))


def posted_by(connection: Transaction, origin: str, after: int, most: int) -> tuple[Posted, ...]:
    """What another organization signed, in order, without the first so many; nothing is ever taken out of it."""
    rows = connection.execute(
        select(*case_post.c)
        .where(case_post.c.origin == origin, case_post.c.place.is_(None), ~_is_shown())
        .order_by(case_post.c.subject)
        .offset(after)
        .limit(most)
    )
    return tuple(Posted(*row) for row in rows)


def posted_about(connection: Transaction, public_ref: str) -> tuple[Posted, ...]:
    """What we have signed of one of our cases and members fetch, or would if it were not kept back."""
    us = (
        select(case_post.c.origin).where(case_post.c.place > 0).limit(1)
    )  # so that theirs are not gone through
    begins = or_(*(case_post.c.subject.startswith(f"{kind} {public_ref}", autoescape=True) for kind in KINDS))
    ours = (case_post.c.origin == us.scalar_subquery()) & case_post.c.place.is_not(None)
    rows = connection.execute(select(*case_post.c).where(ours, begins).order_by(case_post.c.subject))
    return tuple(Posted(*row) for row in rows)


def posted_after(connection: Transaction, addressee: str, after: int, most: int) -> tuple[Posted, ...]:
    """What stands behind a place of a list, in order."""
    rows = connection.execute(
        select(*case_post.c)
        .where(case_post.c.addressee == addressee, case_post.c.place > after, case_post.c.kept_back == 0)
        .order_by(case_post.c.place)
        .limit(most)
    )
    return tuple(Posted(*row) for row in rows)


def last_place(connection: Transaction, addressee: str) -> int:
    """The last place of a list; 0 for an empty one."""
    last = select(func.max(case_post.c.place)).where(case_post.c.addressee == addressee)
    return int(connection.execute(last).scalar_one() or 0)


def count_posted(connection: Transaction, origin: str) -> int:
    """How many documents of an organization are held."""
    counted = select(func.count()).select_from(case_post).where(case_post.c.origin == origin)
    return int(connection.execute(counted).scalar_one())


def put_posted(connection: Transaction, document: Posted) -> None:
    """Hold a document instead of the one before it."""
    drop_posted(connection, document)
    fields = {"envelope" if name == "line" else name: value for name, value in document._asdict().items()}
    add(connection, case_post, fields)


def drop_posted(connection: Transaction, document: Posted) -> None:
    """Hold nothing of a subject any more."""
    connection.execute(delete(case_post).where(_is(document.origin, document.subject)))


def cursor_of(connection: Transaction, org_id: str) -> Cursor:
    """How far a member's lists were fetched."""
    columns = [case_post_cursor.c[name] for name in Cursor._fields]
    row = connection.execute(select(*columns).where(case_post_cursor.c.org_id == org_id)).one_or_none()
    return Cursor(*row) if row else Cursor()


def put_cursor(connection: Transaction, org_id: str, cursor: Cursor) -> None:
    """Note how far they were."""
    connection.execute(delete(case_post_cursor).where(case_post_cursor.c.org_id == org_id))
    add(connection, case_post_cursor, {"org_id": org_id, **cursor._asdict()})


def anybody_unheard(connection: Transaction, org_id: str) -> bool:
    """Whether a member whose lists were fetched before has not shown what it holds of ours since this was restored."""
    others = (case_post_cursor.c.org_id != org_id) & (case_post_cursor.c.month == UNHEARD)
    return connection.execute(select(case_post_cursor.c.org_id).where(others).limit(1)).first() is not None


def note_restored(connection: Transaction, org_id: str, now: datetime) -> None:
    """Write down that this database was restored or copied, so that members are asked what they hold of what we signed.

    Our lists go on at places that none of them can have had, each second having room for a million. Members' lists are
    fetched from their beginning.
    """
    before = cursor_of(connection, org_id)
    beyond = max(before.to_all, int(now.timestamp()) << _PLACES_A_SECOND)
    connection.execute(update(case_post_cursor).values(month=""))
    put_cursor(connection, org_id, Cursor(beyond, beyond, UNHEARD))


def _in_order(connection: Transaction, which: ColumnElement[bool]) -> tuple[Posted, ...]:
    rows = connection.execute(
        select(*case_post.c).where(which).order_by(case_post.c.origin, case_post.c.subject)
    )
    return tuple(Posted(*row) for row in rows)


def _is_shown() -> ColumnElement[bool]:
    return case_post.c.subject.startswith(SHOWN)


def _is(origin: str, subject: str) -> ColumnElement[bool]:
    return (case_post.c.origin == origin) & (case_post.c.subject == subject)
