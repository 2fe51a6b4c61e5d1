"""Releases of figures: proposed by one officer, released by another, as a file that anybody can check."""

import base64
import json
from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path

from casework.board import board
from casework.desk import Desk
from casework.errors import ReleaseError, RoleError, SecondPersonError
from casework.figures.counting import Share
from casework.figures.facts import Facts
from casework.figures.indicators import Line, Scope, measure
from casework.figures.release import (
    STATISTIC_TYPE,
    Counted,
    Statistic,
    compose,
    read_statistic,
    salt_of,
    verify_statistic,
    write_statistic,
)
from casework.officer import Officer
from casework.vocabulary import Group
from console.home import read_file
from crypto.envelope import Envelope, Signature, sign_envelope, verify_envelope
from crypto.errors import CryptoError
from node.logbook import Identity

DRAFT_TYPE = "application/vnd.tocsin.case-statistic-draft.v1+json"
PURPOSE = "statistics"
FEWEST = 5  # cases a figure must rest on before it leaves (casework 4)


def propose_statistic(
    desk: Desk, org_id: str, key: bytes, as_of: tuple[date, date], before: Path | None
) -> bytes:
    """Put a release together from every case of an officer and sign it with their own key: a draft for an approver.

    Args:
        desk: Of whoever proposes it.
        org_id: The organization.
        key: Its public signing key.
        as_of: Valid and known day.
        before: File of the release before; none for the first.

    Raises:
        ReleaseError: The release before does not hold.
    """
    known = _read(before, key) if before else None
    facts = [one for one in board(desk, PURPOSE, *as_of) if _counts(one)]
    earlier = _earlier(desk, known[0]) if known else {}
    with desk.database.read() as connection:
        salts = {uid: salt_of(held.keys[Group.CASE]) for uid, held in desk.holdings(connection).items()}
    counted = [Counted(one, earlier.get(one.uid), salts[one.uid]) for one in facts]
    lines = [line for line in measure(facts, Scope(as_of[0])) if _may_leave(line)]
    statistic = compose(org_id, desk.today, as_of, lines, counted, known)
    if known:
        verify_statistic(statistic, *known)
    return _file(sign_envelope(desk.unlocked.signer, DRAFT_TYPE, write_statistic(statistic)))


def release_statistic(desk: Desk, identity: Identity, draft: bytes, others: Iterable[Officer]) -> bytes:
    """Sign what another officer proposed, unchanged, with the organization's key.

    Args:
        desk: Of an approver.
        identity: Of the organization.
        draft: As the other officer signed it.
        others: Every officer of the office.

    Raises:
        RoleError: The officer is no approver.
        SecondPersonError: They proposed it themselves.
        ReleaseError: No officer signed it, or it is of another organization.
    """
    if "approver" not in desk.officer.roles:
        raise RoleError("releasing figures belongs to approver")
    envelope = _read_file(draft)
    by = {one.signing_key: one.officer_id for one in others if one.roles}
    if by.get(_signer(envelope, DRAFT_TYPE, by)) == desk.officer.officer_id:
        raise SecondPersonError("whoever proposed these figures can not release them")
    if read_statistic(envelope.payload).organization != identity.org_id:
        raise ReleaseError("the draft is of another organization")
    return _file(sign_envelope(identity.signing, STATISTIC_TYPE, envelope.payload))


def _counts(facts: Facts) -> bool:
    """Cases of survivors, without consent, on hold or void are in no release that counts case by case."""
    return facts.counted and not facts.sexual_violence and facts.state not in {"void", "none", "draft"}


def _may_leave(line: Line) -> bool:
    """Only shares of enough cases: neither who is counted nor who is not may be one of a few."""
    if not isinstance(line.figure, Share):
        return False
    parts = (line.figure.yes, line.figure.no, line.figure.unknown)
    return line.figure.n >= FEWEST and all(part == 0 or part >= FEWEST for part in parts)


def _earlier(desk: Desk, before: Statistic) -> dict[str, Facts]:
    found = board(desk, PURPOSE, before.valid_as_of, before.known_as_of)
    return {one.uid: one for one in found if _counts(one)}


def _read(path: Path, key: bytes) -> tuple[Statistic, bytes]:
    envelope = _read_file(read_file(path))
    _signer(envelope, STATISTIC_TYPE, (key,))
    return read_statistic(envelope.payload), envelope.payload


def _signer(envelope: Envelope, kind: str, keys: Collection[bytes]) -> bytes:
    try:
        return verify_envelope(envelope, {kind}, keys)
    except CryptoError as error:
        raise ReleaseError("it is not signed by whom it has to be signed") from error


def _file(envelope: Envelope) -> bytes:
    plain = {
        "payload": base64.b64encode(envelope.payload).decode(),
        "payloadType": envelope.payload_type,
        "signatures": [
            {"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode()} for one in envelope.signatures
        ],
    }
    return json.dumps(plain).encode()


def _read_file(document: bytes) -> Envelope:
    try:
        plain = json.loads(document)
        signatures = tuple(
            Signature(base64.b64decode(one["sig"], validate=True), one.get("keyid", ""))
            for one in plain["signatures"]
        )
        return Envelope(base64.b64decode(plain["payload"], validate=True), plain["payloadType"], signatures)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReleaseError("it is no file of figures") from error
