"""What somebody had typed when their session ended: kept here, as what a shared laptop keeps is a leak."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, select

from console.web.tables import account_draft
from node.store.database import Store, insert_many, next_id

KEPT = timedelta(days=30)
MAX_DRAFTS = 20  # of one account; the oldest make room


def keep_draft(store: Store, account_key: int, page: str, fields: Mapping[str, str], now: datetime) -> None:
    """Keep what was typed on a page, in the place of what was kept of it before."""
    at = int(now.timestamp())
    with store.write() as connection:
        here = and_(account_draft.c.account_id == account_key, account_draft.c.page == page)
        connection.execute(delete(account_draft).where(here))
        connection.execute(delete(account_draft).where(account_draft.c.saved_at < at - KEPT.total_seconds()))
        kept = connection.execute(
            select(account_draft.c.id)
            .where(account_draft.c.account_id == account_key)
            .order_by(account_draft.c.id.desc())
            .offset(MAX_DRAFTS - 1)
        ).scalars()
        connection.execute(delete(account_draft).where(account_draft.c.id.in_(list(kept))))
        written = json.dumps(dict(fields), ensure_ascii=False)
        insert_many(
            connection, account_draft, [(next_id(connection, account_draft), account_key, page, written, at)]
        )


def find_draft(store: Store, account_key: int, page: str) -> dict[str, str]:
    """What is kept of a page; nothing where nothing is."""
    with store.read() as connection:
        found = connection.execute(
            select(account_draft.c.fields).where(
                and_(account_draft.c.account_id == account_key, account_draft.c.page == page)
            )
        ).scalar_one_or_none()
    return json.loads(found) if found else {}


def drop_draft(store: Store, account_key: int, page: str) -> None:
    """Forget what was kept of a page, as it is saved or not wanted."""
    if not find_draft(store, account_key, page):
        return
    with store.write() as connection:
        connection.execute(
            delete(account_draft).where(
                and_(account_draft.c.account_id == account_key, account_draft.c.page == page)
            )
        )
