"""HTTP at the edge of the console: requests in, responses with their headers out, and the server beside the node."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.errors import WebAddressError
from console.home import Home, write_file
from console.serve import Daily, Node
from console.web.desk import Asked, Sent, answer, may_send
from console.web.forms import read_form, takes_files
from console.web.pages import STYLE, STYLE_PATH, write_page
from console.web.visit import Document, Elsewhere, Page, Works

MAX_BODY_BYTES = 256 * 1024
MAX_AT_ONCE = 64
ADDRESS_FILE = "listening.web"
_COOKIE = "tocsin"
_SECURE_COOKIE = "__Host-tocsin"
_HEADERS = {
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

logger = logging.getLogger(__name__)


class Place(NamedTuple):
    """Where the console listens, and how browsers reach it: `origin` is empty where they reach it there."""

    host: str
    port: int
    origin: str = ""

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by HTTPS."""
        return self.origin.startswith("https://")


def read_place(address: str, origin: str) -> Place:
    """Where to listen, as HOST:PORT.

    Raises:
        WebAddressError: It is no address; or it is not of this machine alone, as plain HTTP must be.
    """
    host, _, port = address.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    try:
        ours = ip_address(bare).is_loopback
        number = int(port)
    except ValueError as error:
        raise WebAddressError(f"--web: {address!r} is not like 127.0.0.1:7444") from error
    if not ours:
        raise WebAddressError(
            f"--web: {bare} is not of this machine alone; let a proxy with TLS stand before it"
        )
    parts = urlsplit(origin)
    if origin and not (parts.scheme in {"https", "http"} and parts.netloc and not parts.path.strip("/")):
        raise WebAddressError(f"web_origin: {origin!r} is not like https://tocsin.example.org")
    return Place(bare, number, origin.rstrip("/"))


def address_of(home: Home) -> str:
    """Where browsers reach the console of a node that runs.

    Raises:
        WebAddressError: None runs.
    """
    try:
        return home.settings.web_origin or f"http://{(home.path / ADDRESS_FILE).read_text()}"
    except OSError as error:
        raise WebAddressError("no console runs here; start it with `tocsin serve --web`") from error


def make_app(works: Works, place: Place) -> ASGIApp:
    """The console as an application."""
    hosts = _hosts(place)
    origins = frozenset(f"{'https' if place.secure else 'http'}://{host}" for host in hosts)
    cookie = _SECURE_COOKIE if place.secure else _COOKIE

    async def serve(request: Request) -> Response:
        if request.headers.get("host", "") not in hosts:
            return Response("Misdirected", 421, media_type="text/plain")
        if request.url.path == "/favicon.ico":
            return Response(status_code=204)
        if request.url.path == STYLE_PATH:
            return Response(
                STYLE, media_type="text/css", headers={"Cache-Control": "max-age=31536000, immutable"}
            )
        token = _token(request, cookie)
        body: bytes | Sent | None
        if takes_files(request):
            limit = await run_in_threadpool(may_send, works, request.url.path, token)
            body = await read_form(request, limit)
        else:
            body = await _body(request)
        asked = Asked(
            "GET" if request.method == "HEAD" else request.method,
            request.url.path,
            request.url.query,
            body,
            token,
            request.headers.get("origin", ""),
            request.headers.get("accept-language", ""),
        )
        try:
            return await run_in_threadpool(_respond, works, origins, asked, (cookie, place.secure))
        finally:
            await request.close()  # and with it the files that came

    app = Starlette(
        routes=[Route("/{path:path}", serve, methods=["GET", "HEAD", "POST"])],
        middleware=[Middleware(GZipMiddleware, minimum_size=800)],
    )
    return _with_headers(app, secure=place.secure)


async def serve_web(works: Works, place: Place, ready: Callable[[str], None]) -> None:
    """Serve the console until it is cancelled.

    Raises:
        WebAddressError: The address is taken.
    """
    try:
        line = socket.create_server(
            (place.host, place.port), family=socket.AF_INET6 if ":" in place.host else socket.AF_INET
        )
    except OSError as error:
        raise WebAddressError(f"--web: {place.host}:{place.port} can not be listened on") from error
    place = place._replace(port=line.getsockname()[1])
    config = uvicorn.Config(
        make_app(works, place),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        proxy_headers=False,
        limit_concurrency=MAX_AT_ONCE,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=3,
    )
    server = _Server(config)
    file = works.home.path / ADDRESS_FILE
    host = f"[{place.host}]" if ":" in place.host else place.host
    write_file(file, f"{host}:{place.port}".encode())
    ready(place.origin or f"http://{host}:{place.port}")
    serving = asyncio.create_task(server.serve([line]))
    try:
        await asyncio.shield(serving)
    finally:
        file.unlink(missing_ok=True)
        server.should_exit = True
        await serving
        works.tray.clear()


def beside_node(home: Home, address: str, daily: Daily, ready: Callable[[str], None]) -> Daily:
    """What runs beside a node, with the console added to it.

    Raises:
        WebAddressError: The console can not listen there.
    """
    place = read_place(address, home.settings.web_origin)

    async def both(node: Node) -> None:
        works = Works(home, node.store, node.identity, lambda: datetime.now(UTC))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(daily(node))
            tasks.create_task(serve_web(works, place, ready))

    return both


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: they are the node's, which stops this server with itself."""
        yield


def _respond(works: Works, origins: frozenset[str], asked: Asked, cookie: tuple[str, bool]) -> Response:
    visit, found = answer(works, origins, asked)
    response: Response
    if isinstance(found, Page):
        response = Response(write_page(visit, found), found.status, media_type="text/html")
    elif isinstance(found, Document):
        named = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        response = Response(found.content, media_type=found.media_type, headers=named)
    else:
        response = _redirect(found, *cookie)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Cookie"
    return response


def _redirect(found: Elsewhere, cookie: str, secure: bool) -> Response:  # noqa: FBT001 - handed on with its name
    response = RedirectResponse(found.page, 303)
    if found.token:
        response.set_cookie(cookie, found.token, path="/", secure=secure, httponly=True, samesite="lax")
    if found.forget:
        response.delete_cookie(cookie, path="/", secure=secure, httponly=True, samesite="lax")
        response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def _hosts(place: Place) -> frozenset[str]:
    """What a browser may call this console: another name would be a page of somebody else that leads here."""
    if place.origin:
        return frozenset({urlsplit(place.origin).netloc})
    host = f"[{place.host}]" if ":" in place.host else place.host
    return frozenset({f"{host}:{place.port}", f"localhost:{place.port}"})


def _token(request: Request, name: str) -> str:
    try:
        held = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return held.value if held is not None else ""


async def _body(request: Request) -> bytes | None:
    """The body, if it is no larger than any form."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _with_headers(app: ASGIApp, *, secure: bool) -> ASGIApp:
    headers = {**_HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {})}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *raw]
            await send(message)

        await app(scope, receive, sending)

    return wrapped
