"""The keys in a node's folder, one a line, as people read them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from console.differences import keys_by_use
from console.home import COSIGN, LOG, NETWORK, SEAL, SIGNING, TLS, Home, read_file
from console.keyring import NEXT
from console.network import grouped
from console.office import EPOCH
from crypto.certificates import spki_sha256, validity
from crypto.keyfile import is_protected, purpose_of
from node.directory import Member, MemberKey

KEY_HEADER = ("key", "for", "name", "state", "until", "sealed")
_FOR = {
    SIGNING: "records",
    LOG: "checkpoints of the log",
    COSIGN: "checkpoints of other members",
    SEAL: "opening bundles",
    TLS: "the line (TLS)",
    NETWORK: "roots and directories",
    EPOCH: "cases of a month",
}


def key_lines(home: Home, now: datetime) -> Iterator[Sequence[str]]:
    """Every key file with what the network knows of it; no passphrase is needed, and nothing secret is read.

    Raises:
        CryptoError: A key file is damaged, or others may read it.
        NodeError: The directory does not hold.
    """
    directory = home.directory() if home.network_file.exists() else None
    member = directory.member(home.settings.org_id) if directory else None
    known = {key.public_key: key for _, keys in keys_by_use(member) for key in keys} if member else {}
    for path in sorted((home.path / "keys").glob("*.key")):
        purpose = purpose_of(path)
        name = _name(home, path, purpose)
        if purpose in {NETWORK, EPOCH}:
            state, until = "kept here", ""
        elif purpose == TLS:
            state, until = _line(path, member)
        else:
            state, until = _state(known.get(name), known=member is not None, now=now)
        if path.stem.endswith(NEXT):
            state = f"waits: {state}"
        sealed = "under the passphrase" if is_protected(path) else "NOT SEALED: the rights of the file alone"
        yield path.stem, _FOR.get(purpose, purpose), grouped(name) if name else "", state, until, sealed


def _name(home: Home, path: Path, purpose: str) -> bytes:
    """By what people name a key; nothing where only its secret half is kept."""
    if purpose == TLS:
        return spki_sha256(read_file(path.with_suffix(".der")))
    if path.with_suffix(".pub.hex").exists():
        return home.public_keys(path.stem)[0]
    return b""


def _line(path: Path, member: Member | None) -> tuple[str, str]:
    certificate = read_file(path.with_suffix(".der"))
    until = f"{validity(certificate)[1]:%Y-%m-%d}"
    if member is None:
        return "no network yet", until
    listed = certificate in member.tls_certificates
    return ("in force" if listed else "not in the directory"), until


def _state(key: MemberKey | None, *, known: bool, now: datetime) -> tuple[str, str]:
    if key is None:
        return ("not in the directory" if known else "no network yet"), ""
    until = f"{key.valid_until:%Y-%m-%d}"
    if key.retirement is not None:
        return f"retired, counts below {key.retirement.last_good_size}", until
    return ("in force" if key.is_valid(now) else "its time is over"), until
