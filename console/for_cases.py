"""What casework asks of a node: its database, and who belongs to its network.

Whoever serves a node to members needs these, and nothing of an office.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection

from casework.errors import CaseStoreError
from node.directory import Directory, Status
from node.errors import NodeError
from node.store.database import Store


class CaseDatabase:
    """The node's database as casework asks for it; its errors are casework's."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read one consistent state.

        Raises:
            CaseStoreError: The database can not be read.
        """
        with case_errors(), self.store.read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Write in one transaction, while nobody else writes.

        Raises:
            CaseStoreError: The database refused, or another writer did not finish in time.
        """
        with case_errors(), self.store.write() as connection:
            yield connection


class DirectoryMembers:
    """The members of the directory, as casework asks for them."""

    def __init__(
        self, directory: Callable[[], Directory], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._directory = directory
        self._clock = clock

    def keys(self) -> Mapping[str, tuple[bytes, ...]]:
        """Public signing keys that are valid now, of every active member by its id.

        Raises:
            NodeError: This node belongs to no network, or the directory does not hold or has expired.
        """
        directory, now = self._directory(), self._clock()
        directory.verify_current(now)
        return {
            member.org_id: tuple(key.public_key for key in member.signing_keys if key.is_valid(now))
            for member in directory.members
            if member.status is Status.ACTIVE
        }


@contextmanager
def case_errors() -> Iterator[None]:
    """Say in casework's words what the database refused.

    Raises:
        CaseStoreError: It refused something.
    """
    try:
        yield
    except NodeError as error:
        raise CaseStoreError(str(error)) from error
