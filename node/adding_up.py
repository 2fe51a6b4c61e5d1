"""Add up at one of the two servers: take in shares, agree on whose, tell the other server the sum, sign what came out.

A server tells the sum of one group alone, and only of one that the other server holds as well. It says each thing once:
what was signed stays, so that neither a restart nor the other server gets a second sum out of it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from crypto.envelope import Envelope
from crypto.errors import SealError
from crypto.sealing import SealKey
from node.agreeing import enveloped, find_total, outcomes
from node.directory import Directory, speaker_of
from node.errors import ClosedTotalError, TotalError
from node.logbook import Identity
from node.store.database import Store, Transaction
from node.store.totals import (
    HeldPaper,
    HeldShare,
    HeldTotal,
    add_paper,
    destroy_shares,
    papers,
    put_share,
    shares,
)
from node.totals.papers import (
    HELD_TYPE,
    OUTCOME_TYPE,
    SHARE_TYPE,
    SUM_TYPE,
    Group,
    Held,
    Paper,
    Share,
    Sum,
    common,
    is_signed,
    outcome_of,
    read_paper,
    sign_paper,
    verify_share_of,
    write_paper,
)
from node.totals.shares import add, verify_share


class EnvelopeReader(Protocol):
    """Reads envelopes; raises `PayloadError` for bytes that are none."""

    def decode_envelope(self, wire: bytes, /) -> Envelope:
        """Read an envelope."""
        ...


class Adder(NamedTuple):
    """A server as it stands now: our keys, the keys that open what was sealed to us, the directory, and the time."""

    identity: Identity
    seal_keys: Callable[[], Sequence[SealKey]]
    directory: Directory
    codec: EnvelopeReader
    now: datetime


class Step(NamedTuple):
    """What one server has to say about a total that has closed; a paper is `None` where it can not be made yet."""

    held: Envelope | None
    sum: Envelope | None = None
    outcome: Envelope | None = None


def take_share(store: Store, box: bytes, adder: Adder, caller: str = "") -> Share:
    """Keep a share that a member gave us; the same again changes nothing.

    Args:
        store: Ours.
        box: As it was sealed.
        adder: We.
        caller: Who brought it over the line, whose share alone it may be; in a file anybody may bring it.

    Raises:
        ClosedTotalError: The total takes nothing now.
        TotalError: It is not sealed to us, not signed by its member, not for this server, or older than what is held.
        MemberError: Its member takes no part in the network.
    """
    share = _opened(box, adder, caller)
    with store.write() as connection:
        held = find_total(connection, share.total)
        verify_share_of(share, held.total)
        if share.server != adder.identity.org_id:
            raise TotalError("the share is for another server")
        if not held.agreed or adder.now >= held.total.closes:
            raise ClosedTotalError("it has closed, or not both owners have signed it")
        before = shares(connection, held.key).get(share.member)
        if before is not None and before.number >= share.number:
            if (before.number, before.split) == (share.number, share.split):
                return share
            raise TotalError("the member gave something newer, or something else under that number")
        put_share(connection, held.key, HeldShare(share.member, share.number, share.split, box), adder.now)
    return share


def next_step(store: Store, digest: str, adder: Adder) -> Step:
    """Sign everything that can be said by now; what was signed before is said again.

    Raises:
        ClosedTotalError: The total is open still, or not both owners have signed it.
        TotalError: We do not add it up, or what is held does not hold.
    """
    with store.write() as connection:
        held = _closed(connection, digest, adder)
        ours = _say(connection, held, adder, HELD_TYPE, lambda: _held_paper(connection, held, adder))
        group = _group(connection, held)
        if group is None:
            return Step(ours)
        if len(group) < held.total.contributors:
            return Step(ours, None, _concluded(connection, held, adder, group, None))
        told = _say(connection, held, adder, SUM_TYPE, lambda: _sum_paper(connection, held, adder, group))
        sums = [read_paper(SUM_TYPE, one.payload) for one in _said(connection, held, SUM_TYPE)]
        if len(sums) < len(held.total.servers):
            return Step(ours, told)
        first, second = (one for one in sums if isinstance(one, Sum))
        return Step(ours, told, _concluded(connection, held, adder, group, (first, second)))


def take_step(store: Store, digest: str, step: Step, adder: Adder) -> None:
    """Keep what the other server says; the same again changes nothing.

    Raises:
        ClosedTotalError: The total is open still, or not both owners have signed it.
        TotalError: It is not signed by the other server, contradicts what it said, or is of another group than ours.
        MemberError: The other server is no active member.
    """
    with store.write() as connection:
        held = _closed(connection, digest, adder)
        for kind, envelope in ((HELD_TYPE, step.held), (SUM_TYPE, step.sum), (OUTCOME_TYPE, step.outcome)):
            if envelope is not None:
                _take(connection, held, adder, (kind, envelope))


def take_outcome(store: Store, digest: str, envelope: Envelope, who: tuple[Directory, datetime]) -> None:
    """Keep what a server signed came of a total that we gave for.

    Raises:
        TotalError: None of its servers signed it, or one says otherwise than before.
        MemberError: A server is no active member.
    """
    directory, now = who
    with store.write() as connection:
        held = find_total(connection, digest)
        paper = read_paper(OUTCOME_TYPE, envelope.payload)
        if paper.total != held.digest:
            raise TotalError("it is of another total")
        for server in held.total.servers:
            if is_signed(envelope, OUTCOME_TYPE, speaker_of(directory, server, now).signing_keys):
                _keep(connection, held, OUTCOME_TYPE, server, envelope)
                return
    raise TotalError("none of its servers signed it")


def _opened(box: bytes, adder: Adder, caller: str) -> Share:
    envelope = adder.codec.decode_envelope(_unsealed(box, adder))
    claimed = read_paper(SHARE_TYPE, envelope.payload) if not caller else None  # only says whose key to try
    member = caller or (claimed.member if isinstance(claimed, Share) else "")
    if not is_signed(envelope, SHARE_TYPE, speaker_of(adder.directory, member, adder.now).signing_keys):
        raise TotalError("the share is not signed by {member}", member=member[:63])
    share = read_paper(SHARE_TYPE, envelope.payload)
    if not isinstance(share, Share) or share.member != member:
        raise TotalError("the share is of another member")
    return share


def _unsealed(box: bytes, adder: Adder) -> bytes:
    for key in adder.seal_keys():
        try:
            return key.open_box(box)
        except SealError:
            continue
    raise TotalError("it is not sealed to us, or damaged")


def _closed(connection: Transaction, digest: str, adder: Adder) -> HeldTotal:
    held = find_total(connection, digest)
    if adder.identity.org_id not in held.total.servers:
        raise TotalError("we do not add it up")
    if not held.agreed or adder.now < held.total.closes:
        raise ClosedTotalError("it is open still, or not both owners have signed it")
    return held


def _held_paper(connection: Transaction, held: HeldTotal, adder: Adder) -> Paper:
    group = tuple((one.member, one.split) for one in shares(connection, held.key).values())
    return Held(held.digest, adder.identity.org_id, tuple(sorted(group)))


def _sum_paper(connection: Transaction, held: HeldTotal, adder: Adder, group: Group) -> Paper:
    ours, numbers = shares(connection, held.key), []
    for member, name in group:
        envelope = adder.codec.decode_envelope(_unsealed(ours[member].box, adder))
        share = read_paper(SHARE_TYPE, envelope.payload)  # it was verified when it was taken
        if not isinstance(share, Share) or (share.member, share.split) != (member, name):
            raise TotalError("the share of {member} is not what was kept", member=member)
        numbers.append(share.numbers)
    return Sum(held.digest, adder.identity.org_id, group, add(numbers, len(held.total.areas)))


def _group(connection: Transaction, held: HeldTotal) -> Group | None:
    """Whose shares both servers hold, once both have said of whom they hold any."""
    lists = [read_paper(HELD_TYPE, one.payload) for one in _said(connection, held, HELD_TYPE)]
    both = [one for one in lists if isinstance(one, Held)]
    return common(both[0], both[1], held.total) if len(both) == len(held.total.servers) else None


def _concluded(
    connection: Transaction, held: HeldTotal, adder: Adder, group: Group, sums: tuple[Sum, Sum] | None
) -> Envelope:
    made = _say(
        connection, held, adder, OUTCOME_TYPE, lambda: outcome_of(held.digest, held.total, group, sums)
    )
    destroy_shares(connection, held.key)
    return made


def _say(
    connection: Transaction, held: HeldTotal, adder: Adder, kind: str, make: Callable[[], Paper]
) -> Envelope:
    """Our paper of a kind: as it was signed, or signed now."""
    for one in _said(connection, held, kind):
        if one.signer == adder.identity.org_id:
            return enveloped(one)
    envelope = sign_paper(adder.identity.signing, kind, write_paper(make()))
    _keep(connection, held, kind, adder.identity.org_id, envelope)
    return envelope


def _take(connection: Transaction, held: HeldTotal, adder: Adder, said: tuple[str, Envelope]) -> None:
    kind, envelope = said
    other = held.total.other(adder.identity.org_id)
    if not is_signed(envelope, kind, speaker_of(adder.directory, other, adder.now).signing_keys):
        raise TotalError("it is not signed by {other}", other=other)
    paper = read_paper(kind, envelope.payload)
    if paper.total != held.digest:
        raise TotalError("it is of another total")
    if isinstance(paper, Held | Sum) and paper.server != other:
        raise TotalError("it is of another server")
    if isinstance(paper, Held):
        common(paper, paper, held.total)
    if isinstance(paper, Sum):
        verify_share(paper.sums, len(held.total.areas))
        if paper.group != _group(connection, held) or len(paper.group) < held.total.contributors:
            raise TotalError("the sum is of another group than the one that both hold")
    ours = [one for one in outcomes(papers(connection), held) if one.signer == adder.identity.org_id]
    if kind == OUTCOME_TYPE and [one.payload for one in ours] != [envelope.payload]:
        raise TotalError("what came out there is not what came out here")
    _keep(connection, held, kind, other, envelope)


def _keep(connection: Transaction, held: HeldTotal, kind: str, signer: str, envelope: Envelope) -> None:
    before = [one for one in _said(connection, held, kind) if one.signer == signer]
    if before and before[0].payload != envelope.payload:
        raise TotalError("{signer} said otherwise before", signer=signer)
    if not before:
        add_paper(connection, HeldPaper(held.key, kind, signer, envelope.payload, envelope.signatures[0].sig))


def _said(connection: Transaction, held: HeldTotal, kind: str) -> list[HeldPaper]:
    """What servers signed in one kind, in the order in which the declaration names them."""
    found = (one for one in papers(connection) if (one.total_key, one.kind) == (held.key, kind))
    return sorted(found, key=lambda one: held.total.servers.index(one.signer))
