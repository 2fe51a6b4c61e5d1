"""The keys of a node through their life: made to follow, in use once the network knows them, and kept while they count.

USE.next.key, with its public half or certificate   made to follow
seal-XXXXXXXX.key                                   of before: opens what was sealed to it, as long as its time lasts
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from console.home import (
    COSIGN,
    KEY_LIFETIME,
    LOG,
    SEAL,
    SIGNING,
    TLS,
    USES,
    Home,
    make_key,
    read_file,
    write_file,
)
from crypto.certificates import spki_sha256
from crypto.keyfile import destroy_file, load_key
from crypto.sealing import SealKey, seal_key_from
from crypto.signing import Signer
from node.audience import Tier
from node.directory import Directory, Member, MemberKey, OrganizationType, Status
from node.peer_line import Credentials

NEXT = ".next"


class Ring(NamedTuple):
    """Keys of a node, one for each use: those in use, or those that are to follow."""

    signers: dict[str, Signer]  # by use; the seal key is made from its own
    line: Credentials


def open_ring(home: Home, passphrase: str | None, following: Collection[str] = ()) -> Ring:
    """Load one key for each use, and make those that are to follow where there are none yet.

    A node that was made before there were keys to cosign with gets one.

    Raises:
        CryptoError: A key can not be read or written, or the passphrase is wrong.
    """
    load_key(home.key_file(SIGNING), SIGNING, passphrase)  # so that a wrong passphrase seals no new key
    if not home.key_file(COSIGN).exists():
        make_key(home, COSIGN, COSIGN, passphrase)
    names = {use: use + NEXT if use in following else use for use in USES}
    for use in following:
        make_key(home, use, names[use], passphrase)
    secrets = {use: load_key(home.key_file(name), use, passphrase) for use, name in names.items()}
    certificate = read_file(home.path / "keys" / f"{names[TLS]}.der")
    line = Credentials(secrets.pop(TLS), certificate)
    return Ring({use: Signer(secret) for use, secret in secrets.items()}, line)


def as_member(home: Home, ring: Ring, endpoints: tuple[str, ...], now: datetime) -> Member:
    """Describe this node as a directory would; the tier is the network's to decide."""
    public = {use: signer.public_key for use, signer in ring.signers.items()}
    public[SEAL] = seal_key_from(ring.signers[SEAL]).public_key
    return _described(home, public, ring.line.certificate, endpoints, now)


def public_member(home: Home, endpoints: tuple[str, ...], now: datetime) -> Member:
    """The same from the public halves of the keys in use, which needs no passphrase.

    Raises:
        ConfigError: They can not be read.
    """
    public = {use: home.public_keys(use)[0] for use in USES if use != TLS}
    return _described(home, public, read_file(home.certificate_file), endpoints, now)


def _described(
    home: Home, public: Mapping[str, bytes], certificate: bytes, endpoints: tuple[str, ...], now: datetime
) -> Member:
    def key(use: str) -> tuple[MemberKey, ...]:
        return (MemberKey(public[use], now - timedelta(days=1), now + KEY_LIFETIME),)

    return Member(
        home.settings.org_id,
        OrganizationType[home.settings.org_type],
        Status.ACTIVE,
        Tier.PEER,
        key(SIGNING),
        key(LOG),
        (certificate,),
        endpoints,
        key(SEAL),
        key(COSIGN),
    )


def waiting(home: Home) -> tuple[str, ...]:
    """The uses for which a key was made to follow."""
    return tuple(use for use in USES if home.key_file(use + NEXT).exists())


def use_waiting(home: Home, directory: Directory) -> tuple[str, ...]:
    """Put in use what was made to follow and is known to the network now; gives for what it is.

    Cut short it is done again to its end: until a key is in its place, the one before is.

    Raises:
        ConfigError: A public half can not be read.
        UnreadableError: A file can not be written.
    """
    uses = waiting(home)
    member = directory.member(home.settings.org_id) if uses else None
    return tuple(use for use in uses if member is not None and _use_if_known(home, member, use))


def seal_keys(home: Home, passphrase: str | None, now: datetime) -> tuple[SealKey, ...]:
    """The keys that open bundles for this node: the one in use, and those of before whose time is not over.

    Raises:
        CryptoError: A key file is missing or damaged, or the passphrase is wrong.
    """
    past = [path.stem for path in _past_seal_keys(home, now, over=False)]
    files = (home.key_file(name) for name in (SEAL, *past))
    return tuple(seal_key_from(Signer(load_key(file, SEAL, passphrase))) for file in files)


def destroy_past_seal_keys(home: Home, now: datetime) -> int:
    """Destroy the seal keys whose time is over: what was sealed to them opens no more; gives how many.

    Raises:
        CryptoError: The disk refuses.
    """
    past = _past_seal_keys(home, now, over=True)
    for path in past:
        destroy_file(path)
        path.with_suffix(".pub.hex").unlink(missing_ok=True)
    return len(past)


def _use_if_known(home: Home, member: Member, use: str) -> bool:
    folder = home.path / "keys"
    if use == TLS:
        certificate = folder / f"{TLS}{NEXT}.der"
        newest = read_file(certificate if certificate.exists() else home.certificate_file)
        if spki_sha256(newest) not in map(spki_sha256, member.tls_certificates):
            return False
        if certificate.exists():
            certificate.replace(home.certificate_file)
    else:
        coming = home.public_keys(use + NEXT)
        known = {key.public_key for key in getattr(member, f"{use}_keys") if key.retirement is None}
        if not known.issuperset(coming):
            return False
        before = home.public_keys(use) if (folder / f"{use}.pub.hex").exists() else ()
        if use == SEAL and before[0] not in coming:  # else it was kept before this was cut short
            _keep_seal_key(home)
        lines = (key.hex() for key in (*coming, *(key for key in before if key not in coming)))
        write_file(folder / f"{use}.pub.hex", "\n".join(lines).encode())
    # Last: cut short before, the old key is still in use, and both are known as ours.
    home.key_file(use + NEXT).replace(home.key_file(use))
    (folder / f"{use}{NEXT}.pub.hex").unlink(missing_ok=True)
    return True


def _keep_seal_key(home: Home) -> None:
    """Give the seal key that is in use a second name, by which it is kept when another takes its place."""
    public, *_ = home.public_keys(SEAL)
    path = home.key_file(f"{SEAL}-{public.hex()[:8]}")
    if not path.exists():
        path.hardlink_to(home.key_file(SEAL))
        write_file(path.with_suffix(".pub.hex"), public.hex().encode())


def _past_seal_keys(home: Home, now: datetime, *, over: bool) -> list[Path]:
    """Files of the seal keys of before whose time, as the directory has it, is over, or of which it is not."""
    found = []
    keys = home.directory().member(home.settings.org_id).seal_keys if home.network_file.exists() else ()
    until = {f"{SEAL}-{key.public_key.hex()[:8]}": key for key in keys}
    for path in sorted((home.path / "keys").glob(f"{SEAL}-*.key")):
        key = until.get(path.stem)
        if over == (key is None or key.retirement is not None or now >= key.valid_until):
            found.append(path)
    return found
