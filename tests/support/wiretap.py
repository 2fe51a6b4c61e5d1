"""A tap in the line between two nodes: it holds the keys of both, so it reads what they say and hands it on.

Both sides speak mutual TLS over sockets of their own to the tap; what it keeps is the plaintext of those sockets.
`messages` reads that as HTTP/2 (RFC 9113) with gRPC messages in it, and refuses whatever it can not account for.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from hpack import Decoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from crypto.certificates import certificate_pem, private_key_pem, server_name
from node.directory import Member
from node.peer_line import Credentials
from tests.support.network import Network, Node

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEADER_BYTES = 9
_MESSAGE_HEADER_BYTES = 5
_CHUNK = 1 << 16
_GOODBYE_SECONDS = 0.1  # gRPC does not answer a polite end


class Headers(NamedTuple):
    """One block of headers, or of trailers after the last message, that a side sent within a call."""

    stream: int
    fields: tuple[tuple[str, str], ...]


class Said(NamedTuple):
    """One gRPC message of a call: the bytes that a side sent, without gRPC's own five before them."""

    stream: int
    wire: bytes


@dataclass
class Line:
    """What went over one connection, in plain text, from and to the member that opened it."""

    caller: str
    callee: str
    asked: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)

    def requests(self) -> list[Headers | Said]:
        """All that the caller said."""
        assert self.asked.startswith(_PREFACE)
        return list(_read(bytes(self.asked[len(_PREFACE) :])))

    def answers(self) -> list[Headers | Said]:
        """All that it was told."""
        return list(_read(bytes(self.answered)))


class Wiretap:
    """Taps every line to the nodes that are served through it; `lines` holds what it heard."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[Line] = []
        self._folder = folder
        self._contexts: dict[tuple[str, str], ssl.SSLContext] = {}

    def tapped(self, node: Node, *callers: Node) -> "Tapped":
        """The node as these others reach it: through the tap."""
        return Tapped(self, node, callers)

    def inwards(self, node: Node, callers: tuple[Node, ...]) -> ssl.SSLContext:
        """TLS as the node itself would speak it to these callers."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        return self._pinned(context, node.credentials, *(one.credentials for one in callers))

    def outwards(self, caller: Node, node: Node) -> ssl.SSLContext:
        """TLS as the caller itself would speak it to the node."""
        known = (caller.org_id, node.org_id)
        if known not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._contexts[known] = self._pinned(context, caller.credentials, node.credentials)
        return self._contexts[known]

    def _pinned(self, context: ssl.SSLContext, own: Credentials, *trusted: Credentials) -> ssl.SSLContext:
        file = self._folder / "own.pem"  # the library takes keys from files alone
        file.write_bytes(private_key_pem(own.key) + certificate_pem(own.certificate))
        context.load_cert_chain(file)
        file.unlink()
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=b"".join(one.certificate for one in trusted))
        context.set_alpn_protocols(["h2"])
        return context


class Tapped:
    """A node behind the tap; serves like the node itself."""

    def __init__(self, tap: Wiretap, node: Node, callers: tuple[Node, ...]) -> None:
        self._tap = tap
        self._node = node
        self._callers = {one.credentials.certificate: one for one in callers}
        self._inwards = tap.inwards(node, callers)

    @asynccontextmanager
    async def serving(self, network: Network) -> AsyncIterator[Member]:
        """Run the node's server and the tap in front of it; gives the member with the endpoint of the tap."""
        async with self._node.serving(network) as member:
            port = int(member.endpoints[0].rpartition(":")[2])

            async with asyncio.TaskGroup() as joined:

                def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                    lines.append(joined.create_task(self._join(port, reader, writer)))

                lines: list[asyncio.Task[None]] = []
                tap = await asyncio.start_server(
                    join, "127.0.0.1", 0, ssl=self._inwards, ssl_shutdown_timeout=_GOODBYE_SECONDS
                )
                yield member._replace(endpoints=(f"127.0.0.1:{tap.sockets[0].getsockname()[1]}",))
                tap.close()
                for line in lines:
                    line.cancel()

    async def _join(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = self._callers[writer.get_extra_info("ssl_object").getpeercert(binary_form=True)]
        line = Line(caller.org_id, self._node.org_id)
        self._tap.lines.append(line)
        context = self._tap.outwards(caller, self._node)
        name = server_name(self._node.org_id)
        try:
            back, out = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
            try:
                await asyncio.gather(_pass_on(reader, out, line.asked), _pass_on(back, writer, line.answered))
            finally:
                out.transport.abort()
        except OSError:  # one side has hung up, or does not let the other in
            pass
        finally:
            writer.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            kept += chunk
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()


def _read(plain: bytes) -> Iterator[Headers | Said]:
    """Read one side of a connection; a message that was cut off at its end was never said.

    Raises:
        HyperframeError, HPACKError, AssertionError: It is no HTTP/2, or something that gRPC does not send.
    """
    decoder = Decoder(max_header_list_size=_CHUNK)
    block = b""
    unread: dict[int, bytearray] = {}
    for frame in _frames(plain):
        match frame:
            case HeadersFrame() | ContinuationFrame():
                block += frame.data
                if "END_HEADERS" in frame.flags:
                    fields = tuple((str(name), str(value)) for name, value in decoder.decode(block))
                    yield Headers(frame.stream_id, fields)
                    block = b""
            case DataFrame():
                waiting = unread.setdefault(frame.stream_id, bytearray())
                waiting += frame.data
                for wire in _messages(waiting):
                    yield Said(frame.stream_id, wire)
            case GoAwayFrame():
                yield Headers(0, ((":goodbye", frame.additional_data.decode()),))
            case SettingsFrame() | WindowUpdateFrame() | PingFrame() | RstStreamFrame():
                pass  # numbers about the line itself
            case _:
                raise AssertionError(f"{frame} is nothing that gRPC sends")


def _frames(plain: bytes) -> Iterator[Frame]:
    view = memoryview(plain)
    while len(view) >= _FRAME_HEADER_BYTES:
        frame, length = Frame.parse_frame_header(view[:_FRAME_HEADER_BYTES], strict=True)
        body, view = (
            view[_FRAME_HEADER_BYTES : _FRAME_HEADER_BYTES + length],
            view[_FRAME_HEADER_BYTES + length :],
        )
        if len(body) == length:
            frame.parse_body(body)
            yield frame


def _messages(waiting: bytearray) -> Iterator[bytes]:
    """Take whole messages from the front of a stream's bytes."""
    while len(waiting) >= _MESSAGE_HEADER_BYTES:
        assert waiting[0] == 0, "a compressed message could hold anything"
        end = _MESSAGE_HEADER_BYTES + int.from_bytes(waiting[1:_MESSAGE_HEADER_BYTES], "big")
        if len(waiting) < end:
            return
        yield bytes(waiting[_MESSAGE_HEADER_BYTES:end])
        del waiting[:end]
