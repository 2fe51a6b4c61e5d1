"""A server that joins each page once and keeps it: what the line carries when nothing has to be looked up.

    python -m benchmarks.prejoined HOME

Stands in for `tocsin serve`, with the same keys and checks, until it is terminated.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from console.home import Home, open_home, write_file
from console.opened import open_node
from console.together import ADDRESS_FILE
from node.audience import Tier
from node.directory import Member
from node.gate import Gatekeeper
from node.server import Exchange, make_server
from node.store.database import Store
from node.wire.exchange import decode_list_call


class Prejoined(Exchange):
    """An exchange that remembers every page it ever gave."""

    def __init__(self, org_id: str, store: Store) -> None:
        super().__init__(org_id, store)
        self._pages: dict[tuple[str, Tier], bytes] = {}

    def list_entries(self, wire: bytes, caller: Member) -> bytes:
        """ListEntries."""
        page = (decode_list_call(wire).page_token, caller.tier)
        if page not in self._pages:
            self._pages[page] = super().list_entries(wire, caller)
        return self._pages[page]


async def main(home: Home) -> None:
    """Serve."""
    node = open_node(home, None)
    gatekeeper = Gatekeeper(node.directory, lambda: datetime.now(UTC))
    exchange = Prejoined(node.org_id, node.store)
    server, port = await make_server(exchange, gatekeeper, node.own, home.settings.listen)
    await server.start()
    write_file(home.path / ADDRESS_FILE, f"127.0.0.1:{port}".encode())
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(open_home(Path(sys.argv[1]))))
