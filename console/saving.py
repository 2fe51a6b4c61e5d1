"""Back a node up while it works: one consistent state of its database, with the files that go with it.

The lines of a backup, each JSON:

    {"backup": 1, "organization": "alpha", "revision": "0025", "made_at": 1767225600, "audit_size": 0}
    {"file": "policy.toml"}                   followed by {"piece": base64}...
    {"table": "record", "columns": [["id", "int8"], ...], "key": ["id"]}    followed by {"rows": [[...], ...]}...
    {"evidence": "<name>"}                    followed by {"piece": base64}...
    {"manifest": base64, "signature": base64, "keyid": ...}

The manifest counts and hashes all of it, says how long each log was, and is signed with the key that signs records: so
whoever puts a backup back knows that nothing is missing, and who made it. No secret key of the node is in it: those
have a copy of their own, in shares (`console.backup`); nor is a key of a month, which would undo erasing. The keys of
officers are, as each lies under a passphrase of its own.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from casework.erased import list_erased
from casework.store.evidence import EvidenceFile, evidence_files
from casework.vault import Vault
from console.archive import Lock, write_archive
from console.database import REVISION
from console.dump import Counting, Digest, rows_of, shapes
from console.home import Home, read_file
from crypto.envelope import sign_envelope
from crypto.signing import Signer
from node.store.database import Store
from node.store.heads import log_heads

FORM = 1
MANIFEST_TYPE = "application/vnd.tocsin.backup-manifest.v1+json"
BACKED_UP = re.compile(
    r"[A-Za-z0-9_-]+\.(toml|txt|json)|network/[a-z0-9.]+|keys/[a-z0-9-]+\.(pub\.hex|der)|officers/[a-z0-9-]+\.key"
)
FOLDERS = ("", "network", "keys", "officers")
SUFFIX = ".backup"
_LINE_BYTES = 256 << 10  # of rows that stand in one line, as long as one row is not more
_PIECE_BYTES = 192 << 10


class Saved(NamedTuple):
    """What was backed up.

    Attributes:
        path: The file.
        size: Its bytes.
        manifest: What it holds, as it was signed.
        lacking: Sealed files that could not be read, or are not what was sealed.
    """

    path: Path
    size: int
    manifest: dict[str, Any]
    lacking: tuple[str, ...]


def save(home: Home, signer: Signer, path: Path, lock: Lock, now: datetime) -> Saved:
    """Back a node up into a new file.

    Args:
        home: The node; it may be served meanwhile.
        signer: With the key that signs records.
        path: Of the new file.
        lock: How it is closed.
        now: Aware UTC.

    Raises:
        BackupError: The file is there already or can not be written, or one of the node's can not be read.
        NodeError: The database can not be read.
    """
    store = home.store()
    writing = _Writing(home, store, now)
    try:
        with store.read() as connection:
            size = write_archive(path, lock, writing.lines(connection, signer))
    finally:
        store.close()
    return Saved(path, size, writing.manifest, tuple(writing.lacking))


def file_name(org_id: str, now: datetime) -> str:
    """How the backup of a moment is called; by name the newest comes last."""
    return f"{org_id}-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"


def newest_backup(folder: Path, org_id: str) -> Path | None:
    """The newest backup of an organization in a folder, by its name."""
    found = sorted(folder.glob(f"{org_id}-*{SUFFIX}")) if folder.is_dir() else []
    return found[-1] if found else None


class _Writing:
    """Goes through a node once and remembers what it saw, for the manifest at the end."""

    def __init__(self, home: Home, store: Store, now: datetime) -> None:
        self._home, self._store = home, store
        self.manifest: dict[str, Any] = {
            "backup": FORM,
            "organization": home.settings.org_id,
            "revision": REVISION,
            "made_at": int(now.timestamp()),
        }
        self.lacking: list[str] = []

    def lines(self, connection: Connection, signer: Signer) -> Iterator[bytes]:
        self.manifest["audit_size"] = list_erased(connection).audit_size
        yield _line(self.manifest)
        files: dict[str, Digest] = {}
        for name in files_of(self._home.path):
            content = read_file(self._home.path / name)
            yield _line({"file": name})
            yield from _pieces((content,))
            files[name] = Digest(len(content), sha256(content).hexdigest())
        tables = {}
        for shape in shapes():
            yield _line({"table": shape.name, "columns": shape.columns, "key": shape.key})
            rows = Counting(rows_of(connection, shape))
            yield from _in_lines(rows)
            tables[shape.name] = rows.digest
        evidence = {}
        for file in evidence_files(connection):
            if self._is_whole(file):
                yield _line({"evidence": file.file})
                yield from _pieces(self._vault.read(file.file, _PIECE_BYTES))
                evidence[file.file] = Digest(file.size, file.digest.hex())
        logs = {
            one.origin_id: [one.name, one.frontier.size, one.frontier.root.hex()]
            for one in log_heads(connection)
        }
        self.manifest |= {
            "files": files,
            "tables": tables,
            "evidence": evidence,
            "lacking": self.lacking,
            "logs": logs,
        }
        signed = sign_envelope(signer, MANIFEST_TYPE, _line(self.manifest))
        yield _line(
            {
                "manifest": base64.b64encode(signed.payload).decode(),
                "signature": base64.b64encode(signed.signatures[0].sig).decode(),
                "keyid": signed.signatures[0].keyid,
            }
        )

    @property
    def _vault(self) -> Vault:
        return Vault(self._home.path / "evidence")

    def _is_whole(self, file: EvidenceFile) -> bool:
        """Whether a sealed file can be copied; one that was erased since this state is not missed."""
        if self._vault.digest_of(file.file) == (file.digest, file.size):
            return True
        with self._store.read() as now:
            if any(one.file == file.file for one in evidence_files(now)):
                self.lacking.append(file.file)
        return False


def files_of(home: Path) -> tuple[str, ...]:
    """Files of a node that are backed up, by their path in its folder."""
    found = (one for folder in FOLDERS for one in (home / folder).glob("*") if one.is_file())
    names = (one.relative_to(home).as_posix() for one in found)
    return tuple(sorted(name for name in names if BACKED_UP.fullmatch(name)))


def _in_lines(rows: Iterable[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for row in rows:
        waiting.append(row)
        size += len(row)
        if size >= _LINE_BYTES:
            yield b'{"rows":[' + b",".join(waiting) + b"]}"
            waiting, size = [], 0
    if waiting:
        yield b'{"rows":[' + b",".join(waiting) + b"]}"


def _pieces(content: Iterable[bytes]) -> Iterator[bytes]:
    for part in content:
        for start in range(0, len(part), _PIECE_BYTES):
            piece = part[start : start + _PIECE_BYTES]
            yield _line({"piece": base64.b64encode(piece).decode()})


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
