"""The composition root of the anonymous form, a process of its own.

It opens no key of the node, signs nothing and knows no officer's secret: whoever breaks into it from the page that
strangers reach finds what is sent in from then on, and nothing else.
"""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

from console.home import Home
from console.office import Office
from console.web.listening import Place, read_place
from console.web.tips.edge import serve_tips


def serve_reports(home: Home, listen: str, ready: Callable[[str], None]) -> None:
    """Serve the form until the process is told to stop.

    Args:
        home: The node.
        listen: host:port; port 0 takes a free one.
        ready: Called with host:port once it listens.

    Raises:
        WebAddressError: It can not be listened there.
        OfficerError: There is no officer.
        NodeError: There is no node, or its database can not be used.
    """
    place = read_place("--listen", listen)
    office = Office(home)
    try:
        asyncio.run(_serve(office, place, ready))
    finally:
        office.database.store.close()


async def _serve(office: Office, place: Place, ready: Callable[[str], None]) -> None:
    serving = asyncio.create_task(serve_tips(office.home, office.intake(), place, ready))
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving
