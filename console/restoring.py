"""Put a backup back: all of it is read, verified and made again beside its place, and only then put there.

Verified is that the file is whole and unchanged, that this organization signed it, and that every table, read again
from the new database, is the one that was backed up. What was erased since then is erased again before anybody can
read it. The database comes last into its place: cut short before, nothing is there, and the same command does it again.

.restoring/        where it is made
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, inspect

from casework.erased import erase_again
from casework.errors import CaseworkError
from casework.store.people import all_keys
from casework.store.tips import tip_keys
from console.archive import Key, read_archive, sync_folder
from console.database import REVISION, is_known, migrate
from console.dump import (
    Shape,
    as_table,
    bytes_in,
    check_shape,
    digest_of,
    fields_of,
    put_rows,
    shape_in,
    text_in,
)
from console.erased import ErasedList, lists_beside, read_erased
from console.errors import (
    BackupDamagedError,
    BackupError,
    BackupForeignError,
    BackupNewerError,
    ErasedUnknownError,
)
from console.home import Home
from console.saving import BACKED_UP, MANIFEST_TYPE
from crypto.envelope import Envelope, Signature, verify_envelope
from crypto.errors import CryptoError
from node.config import FILE_NAME, Settings, load_settings
from node.store.database import Store
from node.store.places import Place, put_place

STAGE = ".restoring"
DATABASE = "node.db"
BESIDE = ".of-backup"


class Wanted(NamedTuple):
    """What is to be put back, and how far it is believed.

    Attributes:
        path: The backup.
        key: That opens it.
        erased: Lists of what was erased, beside those that lie in the node's folder and by the backup.
        signer: Public key that has to have signed it, where the node has no keys yet.
        erased_unknown: Whether to go on where nobody knows what was erased since.
    """

    path: Path
    key: Key
    erased: Sequence[Path] = ()
    signer: bytes | None = None
    erased_unknown: bool = False


class Restored(NamedTuple):
    """What was put back.

    Attributes:
        manifest: Of the backup.
        kept: Files that were there already and are others.
        months: Under the keys of which cases lie that are not in the folder of keys, such as 2026-11.
    """

    manifest: dict[str, Any]
    kept: tuple[str, ...]
    months: tuple[str, ...]


def restore(wanted: Wanted, folder: Path) -> Restored:
    """Put a backup into the folder of a node that has no database; files that are there stay.

    Raises:
        BackupError: It is damaged, of another, or there is a database already; nothing was put in place.
        NodeError: The database refused.
        CryptoError: A key can not be read.
    """
    if (folder / DATABASE).exists():
        raise BackupError(
            "{path} is there: move it away first, a database is never replaced", path=folder / DATABASE
        )
    with _stage(folder) as stage:
        lines = read_archive(wanted.path, wanted.key)
        reading = _Reading(lines, stage, folder, wanted)
        reading.restore()
        if (stage / DATABASE).exists():
            reading.put()
            (stage / DATABASE).rename(folder / DATABASE)
            sync_folder(folder)
    return Restored(reading.manifest, tuple(reading.kept), reading.months)


@contextmanager
def _stage(folder: Path) -> Iterator[Path]:
    stage = folder / STAGE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(stage, ignore_errors=True)  # left by one that was killed
        stage.mkdir(mode=0o700)
        yield stage
    except OSError as error:
        raise BackupError("{folder} can not be written: {why}", folder=folder, why=error.strerror) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


class _Reading:
    """Goes through the lines of one backup, and makes again what they say."""

    def __init__(self, lines: Iterator[bytes], stage: Path, folder: Path, wanted: Wanted) -> None:
        self._lines = (fields_of(line) for line in lines)
        self._stage, self._folder, self._wanted = stage, folder, wanted
        self._shapes: list[Shape] = []
        self._files: dict[str, list[object]] = {}
        self._evidence: dict[str, list[object]] = {}
        self.manifest: dict[str, Any] = {}
        self.kept: list[str] = []
        self.months: tuple[str, ...] = ()

    def restore(self) -> None:
        first = next(self._lines, {})
        revision = text_in(first, "revision")
        if not is_known(revision):
            raise BackupNewerError(
                "this backup is of revision {revision}, this version of Tocsin knows up to {known}: "
                "install the version that made it, or a newer one",
                revision=revision[:20],
                known=REVISION,
            )
        line = self._take_files(next(self._lines, {}))
        settings = self._settings()
        org_id = text_in(first, "organization")
        if settings.org_id != org_id:
            raise BackupForeignError(
                "this is a backup of {org_id}, not of {own}", org_id=org_id, own=settings.org_id
            )
        erased = self._lists(org_id, first.get("audit_size"))
        store = Store(settings.database_url or f"sqlite:///{self._stage.resolve() / DATABASE}")
        try:
            with store.write() as connection:
                if inspect(connection).get_table_names():
                    raise BackupError(
                        "the database of the settings holds tables already: make an empty one first"
                    )
                migrate(connection, revision)
                line = self._take_tables(connection, line)
                self._verify(self._take_evidence(line), settings)
                self._compare(first, connection)
                migrate(connection)
                self._erase(connection, erased)
                self.months = self._missing_months(connection)
                put_place(
                    connection, Place("", unasked=True)
                )  # which the next who opens it knows as another one
                if (
                    settings.database_url
                ):  # it is in its place with the commit, so what goes with it comes before
                    self.put()
        finally:
            store.close()

    def _take_files(self, line: dict[str, Any]) -> dict[str, Any]:
        while "file" in line:
            name = text_in(line, "file")
            if not BACKED_UP.fullmatch(name):
                raise BackupDamagedError(
                    "the backup holds a file {name!r}, which is none of a node", name=name[:60]
                )
            line = self._take_pieces(self._stage / name, self._files, name)
        return line

    def _take_tables(self, connection: Connection, line: dict[str, Any]) -> dict[str, Any]:
        while "table" in line:
            shape = shape_in(line)
            check_shape(connection, shape)
            self._shapes.append(shape)
            connection.execute(as_table(shape).delete())  # what a revision put into a new database
            line = next(self._lines, {})
            while "rows" in line:
                put_rows(connection, shape, line["rows"])
                line = next(self._lines, {})
        return line

    def _take_evidence(self, line: dict[str, Any]) -> dict[str, Any]:
        while "evidence" in line:
            name = text_in(line, "evidence")
            if not name.isalnum() or len(name) != 32:
                raise BackupDamagedError("the backup holds a sealed file of another name than any has")
            line = self._take_pieces(self._stage / "evidence" / name, self._evidence, name)
        return line

    def _take_pieces(self, path: Path, taken: dict[str, list[object]], name: str) -> dict[str, Any]:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        digest, size, line = sha256(), 0, next(self._lines, {})
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            while "piece" in line:
                piece = bytes_in(line, "piece")
                digest.update(piece)
                size += file.write(piece)
                line = next(self._lines, {})
            file.flush()
            os.fsync(file.fileno())
        taken[name] = [size, digest.hexdigest()]
        return line

    def _settings(self) -> Settings:
        """Those that are here, else those of the backup."""
        return load_settings(self._folder if (self._folder / FILE_NAME).exists() else self._stage)

    def _verify(self, line: dict[str, Any], settings: Settings) -> None:
        """Read the manifest, and hold against it what was read."""
        if next(self._lines, None) is not None or "manifest" not in line:
            raise BackupDamagedError("the backup does not end with its manifest")
        signature = Signature(bytes_in(line, "signature"), text_in(line, "keyid"))
        envelope = Envelope(bytes_in(line, "manifest"), MANIFEST_TYPE, (signature,))
        try:
            verify_envelope(envelope, {MANIFEST_TYPE}, self._signers(settings))
        except CryptoError as error:
            raise BackupForeignError(
                "the backup is not signed by {own}: put the keys of the node back first (tocsin keys "
                "restore), or name its key with --signer",
                own=settings.org_id,
            ) from error
        self.manifest = fields_of(envelope.payload)
        if self._files != self.manifest.get("files") or self._evidence != self.manifest.get("evidence"):
            raise BackupDamagedError("files of the backup are not those of its manifest")

    def _signers(self, settings: Settings) -> set[bytes]:
        known = {self._wanted.signer} if self._wanted.signer else set()
        if (self._folder / "keys" / "signing.pub.hex").exists():
            known |= set(Home(self._folder, settings).origin().signing_keys)
        return known

    def _compare(self, first: dict[str, Any], connection: Connection) -> None:
        """Read every table again from the new database: it has to be the one that was backed up."""
        tables = {shape.name: list(digest_of(connection, shape)) for shape in self._shapes}
        wanted = self.manifest.get("tables", {})
        for name in sorted(tables.keys() | wanted.keys()):
            if tables.get(name) != wanted.get(name):
                raise BackupDamagedError("the table {name} is not the one of the manifest", name=name)
        if any(self.manifest.get(name) != said for name, said in first.items()):
            raise BackupDamagedError("the backup begins otherwise than its manifest says")

    def _lists(self, org_id: str, audit_size: object) -> tuple[ErasedList, ...]:
        """What is known to have been erased; where nobody knows, nothing is put back unless somebody says so."""
        found = (
            *lists_beside(self._folder, self._wanted.path, org_id),
            *(read_erased(path, org_id) for path in self._wanted.erased),
        )
        if not isinstance(audit_size, int):
            raise BackupDamagedError("a line of the backup lacks audit_size")
        newer = any(one.audit_size >= audit_size for one in found)
        if audit_size and not newer and not self._wanted.erased_unknown:
            raise ErasedUnknownError(
                "this backup holds cases, and no list says what was erased after it: name the newest with --erased, "
                "or say --erased-unknown"
            )
        return found

    def _erase(self, connection: Connection, erased: Sequence[ErasedList]) -> None:
        try:
            for one in erased:
                for file in erase_again(connection, one.lines):
                    (self._stage / "evidence" / file).unlink(missing_ok=True)
        except CaseworkError as error:
            raise BackupDamagedError("the list of what was erased: {error}", error=error) from error

    def _missing_months(self, connection: Connection) -> tuple[str, ...]:
        used = {key.epoch for key in (*all_keys(connection), *tip_keys(connection))}
        return tuple(sorted(one for one in used if not (self._folder / "keys" / f"epoch-{one}.key").exists()))

    def put(self) -> None:
        """Put files in their places; where another is there already it stays, and that of the backup lies beside it."""
        for name in (*self._files, *(f"evidence/{name}" for name in self._evidence)):
            source, place = self._stage / name, self._folder / name
            if not source.exists():  # it was erased
                continue
            if not place.exists():
                place.parent.mkdir(mode=0o700, exist_ok=True)
                source.rename(place)
                sync_folder(place.parent)
            elif name in self._files and place.read_bytes() != source.read_bytes():
                source.rename(place.with_name(place.name + BESIDE))
                self.kept.append(name)
