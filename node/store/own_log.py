"""This organization's own log: what was released, as the bytes that travel, and the tree over it.

An entry is kept as every stranger may see it (its leaf), with one richer view per tier beside it, so serving a page is
joining rows.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)

from crypto.merkle import Frontier
from crypto.tiles import appended_tiles
from node.audience import Audience, Purpose, Tier, Views, members_of, read_views, write_views
from node.errors import StoreError
from node.signed import Label
from node.store.database import insert_many, next_id, portions
from node.store.heads import LogHead
from node.store.records import day_number
from node.store.tiles import TileReader, put_tiles
from node.tables.audiences import audience
from node.tables.facts import fact
from node.tables.incidents import record, revision
from node.tables.logs import entry, view
from node.tables.releases import override, policy, release

OWN_FATE = "own"
FIRST_MEMBER = 100  # numbers below are tiers
NOBODY = 0  # the audience of padding: whoever may open the database


class OwnEntry(NamedTuple):
    """A new entry of our own log, and what must be remembered to open it later."""

    leaf_hash: bytes
    wire: bytes
    views: Mapping[str, bytes]  # by the name of each audience
    record_id: int
    revision_id: int
    terms: "Terms"
    secret: bytes  # empty for a retraction


class PaddingEntry(NamedTuple):
    """A new entry of our own log that says nothing: as everybody sees it, and signed, as it is kept."""

    leaf_hash: bytes
    wire: bytes
    signed: bytes


class Terms(NamedTuple):
    """On what terms something left: under which policy, for what, labelled how, and who sees which levels."""

    policy_id: int
    purpose: Purpose
    label: Label
    asked: frozenset[str]  # audiences that somebody released it to, whatever the rules made of it
    views: Views  # none for a retraction

    @property
    def settled(self) -> bool:
        """Whether time alone changes nothing: nobody waits, and nobody sees more for as long as an agreement lasts."""
        return self.asked == frozenset(self.views) and not members_of(self.views)


class Released(NamedTuple):
    """The latest that left of a record, `digest` being that of its document; no views when it was a retraction.

    `seen_by` are all audiences that were ever shown anything of the record; `asked_from` says of each audience that
    it is released to since which entry it has been, without a call-back or an end in between.
    """

    record_id: int
    revision_id: int
    uid: bytes
    digest: bytes
    times: int  # that anything of it left
    log_index: int
    leaf_hash: bytes
    terms: Terms
    seen_by: frozenset[str]
    asked_from: Mapping[str, int]


def append_own(connection: Connection, head: LogHead, entries: Sequence[OwnEntry], now: datetime) -> Frontier:
    """Append to our own log: entries, views, what was released, and the tree's tiles."""
    numbered = list(enumerate(entries, head.frontier.size))
    frontier = _append(connection, head, [(one.leaf_hash, one.wire) for one in entries], now)
    audiences = _audiences(connection, {name for one in entries for name in one.views})
    insert_many(
        connection,
        view,
        # A page is for one audience, and what lies together is read together.
        [
            (number, index, one.views[name])
            for name, number in sorted(audiences.items(), key=lambda pair: pair[1])
            for index, one in numbered
            if name in one.views
        ],
    )
    first = next_id(connection, release)
    insert_many(
        connection,
        release,
        [
            (
                first + at,
                one.record_id,
                one.revision_id,
                index,
                one.terms.policy_id,
                one.terms.purpose,
                int(one.terms.label),
                " ".join(sorted(one.terms.asked)),
                write_views(one.terms.views),
                int(one.terms.settled),
                one.secret,
                int(now.timestamp()),
            )
            for at, (index, one) in enumerate(numbered)
        ],
    )
    return frontier


def append_padding(
    connection: Connection, head: LogHead, entries: Sequence[PaddingEntry], now: datetime
) -> Frontier:
    """Append entries that say nothing: what was signed is kept where no page takes it from."""
    insert_many(
        connection,
        view,
        [(NOBODY, index, one.signed) for index, one in enumerate(entries, head.frontier.size)],
    )
    return _append(connection, head, [(one.leaf_hash, one.wire) for one in entries], now)


def _append(
    connection: Connection, head: LogHead, entries: Sequence[tuple[bytes, bytes]], now: datetime
) -> Frontier:
    """Append leaf hashes, and entries as everybody sees them, with the tree's tiles."""
    size, today = head.frontier.size, day_number(now.date())
    insert_many(
        connection,
        entry,
        [
            (head.log_id, index, OWN_FATE, "", today, hashed, wire)
            for index, (hashed, wire) in enumerate(entries, size)
        ],
    )
    hashes = [hashed for hashed, _ in entries]
    put_tiles(connection, appended_tiles(TileReader(connection), size, hashes))
    return head.frontier.append(hashes)


def close_views(
    connection: Connection, indexes: Sequence[int], without_openings: Callable[[bytes], bytes]
) -> None:
    """Show these entries, which others have replaced, to nobody who has not seen them yet.

    The signed commitments stay, because who pulls only now must still learn which entry replaced which.
    """
    known = list(_audiences(connection, ()).values())
    for chosen in portions(indexes):
        theirs = and_(view.c.audience.in_(known), view.c.log_index.in_(chosen))
        rows = connection.execute(select(*view.c).where(theirs)).all()
        connection.execute(delete(view).where(theirs))
        insert_many(
            connection, view, [(number, index, without_openings(wire)) for number, index, wire in rows]
        )


def own_page(
    connection: Connection, log_id: int, start: int, stop: int, tier: Tier, member: str = ""
) -> list[bytes]:
    """Wire form of the entries from `start` up to and without `stop`, each as fine as a member of a tier may see it.

    Raises:
        StoreError: An entry is missing.
    """
    name = Audience(tier, member).name if member else ""
    span = {"start": start, "stop": stop, "log_id": log_id, "member": name, "tier": int(tier)}
    # Rows as the driver gives them: an object around each would take as long as reading it.
    with connection.execute(_VIEWS, span) as rows:
        page: list[bytes] = [wire for (wire,) in rows.cursor.fetchall()]
    if len(page) == stop - start:  # as most pages are
        return page
    finest = {index: wire for index, wire, _ in connection.execute(_ALL, span)}
    if len(finest) != stop - start:
        raise StoreError("the log lacks an entry between {start} and {stop}", start=start, stop=stop)
    return [wire for _, wire in sorted(finest.items())]


def padding(connection: Connection, start: int, stop: int) -> dict[int, bytes]:
    """What was signed of the entries from `start` up to and without `stop` that say nothing, by index."""
    rows = connection.execute(
        select(view.c.log_index, view.c.wire).where(
            and_(view.c.audience == NOBODY, view.c.log_index >= start, view.c.log_index < stop)
        )
    )
    return {int(index): wire for index, wire in rows}


def own_views(connection: Connection, start: int, stop: int) -> list[tuple[int, str, bytes]]:
    """(index, audience, wire) of every view of our own entries from `start` up to and without `stop`."""
    names = {number: name for name, number in _audiences(connection, ()).items()}
    rows = connection.execute(
        select(view.c.log_index, view.c.audience, view.c.wire)
        .where(and_(view.c.audience.in_(list(names)), view.c.log_index >= start, view.c.log_index < stop))
        .order_by(view.c.log_index, view.c.audience)
    )
    return [(index, names[number], wire) for index, number, wire in rows]


def entry_views(connection: Connection, log_id: int, index: int) -> dict[str, bytes]:
    """Wire form of one entry of ours by audience: of each tier, and of whoever has a view of its own."""
    rows = connection.execute(_VIEWS_OF_ONE, {"start": index, "stop": index + 1, "log_id": log_id}).all()
    found = {name: wire for _, name, wire in rows if name}
    for tier in Tier:
        found[tier.name.lower()] = [wire for number, name, wire in rows if not name and number <= tier][-1]
    return found


def released(connection: Connection, record_ids: Sequence[int]) -> dict[int, Released]:
    """The latest release of each of these records that ever left, by record key."""
    found: dict[int, Released] = {}
    for chosen in portions(record_ids):
        rows = connection.execute(
            _RELEASES.where(release.c.record_id.in_(chosen)).order_by(release.c.log_index)
        )
        for record_id, revision_id, uid, content, index, leaf_hash, *terms in rows:
            past, left = found.get(record_id), _terms(*terms)
            times = past.times + 1 if past else 1
            seen_by = frozenset(left.views) | (past.seen_by if past else frozenset())
            before = past.asked_from if past else {}
            asked_from = {name: before.get(name, index) for name in left.asked} if left.views else {}
            found[record_id] = Released(
                record_id, revision_id, uid, content, times, index, leaf_hash, left, seen_by, asked_from
            )
    return found


def released_views(connection: Connection, start: int, stop: int) -> dict[int, Views]:
    """What our own entries from `start` up to and without `stop` were released as; nothing for a retraction."""
    rows = connection.execute(
        select(release.c.log_index, release.c.views).where(
            and_(release.c.log_index >= start, release.c.log_index < stop)
        )
    )
    return {index: views_of(text) for index, text in rows}


def released_from(connection: Connection, indexes: Collection[int]) -> dict[int, Released]:
    """The latest release of each record of which one stands at these places of our log, by place."""
    record_ids: dict[int, int] = {}
    for chosen in portions(sorted(indexes)):
        rows = connection.execute(
            select(release.c.log_index, release.c.record_id).where(release.c.log_index.in_(chosen))
        )
        record_ids.update(rows.all())
    latest = released(connection, sorted(set(record_ids.values())))
    return {index: latest[record_id] for index, record_id in record_ids.items()}


def released_at(connection: Connection, indexes: Collection[int]) -> tuple[Released, ...]:
    """The records whose latest release stands at one of these places of our log."""
    found = released_from(connection, indexes).items()
    return tuple(one for index, one in found if one.log_index == index)


def outdated(connection: Connection, policy_digest: bytes) -> tuple[tuple[Released, ...], tuple[int, ...]]:
    """What left and may no longer stand: releases of withdrawn records, and current revisions to look at again.

    Those are the ones that changed, that another policy decided, of which somebody said something since, or of which
    the rules may say something else in time. A revision that says the same as the one that left is no change: an older
    publication that was imported late can bring such ones.
    """
    latest = select(func.max(release.c.log_index).label("log_index")).group_by(release.c.record_id).subquery()
    now = (
        select(revision.c.record_id, revision.c.id.label("revision_id"), revision.c.digest)
        .join_from(fact, revision)
        .where(fact.c.known_until.is_(None))
        .subquery()
    )
    said_since = exists().where(
        and_(override.c.record_id == release.c.record_id, override.c.counts_from >= release.c.released_at)
    )
    rows = connection.execute(
        select(release.c.record_id, now.c.revision_id)
        .join_from(release, latest, release.c.log_index == latest.c.log_index)
        .join(revision, revision.c.id == release.c.revision_id)
        .join(policy, policy.c.id == release.c.policy_id)
        .outerjoin(now, now.c.record_id == release.c.record_id)
        .where(
            and_(
                release.c.views != "",
                or_(
                    now.c.revision_id.is_(None),
                    now.c.digest != revision.c.digest,
                    policy.c.digest != policy_digest,
                    release.c.settled == 0,
                    said_since,
                ),
            )
        )
        .order_by(release.c.log_index)
    ).all()
    gone = [record_id for record_id, revision_id in rows if revision_id is None]
    last = released(connection, gone)
    changed = tuple(revision_id for _, revision_id in rows if revision_id is not None)
    return tuple(last[record_id] for record_id in gone), changed


def records_released(connection: Connection) -> tuple[int, ...]:
    """Keys of all records of which something ever left."""
    return tuple(
        connection.execute(select(release.c.record_id).distinct().order_by(release.c.record_id)).scalars()
    )


def record_at(connection: Connection, log_index: int) -> int | None:
    """Key of the record that one of our own entries is of; `None` where there is no such entry."""
    return connection.execute(
        select(release.c.record_id).where(release.c.log_index == log_index)
    ).scalar_one_or_none()


def revisions_asked(connection: Connection, name: str) -> tuple[int, ...]:
    """Current revisions of records that are released to an audience, in the order of the log."""
    latest = select(func.max(release.c.log_index)).group_by(release.c.record_id)
    rows = connection.execute(
        select(revision.c.id)
        .join_from(fact, revision)
        .join(release, release.c.record_id == revision.c.record_id)
        .where(
            and_(
                fact.c.known_until.is_(None),
                release.c.log_index.in_(latest),
                release.c.views != "",
                release.c.asked.contains(name, autoescape=True),
            )
        )
        .order_by(release.c.log_index)
    )
    return tuple(rows.scalars())


def _terms(policy_id: int, purpose: str, label: int, asked: str, views: str) -> Terms:
    try:
        return Terms(policy_id, Purpose(purpose), Label(label), frozenset(asked.split()), views_of(views))
    except ValueError as error:
        raise StoreError("a release names a purpose or label that there is not") from error


def views_of(text: str) -> Views:
    """Levels by audience, as a release holds them.

    Raises:
        StoreError: It names an audience or a level that there is not.
    """
    try:
        return read_views(text)
    except ValueError as error:
        raise StoreError("a release names an audience or level that there is not") from error


def _audiences(connection: Connection, wanted: Collection[str]) -> dict[str, int]:
    """Numbers of all audiences, those of members that are new here among them."""
    known = {tier.name.lower(): int(tier) for tier in Tier}
    known |= {name: number for number, name in connection.execute(select(audience.c.id, audience.c.name))}
    new = sorted(name for name in wanted if name not in known)
    if not new:
        return known
    first = max(next_id(connection, audience), FIRST_MEMBER)
    numbered = [(first + at, name) for at, name in enumerate(new)]
    insert_many(connection, audience, numbered)
    return known | {name: number for number, name in numbered}


_OF_SPAN = and_(view.c.log_index >= bindparam("start"), view.c.log_index < bindparam("stop"))
_OF_A_TIER = view.c.audience.in_([int(one) for one in Tier])
_OWN_AUDIENCE = select(audience.c.id).where(audience.c.name == bindparam("member"))
_VIEWS = (  # of just this tier, unless the member has views of its own
    select(view.c.wire)
    .where(and_(view.c.audience == bindparam("tier"), _OF_SPAN, not_(_OWN_AUDIENCE.exists())))
    .order_by(view.c.log_index)
)
_CLOSED_SPAN = and_(  # as every stranger may see it
    entry.c.log_id == bindparam("log_id"),
    entry.c.log_index >= bindparam("start"),
    entry.c.log_index < bindparam("stop"),
)
_ALL = union_all(  # that the member may see, from coarse to fine
    select(entry.c.log_index, entry.c.wire, literal(0).label("audience")).where(_CLOSED_SPAN),
    select(view.c.log_index, view.c.wire, view.c.audience).where(
        and_(
            or_(
                _OF_A_TIER & (view.c.audience <= bindparam("tier")),
                view.c.audience == _OWN_AUDIENCE.scalar_subquery(),
            ),
            _OF_SPAN,
        )
    ),
).order_by("audience")
_AUDIENCE_NAME = select(audience.c.name).where(audience.c.id == view.c.audience).scalar_subquery()
_VIEWS_OF_ONE = union_all(  # by audience, as views lie; tiers have no name
    select(literal(0).label("number"), literal("").label("name"), entry.c.wire).where(_CLOSED_SPAN),
    select(view.c.audience, literal(""), view.c.wire).where(_OF_A_TIER, _OF_SPAN),
    select(view.c.audience, _AUDIENCE_NAME, view.c.wire).where(
        view.c.audience.in_(select(audience.c.id)), _OF_SPAN
    ),
).order_by("number")
_RELEASES = (
    select(
        release.c.record_id,
        release.c.revision_id,
        record.c.uid,
        revision.c.digest,
        release.c.log_index,
        entry.c.leaf_hash,
        release.c.policy_id,
        release.c.purpose,
        release.c.label,
        release.c.asked,
        release.c.views,
    )
    .join_from(release, record)
    .join(revision, revision.c.id == release.c.revision_id)
    .join(entry, and_(entry.c.log_index == release.c.log_index, entry.c.fate == OWN_FATE))
)
