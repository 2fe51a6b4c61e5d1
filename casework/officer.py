"""Officers: who may work on cases here, in which roles, with which public keys.

An officer's secret is 32 bytes in a key file of their own, under a passphrase of their own; the keys for signing, for
opening what is sealed to them and for their key ring come out of it. Whoever runs the node has none of them.
"""

import json
from typing import NamedTuple

from casework.errors import FieldError, TamperedError
from casework.vocabulary import codes
from crypto.cell import derive_key
from crypto.sealing import SealKey
from crypto.signing import Signer

OFFICER_TYPE = "application/vnd.tocsin.case-officer.v1+json"
RECOVERY = "recovery"  # of a key that is kept off line, to which every key of a case is sealed too
NO_CASES = frozenset(  # roles that nobody lets into a case
    {"coordinator", "auditor", "node_administrator", RECOVERY}
)


class Officer(NamedTuple):
    """One officer as admitted; the newest version of an id counts, and without roles it may do nothing more.

    Attributes:
        officer_id: Short and stable; stands in every event that the officer signs.
        version: 1, 2, 3...
        roles: Codes of the list `role`.
        signing_key: Ed25519 public key.
        seal_key: X25519 public key.
        admitted_by: Id of the officer who signed this; the first signs for themselves.
        admitted_at: Seconds since 1970, UTC.
    """

    officer_id: str
    version: int
    roles: frozenset[str]
    signing_key: bytes
    seal_key: bytes
    admitted_by: str
    admitted_at: int


class Unlocked:
    """An officer whose secret is in memory: signs, opens what is sealed to them, and keeps their key ring."""

    __slots__ = ("ring_key", "seal", "signer")

    def __init__(self, secret: bytes) -> None:
        self.signer = Signer(derive_key(secret, "sign"))
        self.seal = SealKey(derive_key(secret, "seal"))
        self.ring_key = derive_key(secret, "ring")

    def __repr__(self) -> str:
        """Name nothing of the secret."""
        return f"Unlocked({self.signer!r})"


def check_officer(officer: Officer) -> Officer:
    """Return an officer whose roles go together.

    Raises:
        FieldError: A role does not exist, or one that sees no cases stands beside one that does.
    """
    unknown = officer.roles - codes("role").keys()
    if unknown:
        raise FieldError(
            "roles", "{unknown!r} is none of {roles}", unknown=min(unknown), roles=", ".join(codes("role"))
        )
    if officer.roles & NO_CASES and officer.roles - NO_CASES:
        raise FieldError(
            "roles", "{role} never works on cases, so it stands alone", role=min(officer.roles & NO_CASES)
        )
    return officer


def write_officer(officer: Officer) -> bytes:
    """Write what is signed of an officer."""
    fields = {
        "officer": officer.officer_id,
        "version": officer.version,
        "roles": sorted(officer.roles),
        "signing_key": officer.signing_key.hex(),
        "seal_key": officer.seal_key.hex(),
        "admitted_by": officer.admitted_by,
        "admitted_at": officer.admitted_at,
    }
    return json.dumps(fields, separators=(",", ":")).encode()


def read_officer(payload: bytes) -> Officer:
    """Read what `write_officer` wrote.

    Raises:
        TamperedError: It is something else.
    """
    try:
        fields = json.loads(payload)
        return Officer(
            fields["officer"],
            int(fields["version"]),
            frozenset(fields["roles"]),
            bytes.fromhex(fields["signing_key"]),
            bytes.fromhex(fields["seal_key"]),
            fields["admitted_by"],
            int(fields["admitted_at"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TamperedError("an officer's entry can not be read") from error
