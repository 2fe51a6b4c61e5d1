"""HTTP of the gateway: beside the console under `/api`, and by itself beside the officers' server."""

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from console.web.api.gateway import MAX_REQUEST_BYTES, Gateway, Posted
from console.web.listening import HEADERS, with_headers

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


async def _body(request: Request) -> bytes | None:
    """The body, if it is no larger than any request."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_REQUEST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)
