"""Who holds what: what members were shown of our records, how finely, and what they have confirmed since (R21).

All of it follows from three things that are stored once: the range that was sent, the release that an entry is of, and
the newest receipt of each member. What was sent counts as held, whether it arrived or not.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from crypto.sentence import Sentence, listed
from node.audience import ALL_CLOSED, Audience, Levels, Tier, Views, levels_for, tiers_of
from node.ladders import DIMENSIONS
from node.outcomes import TIER_WORDS, routes_of
from node.plan import Decided, decided
from node.signed import Codec, Label
from node.store.database import Store
from node.store.disclosures import Shown, called_back, shown
from node.store.own_log import views_of
from node.store.receipts import receipts_for


class State(StrEnum):
    """What has become of an entry since it was shown."""

    STANDS = "stands"
    REPLACED = "replaced"
    CALLED_BACK = "called back"
    PURGE_ASKED = "to be destroyed"


class Disclosed(NamedTuple):
    """One entry that was sent to one member, and why it might be; times are aware UTC."""

    member: str
    record: str
    revision: int
    log_index: int
    audience: str  # whose view it was: a tier, or the member's own
    levels: Levels
    label: Label
    rule: Sentence
    first: datetime
    last: datetime


class Holding(NamedTuple):
    """One entry that a member was shown, and whether it has confirmed what became of it.

    `confirmed` is when the member signed the receipt that covers it; `None` while it owes that, or nothing has changed.
    """

    record: str
    revision: int
    member: str
    audience: str
    levels: Levels
    since: datetime
    state: State
    confirmed: datetime | None

    @property
    def waiting(self) -> bool:
        """Whether the member has not confirmed yet that it no longer uses this."""
        return self.state is not State.STANDS and self.confirmed is None


def disclosures(
    store: Store, *, member: str = "", first: datetime | None = None, before: datetime | None = None
) -> Iterator[Disclosed]:
    """Every entry that was sent to somebody who might see it, by record.

    Args:
        store: Of this node.
        member: Only what went to this one.
        first: Only from this time on.
        before: Only before this time.
    """
    with store.read() as connection:
        known = decided(connection)
        for one in shown(connection, member=member, first=_seconds(first), last=_seconds(before)):
            disclosed = _disclosed(one, known)
            if disclosed is not None:
                yield disclosed


def holders(
    store: Store, org_id: str, codec: Codec, record_ids: Sequence[int] = (), *, waiting: bool = False
) -> Iterator[Holding]:
    """Who holds what of our records, by record, revision and member.

    Args:
        store: Of this node.
        org_id: Of this node.
        codec: Reads messages.
        record_ids: Only of these records; nothing is all.
        waiting: Only what was replaced or called back and is not confirmed.
    """
    chosen = tuple(record_ids)
    with store.read() as connection:
        receipts, known = receipts_for(connection, org_id), decided(connection)
        purged: dict[int, int] = {}  # record -> index of the latest entry that asks to destroy it
        for back in called_back(connection, chosen):
            envelope = codec.decode_entry(back.wire).envelope
            if envelope is not None and codec.decode_retraction(envelope.payload).purge:
                purged[back.record_id] = back.log_index
        sent = shown(connection, record_ids=chosen)
        for (_, member), times in groupby(sent, key=lambda one: (one.log_index, one.member)):
            seen = [(one, disclosed) for one in times if (disclosed := _disclosed(one, known)) is not None]
            if not seen:
                continue
            state, settled_by = _state(seen[0][0], purged)
            receipt = receipts.get(member)
            confirmed = receipt is not None and settled_by is not None and receipt.log_size > settled_by
            finest = max((disclosed for _, disclosed in seen), key=lambda one: one.levels)
            holding = Holding(
                finest.record,
                finest.revision,
                member,
                finest.audience,
                finest.levels,
                min(disclosed.first for _, disclosed in seen),
                state,
                _time(receipt.issued_at) if receipt is not None and confirmed else None,
            )
            if holding.waiting or not waiting:
                yield holding


def levels_text(levels: Levels) -> str:
    """Levels as people read them: `when month, where admin1`."""
    opened = zip(DIMENSIONS, levels, strict=True)
    return ", ".join(
        f"{dimension.name} {dimension.levels[level]}" for dimension, level in opened if level >= 0
    )


def read_levels(text: str) -> list[tuple[str, str]]:
    """(dimension, level) of what `levels_text` wrote; nothing of any other text."""
    found = [tuple(one.split(" ", 1)) for one in text.split(", ")]
    known = {(dimension.name, level) for dimension in DIMENSIONS for level in dimension.levels}
    return [one for one in found if one in known] if known.issuperset(found) else []


def _state(one: Shown, purged: dict[int, int]) -> tuple[State, int | None]:
    """What became of an entry, and the index of the entry that says so."""
    if purged.get(one.record_id, -1) > one.log_index:
        return State.PURGE_ASKED, purged[one.record_id]
    if one.replaced_by is None:
        return State.STANDS, None
    return State.CALLED_BACK if one.called_back else State.REPLACED, one.replaced_by


def _disclosed(one: Shown, known: Decided) -> Disclosed | None:
    """What a member was shown of an entry; `None` when it got the leaf alone."""
    views = views_of(one.released_as)
    levels = levels_for(views, Audience(one.tier, one.member))
    if levels is None or levels == ALL_CLOSED:
        return None
    named = Audience(one.tier, one.member).name
    audience = named if named in views else _finest_reached(views, one.tier)
    routes = routes_of(frozenset(one.asked.split()), Audience(one.tier, one.member), known)
    return Disclosed(
        one.member,
        one.record,
        one.revision,
        one.log_index,
        audience,
        levels,
        Label(one.label),
        _by_rule(audience, routes if audience == named else (), one.policy),
        _time(one.first_at),
        _time(one.last_at),
    )


def _by_rule(audience: str, routes: Sequence[str], policy: str) -> Sentence:
    who = TIER_WORDS.get(audience, audience)
    if routes:
        return Sentence(
            "R1: released to {audience} ({routes}), by {policy}",
            audience=who,
            routes=listed(routes),
            policy=policy,
        )
    return Sentence("R1: released to {audience}, by {policy}", audience=who, policy=policy)


def _finest_reached(views: Views, tier: Tier) -> str:
    return Audience(max(one for one in tiers_of(views) if one <= tier)).name


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _seconds(when: datetime | None) -> int:
    return int(when.timestamp()) if when is not None else 0
