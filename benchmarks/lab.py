"""What the measurements share: sizes, networks that were made once, and new databases of each kind."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Literal, Self, TypeAlias

from benchmarks.nodes import Network, make_network
from tests.support.postgres import Server, running_server

Engine: TypeAlias = Literal["sqlite", "postgresql"]


class Lab:
    """A folder in which everything happens; use it as a context manager.

    Attributes:
        sizes: Numbers of records, ascending.
        counted: Numbers of incidents over which questions are asked, ascending; nothing of them is signed.
        engines: Databases to measure on.
    """

    def __init__(
        self, folder: Path, sizes: tuple[int, ...], engines: tuple[Engine, ...], counted: tuple[int, ...] = ()
    ) -> None:
        self.sizes = sizes
        self.counted = counted or sizes
        self.engines = engines
        self._folder = folder
        self._networks: dict[int, Network] = {}
        self._names = count(1)
        self._servers = ExitStack()
        self._postgresql: Server | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._servers.close()

    def rounds(self, size: int) -> int:
        """How often to measure: seven times where that is cheap, else five."""
        return 7 if size == self.sizes[0] else 5

    def network(self, size: int) -> Network:
        """A network whose origin has a log of so many records."""
        if size not in self._networks:
            folder = self.folder()
            self._networks[size] = make_network(folder, size)
        return self._networks[size]

    def folder(self) -> Path:
        """A new, empty folder."""
        folder = self._folder / str(next(self._names))
        folder.mkdir()
        return folder

    @property
    def database_pid(self) -> int:
        """The server of PostgreSQL, whose children work for it; only while a database of it is in use."""
        assert self._postgresql is not None, "no PostgreSQL has been started"
        return int((self._postgresql.data / "postmaster.pid").read_text().split()[0])

    @contextmanager
    def database(self, engine: Engine) -> Iterator[str]:
        """URL of a new, empty database; gone afterwards."""
        if engine == "postgresql":
            if self._postgresql is None:
                self._postgresql = self._servers.enter_context(running_server())
            with self._postgresql.database() as url:
                yield url
            return
        file = self.folder() / "node.db"
        yield f"sqlite:///{file}"
        for part in file.parent.iterdir():
            part.unlink()
