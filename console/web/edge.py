"""HTTP at the edge of the console: requests in, responses with their headers out, and the server beside the node."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from console.errors import WebAddressError
from console.home import Home, write_file
from console.opened import Node
from console.serve import Daily
from console.web.api.edge import METHODS, respond
from console.web.api.figures import API, node_gateway
from console.web.desk import Asked, Sent, answer, may_send, stays_in_memory
from console.web.forms import read_form, takes_files
from console.web.languages import choose
from console.web.line import Line
from console.web.listening import (
    HEADERS,
    USUAL,
    Place,
    listen,
    read_place,
    serve_until_cancelled,
    shown_host,
    with_headers,
)
from console.web.pages import (
    SCRIPT_PATHS,
    SCRIPTS,
    STYLE,
    STYLE_PATH,
    UPLOAD,
    script_of,
    write_broken,
    write_page,
)
from console.web.visit import Document, Elsewhere, Findings, Page, Seals, Works
from node.logbook import Identity

MAX_BODY_BYTES = 256 * 1024
MAX_AT_ONCE = 64
ADDRESS_FILE = "listening.web"
_COOKIE = "tocsin"
_SECURE_COOKIE = "__Host-tocsin"

_STATIC = {
    STYLE_PATH: (STYLE, "text/css"),
    **{SCRIPT_PATHS[name]: (content, "text/javascript") for name, content in SCRIPTS.items()},
}
_NO_SCRIPT = HEADERS["Content-Security-Policy"]
WITH_SCRIPT = {
    "passkey": f"{_NO_SCRIPT}; script-src 'self'",
    "days": f"{_NO_SCRIPT}; script-src 'self'",
    UPLOAD: f"{_NO_SCRIPT}; connect-src 'self'; script-src 'self'",
}

logger = logging.getLogger(__name__)


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

    gateway = node_gateway(works)

    async def serve_api(request: Request) -> Response:
        return await respond(gateway, request, request.url.path.removeprefix(API), hosts)

    async def serve(request: Request) -> Response:
        if request.headers.get("host", "") not in hosts:
            return Response("Misdirected", 421, media_type="text/plain")
        if request.url.path == "/favicon.ico":
            return Response(status_code=204)
        if (static := _STATIC.get(request.url.path)) is not None:
            kept = {"Cache-Control": "max-age=31536000, immutable"}
            return Response(static[0], media_type=static[1], headers=kept)
        token = _token(request, cookie)
        body: bytes | Sent | None
        if takes_files(request):
            limit = await run_in_threadpool(may_send, works, request.url.path, token)
            body = await read_form(request, limit, in_memory=stays_in_memory(request.url.path))
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
        routes=[
            Route(f"{API}/{{path:path}}", serve_api, methods=METHODS),
            Route("/{path:path}", serve, methods=["GET", "HEAD", "POST"]),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=800)],
        exception_handlers={Exception: _unforeseen},
    )
    secure = {"Strict-Transport-Security": "max-age=31536000"} if place.secure else {}
    return with_headers(app, {**HEADERS, **secure})


async def serve_web(works: Works, place: Place, ready: Callable[[str], None]) -> None:
    """Serve the console until it is cancelled.

    Raises:
        WebAddressError: The address is taken.
    """
    line = listen(place)
    place = place._replace(port=line.getsockname()[1])
    config = uvicorn.Config(make_app(works, place), **USUAL, limit_concurrency=MAX_AT_ONCE)
    host = shown_host(place)
    write_file(works.home.path / ADDRESS_FILE, f"{host}:{place.port}".encode())
    ready(place.origin or f"http://{host}:{place.port}")
    try:
        await serve_until_cancelled(config, line)
    finally:
        (works.home.path / ADDRESS_FILE).unlink(missing_ok=True)
        works.tray.clear()
        works.desks.clear()


def beside_node(
    home: Home, address: str, daily: Daily, ready: Callable[[str], None], more: tuple[Seals, Findings]
) -> Daily:
    """What runs beside a node, with the console added to it; `more` is as of `Works`.

    Raises:
        WebAddressError: The console can not listen there.
    """
    place = read_place("--web", address, home.settings.web_origin)

    async def both(node: Node) -> None:
        line = Line(asyncio.get_running_loop(), node.directory, node.own)
        works = Works(home, node.store, node.identity, lambda: datetime.now(UTC), *more, line=line)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(daily(node))
            tasks.create_task(serve_web(works, place, ready))

    return both


def serve_alone(
    home: Home,
    identity: Identity,
    address: str,
    ready: Callable[[str], None],
    more: tuple[Seals, Findings],
) -> None:
    """Serve the console of a node that belongs to no network yet, until the process is told to stop.

    Raises:
        WebAddressError: The console can not listen there.
    """
    place, store = read_place("--web", address, home.settings.web_origin), home.store()

    async def alone() -> None:
        works = Works(home, store, identity, lambda: datetime.now(UTC), *more)
        serving = asyncio.create_task(serve_web(works, place, ready))
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(one, serving.cancel)
        with suppress(asyncio.CancelledError):
            await serving

    try:
        asyncio.run(alone())
    finally:
        store.close()


def _respond(works: Works, origins: frozenset[str], asked: Asked, cookie: tuple[str, bool]) -> Response:
    visit, found = answer(works, origins, asked)
    response: Response
    if isinstance(found, Page):
        response = Response(write_page(visit, found), found.status, media_type="text/html")
        if found.again:
            response.headers["Refresh"] = str(found.again)
        if script := script_of(visit, found):
            response.headers["Content-Security-Policy"] = WITH_SCRIPT[script]
    elif isinstance(found, Document):
        named = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        response = Response(found.content, media_type=found.media_type, headers=named)
    else:
        response = _redirect(found, *cookie)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Cookie"
    return response


async def _unforeseen(request: Request, _: Exception) -> Response:
    """What nobody foresaw is told in words too; the log names it, and none of what was sent."""
    page = write_broken(choose(accepted=request.headers.get("accept-language", "")))
    return Response(page, 500, media_type="text/html", headers={"Cache-Control": "no-store"})


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
    host = shown_host(place)
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
