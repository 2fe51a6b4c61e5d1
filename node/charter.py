"""Audiences as signed, versioned objects: who belongs, which records are for them, and what of the old ones.

An audience is known by its uid, never by a local number or by its name; each change of it is a new charter. Nobody
belongs to an audience that names nobody. Who joins gets what is released from then on; what of the records that left
before is theirs too (back-fill) is decided, and written down, each time that somebody joins.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from crypto.envelope import Envelope, keyid, verify_envelope
from crypto.errors import CryptoError
from node.audience import Purpose, Tier
from node.codes import code_list
from node.errors import AudienceError, CharterError
from node.model import Incident
from node.verify import Origin

CHARTER_TYPE = "application/vnd.tocsin.charter.v1+protobuf"
MAX_MEMBERS = 500
MAX_VERSION = 2**31 - 1
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
NOTHING, EVERYTHING = "none", "all"


class Charter(NamedTuple):
    """One version of an audience; `tier`, `countries` and `purposes` narrow it where they are given.

    Attributes:
        owner_id: Whose audience it is, who signs.
        uid: 16 bytes.
        version: 1, 2, 3...
        name: One word for people.
        members: Ids; none means that nobody sees anything.
        tier: Whoever sees more coarsely does not count.
        countries: Codes; only records of incidents there.
        purposes: Only records released for these.
        hidden: Members do not learn of each other.
        issued: Aware UTC, whole seconds.
    """

    owner_id: str
    uid: bytes
    version: int
    name: str
    members: frozenset[str]
    tier: Tier | None
    countries: frozenset[str]
    purposes: frozenset[Purpose]
    hidden: bool
    issued: datetime

    def copy_for(self, member: str) -> "Charter":
        """The charter as this member may know it."""
        return self._replace(members=frozenset({member})) if self.hidden else self


class Joining(NamedTuple):
    """The decision that was made when somebody joined.

    Attributes:
        uid: Of the audience.
        member: Who joined.
        version: Of the charter that named it first.
        log_size: Of our log then: what had been released to the audience below is old.
        back_fill: `all` old records, `none`, or those of incidents on or after a day: `2026-01-31`.
        said_by: Who decided.
        said_at: Seconds since 1970.
    """

    uid: bytes
    member: str
    version: int
    log_size: int
    back_fill: str
    said_by: str
    said_at: int

    def covers(self, asked_from: int | None, incident: Incident) -> bool:
        """Whether a record is the member's: released to the audience since it joined, or covered by the back-fill.

        Args:
            asked_from: Index of the entry with which the record first went to the audience; `None` is now.
            incident: What it tells.
        """
        if asked_from is None or asked_from >= self.log_size or self.back_fill == EVERYTHING:
            return True
        return self.back_fill != NOTHING and incident.when.latest >= date.fromisoformat(self.back_fill)


class Standing(NamedTuple):
    """An audience as it stands: its newest charter, and how each member joined."""

    charter: Charter
    joinings: Mapping[str, Joining]

    def entitled(
        self, incident: Incident, purpose: Purpose, asked_from: int | None, network: Mapping[str, Tier]
    ) -> frozenset[str]:
        """Members to whom a record that was released to the audience goes; how finely is for the rules.

        Args:
            incident: What the record tells.
            purpose: What it was released for.
            asked_from: As in `Joining.covers`.
            network: Tier of each active member.
        """
        charter = self.charter
        if charter.countries and incident.where.country not in charter.countries:
            return frozenset()
        if charter.purposes and purpose not in charter.purposes:
            return frozenset()
        return frozenset(
            member
            for member in charter.members & network.keys() & self.joinings.keys()
            if (charter.tier is None or network[member] >= charter.tier)
            and self.joinings[member].covers(asked_from, incident)
        )


def verify_form(charter: Charter) -> None:
    """Check what is said in a charter, ours or another's.

    Raises:
        AudienceError: Something is out of its range; names the field.
    """
    if not _NAME.fullmatch(charter.name):
        raise AudienceError("name: not 2 to 63 lower-case letters, digits and hyphens")
    if not 1 <= charter.version <= MAX_VERSION:
        raise AudienceError(
            "version: {version} is not between 1 and {most}", version=charter.version, most=MAX_VERSION
        )
    if len(charter.members) > MAX_MEMBERS:
        raise AudienceError("members: more than {most}", most=MAX_MEMBERS)
    for code in sorted(charter.countries - code_list("country").codes.keys()):
        raise AudienceError("countries: {code!r} is not a code of the list of countries", code=code[:10])


def verify_members(members: Iterable[str], tier: Tier | None, network: Mapping[str, Tier]) -> None:
    """Check that everybody who is to join is an active member of the network that may.

    Raises:
        AudienceError: Somebody is not; nothing is to be changed then.
    """
    for member in sorted(members):
        if member not in network:
            raise AudienceError("members: {member!r} is no active member of the network", member=member[:63])
        if tier is not None and network[member] < tier:
            raise AudienceError(
                "members: {member} does not see as finely as {tier} members do",
                member=member,
                tier=tier.name.lower(),
            )


def read_back_fill(text: str) -> str:
    """A back-fill as somebody writes it: all, none, or a day.

    Raises:
        AudienceError: It is none of these.
    """
    if text in {NOTHING, EVERYTHING}:
        return text
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise AudienceError(
            "back_fill: {text!r} is neither all, none nor a day like 2026-01-31", text=text[:40]
        ) from error


def verify_charter(
    envelope: Envelope, owner: Origin, reader_id: str, decode: Callable[[bytes], Charter]
) -> Charter:
    """Check a charter that a member handed to us.

    Args:
        envelope: As received.
        owner: Keys of the member at the other end, valid now.
        reader_id: Us.
        decode: Reads the payload; called only after the signature has been verified.

    Raises:
        CharterError: It is not signed by that member, is of another, does not name us, or contradicts itself.
        PayloadError: What is signed is no charter.
    """
    charter = verify_signed(envelope, owner.signing_keys, decode)
    if charter.owner_id != owner.org_id:
        raise CharterError(
            "owner_id: {owner_id!r} is not {org_id}", owner_id=charter.owner_id[:63], org_id=owner.org_id
        )
    if reader_id not in charter.members:
        raise CharterError("members: we are not among them")
    if charter.hidden and charter.members != {reader_id}:
        raise CharterError("members: hidden, and yet others are named")
    try:
        verify_form(charter)
    except AudienceError as error:
        raise CharterError(str(error)) from error
    return charter


def verify_signed(envelope: Envelope, keys: Sequence[bytes], decode: Callable[[bytes], Charter]) -> Charter:
    """Check that a charter is signed with one of these keys, and read it.

    Raises:
        CharterError: It is not.
        PayloadError: What is signed is no charter.
    """
    try:
        key = verify_envelope(envelope, (CHARTER_TYPE,), keys)
    except CryptoError as error:
        raise CharterError("charter: not signed by its owner: {error}", error=error) from error
    if envelope.signatures[0].keyid != keyid(key):  # nothing signs the hint; it has one form
        raise CharterError("keyid: not that of the key that signed")
    return decode(envelope.payload)
