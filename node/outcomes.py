"""What has become of every record with every member: sent, waiting, withheld, refused or taken back; never "failed".

One outcome for each record that ever left and each active member. It follows from what is stored once: the newest
release, the ranges that were sent, the newest receipt of the member, and what the rules say now.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from crypto.envelope import Envelope
from crypto.sentence import Sentence, listed
from node.audience import (
    ALL_CLOSED,
    Audience,
    Levels,
    chartered_of,
    levels_for,
    members_of,
    requests_of,
    tiers_of,
)
from node.explain import case_for
from node.plan import Decided, Request, decided
from node.receipt import PassedOn, Receipt
from node.rules import Hold, Override, decide
from node.signed import Label
from node.store.database import Store, Transaction
from node.store.disclosures import Shown, shown
from node.store.own_log import Released, records_released, released, views_of
from node.store.policies import overrides
from node.store.receipts import receipts_for
from node.store.records import Current, current_by_record, record_names

_PORTION = 500  # records looked at together
TIER_WORDS: Mapping[str, Sentence] = MappingProxyType(
    {"public": Sentence("public"), "peer": Sentence("peer"), "coordinator": Sentence("coordinator")}
)


class Outcome(StrEnum):
    """What has become of a record with a member."""

    SENT = "sent"
    WAITING = "waiting"  # it is for the member, which has not come for it since
    WITHHELD = "withheld"
    REFUSED = "refused"  # by the member, which says why in its receipt
    CLOSED = "taken back"


class Told(NamedTuple):
    """One record and one member.

    Attributes:
        record: SOURCE:KEY.
        member: Its id.
        outcome: What has become of it.
        rule: That withholds it; empty otherwise.
        reason: A sentence on why it is withheld, or the reason of the member that refuses it.
        levels: That the member sees; all are closed where it sees nothing.
        routes: Why it sees it: `peer`, `by name`, `audience forum`, `request 1f2e3d4c`.
        since: When the newest, or what was taken back, was first sent; `None` if it was not. Aware UTC.
        confirmed: When the member signed for it, or for its end; `None` if it has not.
        passed_on: What the member says that its people gave to others.
    """

    record: str
    member: str
    outcome: Outcome
    rule: str
    reason: str
    levels: Levels
    routes: tuple[str, ...]
    since: datetime | None
    confirmed: datetime | None
    passed_on: tuple[PassedOn, ...]


class Reading(NamedTuple):
    """How receipts are read, and by which bounds and when the rules are asked."""

    decode_envelope: Callable[[bytes], Envelope]
    decode_receipt: Callable[[bytes], Receipt]
    request: Request


class _Ground(NamedTuple):
    """What is known of all records at once."""

    receipts: Mapping[str, Receipt]
    known: Decided
    request: Request


class _One(NamedTuple):
    """One record: its name, what left of it last, what it says now, what was said of it, and who was sent what."""

    name: str
    past: Released
    now: Current | None
    said: Override
    sent: Mapping[str, Sequence[Shown]]


def outcomes(store: Store, org_id: str, reading: Reading, record_ids: Sequence[int] = ()) -> Iterator[Told]:
    """What has become of our records with every active member, by record and member.

    Args:
        store: Of this node.
        org_id: Of this node.
        reading: How to read what is stored.
        record_ids: Only of these records; nothing is all that ever left.
    """
    with store.read() as connection:
        ground = _Ground(_receipts(connection, org_id, reading), decided(connection), reading.request)
        chosen = tuple(record_ids) or records_released(connection)
        for start in range(0, len(chosen), _PORTION):
            for one in _ones(connection, chosen[start : start + _PORTION]):
                for member in sorted(reading.request.bounds.network):
                    yield _told(one, member, ground)


def routes_of(asked: frozenset[str], who: Audience, known: Decided) -> tuple[str, ...]:
    """In which ways a record that was released to these audiences goes to a member."""
    tiers = [TIER_WORDS[tier.name.lower()] for tier in sorted(tiers_of(asked)) if tier <= who.tier]
    named = [Sentence("by name")] if who.member in members_of(asked) else []
    groups = sorted(
        Sentence("audience {name}", name=known.audiences[uid].charter.name)
        for uid in chartered_of(asked) & known.audiences.keys()
        if who.member in known.audiences[uid].charter.members
    )
    grants = sorted(
        Sentence("request {key}", key=key[:8])
        for key in requests_of(asked) & known.grants.keys()
        if known.grants[key].member == who.member
    )
    return (*tiers, *named, *groups, *grants)


def _receipts(connection: Transaction, org_id: str, reading: Reading) -> dict[str, Receipt]:
    held = receipts_for(connection, org_id)
    return {
        member: reading.decode_receipt(reading.decode_envelope(one.envelope).payload)
        for member, one in held.items()
    }


def _ones(connection: Transaction, chosen: Sequence[int]) -> Iterator[_One]:
    past, names = released(connection, chosen), record_names(connection, chosen)
    now, said = current_by_record(connection, chosen), overrides(connection, chosen)
    sent = shown(connection, record_ids=tuple(chosen))
    by_record = {
        key: {
            member: tuple(of_member)
            for member, of_member in groupby(
                sorted(rows, key=lambda row: (row.member, row.log_index)), key=lambda row: row.member
            )
        }
        for key, rows in groupby(sent, key=lambda row: row.record_id)
    }
    for key in chosen:
        if key in past:
            yield _One(names[key], past[key], now.get(key), said.get(key, Override()), by_record.get(key, {}))


def _told(one: _One, member: str, ground: _Ground) -> Told:
    who = Audience(ground.request.bounds.network[member], member)
    sent = [row for row in one.sent.get(member, ()) if _seen(row) != ALL_CLOSED]
    levels = levels_for(one.past.terms.views, who) or ALL_CLOSED
    if levels == ALL_CLOSED:
        return _shut(one, who, sent, ground)
    receipt = ground.receipts.get(member)
    index = one.past.log_index
    routes = routes_of(one.past.terms.asked, who, ground.known)
    newest = [row.first_at for row in sent if row.log_index == index]
    if not newest:
        why = Sentence("it has not come for it since")
        return Told(one.name, member, Outcome.WAITING, "", why, levels, routes, None, None, ())
    refused = {} if receipt is None else {told.log_index: told.reason for told in receipt.refused}
    return Told(
        one.name,
        member,
        Outcome.REFUSED if index in refused else Outcome.SENT,
        "",
        refused.get(index, ""),
        levels,
        routes,
        _time(min(newest)),
        _confirmed(one, receipt),
        _passed_on(sent, receipt),
    )


def _shut(one: _One, who: Audience, sent: Sequence[Shown], ground: _Ground) -> Told:
    """What has become of a record with a member that is to see nothing of it now."""
    if not sent:
        hold = _hold(one, who, ground)
        why = hold.rule, hold.reason
        return Told(one.name, who.member, Outcome.WITHHELD, *why, ALL_CLOSED, (), None, None, ())
    receipt = ground.receipts.get(who.member)
    return Told(
        one.name,
        who.member,
        Outcome.CLOSED,
        "R18",
        Sentence("no longer for this member" if one.past.terms.views else "called back"),
        ALL_CLOSED,
        (),
        _time(min(row.first_at for row in sent)),
        _confirmed(one, receipt),
        _passed_on(sent, receipt),
    )


def _confirmed(one: _One, receipt: Receipt | None) -> datetime | None:
    """When the member signed that it has the newest entry of a record."""
    return receipt.issued if receipt is not None and receipt.log_size > one.past.log_index else None


def _passed_on(sent: Sequence[Shown], receipt: Receipt | None) -> tuple[PassedOn, ...]:
    told = receipt.passed_on if receipt else ()
    return tuple(one for one in told if any(one.covers(row.log_index, Label(row.label)) for row in sent))


def _seen(row: Shown) -> Levels:
    return levels_for(views_of(row.released_as), Audience(row.tier, row.member)) or ALL_CLOSED


def _hold(one: _One, who: Audience, ground: _Ground) -> Hold:
    """Why a record is not for a member."""
    if one.now is None:
        return Hold("R18", "the record no longer stands", "nothing")
    purpose = one.past.terms.purpose if one.past.terms.views else ground.request.purpose
    request = ground.request._replace(purpose=purpose)
    hold = decide(case_for(one.now, one.past, one.said, who, (request, ground.known))).hold
    asked = one.past.terms.asked if one.past.terms.views else frozenset()
    groups = routes_of(asked, who, ground.known)
    if (
        hold is not None and hold.rule == "R1" and groups
    ):  # a tier or a name among them would have let it leave
        why = Sentence(
            "{groups} does not give it to this member: old, or for another country or purpose",
            groups=listed(groups),
        )
        return hold._replace(reason=why)
    waits = Hold("R1", "what lets it leave was decided after it left", "`tocsin share --updates`")
    return hold or waits


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
