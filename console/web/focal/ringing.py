"""Alerts: those that are in force here, ours with who has taken note; one about a record, seen before it is sent."""

import logging
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from console.alerts import HEADER, Shown, alert_row, find_alert, interest_of, shown_alerts, state, warnings
from console.errors import ChangedError, EntryError, NoPageError
from console.selection import one_revision
from console.sharing import make_request, preview_lines, read_tiers
from console.web.drafts import drop_draft, find_draft
from console.web.sharing import RULE_TEXTS, beside
from console.web.visit import Answer, Elsewhere, Page, Table, Visit
from node.alert import LASTS, LOG_WITHIN, Order, cancel_alert, send_alert, update_alert, verify_order
from node.alert_life import Sender
from node.audience import Purpose, Tier
from node.errors import AlertRefusedError, InputError, QueryError
from node.inbox import acknowledge
from node.plan import Plan
from node.share import preview
from node.store.alerts import standing_revision
from node.urgent import MAX_LIFE
from node.wire import records as codec

MAX_HOURS = MAX_LIFE // timedelta(hours=1)
IN_FORCE = frozenset({"in force", "updated"})

logger = logging.getLogger(__name__)


class Line(NamedTuple):
    """One alert of the list: what it says, whose it is, and who has received and noted it."""

    shown: Shown
    cells: dict[str, str | int]
    ours: bool
    noted: bool


class Bell(NamedTuple):
    """What somebody wants to send: about which record or which alert of ours again, and how."""

    record: str
    again: str
    revision_id: int
    order: Order


def list_alerts(visit: Visit) -> Answer:
    """Alerts that are in force, or all that are held here."""
    everything = bool(visit.asks("all"))
    found = [_line(visit, one) for one in _shown(visit)]
    lines = [one for one in found if everything or one.cells["state"] in IN_FORCE]
    facts = {"lines": lines, "all": everything, "warnings": list(warnings(visit.store))}
    return Page("focal/alerts.html", facts)


def take_alerts(visit: Visit) -> Answer:
    """The same as a file."""
    everything = bool(visit.asks("all"))
    home = visit.works.home
    rows = [
        alert_row(one, home.settings.org_id, interest_of(home.settings), visit.now) for one in _shown(visit)
    ]
    kept = tuple(row for row in rows if everything or row[HEADER.index("state")] in IN_FORCE)
    return Table("alerts", HEADER, kept)


def show_alert(visit: Visit) -> Answer:
    """One alert, and of ours who has received it and who has taken note."""
    return Page("focal/alert.html", {"line": _line(visit, _find(visit, visit.asks("id")))})


def ask(visit: Visit) -> Answer:
    """The form of an alert about a record, or of one of ours again."""
    try:
        if visit.asks("again"):
            _standing(visit, visit.asks("again"))
        else:
            one_revision(visit.store, visit.asks("id"))
    except QueryError as error:
        raise NoPageError("there is no such page") from error
    values = {"lasts": str(LASTS // timedelta(hours=1)), "within": str(LOG_WITHIN // timedelta(minutes=1))}
    typed = find_draft(visit.store, visit.who.key, visit.page)
    return _form(visit, {**values, "tier": "peer", **typed}, "", 200)


def look(visit: Visit) -> Answer:
    """Show exactly what would leave; nothing leaves."""
    values = {name: given[0].strip() for name, given in visit.form.items()}
    try:
        bell = _bell(visit)
        verify_order(bell.order)
    except (InputError, EntryError) as error:
        return _form(visit, values, str(error), 422)
    drop_draft(visit.store, visit.who.key, visit.page)
    return _preview(visit, bell, values)


def send(visit: Visit) -> Answer:
    """Send what was shown; where that has changed meanwhile it is shown again instead."""
    bell = _bell(visit)
    plans = _plans(visit, bell)
    if visit.says("seen") != _digest(bell, plans):
        changed = ChangedError("what would leave has changed since you looked at it; nothing has left yet")
        values = {name: given[0] for name, given in visit.form.items()}
        return _preview(visit, bell, values, changed)
    sender = Sender(visit.works.identity, codec)
    if bell.again:
        sent = update_alert(visit.store, bytes.fromhex(bell.again), bell.order, sender)
    else:
        sent = send_alert(visit.store, bell.revision_id, bell.order, sender)
    logger.info("alert sent: account=%s alert=%s", visit.who.key, sent.uid.hex()[:8])
    return Elsewhere(f"/alert?id={sent.uid.hex()}")


def cancel(visit: Visit) -> Answer:
    """Say that an alert of ours is over, or was wrong; its record stays shared."""
    found = _standing(visit, visit.says("id"))
    cancel_alert(visit.store, found.alert.uid, visit.now, Sender(visit.works.identity, codec))
    return Elsewhere(f"/alert?id={found.alert.uid.hex()}")


def note(visit: Visit) -> Answer:
    """Take note of an alert of somebody else; its sender learns of it with the next contact."""
    found, own = find_alert(visit.store, visit.says("id")), visit.works.home.settings.org_id
    if found.alert.origin_id == own:
        raise QueryError("this alert is your own")
    acknowledge(visit.store, found.alert.origin_id, found.alert.sequence, own, visit.now)
    return Elsewhere("/alerts")


def _shown(visit: Visit) -> list[Shown]:
    found = shown_alerts(visit.store, visit.works.home.settings.org_id)
    return sorted(found, key=lambda one: one.alert.issued, reverse=True)


def _line(visit: Visit, one: Shown) -> Line:
    home = visit.works.home
    row = alert_row(one, home.settings.org_id, interest_of(home.settings), visit.now)
    noted = any(receipt.acknowledged_at for receipt in one.receipts)
    ours = one.alert.origin_id == home.settings.org_id
    return Line(one, dict(zip(HEADER, row, strict=True)), ours, noted)


def _find(visit: Visit, text: str) -> Shown:
    """An alert by its whole id, with our own records in sight."""
    for one in _shown(visit):
        if one.alert.uid.hex() == text:
            return one
    raise NoPageError("there is no such page")


def _standing(visit: Visit, text: str) -> Shown:
    """An alert of ours that is in force."""
    found = find_alert(visit.store, text)
    ours = found.alert.origin_id == visit.works.home.settings.org_id
    if not ours or state(found.alert, visit.now) not in IN_FORCE:
        raise QueryError("this alert is not one of yours that are in force")
    return found


def _bell(visit: Visit) -> Bell:
    record, again = visit.says("id"), visit.says("again")
    if again:
        found = _standing(visit, again)
        again = found.alert.uid.hex()
        tiers = frozenset({Tier(found.stored.tier)})
        with visit.store.read() as connection:
            place = found.stored.log_index
            standing = standing_revision(connection, place) if place is not None else None
        if standing is None:
            raise AlertRefusedError("its record no longer stands; cancel the alert")
        revision_id = standing
    else:
        tiers = read_tiers([visit.says("tier")])
        revision_id = one_revision(visit.store, record)
    order = Order(
        visit.now,
        visit.works.home.bounds(),
        tiers,
        timedelta(hours=_number("lasts", visit.says("lasts"))),
        timedelta(minutes=_number("within", visit.says("within"))),
        visit.says("advice").strip(),
        bool(visit.says("reviewed")),
    )
    return Bell(record, again, revision_id, order)


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise EntryError({name: "write a whole number"})
    return int(text)


def _plans(visit: Visit, bell: Bell) -> list[Plan]:
    tiers = [one.name.lower() for one in bell.order.tiers]
    request = make_request(visit.works.home, (bell.revision_id,), tiers, (), Purpose.STAFF_SAFETY)
    # What else a release would take along does not leave with an alert.
    return [plan.only(bell.revision_id) for plan in preview(visit.store, request._replace(now=visit.now))]


def _preview(visit: Visit, bell: Bell, values: dict[str, str], changed: ChangedError | None = None) -> Page:
    plans = _plans(visit, bell)
    network = visit.works.home.bounds().network
    facts = {
        "bell": bell,
        "values": {name: values.get(name, "") for name in _FIELDS},
        "beside": [beside(one) for plan in plans for one in plan.outgoing],
        "held": [one for plan in plans for one in plan.held],
        "unchanged": sum(plan.unchanged for plan in plans),
        "who": {tier: sorted(name for name, reached in network.items() if reached >= tier) for tier in Tier},
        "rules": RULE_TEXTS,
        "seen": _digest(bell, plans),
        "changed": str(changed) if changed else "",
    }
    return Page("focal/alert_preview.html", facts, 409 if changed else 200)


def _form(visit: Visit, values: dict[str, str], fault: str, status: int) -> Page:
    facts = {
        "record": visit.asks("id") or visit.says("id"),
        "again": visit.asks("again") or visit.says("again"),
        "values": {name: values.get(name, "") for name in _FIELDS},
        "fault": fault,
        "tiers": tuple(Tier),
        "hours": MAX_HOURS,
    }
    return Page("focal/alert_new.html", facts, status)


_FIELDS = ("id", "again", "tier", "lasts", "within", "advice", "reviewed")


def _digest(bell: Bell, plans: list[Plan]) -> str:
    """What a page shows of what would leave, in 32 bytes; when it is sent does not matter."""
    order = bell.order
    how = (bell.revision_id, bell.again, sorted(order.tiers), order.lasts, order.log_within, order.advice)
    return sha256(repr((how, order.reviewed, list(preview_lines(plans)))).encode()).hexdigest()
