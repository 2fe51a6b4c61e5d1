"""Some of those who listen: subscribers of a node, or readers of the bare TLS server beside it.

    python -m benchmarks.crowd KIND HOME PORT HOW_MANY

KIND is `subscribers` or `readers`. Both are as light as they can be, as subscribers live on machines of their own: what
a client library takes there is not what the node takes here. So a subscriber speaks just enough HTTP/2 to hear.

Prints a line when all of them listen, and then, each time all of them have heard something, when each of them had:
seconds of `perf_counter`, which is one clock for all processes, as JSON.
"""

import asyncio
import json
import ssl
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter, time
from uuid import uuid4

from hpack import Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from benchmarks.bells import LENGTH_BYTES, show_certificate
from benchmarks.nodes import ORIGIN
from console.home import Home, open_home
from crypto.certificates import certificate_pem
from node.urgent import Subscription
from node.wire.alerts import SERVICE, SubscribeCall, encode_subscribe_call

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113, 3.4
FRAME_HEAD_BYTES = 9
WINDOW_BYTES = 2**24
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
    context = _tls(home)
    context.set_alpn_protocols(["h2"])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(PREFACE + b"".join(one.serialize() for one in _subscribing()))

    async def hear() -> None:
        while True:
            frame, length = Frame.parse_frame_header(memoryview(await reader.readexactly(FRAME_HEAD_BYTES)))
            body = await reader.readexactly(length)
            if isinstance(frame, DataFrame):
                return
            if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
                writer.write(SettingsFrame(0, flags=["ACK"]).serialize())
            elif isinstance(frame, PingFrame) and "ACK" not in frame.flags:
                writer.write(PingFrame(0, body, flags=["ACK"]).serialize())
            elif isinstance(frame, (RstStreamFrame, GoAwayFrame)):
                raise RuntimeError("the node ended a stream")

    yield hear
    writer.close()


def _subscribing() -> Iterator[Frame]:
    """The frames that open a stream of alerts, with room for all that will come."""
    after = int(time() * 1000)  # none of those that are there already
    call = encode_subscribe_call(SubscribeCall(str(uuid4()), Subscription(after, frozenset(), frozenset())))
    yield SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: WINDOW_BYTES})
    yield WindowUpdateFrame(0, WINDOW_BYTES)
    names = {":method": "POST", ":scheme": "https", ":path": f"/{SERVICE}/Subscribe", ":authority": ORIGIN}
    heads = [*names.items(), ("te", "trailers"), ("content-type", "application/grpc")]
    yield HeadersFrame(1, Encoder().encode(heads), flags=["END_HEADERS"])
    yield DataFrame(1, struct.pack(">xI", len(call)) + call, flags=["END_STREAM"])


@asynccontextmanager
async def _reader(home: Home, port: int) -> AsyncIterator[Hear]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=_tls(home))

    async def hear() -> None:
        await reader.readexactly(int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big"))

    yield hear
    writer.close()


def _tls(home: Home) -> ssl.SSLContext:
    """A side that shows the certificate of a node and accepts only that of the origin."""
    peer = home.directory().member(ORIGIN)
    context = ssl.create_default_context(cadata=certificate_pem(peer.tls_certificates[0]).decode())
    context.check_hostname = False
    show_certificate(context, home.credentials(None))
    return context


if __name__ == "__main__":
    what, folder, address, number = sys.argv[1:]
    asyncio.run(main(what, open_home(Path(folder)), int(address), int(number)))
