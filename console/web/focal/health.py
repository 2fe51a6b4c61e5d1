"""How the node is: what `tocsin doctor` finds, version, log, keys until when, and what waits to be told."""

from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from console.database import REVISION
from console.keylist import KEY_HEADER, key_lines
from console.web.front import neighbours
from console.web.visit import Answer, Page, Table, Visit
from node.inbox import unsent_notes
from node.share_request import State
from node.store.heads import log_head
from node.store.requests import sent_requests, stored_requests

SOON = timedelta(days=60)  # a key that ends sooner is told


def show_health(visit: Visit) -> Answer:
    """All of it on one page, with what asks for attention first."""
    home = visit.works.home
    own = home.settings.org_id
    with visit.store.read() as connection:
        head = log_head(connection, own)
        asked, sent = stored_requests(connection), sent_requests(connection)
    members = neighbours(visit)
    others = [one for one in members if not one.ourselves]
    file = home.path / "node.db"
    facts = {
        "version": version("tocsin"),
        "revision": REVISION,
        "database": "PostgreSQL" if home.settings.database_url else "SQLite",
        "database_size": file.stat().st_size if file.exists() else None,
        "findings": visit.works.findings(),
        "head": head,
        "signed": datetime.fromtimestamp(head.heard_at, UTC) if head and head.heard_at else None,
        "slot": home.settings.log_slot_seconds,
        "directory": home.directory() if home.network_file.exists() else None,
        "members": others,
        "keys": [dict(zip(KEY_HEADER, row, strict=True)) for row in key_lines(home, visit.now)],
        "soon": f"{visit.now + SOON:%Y-%m-%d}",
        "today": f"{visit.now:%Y-%m-%d}",
        "untold": sum(len(unsent_notes(visit.store, one.member.org_id, own)) for one in others),
        "asked": sum(one.request.state.waits for one in asked),
        "unsent": sum(not one.taken_at and one.answer.state is State.ASKED for one in sent),
    }
    return Page("focal/health.html", facts)


def take_keys(visit: Visit) -> Answer:
    """The keys of the node as a file; nothing secret is in it."""
    rows = tuple(tuple(row) for row in key_lines(visit.works.home, visit.now))
    return Table("keys", KEY_HEADER, rows)
