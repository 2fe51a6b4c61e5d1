"""Releases of figures: read by an approver, signed with the organization's key, as a file that anybody can check."""

import base64
import json
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
from casework.vocabulary import Group
from console.home import read_file
from crypto.envelope import Envelope, Signature, sign_envelope, verify_envelope
from crypto.errors import CryptoError
from node.logbook import Identity

PURPOSE = "statistics"
FEWEST = 5  # cases a figure must rest on before it leaves (casework 4)


def release_statistic(
    desk: Desk, identity: Identity, as_of: tuple[date, date], before: Path | None, proposed_by: str
) -> bytes:
    """Put a release together from every case of this officer, sign it, and give the file.

    Args:
        desk: Of an approver.
        identity: Of the organization.
        as_of: Valid and known day.
        before: File of the release before; none for the first.
        proposed_by: The other officer, who has looked at the figures.

    Raises:
        RoleError: The officer is no approver.
        SecondPersonError: Nobody else has looked at it.
        ReleaseError: The release before does not hold.
    """
    if "approver" not in desk.officer.roles:
        raise RoleError("releasing figures belongs to approver")
    if not proposed_by or proposed_by == desk.officer.officer_id:
        raise SecondPersonError("name the other officer who has looked at these figures: --proposed-by")
    known = _read(before, identity) if before else None
    facts = [one for one in board(desk, PURPOSE, *as_of) if _counts(one)]
    earlier = _earlier(desk, known[0]) if known else {}
    with desk.database.read() as connection:
        salts = {uid: salt_of(held.keys[Group.CASE]) for uid, held in desk.holdings(connection).items()}
    counted = [Counted(one, earlier.get(one.uid), salts[one.uid]) for one in facts]
    lines = [line for line in measure(facts, Scope(as_of[0])) if _may_leave(line)]
    statistic = compose(identity.org_id, desk.today, as_of, lines, counted, known)
    if known:
        verify_statistic(statistic, *known)
    return _sealed(identity, write_statistic(statistic))


def read_release(document: bytes, key: bytes) -> Statistic:
    """Read a release and check its signature.

    Raises:
        ReleaseError: It does not hold.
    """
    return read_statistic(_payload(document, key))


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


def _read(path: Path, identity: Identity) -> tuple[Statistic, bytes]:
    payload = _payload(read_file(path), identity.signing.public_key)
    return read_statistic(payload), payload


def _sealed(identity: Identity, payload: bytes) -> bytes:
    envelope = sign_envelope(identity.signing, STATISTIC_TYPE, payload)
    plain = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": envelope.payload_type,
        "signatures": [
            {"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode()} for one in envelope.signatures
        ],
    }
    return json.dumps(plain).encode()


def _payload(document: bytes, key: bytes) -> bytes:
    try:
        plain = json.loads(document)
        signatures = tuple(
            Signature(base64.b64decode(one["sig"], validate=True), one.get("keyid", ""))
            for one in plain["signatures"]
        )
        envelope = Envelope(
            base64.b64decode(plain["payload"], validate=True), plain["payloadType"], signatures
        )
        verify_envelope(envelope, {STATISTIC_TYPE}, {key})
    except (ValueError, KeyError, TypeError, AttributeError, CryptoError) as error:
        raise ReleaseError("it is no release of figures that this organization signed") from error
    return envelope.payload
