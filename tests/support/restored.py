"""A node that was put back as it was before, and a member that holds what was lost."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from console.confirming import Asking, ask_members
from node.store.database import Store
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.network import NOW, Network, Node


def backed_up(database: Path, to: Path) -> None:
    """Copy a database as it is now, whatever lies in its journal."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


class Copied:
    """A node that shared something, was put back as it was before, and a member that holds what was lost."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.network = network
        self.alpha, self.beta = network.node("alpha"), network.node("beta")
        self.alpha.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)
        self.alpha.shares("a")
        assert network.sync(self.beta, self.alpha).error is None
        file = folder / "old.db"
        backed_up(Path(str(self.alpha.store.engine.url.database)), file)
        self.alpha.shares("b")
        assert network.sync(self.beta, self.alpha).error is None
        self.old = replace(self.alpha, store=Store(f"sqlite:///{file}"))

    def asks(self, whom: Node | None = None, *, reached: bool = True) -> list[str]:
        """Let the copy ask the member, who can be reached or not; gives those who answered."""
        old = whom or self.old

        async def run() -> list[str]:
            async with self.beta.serving(self.network) as beta:
                self.network.admit(beta if reached else beta._replace(endpoints=("127.0.0.1:1",)))
                directory = self.network.directory
                who = Asking(old.org_id, old.store, old.credentials, directory)
                return [one.org_id for one in await ask_members(who, NOW) if not one.error]

        return asyncio.run(run())
