"""A line of TCP that has bad days: it is slow, is cut, or says nothing any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

_PIECE = 4_096


class Kind(StrEnum):
    """What becomes of what is sent."""

    CLEAR = "clear"
    LATE = "late"  # each piece arrives after a while
    CUT = "cut"  # reset after some bytes of the answer
    DEAF = "deaf"  # taken, and never answered
    HALF_OPEN = "half open"  # the answer ends in the middle, and nobody says so


class Weather(NamedTuple):
    """How a line is now; `after` counts bytes of the answer, `seconds` hold up each piece."""

    kind: Kind = Kind.CLEAR
    after: int = 0
    seconds: float = 0.0


CLEAR = Weather()


@dataclass
class Line:
    """The way to one server; the weather may change at any time and is that of the connections made from then on."""

    port: int
    weather: Weather = CLEAR
    endpoint: str = ""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Reset every connection."""
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, as the weather is."""
        weather = self.weather
        self._open.add(writer)
        try:
            if weather.kind is Kind.DEAF:
                await reader.read()
                return
            there, back = await asyncio.open_connection("127.0.0.1", self.port)
            self._open.add(back)
            try:
                await asyncio.gather(_pour(reader, back, CLEAR), _pour(there, writer, weather))
            finally:
                self._open.discard(back)
                back.transport.abort()
        except OSError:
            pass  # either end is gone, which is what this is for
        finally:
            self._open.discard(writer)
            writer.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, weather: Weather) -> None:
    poured = 0
    while piece := await reader.read(_PIECE):
        if weather.kind is Kind.LATE:
            await asyncio.sleep(weather.seconds)
        if weather.kind in {Kind.CUT, Kind.HALF_OPEN} and poured + len(piece) > weather.after:
            writer.write(piece[: max(0, weather.after - poured)])
            if weather.kind is Kind.CUT:
                raise ConnectionResetError
            await reader.read(-1)
            return
        writer.write(piece)
        poured += len(piece)
        await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def line_to(endpoint: str) -> AsyncIterator[Line]:
    """A line to a server of this machine."""
    line = Line(int(endpoint.rpartition(":")[2]))
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.endpoint = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        server.close()
        line.cut()
