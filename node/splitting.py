"""Give for a private total: count our own figures, split each in two, and seal each share to its server alone.

What is given is written down together with both shares, before anything leaves (R21); giving the same again sends the
very same shares. A node gives the same number for no two totals, whatever servers agreed on.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from crypto.envelope import Envelope
from crypto.sealing import seal_box
from node.agreeing import came_to_nothing, find_total
from node.audience import Purpose
from node.directory import Directory, seal_key_of
from node.errors import ClosedTotalError, TotalError
from node.logbook import Identity
from node.measures import Query
from node.once import HANDED_ON
from node.said import Teller
from node.store.database import Store, Transaction
from node.store.queries import own_of_survivors
from node.store.totals import Gave, HeldTotal, OwnHits, add_gave, gave, own_hits, own_staff, papers, totals
from node.totals.declaration import EVERYWHERE, STAFF, Total, verify_budget
from node.totals.papers import SHARE_TYPE, SPLIT_DIGITS, Share, sign_paper, write_paper
from node.totals.shares import NUMBER_BYTES, pad_from, split


class Own(NamedTuple):
    """What we know of one area: what our records say of our own staff, and everything that could be of it."""

    area: str
    least: int
    most: int


class EnvelopeCodec(Protocol):
    """Between envelopes and bytes."""

    def encode_envelope(self, envelope: Envelope, /) -> bytes:
        """An envelope as it is sent."""
        ...


class Giver(NamedTuple):
    """Who gives: our keys, the directory, who decides and when, and where random bytes come from."""

    identity: Identity
    directory: Directory
    teller: Teller
    codec: EnvelopeCodec
    noise: Callable[[int], bytes]


def own_figures(store: Store, total: Total, org: tuple[str, str], as_of: date) -> list[Own]:
    """Count our own figures of a total, an area each.

    Of persons the least counts records that we know first-hand and of which everybody who was hit worked for our type
    of organization; the most counts every record of ours. A record does not say whose staff it was: a person does.

    Args:
        store: Ours.
        total: What is counted.
        org: Our id, which is the source of our own numbers of staff, and our broad type of organization.
        as_of: Day as of which.
    """
    org_id, org_type = org
    with store.read() as connection:
        if total.measure == STAFF:
            known = own_staff(connection, org_id, int(total.period), as_of)
            numbers = {EVERYWHERE: known.get("", sum(known.values()))} | known
            return [Own(area, numbers.get(area, 0), numbers.get(area, 0)) for area in total.areas]
        question = Query((), ("incidents",), as_of, purpose=Purpose.STATISTICS)
        left_out = own_of_survivors(
            connection, lambda one: connection.execute(one).all(), question, told=True
        )
        hits = list(own_hits(connection, total.measure, org_type, as_of))
    found = {area: [0, 0] for area in total.areas}
    for one in hits:
        area = EVERYWHERE if EVERYWHERE in found else one.country
        if area in found and _is_within(one, total) and one.record_id not in left_out:
            sure = one.source_kind not in HANDED_ON and 0 < one.affected == one.employed
            found[area][0] += one.number if sure else 0
            found[area][1] += one.number
    return [Own(area, *numbers) for area, numbers in found.items()]


def give(store: Store, digest: str, figures: Sequence[int], giver: Giver) -> Gave:
    """Split what we give, seal it, and write it down; what was given before is replaced at both servers.

    Raises:
        ClosedTotalError: The total has closed, or was not signed by both owners.
        TotalError: It does not ask us, a number is out of range, or we gave the same for another total.
        MemberError: A server has no seal key.
    """
    org_id, now = giver.identity.org_id, giver.teller.now
    with store.write() as connection:
        held = find_total(connection, digest)
        if org_id not in held.total.group:
            raise TotalError("we do not belong to its group")
        if not held.agreed or now >= held.total.closes:
            raise ClosedTotalError("it has closed, or not both owners have signed it")
        _verify_own_budget(connection, held)
        if len(figures) != len(held.total.areas):
            raise TotalError("a number is needed for each area")
        before = [one for one in gave(connection) if one.total_key == held.key]
        if before and before[-1].figures == tuple(figures):
            return before[-1]
        made = Gave(
            held.key,
            len(before) + 1,
            tuple(figures),
            _boxes(held, figures, len(before) + 1, giver),
            giver.teller.by,
            int(now.timestamp()),
        )
        add_gave(connection, made)
    return made


def _is_within(one: OwnHits, total: Total) -> bool:
    """Whether a record lies in the period; of which only the year is known lies in that year alone."""
    if one.year is None:
        return False
    first, last = total.months
    if one.month is None:
        return first == 12 * one.year and last == 12 * one.year + 11
    return first <= 12 * one.year + one.month - 1 <= last


def _verify_own_budget(connection: Transaction, held: HeldTotal) -> None:
    """Refuse to have the same number added up twice, by whomever."""
    signed, given = papers(connection), {one.total_key for one in gave(connection)}
    others = (one for one in totals(connection) if one.key in given and not came_to_nothing(signed, one))
    verify_budget(held.total, (one.total for one in others))


def _boxes(held: HeldTotal, figures: Sequence[int], number: int, giver: Giver) -> tuple[bytes, bytes]:
    total, width = held.total, NUMBER_BYTES * len(figures)
    pad = pad_from(giver.noise(width))
    name = giver.noise(SPLIT_DIGITS // 2).hex()
    masked = split(figures, pad, total.largest)

    def sealed(server: str, numbers: tuple[int, ...]) -> bytes:
        share = Share(held.digest, giver.identity.org_id, server, number, name, numbers)
        envelope = sign_paper(giver.identity.signing, SHARE_TYPE, write_paper(share))
        key = seal_key_of(giver.directory.member(server), giver.teller.now)
        return seal_box(key, giver.codec.encode_envelope(envelope))

    return sealed(total.servers[0], masked), sealed(total.servers[1], pad)
