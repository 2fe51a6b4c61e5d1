"""HTTP of the gateway: beside the console under `/api`, and by itself beside the officers' server."""

from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from casework.sessions import Sessions
from console.web.api.cases import case_gateway
from console.web.api.gateway import MAX_REQUEST_BYTES, Gateway, Posted
from console.web.listening import (
    HEADERS,
    USUAL,
    Place,
    listen,
    serve_until_cancelled,
    shown_host,
    with_headers,
)

MAX_AT_ONCE = 64
METHODS = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
]  # all but POST are refused, with a reason


async def respond(gateway: Gateway, request: Request, path: str, hosts: frozenset[str]) -> Response:
    """Answer a request to a path of the gateway; `hosts` is what it may be called."""
    if request.headers.get("host", "") not in hosts:
        return Response("Misdirected", 421, media_type="text/plain")
    posted = Posted(
        "GET" if request.method == "HEAD" else request.method,
        path,
        request.headers.get("content-type", ""),
        request.headers.get("authorization", ""),
        await _body(request),
    )
    told = await run_in_threadpool(gateway.answer, posted)
    headers = {"Cache-Control": "no-store"}
    if told.status == 405:
        headers["Allow"] = "POST"
    if told.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(told.body, told.status, media_type="application/json", headers=headers)


def make_api_app(gateway: Gateway, hosts: frozenset[str]) -> ASGIApp:
    """The gateway as an application of its own."""

    async def serve(request: Request) -> Response:
        return await respond(gateway, request, request.url.path, hosts)

    return with_headers(Starlette(routes=[Route("/{path:path}", serve, methods=METHODS)]), HEADERS)


def json_beside(place: Place) -> Callable[[Sessions], Coroutine[Any, Any, None]]:
    """What serves calls of casework as JSON beside the officers' server.

    Raises:
        WebAddressError: The address is taken.
    """
    line = listen(place)
    port = line.getsockname()[1]
    hosts = frozenset({f"{shown_host(place)}:{port}", f"localhost:{port}"})

    async def serve(sessions: Sessions) -> None:
        app = make_api_app(case_gateway(sessions), hosts)
        await serve_until_cancelled(uvicorn.Config(app, **USUAL, limit_concurrency=MAX_AT_ONCE), line)

    return serve


async def _body(request: Request) -> bytes | None:
    """The body, if it is no larger than any request."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_REQUEST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)
