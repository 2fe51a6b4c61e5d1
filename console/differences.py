"""A network as people read it: every key with what became of it, and what a newer file changes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from console.home import Home, read_file
from console.network import grouped
from crypto.certificates import spki_sha256, validity
from node.directory import NO_POLICY, Directory, Member, MemberKey
from node.errors import DirectoryError
from node.trust import Document, Role, Root, Trusted, fingerprint_of
from node.wire.network import decode_directory, decode_document, decode_root

KEY_HEADER = ("whose", "key", "for", "from", "until", "state")


class Shown(NamedTuple):
    """What a file says, whether it is believed or not."""

    root: Root
    directory: Directory

    @property
    def facts(self) -> dict[str, str | int]:
        """What is said below the table."""
        return {
            "network": self.root.network,
            "root": f"{self.root.version}, until {self.root.expires:%Y-%m-%d}",
            "directory": f"{self.directory.version}, until {self.directory.expires:%Y-%m-%d}",
            "roots are signed by": _of(self.root.root),
            "directories are signed by": _of(self.root.directory),
            "checkpoints are cosigned by": _quorum(self.directory),
        }


def open_document(home: Home, file: Path | None) -> Shown:
    """Read the newest root and directory of a file as they stand there, or those that are held and verified.

    Raises:
        DirectoryError: It is no file of a network, or nothing is held.
    """
    return _shown(decode_document(read_file(file)) if file else home.network().document)


def key_lines(shown: Shown) -> Iterator[Sequence[str]]:
    """Every key of the network and of its members."""
    for use, role in (("root", shown.root.root), ("directory", shown.root.directory)):
        for key in role.keys:
            yield (
                "the network",
                key.hex(),
                use,
                f"{shown.root.issued:%Y-%m-%d}",
                f"{shown.root.expires:%Y-%m-%d}",
                "",
            )
    for member in shown.directory.members:
        for use, keys in keys_by_use(member):
            yield from (_key_line(member, use, key) for key in keys)
        for certificate in member.tls_certificates:
            span = (f"{day:%Y-%m-%d}" for day in validity(certificate))
            yield member.org_id, spki_sha256(certificate).hex(), "TLS", *span, ""


def keys_by_use(member: Member) -> tuple[tuple[str, tuple[MemberKey, ...]], ...]:
    """The keys of a member that the directory writes down with a time, by what they are for."""
    return (
        ("signing", member.signing_keys),
        ("log", member.log_keys),
        ("cosigning", member.cosign_keys),
        ("sealing", member.seal_keys),
    )


def key_names(member: Member) -> list[tuple[str, bytes]]:
    """What each key of a member is for, and its name: the public key, of a certificate the hash of its key."""
    written = [
        (use, key.public_key) for use, keys in keys_by_use(member) for key in keys if not key.retirement
    ]
    return [*written, *(("TLS", spki_sha256(one)) for one in member.tls_certificates)]


def differences(held: Trusted | None, document: Document) -> Iterator[str]:
    """What a file changes of what is held, a line each; all of it where nothing is.

    Raises:
        DirectoryError: It is no file of a network.
    """
    after = _shown(document)
    before = _shown(held.document) if held else None
    yield from _root_differences(
        before.root if before else None, after.root, fingerprint_of(document.roots[0])
    )
    yield from _member_differences(before.directory if before else None, after.directory)


def _root_differences(before: Root | None, after: Root, fingerprint: bytes) -> Iterator[str]:
    if before == after:
        return
    yield f"root {after.version} of {after.network}, valid until {after.expires:%Y-%m-%d}"
    if before is None:
        yield f"  fingerprint: {grouped(fingerprint)}"
    for use in ("root", "directory"):
        role: Role = getattr(after, use)
        past: Role | None = getattr(before, use) if before else None
        if role != past:
            yield f"  {use}: {_of(role)}"
        yield from (f"  {use}: + {key.hex()}" for key in role.keys if not past or key not in past.keys)
        yield from (f"  {use}: - {key.hex()}" for key in (past.keys if past else ()) if key not in role.keys)


def _member_differences(before: Directory | None, after: Directory) -> Iterator[str]:
    yield f"directory {after.version} of {after.network}, valid until {after.expires:%Y-%m-%d}"
    if _quorum(after) != (_quorum(before) if before else _quorum(replace(after, witnesses=NO_POLICY))):
        yield f"  checkpoints are cosigned by: {_quorum(after)}"
    known = {member.org_id: member for member in before.members} if before else {}
    for member in after.members:
        past = known.pop(member.org_id, None)
        if past is None:
            sponsors = f", sponsored by {', '.join(member.sponsors)}" if member.sponsors else ""
            kind = f"{member.type.name}, {member.tier.name.lower()}"
            yield f"  + {member.org_id} ({kind}) at {reached_at(member)}{sponsors}"
        elif past != member:
            yield from (f"  {member.org_id}: {what}" for what in _changes(past, member))
    yield from (f"  - {org_id}" for org_id in known)


def _changes(past: Member, member: Member) -> Iterator[str]:
    for field in ("type", "status", "tier"):
        was, now = getattr(past, field), getattr(member, field)
        if was != now:
            yield f"{field}: {was.name} -> {now.name}"
    if past.endpoints != member.endpoints:
        yield f"endpoint: {reached_at(past)} -> {reached_at(member)}"
    if past.clearances != member.clearances:
        yield f"clearances: {cleared(past)} -> {cleared(member)}"
    if past.sponsors != member.sponsors:
        yield f"sponsored by {', '.join(member.sponsors) or 'nobody'}"
    for (use, before), (_, now_keys) in zip(keys_by_use(past), keys_by_use(member), strict=True):
        keys = {key.public_key: key for key in before}
        for key in now_keys:
            if key.public_key not in keys:
                yield f"{use} key: + {grouped(key.public_key)}"
            elif keys[key.public_key] != key:
                yield f"{use} key: {grouped(key.public_key)} {_state(key) or f'until {key.valid_until:%Y-%m-%d}'}"
        gone = keys.keys() - {key.public_key for key in now_keys}
        yield from (f"{use} key: - {grouped(key)}" for key in sorted(gone))
    lines, now_lines = (list(map(spki_sha256, one.tls_certificates)) for one in (past, member))
    yield from (f"TLS key: + {grouped(one)}" for one in now_lines if one not in lines)
    yield from (f"TLS key: - {grouped(one)}" for one in lines if one not in now_lines)


def reached_at(member: Member) -> str:
    """Where a member answers, in words."""
    return ", ".join(member.endpoints) or "no address"


def cleared(member: Member) -> str:
    """What a member was cleared for, in words."""
    return ", ".join(f"{one.country} {one.level.name.lower()}" for one in member.clearances) or "none"


def _shown(document: Document) -> Shown:
    if not document.roots or document.directory is None:
        raise DirectoryError("the file lacks a root or a directory")
    return Shown(decode_root(document.roots[-1].payload), decode_directory(document.directory.payload))


def _key_line(member: Member, use: str, key: MemberKey) -> Sequence[str]:
    span = f"{key.valid_from:%Y-%m-%d}", f"{key.valid_until:%Y-%m-%d}"
    return member.org_id, key.public_key.hex(), use, *span, _state(key)


def _state(key: MemberKey) -> str:
    if key.retirement is None:
        return ""
    return f"{key.retirement.reason.name.lower()}, counts below {key.retirement.last_good_size}"


def _quorum(directory: Directory) -> str:
    needed, among, stale_seconds = directory.witnesses
    who = "nobody has to" if not needed else f"{needed} of {', '.join(among) or 'all members'}"
    return f"{who}; stale after {stale_seconds // 3600} h" if stale_seconds else who


def _of(role: Role) -> str:
    return f"{role.threshold} of {len(role.keys)} keys"
