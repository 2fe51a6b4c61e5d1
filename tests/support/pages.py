"""The pages of one node of a network in this process, with its line to others that really serve."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import update

from console.home import Home, make_home
from console.web.accounts import add_account, find_account
from console.web.line import Line
from console.web.roles import Role
from console.web.sessions import open_session
from console.web.tables import account
from console.web.visit import Works
from node.bounds import Bounds
from node.config import new_settings
from node.directory import Directory, Member
from tests.console.command_line import machine
from tests.support.browser import Browser, console
from tests.support.network import Network, Node, seal_of

PASSPHRASE = "several words that nobody says"
SECRET = "JBSWY3DPEHPK3PXP" * 2


@dataclass(frozen=True)
class MemberHome(Home):
    """A folder whose node belongs to a network that no file describes."""

    network_of: Network | None = None
    node: Node | None = None

    def directory(self) -> Directory:
        assert self.network_of is not None
        return self.network_of.current()

    def bounds(self) -> Bounds:
        assert self.node is not None
        assert self.network_of is not None
        return self.node.bounds(self.network_of)


class Pages:
    """A browser for a focal point and a coordinator, and the members that can be reached."""

    def __init__(self, works: Works, port: int, reached: set[str]) -> None:
        self.works = works
        self.reached = reached
        self._port = port

    def of(self, role: Role) -> Browser:
        """A browser of somebody with a role, signed in just now."""
        with self.works.store.write() as connection:
            found = find_account(connection, role.replace("_", "-"))
            assert found is not None
            token = open_session(connection, found.key, self.works.clock())
        return Browser(self._port, {"tocsin": token})


@contextmanager
def pages(network: Network, node: Node, folder: Path, *others: Node) -> Iterator[Pages]:
    """Run the console of a node while others serve; who is not in `reached` can not be reached."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, machine(), clear=True))
        loop = stack.enter_context(_running_loop())
        served = {one.org_id: stack.enter_context(_served(one, network, loop)) for one in others}
        reached = set(served)

        def directory() -> Directory:
            known = network.current()
            ends = {name: member for name, member in served.items() if name in reached}
            members = tuple(
                one._replace(endpoints=ends[one.org_id].endpoints) if one.org_id in ends else one
                for one in known.members
            )
            return replace(known, members=members)

        kind = network.directory.member(node.org_id).type.name
        settings = new_settings(org_id=node.org_id, org_type=kind, log_slot_seconds=0)
        made = make_home(folder / node.org_id, settings, None)
        made.network_file.parent.mkdir(exist_ok=True)
        made.network_file.touch()
        home = MemberHome(made.path, made.settings, network, node)
        for role in (Role.FOCAL_POINT, Role.COORDINATOR):
            with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
                add_account(node.store, role.replace("_", "-"), [role], PASSPHRASE, network.now)
        with node.store.write() as connection:
            connection.execute(update(account).values(second_step=SECRET))
        works = Works(
            home,
            node.store,
            node.identity,
            lambda: network.now,
            lambda: (seal_of(node.identity),),
            line=Line(loop, directory, lambda: node.credentials),
        )
        yield Pages(works, stack.enter_context(console(works)), reached)


@contextmanager
def _running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def _served(node: Node, network: Network, loop: asyncio.AbstractEventLoop) -> Iterator[Member]:
    serving = node.serving(network)
    yield asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result()
    asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result()
