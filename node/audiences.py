"""Make and change audiences: sign the next charter, and let leave or take back what follows, in one transaction.

Who leaves an audience loses what only the audience gave; who joins gets old records by the back-fill that was decided.
A member that the directory does not know refuses the whole change.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from crypto.envelope import Envelope, sign_envelope
from crypto.sentence import Sentence
from node.audience import Purpose, Tier, chartered_name
from node.bounds import Bounds
from node.charter import (
    CHARTER_TYPE,
    NOTHING,
    Charter,
    Joining,
    Standing,
    verify_charter,
    verify_form,
    verify_members,
    verify_signed,
)
from node.errors import AudienceError, CharterError, PayloadError, UnknownAudienceError
from node.logbook import Identity
from node.plan import Plan, Request, decided, plan_within
from node.share import release_within
from node.signed import UID_BYTES
from node.store.audiences import (
    Belonging,
    StoredCharter,
    add_charter,
    all_copies,
    belongings,
    charters,
    joinings,
    put_belongings,
    standing,
)
from node.store.database import Store, Transaction
from node.store.heads import log_head
from node.store.own_log import revisions_asked
from node.urgent import AlertCodec
from node.verify import Origin


class CharterCodec(Protocol):
    """Between charters and bytes; every `decode_*` raises `PayloadError`."""

    def encode_charter(self, charter: Charter, /) -> bytes:
        """Payload of a charter."""
        ...

    def decode_charter(self, payload: bytes, /) -> Charter:
        """Read the payload of a charter."""
        ...

    def encode_envelope(self, envelope: Envelope, /) -> bytes:
        """A signed charter as it is kept and sent."""
        ...

    def decode_envelope(self, wire: bytes, /) -> Envelope:
        """Read a signed charter."""
        ...


class Scope(NamedTuple):
    """What narrows an audience beside its members; `hidden` keeps them from learning of each other."""

    tier: Tier | None = None
    countries: frozenset[str] = frozenset()
    purposes: frozenset[Purpose] = frozenset()
    hidden: bool = False


class Change(NamedTuple):
    """How the members of an audience are to change; each who joins comes with the back-fill that was decided."""

    joining: Mapping[str, str] = MappingProxyType({})
    leaving: frozenset[str] = frozenset()
    hidden: bool | None = None


class Author(NamedTuple):
    """Who decides, and how it is signed and written; `now` is aware UTC."""

    said_by: str
    identity: Identity
    bounds: Bounds
    now: datetime
    codec: AlertCodec
    charter_codec: CharterCodec


def new_audience(store: Store, name: str, members: frozenset[str], scope: Scope, author: Author) -> Charter:
    """Make an audience; nothing has been released to it yet.

    Raises:
        AudienceError: There is one of that name, or somebody is no active member of the network.
    """
    org_id = author.identity.org_id
    issued = author.now.replace(microsecond=0)
    uid = secrets.token_bytes(UID_BYTES)
    charter = Charter(org_id, uid, 1, name, members, *scope, issued)
    verify_form(charter)
    verify_members(members, scope.tier, author.bounds.network)
    with store.write() as connection:
        if any(one.charter.name == name for one in standing(connection).values()):
            raise AudienceError("name: there is an audience {name} already", name=name)
        _keep(connection, charter, dict.fromkeys(members, NOTHING), author)
    return charter


def preview_change(store: Store, name: str, change: Change, author: Author) -> Plan:
    """What `change_audience` would let leave and take back; nothing is written.

    Raises:
        AudienceError: The change is refused.
    """
    with store.read() as connection:
        before = find_audience(connection, name)
        charter = _changed(before.charter, change, author)
        joined = _joined(connection, charter, change.joining, author)
        after = Standing(charter, {**before.joinings, **{one.member: one for one in joined}})
        known = decided(connection)
        known = known._replace(audiences={**known.audiences, charter.uid: after})
        affected = revisions_asked(connection, chartered_name(charter.uid))
        return plan_within(connection, affected, (), _request(author), known)


def change_audience(store: Store, name: str, change: Change, author: Author) -> tuple[Charter, Plan]:
    """Sign the next version of an audience, and release anew what was released to it.

    Raises:
        AudienceError: There is no such audience, somebody is no active member, belongs to it already or does not
            belong to it; nothing is changed then.
        BusyError: Another process of this node appended at the same moment.
    """
    with store.write() as connection:
        charter = _changed(find_audience(connection, name).charter, change, author)
        _keep(connection, charter, change.joining, author)
        affected = revisions_asked(connection, chartered_name(charter.uid))
        plan = release_within(connection, affected, (), _request(author), author.identity, author.codec)
    return charter, plan


def find_audience(connection: Transaction, name: str) -> Standing:
    """An audience of ours by its name.

    Raises:
        UnknownAudienceError: There is none.
    """
    for one in standing(connection).values():
        if one.charter.name == name:
            return one
    raise UnknownAudienceError(
        "there is no audience {name!r}; `tocsin audience list` shows them", name=name[:63]
    )


def keep_belongings(
    store: Store, owner: Origin, org_id: str, wires: Sequence[bytes], codec: CharterCodec
) -> int:
    """Keep the charters that a peer says we belong to, in the place of those that it said before.

    Raises:
        CharterError: One does not hold, comes twice or is older than the one held; nothing is changed then.
        PayloadError: One is no charter.
    """
    found: dict[bytes, Belonging] = {}
    for wire in wires:
        charter = verify_charter(codec.decode_envelope(wire), owner, org_id, codec.decode_charter)
        if charter.uid in found:
            raise CharterError("audience_uid: comes twice")
        found[charter.uid] = Belonging(owner.org_id, charter.uid, charter.version, wire)
    with store.glance() as connection:
        held = {one.uid: one for one in belongings(connection, owner.org_id)}
    if held == found:
        return len(found)
    with store.write() as connection:
        for one in belongings(connection, owner.org_id):
            if one.uid in found and found[one.uid].version < one.version:
                raise CharterError(
                    "version: {held} is older than {version}",
                    held=found[one.uid].version,
                    version=one.version,
                )
        put_belongings(connection, owner.org_id, found.values())
    return len(found)


def charter_faults(
    store: Store, org_id: str, members: Mapping[str, Origin], codec: CharterCodec
) -> Iterator[tuple[str, str]]:
    """(where, what does not hold) of audiences: our own, the copies handed out, and those of peers.

    Args:
        store: Of this node.
        org_id: Of this node.
        members: Keys of this node and of every member, whether they are still valid or not.
        codec: Reads charters.
    """
    with store.read() as connection:
        versions, copies, theirs = charters(connection), all_copies(connection), belongings(connection)
        joined = joinings(connection)
    newest: dict[bytes, Charter] = {}
    for one in versions:
        before = newest.get(one.charter.uid)
        newest[one.charter.uid] = one.charter
        where = f"audience {one.charter.name} version {one.charter.version}"
        if one.charter.version != (before.version + 1 if before else 1):
            yield where, "a version before it is missing"
        if _read(one.envelope, members.get(org_id), codec) != one.charter:
            yield where, "it is not what was signed"
    wanted = {(member, uid): one.copy_for(member) for uid, one in newest.items() for member in one.members}
    found = {(member, uid): _read(wire, members.get(org_id), codec) for member, uid, wire in copies}
    if found != wanted:
        yield "audiences", "what members may have of them is not what was signed"
    known = {(one.uid, one.member) for one in joined}
    for uid, charter in newest.items():
        for member in sorted(charter.members):
            if (uid, member) not in known:
                yield f"audience {charter.name}", f"nobody has decided how {member} joined"
    for held in theirs:
        read = _read(held.envelope, members.get(held.origin_id), codec)
        if read is None or (read.owner_id, read.uid, read.version) != held[:3]:
            yield f"audience {held.uid.hex()} of {held.origin_id}", "it is not what its owner signed"


def _read(wire: bytes, owner: Origin | None, codec: CharterCodec) -> Charter | None:
    """A signed charter; `None` where it does not hold."""
    if owner is None:
        return None
    try:
        return verify_signed(codec.decode_envelope(wire), owner.signing_keys, codec.decode_charter)
    except (CharterError, PayloadError):
        return None


def _changed(before: Charter, change: Change, author: Author) -> Charter:
    joining = frozenset(change.joining)
    for wrong, member in (
        (Sentence("belongs to it already"), min(joining & before.members, default="")),
        (Sentence("does not belong to it"), min(change.leaving - before.members, default="")),
        (Sentence("can not join and leave at once"), min(joining & change.leaving, default="")),
    ):
        if member:
            raise AudienceError("members: {member!r} {wrong}", member=member[:63], wrong=wrong)
    verify_members(joining, before.tier, author.bounds.network)
    charter = before._replace(
        version=before.version + 1,
        members=(before.members | joining) - change.leaving,
        hidden=before.hidden if change.hidden is None else change.hidden,
        issued=author.now.replace(microsecond=0),
    )
    verify_form(charter)
    return charter


def _keep(connection: Transaction, charter: Charter, joining: Mapping[str, str], author: Author) -> None:
    sign = _signing(author)
    copies = {member: sign(charter.copy_for(member)) for member in charter.members}
    stored = StoredCharter(charter, author.said_by, sign(charter))
    add_charter(connection, stored, copies, _joined(connection, charter, joining, author))


def _signing(author: Author) -> Callable[[Charter], bytes]:
    """What signs charters, each but once."""
    done: dict[Charter, bytes] = {}
    codec = author.charter_codec

    def sign(charter: Charter) -> bytes:
        if charter not in done:
            payload = codec.encode_charter(charter)
            done[charter] = codec.encode_envelope(
                sign_envelope(author.identity.signing, CHARTER_TYPE, payload)
            )
        return done[charter]

    return sign


def _joined(
    connection: Transaction, charter: Charter, joining: Mapping[str, str], author: Author
) -> list[Joining]:
    head = log_head(connection, author.identity.org_id)
    size = head.frontier.size if head else 0
    said = author.said_by, int(author.now.timestamp())
    return [
        Joining(charter.uid, member, charter.version, size, back_fill, *said)
        for member, back_fill in sorted(joining.items())
    ]


def _request(author: Author) -> Request:
    """Nothing new: what left before, as it is to be seen now."""
    return Request((), frozenset(), author.now, author.bounds)
