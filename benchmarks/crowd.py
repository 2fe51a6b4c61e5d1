"""Some of those who listen: subscribers of a node, or readers of the bare TLS server beside it.

    python -m benchmarks.crowd KIND HOME PORT HOW_MANY

KIND is `subscribers` or `readers`. Prints a line when all of them listen, and then, each time all of them have heard
something, when each of them had: seconds of `perf_counter`, which is one clock for all processes, as JSON.
"""

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter, time
from typing import Any
from uuid import uuid4

from benchmarks.bells import LENGTH_BYTES, show_certificate
from benchmarks.nodes import ORIGIN, open_line
from console.home import Home, open_home
from crypto.certificates import certificate_pem
from node.urgent import Subscription
from node.wire.alerts import SERVICE, SubscribeCall, encode_subscribe_call

Hear = Callable[[], Awaitable[object]]  # the next message of one listener


async def main(kind: str, home: Home, port: int, how_many: int) -> None:
    """Listen until terminated."""
    listener = {"subscribers": _subscriber, "readers": _reader}[kind]

    async def heard(hear: Hear) -> float:
        await hear()
        return perf_counter()

    async with AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(listener(home, port)) for _ in range(how_many)]
        print(flush=True)
        while True:
            print(json.dumps(await asyncio.gather(*map(heard, ears))), flush=True)


@asynccontextmanager
async def _subscriber(home: Home, port: int) -> AsyncIterator[Hear]:
    async with open_line(home, ORIGIN, f"127.0.0.1:{port}") as channel:
        subscribe: Any = channel.unary_stream(f"/{SERVICE}/Subscribe")
        after = int(time() * 1000)  # none of those that are there already
        call = SubscribeCall(str(uuid4()), Subscription(after, frozenset(), frozenset()))
        stream = subscribe(encode_subscribe_call(call))
        yield stream.read
        stream.cancel()


@asynccontextmanager
async def _reader(home: Home, port: int) -> AsyncIterator[Hear]:
    own = home.credentials(None)
    peer = home.directory().member(ORIGIN)
    context = ssl.create_default_context(cadata=certificate_pem(peer.tls_certificate).decode())
    context.check_hostname = False
    show_certificate(context, own)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)

    async def hear() -> None:
        await reader.readexactly(int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big"))

    yield hear
    writer.close()


if __name__ == "__main__":
    what, folder, address, number = sys.argv[1:]
    asyncio.run(main(what, open_home(Path(folder)), int(address), int(number)))
