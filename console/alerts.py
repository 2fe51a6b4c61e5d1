"""What `tocsin alert` shows: the alerts that a node holds, who has taken note, and which promises were broken."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from node.audience import Tier
from node.codes import code_list
from node.config import Settings
from node.errors import ConfigError, QueryError
from node.interest import BANDS_KM, Interest, Nearness, is_asked_for, means_of, nearness
from node.ladders import WHEN, WHERE, Chains
from node.model import Point
from node.store.alerts import Promise, Receipt, StoredAlert, receipts, stored_alerts
from node.store.database import Store
from node.store.heads import log_head
from node.store.own_log import own_page
from node.urgent import Alert, Kind, opened_chains
from node.wire import records

HEADER = (
    "alert",
    "from",
    "state",
    "when",
    "where",
    "what",
    "distance",
    "advice",
    "until",
    "sent",
    "acknowledged",
    "promise",
)
_POLES, _DATE_LINE = 90, 180


class Shown(NamedTuple):
    """The newest message about one alert, as people read it."""

    stored: StoredAlert
    alert: Alert
    chains: Chains
    receipts: tuple[Receipt, ...]


def interest_of(settings: Settings) -> Interest:
    """What a node wants to hear, by its settings.

    Raises:
        ConfigError: A code is of no list, or the place or distance is none.
    """
    return make_interest(
        _codes("alert_countries", "country", settings.alert_countries),
        _codes("alert_means", "means", settings.alert_means),
        settings.alert_near,
        settings.alert_within_km,
    )


def make_interest(countries: Iterable[str], means: Iterable[str], near: str, within_km: int) -> Interest:
    """Check what somebody wants to hear.

    Raises:
        ConfigError: The place or the distance is none.
    """
    if within_km not in BANDS_KM:
        raise ConfigError(
            "a distance of {within_km} km: use one of {bands_km}",
            within_km=within_km,
            bands_km=", ".join(map(str, BANDS_KM)),
        )
    if not near:
        return Interest(frozenset(countries), frozenset(means), None, within_km)
    try:
        latitude, longitude = map(float, near.split(","))
    except ValueError as error:
        raise ConfigError("{near!r} is no place; write it like 8.3,30.1", near=near) from error
    if not (abs(latitude) <= _POLES and abs(longitude) <= _DATE_LINE):
        raise ConfigError("{near!r} is no place on earth; write latitude,longitude", near=near)
    return Interest(frozenset(countries), frozenset(means), Point(latitude, longitude), within_km)


def shown_alerts(store: Store, own_id: str = "") -> Iterator[Shown]:
    """Every alert that this node sent or received, each by its newest message.

    Args:
        store: Of this node.
        own_id: With it the node's own alerts show their records too, as coordinators see them.
    """
    with store.read() as connection:
        held = stored_alerts(connection)
        newest = {(one.origin_id, one.uid): one for one in held}
        noted = receipts(connection, [one.alert_id for one in held])
        head = log_head(connection, own_id)
        for key, one in newest.items():
            if head is not None and one.origin_id == own_id and one.log_index is not None:
                at = one.log_index
                (entry,) = own_page(connection, head.log_id, at, at + 1, Tier.COORDINATOR)
                newest[key] = one._replace(entry=entry)
    of_alert: dict[tuple[str, bytes], list[Receipt]] = {}
    by_id = {one.alert_id: (one.origin_id, one.uid) for one in held}
    for receipt in noted:
        of_alert.setdefault(by_id[receipt.alert_id], []).append(receipt)
    for key, one in newest.items():
        yield _shown(one, tuple(of_alert.get(key, ())))


def alert_row(one: Shown, own_id: str, interest: Interest, now: datetime) -> tuple[str | int, ...]:
    """One line of the list; `HEADER` names the cells."""
    ours = one.alert.origin_id == own_id
    sent = len({receipt.org_id for receipt in one.receipts if receipt.sent_at}) if ours else ""
    noted = {receipt.org_id for receipt in one.receipts if receipt.acknowledged_at}
    return (
        one.alert.uid.hex(),
        "this node" if ours else one.alert.origin_id,
        state(one.alert, now),
        one.chains[WHEN.number][-1] if one.chains and one.chains[WHEN.number] else "",
        one.chains[WHERE.number][-1] if one.chains and one.chains[WHERE.number] else "",
        means_of(one.chains),
        nearness(one.chains, interest) if one.chains else "",
        one.alert.advice,
        f"{one.alert.expires:%Y-%m-%d %H:%M} UTC",
        sent,
        len(noted) if ours else ("yes" if noted else "no"),
        one.stored.promise or "",
    )


def state(alert: Alert, now: datetime) -> str:
    """What an alert is now."""
    if alert.kind is Kind.CANCEL:
        return "cancelled"
    if alert.expires <= now:
        return "expired"
    return "updated" if alert.kind is Kind.UPDATE else "in force"


def find_alert(store: Store, text: str) -> Shown:
    """The alert whose id is, or begins with, a text.

    Raises:
        QueryError: There is none, or more than one.
    """
    wanted = text.lower()
    found = [one for one in shown_alerts(store) if wanted and one.alert.uid.hex().startswith(wanted)]
    if len(found) != 1:
        if found:
            raise QueryError(
                "{count} alerts have an id that begins with {text!r}; `tocsin alert list` shows them",
                count=len(found),
                text=text,
            )
        raise QueryError(
            "no alert has an id that begins with {text!r}; `tocsin alert list` shows them", text=text
        )
    return found[0]


def warnings(store: Store) -> Iterator[str]:
    """A sentence for each promise that a peer has broken."""
    for one in shown_alerts(store):
        if one.stored.promise is Promise.BROKEN:
            by = datetime.fromtimestamp(one.stored.log_by, UTC)
            yield (
                f"Warning: {one.alert.origin_id} promised to log the record of its alert {one.alert.uid.hex()[:8]}"
                f" by {by:%Y-%m-%d %H:%M} UTC and has not."
            )


def sentence(one: Shown, interest: Interest) -> str:
    """An alert as one line for people who wait for it."""
    what = {Kind.NEW: "ALERT", Kind.UPDATE: "UPDATE", Kind.CANCEL: "CANCELLED"}[one.alert.kind]
    where = one.chains[WHERE.number][-1] if one.chains and one.chains[WHERE.number] else ""
    near = nearness(one.chains, interest) if one.chains else Nearness.ANY
    parts = (means_of(one.chains), where, near, one.alert.advice)
    said = ", ".join(part for part in parts if part)
    return f"{what} {one.alert.uid.hex()[:8]} from {one.alert.origin_id}{': ' if said else ''}{said}"


def is_wanted(one: Shown, interest: Interest) -> bool:
    """Whether somebody who waits for alerts is to see one; what shows no point is never dropped for its distance."""
    return is_asked_for(one.chains, interest) and nearness(one.chains, interest) is not Nearness.FAR


def read_alert(one: StoredAlert) -> Shown:
    """A stored message as people read it."""
    return _shown(one, ())


def _shown(one: StoredAlert, noted: tuple[Receipt, ...]) -> Shown:
    alert = records.decode_alert(records.decode_envelope(one.envelope).payload)
    chains = opened_chains(one.entry, records) if one.entry else None
    return Shown(one, alert, chains or (), noted)


def _codes(field: str, name: str, text: str) -> frozenset[str]:
    codes = frozenset(text.split(",")) if text else frozenset()
    unknown = codes - code_list(name).codes.keys()
    if unknown:
        raise ConfigError(
            "{field}: no {name} has the code {unknown!r}", field=field, name=name, unknown=min(unknown)
        )
    return codes
