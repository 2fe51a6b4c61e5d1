"""Calling records back: what would be called back and who is told, then do it or not."""

import logging
from hashlib import sha256
from urllib.parse import parse_qs

from console.alerts import shown_alerts, state
from console.errors import ChangedError, EntryError, NoPageError
from console.selection import select_records
from console.web.focal.holding import seen_levels
from console.web.visit import Answer, Elsewhere, Fields, Page, Visit
from node.errors import QueryError
from node.holders import Holding, State, holders
from node.logbook import Callback
from node.recall import call_back, callbacks_on_demand
from node.signed import Reason
from node.store.records import record_names
from node.wire import records as codec

REASONS = (Reason.SHARED_IN_ERROR, Reason.WITHDRAWN)  # for which people call records back
_MOST = 500  # records at once

logger = logging.getLogger(__name__)


def choose(visit: Visit) -> Answer:
    """Ask why, and whether they are to be destroyed."""
    ids = _ids(visit.asked)
    _records(visit, ids)
    return Page("focal/recall.html", {"ids": ids, "reasons": REASONS})


def look(visit: Visit) -> Answer:
    """Show what would be called back and who is told; nothing is done."""
    return _preview(visit, visit.asked, visit.query)


def send(visit: Visit) -> Answer:
    """Call back what was shown; where that has changed meanwhile it is shown again instead."""
    text = visit.says("asked")
    asked: Fields = {name: tuple(values) for name, values in parse_qs(text).items()}
    ids, why, purge = _asked(asked)
    chosen = _records(visit, ids)
    planned = callbacks_on_demand(visit.store, chosen, why, codec, purge=purge)
    if visit.says("seen") != _digest(planned, _told(visit, planned)):
        changed = ChangedError(
            "who holds these records has changed since you looked; nothing was called back"
        )
        return _preview(visit, asked, text, changed)
    if not planned:
        return Elsewhere("/holders")
    done = call_back(visit.store, chosen, why, visit.works.identity, codec, now=visit.now, purge=purge)
    logger.info("called back: account=%s records=%s", visit.who.key, len(done.callbacks))
    facts = {
        "count": len(done.callbacks),
        "ids": ids,
        "alerts": [one.uid.hex()[:8] for one in done.alerts],
        "slot": visit.works.identity.pace.slot_seconds,
    }
    return Page("focal/recalled.html", facts)


def _preview(visit: Visit, asked: Fields, query: str, changed: ChangedError | None = None) -> Page:
    ids, why, purge = _asked(asked)
    planned = callbacks_on_demand(visit.store, _records(visit, ids), why, codec, purge=purge)
    told = _told(visit, planned)
    with visit.store.read() as connection:
        names = record_names(connection, [one.before.record_id for one in planned])
    places = {one.before.log_index for one in planned}
    facts = {
        "ids": ids,
        "why": why,
        "purge": purge,
        "planned": [(names[one.before.record_id], one.before.log_index) for one in planned],
        "untouched": len(ids) - len({one.before.record_id for one in planned}),
        "told": told,
        "seen_levels": seen_levels,
        "members": sorted({one.member for one in told}),
        "alerts": _alerts_over(visit, places),
        "asked": query,
        "seen": _digest(planned, told),
        "changed": str(changed) if changed else "",
    }
    return Page("focal/recall_preview.html", facts, 409 if changed else 200)


def _told(visit: Visit, planned: tuple[Callback, ...]) -> list[Holding]:
    """Who was shown what is called back."""
    chosen = [one.before.record_id for one in planned]
    if not chosen:
        return []
    own = visit.works.home.settings.org_id
    found = holders(visit.store, own, codec, chosen)
    return [one for one in found if one.state is not State.PURGE_ASKED]


def _alerts_over(visit: Visit, places: set[int]) -> list[str]:
    """Alerts in force about what is called back; they end with it."""
    own = visit.works.home.settings.org_id
    return [
        one.alert.uid.hex()[:8]
        for one in shown_alerts(visit.store)
        if one.alert.origin_id == own
        and one.stored.log_index in places
        and state(one.alert, visit.now) in {"in force", "updated"}
    ]


def _asked(asked: Fields) -> tuple[tuple[str, ...], Reason, bool]:
    because = asked.get("because", ("",))[0]
    if because not in REASONS:
        raise EntryError({"because": "say why"})
    return _ids(asked), Reason(because), bool(asked.get("purge", ("",))[0])


def _ids(asked: Fields) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(filter(None, asked.get("id", ()))))
    if not ids or len(ids) > _MOST:
        raise NoPageError("there is no such page")
    return ids


def _records(visit: Visit, ids: tuple[str, ...]) -> tuple[int, ...]:
    try:
        return select_records(visit.store, "id", ids)
    except QueryError as error:
        raise NoPageError("there is no such page") from error


def _digest(planned: tuple[Callback, ...], told: list[Holding]) -> str:
    shown = [(one.before.record_id, one.before.log_index, one.reason, one.purge) for one in planned]
    return sha256(repr((shown, told)).encode()).hexdigest()
