"""Know a database again that was restored or copied.

log.size    how long our log was when this folder was last used; a file that is never replaced, only written over

Who restores or copies a folder makes this file anew, and with it its number in the file system; who restores the
database alone has fewer entries in it than the file says. Neither is seen when a whole machine is set back: so `tocsin
serve` asks the members each time it starts.
"""

from datetime import UTC, datetime
from pathlib import Path

from casework.store.post import note_restored
from node.errors import UnreadableError
from node.restored import note_place
from node.store.database import Store

FILE = "log.size"


def note_opened(folder: Path, store: Store, org_id: str, *, in_network: bool) -> None:
    """Look whether a database that was opened is the one that was here last.

    Raises:
        UnreadableError: The file can not be read or written.
    """
    path = folder / FILE
    try:
        with path.open("a+") as file:  # makes it where there is none, and never another one
            file.seek(0)
            found = file.read(20)
        seen = int(found) if found.isdecimal() else 0
        size = note_place(
            store,
            org_id,
            str(path.stat().st_ino),
            seen=seen,
            in_network=in_network,
            restored_too=lambda connection: note_restored(connection, org_id, datetime.now(UTC)),
        )
        if size > seen:
            path.write_text(str(size))
    except OSError as error:
        raise UnreadableError("{path} can not be written: {why}", path=path, why=error.strerror) from error
