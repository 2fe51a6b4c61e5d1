"""What `tocsin audience` shows: our audiences, who belongs and how they joined, and those of others that name us."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from console.home import Home
from crypto.sentence import Sentence, listed
from node.audience import Tier
from node.audiences import Author, find_audience
from node.charter import Charter, Standing
from node.store.audiences import StoredCharter, belongings, charters, joinings, standing
from node.store.database import Store
from node.wire import charters as codec
from node.wire import records

LIST_HEADER = (
    "audience",
    "members",
    "from tier",
    "countries",
    "purposes",
    "members see each other",
    "version",
)
MEMBER_HEADER = ("member", "state", "back-fill", "decided by", "since")
HISTORY_HEADER = ("version", "when", "by", "joined", "left", "members see each other")
MINE_HEADER = ("owner", "audience", "members", "countries", "purposes", "version", "since")


class Belongs(NamedTuple):
    """One member and an audience: whether it belongs now, and what was decided when it joined last."""

    member: str
    state: str
    back_fill: str
    said_by: str
    since: str


def author(home: Home, said_by: str, passphrase: str | None) -> Author:
    """Who decides about the audiences of a node, now.

    Raises:
        NodeError: The policy, the names or the directory of the node can not be used.
        CryptoError: Its keys can not be read.
    """
    return Author(said_by, home.identity(passphrase), home.bounds(), datetime.now(UTC), records, codec)


def audience_lines(store: Store) -> Iterator[tuple[str | int, ...]]:
    """One line per audience of ours."""
    with store.read() as connection:
        found = standing(connection).values()
    for charter in sorted((one.charter for one in found), key=lambda one: one.name):
        seen = "no" if charter.hidden else "yes"
        tier = charter.tier.name.lower() if charter.tier else "any"
        yield charter.name, len(charter.members), tier, *_scope(charter), seen, charter.version


def member_lines(store: Store, name: str, network: Mapping[str, Tier]) -> list[Belongs]:
    """Everybody who belongs to an audience of ours, and members of the network of whom nothing was decided.

    Raises:
        UnknownAudienceError: There is no such audience.
    """
    with store.read() as connection:
        found = find_audience(connection, name)
    charter = found.charter
    lines = [_belongs(found, member, network) for member in sorted(charter.members)]
    if charter.tier is not None:
        waiting = (
            one
            for one, tier in sorted(network.items())
            if tier >= charter.tier and one not in charter.members
        )
        lines += [Belongs(one, "does not belong; decide", "", "", "") for one in waiting]
    return lines


def _joined(member: str, fill: str) -> Sentence:
    if fill == "all":
        return Sentence("{member} (old records: all)", member=member)
    if fill == "none":
        return Sentence("{member} (old records: none)", member=member)
    return Sentence("{member} (old records: {records})", member=member, records=fill)


def history_lines(store: Store, name: str) -> Iterator[tuple[str | int, ...]]:
    """One line per version of an audience: who decided what; oldest first."""
    with store.read() as connection:
        uid = find_audience(connection, name).charter.uid
        versions = [one for one in charters(connection) if one.charter.uid == uid]
        decided = {(one.version, one.member): one.back_fill for one in joinings(connection) if one.uid == uid}
    before: frozenset[str] = frozenset()
    for one in versions:
        now = one.charter.members
        joined = listed(
            _joined(member, decided.get((one.charter.version, member), "")) for member in sorted(now - before)
        )
        yield _version(one, joined, ", ".join(sorted(before - now)))
        before = now


def mine_lines(store: Store, org_id: str) -> Iterator[tuple[str | int, ...]]:
    """One line per audience of a peer that names us, as of the last contact."""
    with store.read() as connection:
        found = belongings(connection)
    for one in found:
        charter = codec.decode_charter(codec.decode_envelope(one.envelope).payload)
        others = ", ".join(sorted(charter.members - {org_id})) or "nobody else"
        members = "not shown" if charter.hidden else others
        yield one.origin_id, charter.name, members, *_scope(charter), charter.version, _time(charter.issued)


def _belongs(found: Standing, member: str, network: Mapping[str, Tier]) -> Belongs:
    tier = found.charter.tier
    if member not in network:
        state = "no active member of the network: sees nothing"
    elif tier is not None and network[member] < tier:
        state = f"below {tier.name.lower()}: sees nothing"
    else:
        state = "belongs"
    joined = found.joinings[member]
    since = _time(datetime.fromtimestamp(joined.said_at, UTC))
    return Belongs(member, state, joined.back_fill, joined.said_by, since)


def _version(one: StoredCharter, joined: str, left: str) -> tuple[str | int, ...]:
    charter = one.charter
    seen = "no" if charter.hidden else "yes"
    return charter.version, _time(charter.issued), one.said_by, joined, left, seen


def _scope(charter: Charter) -> tuple[str, str]:
    return ", ".join(sorted(charter.countries)) or "all", ", ".join(sorted(charter.purposes)) or "all"


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
