"""Signed documents that organizations send each other about cases; the newest of each subject."""

from typing import NamedTuple

from sqlalchemy import func, select

from casework.store.database import Transaction, add
from casework.tables import case_post


class Posted(NamedTuple):
    """One signed document: whose, about what of theirs, which number, and its line of a file as signed."""

    origin: str
    subject: str
    number: int
    line: bytes


def posted(connection: Transaction, origin: str, subject: str) -> Posted | None:
    """What is held of a subject."""
    row = connection.execute(
        select(*case_post.c).where(case_post.c.origin == origin, case_post.c.subject == subject)
    ).one_or_none()
    return Posted(*row) if row else None


def all_posted(connection: Transaction) -> tuple[Posted, ...]:
    """Everything that is held, by origin and subject."""
    rows = connection.execute(select(*case_post.c).order_by(case_post.c.origin, case_post.c.subject))
    return tuple(Posted(*row) for row in rows)


def count_posted(connection: Transaction, origin: str) -> int:
    """How many documents of an organization are held."""
    counted = select(func.count()).select_from(case_post).where(case_post.c.origin == origin)
    return int(connection.execute(counted).scalar_one())


def put_posted(connection: Transaction, document: Posted) -> None:
    """Hold a document instead of the one before it."""
    connection.execute(
        case_post.delete().where(
            case_post.c.origin == document.origin, case_post.c.subject == document.subject
        )
    )
    add(
        connection,
        case_post,
        {
            "origin": document.origin,
            "subject": document.subject,
            "number": document.number,
            "envelope": document.line,
        },
    )
