"""Whoever works at a node in the week: in this process, or in one that is killed at a write."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import pytest

from console.for_cases import CaseDatabase
from console.home import Home
from console.office import Office
from crypto.signing import Signer
from node.client import PeerClient
from node.directory import Directory, Member
from node.logbook import Identity
from node.peer_line import Credentials
from node.store.database import Store
from node.sync import pull
from tests.support.faults import Flavour, failing_at
from tests.support.network import Node
from tests.support.processes import exit_code


class Hands(NamedTuple):
    """A node, its office where it follows cases, and what its clock shows."""

    node: Node
    office: Office | None
    now: datetime


Work: TypeAlias = Callable[[Hands], Any]
"""Something that is done at a node, which can be sent to another process and done again."""


SPOILED_BY: tuple[Callable[[pytest.MonkeyPatch], None], ...] = ()
"""Mistakes that are planted in processes that are killed."""


class _Errand(NamedTuple):
    url: str
    org_id: str
    seeds: tuple[bytes, bytes]
    credentials: Credentials
    home: Home | None
    now: datetime
    work: Work
    number: int
    flavour: Flavour
    spoiled_by: tuple[Callable[[pytest.MonkeyPatch], None], ...]


def pulls_from(hands: Hands, peer: Member, directory: Directory) -> None:
    """Pull from a member."""

    async def run() -> None:
        async with PeerClient(peer, hands.node.credentials) as line:
            await pull(
                hands.node.store, line, directory, clock=lambda: hands.now, identity=hands.node.identity
            )

    asyncio.run(run())


def kill(hands: Hands, work: Work, number: int, flavour: Flavour) -> int:
    """Let a process do something up to a write, which is the last thing it does; gives its exit code."""
    node, office = hands.node, hands.office
    url = node.store.engine.url.render_as_string(hide_password=False)
    seeds = (node.identity.signing.seed, node.identity.log.seed)
    home = office.home if office else None
    errand = _Errand(
        url, node.org_id, seeds, node.credentials, home, hands.now, work, number, flavour, SPOILED_BY
    )
    return exit_code(_run, errand)


def _run(errand: _Errand) -> None:
    logging.disable(logging.CRITICAL)
    for plant in errand.spoiled_by:
        plant(pytest.MonkeyPatch())
    signing, log = map(Signer, errand.seeds)
    node = Node(Identity(errand.org_id, signing, log), errand.credentials, Store(errand.url))
    office = office_of(errand.home, node.store, lambda: errand.now) if errand.home else None
    with failing_at(node.store, errand.number, errand.flavour):
        errand.work(Hands(node, office, errand.now))


def office_of(home: Home, store: Store, clock: Callable[[], datetime]) -> Office:
    """The office of a node, on the very connections of the node: so its writes go wrong as those of the node do."""
    office = Office(home, clock)
    office.database.store.close()
    office.database = CaseDatabase(store)
    return office
