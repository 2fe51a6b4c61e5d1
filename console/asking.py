"""Questions over the line: asked of our own node, and answered with everything that must stand beside the figures."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from console.cells import sentence
from console.home import Home
from console.remarks import remarks
from node.client import PeerClient
from node.coordinating import ask_over_the_line
from node.measures import Query
from node.query import answer
from node.query_text import read_query, write_query
from node.store.database import Store
from node.wire.coordinating import Told


def ask_at(home: Home, passphrase: str | None, address: str, query: Query) -> Told:
    """Ask our own node at an address, over the line, as somebody who has its keys.

    Raises:
        NodeError: It can not be reached, or refuses.
        CryptoError: Our keys can not be read.
    """
    own = home.directory().member(home.settings.org_id)._replace(endpoints=(address,))

    async def call() -> Told:
        async with PeerClient(own, home.credentials(passphrase)) as client:
            return await ask_over_the_line(client, write_query(query))

    return asyncio.run(call())


def asker(store: Store, clock: Callable[[], datetime]) -> Callable[[str], Told]:
    """What answers a question that is written as the text of a link.

    Args:
        store: Of the node.
        clock: Tells the time, aware UTC; without an as-of day a question is as of today.
    """

    def ask(text: str) -> Told:
        found = answer(store, read_query(text, clock().date()))
        notes = {name: sentence(note) for name, note in remarks(found).items()}
        return Told(found.header, found.rows, notes)

    return ask
