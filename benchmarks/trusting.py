"""How long it takes to believe a network of a thousand members: at the start of a node, and when a newer file comes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

from benchmarks.clock import in_turns
from benchmarks.lab import Lab
from benchmarks.table import Line, at_most
from crypto.certificates import make_member_certificate
from crypto.envelope import Envelope, add_signature
from crypto.signing import Signer
from node.audience import Tier
from node.directory import (
    DIRECTORY_TYPE,
    LIFETIME,
    Directory,
    Member,
    MemberKey,
    OrganizationType,
    Status,
)
from node.trust import ROOT_LIFETIME, ROOT_TYPE, Document, Root, fingerprint_of, make_role, read_trusted
from node.wire import network
from node.wire.membership import encode_directory
from node.wire.network import decode_document, encode_document, encode_root

MEMBERS = 1_000
KEEPERS, NEEDED = 5, 3
ROUNDS = 9
MOST_MS = 50
NOW = datetime.now(UTC).replace(microsecond=0)


def lines(_lab: Lab) -> Iterator[Line]:
    """Read the file that a node holds, and take over the next one of the same members."""
    keepers = [Signer.generate() for _ in range(KEEPERS)]
    role = make_role([one.public_key for one in keepers], NEEDED)
    root = _signed(
        ROOT_TYPE, encode_root(Root("bench", 1, NOW, NOW + ROOT_LIFETIME, role, role)), keepers[:NEEDED]
    )
    members = tuple(_member(f"m{number:04}") for number in range(MEMBERS))
    held, newer = (
        encode_document(Document((root,), _signed(DIRECTORY_TYPE, encode_directory(one), keepers[:NEEDED])))
        for one in (Directory("bench", version, NOW, NOW + LIFETIME, members) for version in (1, 2))
    )
    trusted = read_trusted(decode_document(held), fingerprint_of(root), network)
    times = in_turns(
        ROUNDS,
        read=lambda: read_trusted(decode_document(held), fingerprint_of(root), network),
        follow=lambda: trusted.after(decode_document(newer), network),
    )
    for name, what in (("read", "read at start"), ("follow", "follow a newer one")):
        value = median(times[name]) * 1e3
        text = f"directory of {MEMBERS:,} members, {what}"
        yield Line("-", text, f"{value:.0f} ms", f"{MOST_MS} ms", value / MOST_MS, at_most(1))


def _member(org_id: str) -> Member:
    _, certificate = make_member_certificate(org_id, NOW - timedelta(days=1), NOW + timedelta(days=365))
    signing, log, cosign = (
        MemberKey(Signer.generate().public_key, NOW - timedelta(days=1), NOW + timedelta(days=365))
        for _ in range(3)
    )
    # A seal key is a point of the same size; which one does not matter to what is measured.
    return Member(
        org_id,
        OrganizationType.INGO,
        Status.ACTIVE,
        Tier.PEER,
        (signing,),
        (log,),
        (certificate,),
        ("node.example:7443",),
        (log._replace(public_key=Signer.generate().public_key),),
        (cosign,),
    )


def _signed(kind: str, payload: bytes, signers: list[Signer]) -> Envelope:
    envelope = Envelope(payload, kind, ())
    for signer in signers:
        envelope = add_signature(signer, envelope)
    return envelope
