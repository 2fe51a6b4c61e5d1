"""Challenges: what a passkey or a provider is asked to answer, kept here until then; each is answered once and soon."""

import json
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select

from console.web.tables import account_challenge
from node.store.database import Store, insert_many, next_id

GOOD_FOR = 300  # seconds
MAX_WAITING = 5_000  # anybody may ask for one; the oldest make room
CHALLENGE_BYTES = 32


def new_challenge(store: Store, now: datetime, **held: Any) -> bytes:
    """A challenge; what is held with it is what its answer is judged by."""
    challenge, at = secrets.token_bytes(CHALLENGE_BYTES), int(now.timestamp())
    with store.write() as connection:
        connection.execute(delete(account_challenge).where(account_challenge.c.made_at < at - GOOD_FOR))
        oldest = (
            select(account_challenge.c.id).order_by(account_challenge.c.id.desc()).offset(MAX_WAITING - 1)
        )
        old = connection.execute(oldest.limit(1)).scalar_one_or_none()
        if old is not None:
            connection.execute(delete(account_challenge).where(account_challenge.c.id <= old))
        row = (next_id(connection, account_challenge), _digest(challenge), json.dumps(held), at)
        insert_many(connection, account_challenge, [row])
    return challenge


def take_challenge(store: Store, challenge: bytes, now: datetime) -> dict[str, Any] | None:
    """What was held with a challenge, which counts no more from now on; nothing where there is none."""
    this = account_challenge.c.challenge == _digest(challenge)
    with store.write() as connection:
        row = connection.execute(
            select(account_challenge.c.held, account_challenge.c.made_at).where(this)
        ).one_or_none()
        connection.execute(delete(account_challenge).where(this))
    if row is None or now.timestamp() - row.made_at > GOOD_FOR:
        return None
    found: dict[str, Any] = json.loads(row.held)
    return found


def _digest(challenge: bytes) -> bytes:
    return sha256(challenge).digest()
