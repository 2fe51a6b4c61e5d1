"""Declare a private total, agree to it as the owner of the other server, and keep what both have signed.

A server signs nothing that counts the same of the same members as something that it signed before, so nobody gets two
totals of which one less the other tells on few.
"""

from collections.abc import Sequence
from typing import NamedTuple

from crypto.envelope import Envelope, Signature
from node.directory import Directory, speaker_of
from node.errors import ClosedTotalError, TotalError, UnknownTotalError
from node.logbook import Identity
from node.said import Teller
from node.store.database import Store, Transaction
from node.store.totals import HeldPaper, HeldTotal, add_total, papers, sign_total, totals
from node.totals.declaration import (
    TOTAL_TYPE,
    Total,
    read_payload,
    total_id,
    verify_budget,
    verify_parties,
    write_payload,
)
from node.totals.papers import OUTCOME_TYPE, Outcome, is_signed, read_paper, sign_paper

MAX_WAITING = 100  # declarations that nobody has agreed to


class Told(NamedTuple):
    """A declaration and what its servers said came of it, as it is told to who may know."""

    declaration: Envelope
    outcomes: tuple[Envelope, ...]


def declare_total(store: Store, total: Total, who: tuple[Identity, Directory], teller: Teller) -> HeldTotal:
    """Sign a declaration as the owner of one of its servers; the same again changes nothing.

    Raises:
        TotalError: It can not be, or counts what another one counts.
        MemberError: Somebody who is named takes no part in the network.
    """
    payload = write_payload(total)
    with store.write() as connection:
        held = _held(connection, total_id(payload))
        return _signed(connection, held or _unsigned(total, payload), who, teller)


def agree_to_total(
    store: Store, held: HeldTotal, who: tuple[Identity, Directory], teller: Teller
) -> HeldTotal:
    """Sign what the owner of the other server declared.

    Raises:
        TotalError: It can not be, or counts what another one counts that we signed.
        MemberError: Somebody who is named takes no part in the network.
    """
    with store.write() as connection:
        return _signed(connection, find_total(connection, held.digest), who, teller)


def take_declaration(
    store: Store, envelope: Envelope, who: tuple[str, Directory], teller: Teller
) -> HeldTotal:
    """Keep a declaration that somebody signed, or one more signature under it; the same again changes nothing.

    Raises:
        TotalError: None of its servers signed it, it is not for us, or it has closed and we are a server.
        MemberError: A server is no active member.
    """
    org_id, directory = who
    total = read_payload(envelope.payload)
    signatures = _signatures(envelope, total, directory, teller)
    if org_id not in total.servers and not all(signatures):
        raise TotalError("the owners of both servers have to have signed it")
    if org_id not in {*total.servers, *total.group}:
        raise TotalError("it is not for us")
    with store.write() as connection:
        held = _held(connection, total_id(envelope.payload)) or _unsigned(total, envelope.payload)
        first, second = (old or new for old, new in zip(held.signatures, signatures, strict=True))
        if held.key and (first, second) == held.signatures:
            return held
        if org_id in total.servers and teller.now >= total.closes:
            raise ClosedTotalError("it has closed; what is signed afterwards counts no more")
        waiting = [one for one in totals(connection) if not one.agreed and teller.now < one.total.closes]
        if not held.key and len(waiting) >= MAX_WAITING:
            raise TotalError("too many declarations wait for somebody to agree")
        return _kept(connection, held._replace(signatures=(first, second)), teller._replace(by=""))


def find_total(connection: Transaction, digest: str) -> HeldTotal:
    """The declaration of a digest.

    Raises:
        UnknownTotalError: There is none.
    """
    held = _held(connection, digest)
    if held is None:
        raise UnknownTotalError("no such total was declared here")
    return held


def named_total(store: Store, text: str) -> HeldTotal:
    """The one declaration that somebody means: by its name, or how its id begins.

    Raises:
        UnknownTotalError: There is none, or more than one.
    """
    with store.read() as connection:
        known = totals(connection)
    found = [one for one in known if text and (one.total.name == text or one.digest.startswith(text))]
    if len(found) != 1:
        if found:
            raise UnknownTotalError(
                "{count} totals are called {text!r}; `tocsin total list`", count=len(found), text=text[:63]
            )
        raise UnknownTotalError("no total is called {text!r}; `tocsin total list`", text=text[:63])
    return found[0]


def tell_totals(store: Store, caller: str) -> list[Told]:
    """What a member may know: of totals of its group what both owners signed, of those that it adds up everything."""
    with store.read() as connection:
        signed = papers(connection)
        return [
            Told(declaration(one), tuple(enveloped(paper) for paper in outcomes(signed, one)))
            for one in totals(connection)
            if caller in one.total.servers or (caller in one.total.group and one.agreed)
        ]


def declaration(held: HeldTotal) -> Envelope:
    """A declaration with its signatures, as it is sent."""
    signatures = tuple(Signature(one, "") for one in held.signatures if one)
    return Envelope(held.payload, TOTAL_TYPE, signatures)


def enveloped(paper: HeldPaper) -> Envelope:
    """What a server signed, as it is sent."""
    return Envelope(paper.payload, paper.kind, (Signature(paper.signature, ""),))


def outcomes(signed: Sequence[HeldPaper], held: HeldTotal) -> list[HeldPaper]:
    """What servers said came of a total."""
    return [one for one in signed if (one.total_key, one.kind) == (held.key, OUTCOME_TYPE)]


def settled(signed: Sequence[HeldPaper], held: HeldTotal) -> Outcome | None:
    """What came of a total, if both servers say the same."""
    said = outcomes(signed, held)
    if {one.signer for one in said} != {*held.total.servers} or len({one.payload for one in said}) != 1:
        return None
    outcome = read_paper(OUTCOME_TYPE, said[0].payload)
    return outcome if isinstance(outcome, Outcome) else None


def came_to_nothing(signed: Sequence[HeldPaper], held: HeldTotal) -> bool:
    """Whether both servers say that nothing was added up, so that the same may be asked for again."""
    outcome = settled(signed, held)
    return outcome is not None and not outcome.figures


def _signed(
    connection: Transaction, held: HeldTotal, who: tuple[Identity, Directory], teller: Teller
) -> HeldTotal:
    (identity, directory), total = who, held.total
    if identity.org_id not in total.servers:
        raise TotalError("servers: only the owner of one of them signs")
    at = total.servers.index(identity.org_id)
    if held.signatures[at]:
        return held
    if teller.now >= total.closes:
        raise ClosedTotalError("closes: that is over")
    verify_parties(total, directory)
    signed = papers(connection)
    ours = (
        one
        for one in totals(connection)
        if identity.org_id in one.total.servers
        and one.signatures[one.total.servers.index(identity.org_id)]
        and (one.agreed or teller.now < one.total.closes)
        and not came_to_nothing(signed, one)
    )
    verify_budget(total, (one.total for one in ours))
    (made,) = sign_paper(identity.signing, TOTAL_TYPE, held.payload).signatures
    first, second = (made.sig if place == at else sig for place, sig in enumerate(held.signatures))
    return _kept(connection, held._replace(signatures=(first, second)), teller)


def _kept(connection: Transaction, held: HeldTotal, teller: Teller) -> HeldTotal:
    if held.key:
        sign_total(connection, held.key, held.signatures, teller.by)
    else:
        add_total(connection, held.digest, held.payload, held.signatures, teller.by, teller.now)
    return find_total(connection, held.digest)


def _held(connection: Transaction, digest: str) -> HeldTotal | None:
    return next((one for one in totals(connection) if one.digest == digest), None)


def _unsigned(total: Total, payload: bytes) -> HeldTotal:
    return HeldTotal(0, total_id(payload), total, payload, (b"", b""), "")


def _signatures(
    envelope: Envelope, total: Total, directory: Directory, teller: Teller
) -> tuple[bytes, bytes]:
    """Of each server the signature that holds; nothing where there is none."""
    found = [b"", b""]
    for at, server in enumerate(total.servers):
        keys = speaker_of(directory, server, teller.now).signing_keys
        for one in envelope.signatures[:2]:
            if is_signed(envelope._replace(signatures=(one,)), TOTAL_TYPE, keys):
                found[at] = one.sig
    if len([*filter(None, found)]) != len(envelope.signatures) or not any(found):
        raise TotalError("none of its servers signed it, or somebody else did as well")
    return found[0], found[1]
