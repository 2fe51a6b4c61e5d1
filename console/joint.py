"""Plug the directory and the node's signing key into what casework tells other organizations.

network/joint.key.hex   the key that the members of a group share, by which they find joint incidents; there may be none
"""

import os
from pathlib import Path

from casework.errors import SummaryError
from casework.publishing import Us
from console.home import SIGNING, Home, read_file, write_file
from crypto.keyfile import load_key
from crypto.signing import Signer

KEY_BYTES = 32


def us_of(home: Home, passphrase: str | None) -> Us:
    """Our organization with its signing key and the key of the group.

    Raises:
        CryptoError: The signing key is missing or damaged, or the passphrase is wrong.
        SummaryError: The key of the group is damaged.
    """
    signer = Signer(load_key(home.key_file(SIGNING), SIGNING, passphrase))
    return Us(home.settings.org_id, signer, group_key(home))


def group_key(home: Home) -> bytes:
    """The key of the group; nothing where there is none.

    Raises:
        SummaryError: It is damaged.
    """
    file = _key_file(home)
    return _read_key(file) if file.exists() else b""


def keep_group_key(home: Home, source: Path | None) -> None:
    """Make a key of the group, or keep the one in a file of a member.

    Raises:
        SummaryError: There is one already, or the file holds none.
        NodeError: It can not be read or written.
    """
    file = _key_file(home)
    if file.exists():
        raise SummaryError("there is a key of the group already: {file}", file=file)
    key = _read_key(source) if source else os.urandom(KEY_BYTES)
    file.parent.mkdir(exist_ok=True)
    write_file(file, key.hex().encode())
    file.chmod(0o600)


def _key_file(home: Home) -> Path:
    return home.path / "network" / "joint.key.hex"


def _read_key(file: Path) -> bytes:
    try:
        key = bytes.fromhex(read_file(file).decode())
    except ValueError as error:
        raise SummaryError("{name} is no key of a group", name=file.name) from error
    if len(key) != KEY_BYTES:
        raise SummaryError(
            "{name} is no key of a group: {needed} bytes are needed", name=file.name, needed=KEY_BYTES
        )
    return key
