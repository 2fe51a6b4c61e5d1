"""The keys of a node as one sealed file, which opens with shares of a secret that is kept nowhere else.

    tocsin-key-backup: 1
    organization: alpha
    set: 0123abcd
    body: <sealed cell, base64>

It holds every key of the node but those of the months, which are to be gone once they are destroyed; the public halves,
the file of the network and the settings. Whoever has it and too few shares has nothing.
"""

import base64
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from console.home import Home, read_file, write_file
from console.office import EPOCH
from console.shares import NEEDED, SHARES, Kind
from crypto.cell import derive_key, open_cell, seal_cell
from crypto.errors import KeyFileError, KeySharesError, KeySharesMixedError, SealError
from crypto.keyfile import load_key, purpose_of, save_key
from crypto.keyshare import SECRET_BYTES, KeyShare, combine, split
from node.config import FILE_NAME, load_settings
from node.errors import ConfigError

KIND = Kind("keys", "the backup of keys", "open that file, and with it all keys of this node")
_FILE = re.compile(
    r"(?P<header>tocsin-key-backup: 1\n"
    r"organization: (?P<org_id>[a-z0-9-]{2,63})\n"
    r"set: (?P<set_id>[0-9a-f]{8})\n)"
    r"body: (?P<body>[A-Za-z0-9+/]+={0,2})\n"
)
_MAX_BYTES = 16 * 1024 * 1024  # a network of a thousand members is less than 2 MiB


class Backup(NamedTuple):
    """A sealed file, and the shares that open it; nothing else of the secret is kept."""

    content: bytes
    shares: tuple[KeyShare, ...]


class Contents(NamedTuple):
    """What a backup holds: secrets with their purposes, and other files, by their path in the node's folder."""

    org_id: str
    keys: Mapping[str, tuple[str, bytes]]
    files: Mapping[str, bytes]


def make_backup(home: Home, passphrase: str | None, needed: int = NEEDED, of: int = SHARES) -> Backup:
    """Seal the keys of a node under a secret made of chance, and split that.

    Raises:
        CryptoError: A key can not be read, or so many shares can not be needed of so many.
    """
    folder = home.path / "keys"
    keys = {}
    for path in sorted(folder.glob("*.key")):
        purpose = purpose_of(path)
        if purpose != EPOCH:
            keys[f"keys/{path.name}"] = (purpose, load_key(path, purpose, passphrase))
    others = [*folder.glob("*.hex"), *folder.glob("*.der"), *(home.path / "network").glob("*")]
    paths = [path for path in (*others, home.path / FILE_NAME) if not path.name.startswith(".")]
    files = {str(path.relative_to(home.path)): read_file(path) for path in sorted(paths)}
    seed = secrets.token_bytes(SECRET_BYTES)
    set_id = sha256(derive_key(seed, "set of shares")).hexdigest()[:8]
    header = f"tocsin-key-backup: 1\norganization: {home.settings.org_id}\nset: {set_id}\n"
    body = {
        "keys": {name: [purpose, _base64(secret)] for name, (purpose, secret) in keys.items()},
        "files": {name: _base64(content) for name, content in files.items()},
    }
    cell = seal_cell(derive_key(seed, "backup of keys"), json.dumps(body).encode(), header.encode())
    return Backup(f"{header}body: {_base64(cell)}\n".encode(), split(seed, needed, of, set_id))


def open_backup(content: bytes, shares: Iterable[KeyShare]) -> Contents:
    """Open a backup with the shares that belong to it.

    Raises:
        KeyFileError: It is no backup, or is damaged.
        KeySharesError: The shares are too few, or of another backup.
    """
    file = _FILE.fullmatch(content.decode("ascii", errors="replace")) if len(content) <= _MAX_BYTES else None
    if file is None:
        raise KeyFileError("the file is no backup of keys, or is damaged")
    put_in = tuple(shares)
    strange = [share.set_id for share in put_in if share.set_id != file["set_id"]]
    if strange:
        raise KeySharesMixedError(
            "share: it is of set {strange}, the backup is of set {set_id}",
            strange=strange[0],
            set_id=file["set_id"],
        )
    key = derive_key(combine(put_in), "backup of keys")
    try:
        body = json.loads(open_cell(key, base64.b64decode(file["body"]), file["header"].encode()))
    except (SealError, ValueError) as error:
        raise KeySharesError("shares: they do not open this backup, or it is damaged") from error
    return Contents(
        file["org_id"],
        {name: (purpose, base64.b64decode(secret)) for name, (purpose, secret) in body["keys"].items()},
        {name: base64.b64decode(content) for name, content in body["files"].items()},
    )


def restore_keys(contents: Contents, folder: Path, passphrase: str | None) -> None:
    """Put the keys of a backup into the folder of a node, under a new passphrase; no key there is ever replaced.

    Cut short it can be done again to its end.

    Raises:
        ConfigError: The folder is that of another organization's node.
        KeyFileError: There is another key already, or a file can not be written.
    """
    if (folder / FILE_NAME).exists() and load_settings(folder).org_id != contents.org_id:
        raise ConfigError(
            "{folder} is the node of {held}, not of {org_id}",
            folder=folder,
            held=load_settings(folder).org_id,
            org_id=contents.org_id,
        )
    for path in (folder, folder / "keys", folder / "network"):
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KeyFileError("{path}: can not be made ({why})", path=path, why=error.strerror) from error
    one_of_them = folder / next(iter(contents.keys), "")
    for name, (purpose, secret) in contents.keys.items():
        if not (folder / name).exists():
            save_key(folder / name, purpose, secret, passphrase, beside=one_of_them)
        elif load_key(folder / name, purpose, passphrase) != secret:
            raise KeyFileError("{path}: is another key than the one in the backup", path=folder / name)
    # The settings last, so that a folder with settings is always a whole node.
    for name in sorted(contents.files, key=lambda name: name == FILE_NAME):
        if not (folder / name).exists():
            write_file(folder / name, contents.files[name])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
