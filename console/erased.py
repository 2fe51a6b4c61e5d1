"""The list of what was erased, as a file beside the database and beside the backups.

    tocsin-erased: 1
    organization: alpha
    audit: 1234                 up to which entry of the audit log it is complete
    <a line of JSON for each entry that destroyed something (`casework.erased`)>
    sha256: <of everything above>

erased.list        in the node's folder
ORG.erased         in the folder of backups (setting `backup_folder`)

It is written anew after each erasure and with each backup. Without it the backup of this morning would bring back what
was erased at noon.
"""

import logging
import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from casework.erased import list_erased
from casework.errors import CaseworkError
from console.errors import BackupDamagedError, BackupForeignError
from console.home import Home, read_file, write_file
from node.errors import NodeError
from node.store.database import Store

FILE = "erased.list"
SUFFIX = ".erased"
_FORM = re.compile(
    rb"(?P<body>tocsin-erased: 1\norganization: (?P<org_id>[a-z0-9-]+)\naudit: (?P<size>[0-9]{1,18})\n"
    rb"(?P<lines>(?:\{.*\}\n)*))sha256: (?P<sha256>[0-9a-f]{64})\n"
)

logger = logging.getLogger(__name__)


class ErasedList(NamedTuple):
    """What was erased, up to an entry of the audit log."""

    org_id: str
    audit_size: int
    lines: tuple[bytes, ...]


def write_erased(home: Home, store: Store, *folders: Path) -> None:
    """Write the list into the node's folder and into others.

    Raises:
        NodeError: The database can not be read, or a file can not be written.
        CaseworkError: An entry of the audit log can not be read.
    """
    with store.read() as connection:
        erased = list_erased(connection)
    org_id = home.settings.org_id
    head = f"tocsin-erased: 1\norganization: {org_id}\naudit: {erased.audit_size}\n".encode()
    body = head + b"".join(line + b"\n" for line in erased.lines)
    content = body + f"sha256: {sha256(body).hexdigest()}\n".encode()
    write_file(home.path / FILE, content)
    for folder in folders:
        write_file(folder / f"{org_id}{SUFFIX}", content)


def note_erased(home: Home, store: Store) -> None:
    """Write the list after something was erased; where that fails it is logged, as what is erased stays so."""
    folder = home.settings.backup_folder
    try:
        write_erased(home, store, *([home.path / folder] if folder else []))
    except (NodeError, CaseworkError) as error:
        logger.warning("the list of what was erased is not written everywhere: reason=%s", error.reason)


def read_erased(path: Path, org_id: str) -> ErasedList:
    """Read a list of this organization.

    Raises:
        UnreadableError: It can not be read.
        BackupDamagedError: It is none, or is damaged.
        BackupForeignError: It is of another organization.
    """
    found = _FORM.fullmatch(read_file(path))
    if found is None or sha256(found["body"]).hexdigest().encode() != found["sha256"]:
        raise BackupDamagedError("{path} is no list of what was erased, or is damaged", path=path)
    if found["org_id"].decode() != org_id:
        raise BackupForeignError(
            "{path} is of {other}, not of {org_id}", path=path, other=found["org_id"].decode(), org_id=org_id
        )
    return ErasedList(org_id, int(found["size"]), tuple(found["lines"].splitlines()))


def lists_beside(folder: Path, backup: Path, org_id: str) -> tuple[ErasedList, ...]:
    """The lists that lie in the node's folder and beside a backup.

    Raises:
        UnreadableError: One can not be read.
        BackupDamagedError: One is damaged; without it something could come back.
    """
    places = (folder / FILE, backup.parent / f"{org_id}{SUFFIX}")
    return tuple(read_erased(path, org_id) for path in places if path.exists())
