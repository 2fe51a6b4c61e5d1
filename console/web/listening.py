"""Listening for browsers, the same for every application of pages: addresses, headers of every answer, the server."""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.errors import WebAddressError

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # A form sends where it came from only to ourselves, and that is how we know our own.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "X-Robots-Tag": "noindex",
    }
)
# Of every server of pages: nothing of a request in a log, and signals are the node's.
USUAL: Mapping[str, Any] = MappingProxyType(
    {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "lifespan": "off",
        "proxy_headers": False,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": 3,
    }
)


class Place(NamedTuple):
    """Where to listen, and how browsers reach it: `origin` is empty where they reach it there."""

    host: str
    port: int
    origin: str = ""

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by HTTPS."""
        return self.origin.startswith("https://")


def read_place(option: str, address: str, origin: str = "") -> Place:
    """Where to listen, as HOST:PORT; `option` is who says so.

    Raises:
        WebAddressError: It is no address; or it is not of this machine alone, as plain HTTP must be.
    """
    host, _, port = address.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    try:
        ours = ip_address(bare).is_loopback
        number = int(port)
    except ValueError as error:
        raise WebAddressError(
            "{option}: {address!r} is not like 127.0.0.1:7444", option=option, address=address
        ) from error
    if not ours:
        raise WebAddressError(
            "{option}: {bare} is not of this machine alone; let a proxy with TLS stand before it",
            option=option,
            bare=bare,
        )
    parts = urlsplit(origin)
    if origin and not (parts.scheme in {"https", "http"} and parts.netloc and not parts.path.strip("/")):
        raise WebAddressError("web_origin: {origin!r} is not like https://tocsin.example.org", origin=origin)
    return Place(bare, number, origin.rstrip("/"))


def shown_host(place: Place) -> str:
    """The host as it stands in an address."""
    return f"[{place.host}]" if ":" in place.host else place.host


def listen(place: Place) -> socket.socket:
    """Bind the address.

    Raises:
        WebAddressError: It is taken.
    """
    try:
        return socket.create_server(
            (place.host, place.port), family=socket.AF_INET6 if ":" in place.host else socket.AF_INET
        )
    except OSError as error:
        raise WebAddressError(
            "{host}:{port} can not be listened on", host=place.host, port=place.port
        ) from error


async def serve_until_cancelled(config: uvicorn.Config, line: socket.socket) -> None:
    """Serve an application on a line, and let what is under way end before it returns."""
    server = _Server(config)
    serving = asyncio.create_task(server.serve([line]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def with_headers(app: ASGIApp, headers: Mapping[str, str]) -> ASGIApp:
    """The application with these headers on every answer that does not say otherwise."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in raw if one[0] not in said)]
            await send(message)

        await app(scope, receive, sending)

    return wrapped


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: they are the node's, which stops this server with itself."""
        yield
