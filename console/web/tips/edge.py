"""HTTP of the anonymous form: no address, no program, no cookie of who asks is looked at, and nothing is logged.

Of a request the path, the length and the form are read, and no other header. What is sent in stays in memory until it
is sealed: a part of it on the disk, were it for a second, could be found there.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from casework.reporting import Intake
from casework.tip import MAX_FILE_BYTES
from console.home import Home, write_file
from console.web.languages import LANGUAGES, SOURCE
from console.web.listening import (
    HEADERS,
    USUAL,
    Place,
    listen,
    serve_until_cancelled,
    shown_host,
    with_headers,
)
from console.web.pages import STYLE, STYLE_PATH
from console.web.tips.reception import Reception, Sent, Sheet
from console.web.tips.sheets import write_sheet

ADDRESS_FILE = "listening.tips"
MAX_BODY_BYTES = MAX_FILE_BYTES + (1 << 18)
MAX_ARRIVING_BYTES = 96 << 20  # of all forms that are under way
MAX_LINES = 256
SLOWEST = 4096  # bytes a second, of somebody on a bad line
PATIENCE = 60.0  # seconds, for the smallest form
FAULTS_EVERY = 3600.0  # seconds between two lines in the log: a line at once would tell when somebody wrote
_LEAVE = {"Clear-Site-Data": '"cache", "cookies", "storage"'}
# The reporter's browser tells nobody from which page it comes, and no answer tells the clock of this machine.
_HEADERS = MappingProxyType({**HEADERS, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
Takes: TypeAlias = Callable[[Sent], Awaitable[Sheet]]

logger = logging.getLogger(__name__)


class _InMemory(MultiPartParser):
    spool_max_size = MAX_BODY_BYTES


def make_tips_app(reception: Reception, org_id: str, today: Callable[[], date]) -> ASGIApp:
    """The form as an application."""
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # else it quotes what is broken
    arriving = 0

    async def taken(request: Request, takes: Takes) -> Sheet:
        nonlocal arriving
        length = _length(request)
        if length is None or length > MAX_BODY_BYTES:
            return Sheet("tips/large.html", status=413)
        if arriving + length > MAX_ARRIVING_BYTES:
            return Sheet("tips/busy.html", status=503)
        arriving += length
        try:
            return await _taken(request, length, takes)
        finally:
            arriving -= length

    async def serve(request: Request) -> Response:
        if request.url.path == STYLE_PATH:
            kept = {"Cache-Control": "max-age=31536000, immutable"}
            return Response(STYLE, media_type="text/css", headers=kept)
        language, _, name = request.url.path.strip("/").partition("/")
        takes = {"tell": reception.tell, "mailbox": reception.open, "write": reception.write}.get(name)
        if language not in LANGUAGES:
            sheet = Sheet("tips/nowhere.html", status=404) if language else Sheet("tips/languages.html")
            language, name = SOURCE, ""
        elif request.method == "POST" and takes is not None:
            sheet = await taken(request, takes)
        else:
            sheet = _shown(reception, name)
        text = write_sheet(sheet, language, name, org_id, today())
        headers = _LEAVE if name == "leave" else {}
        return Response(text, sheet.status, media_type="text/html", headers=headers)

    app = Starlette(
        routes=[Route("/{path:path}", serve, methods=["GET", "HEAD", "POST"])],
        middleware=[Middleware(GZipMiddleware, minimum_size=800)],
    )
    return with_headers(app, _HEADERS)


async def serve_tips(home: Home, intake: Intake, place: Place, ready: Callable[[str], None]) -> None:
    """Serve the form until it is cancelled.

    Raises:
        WebAddressError: The address is taken.
    """
    line = listen(place)
    place = place._replace(port=line.getsockname()[1])
    reception = Reception(intake, time.monotonic)
    app = make_tips_app(reception, home.settings.org_id, lambda: datetime.now(UTC).date())
    config = uvicorn.Config(app, **USUAL, limit_concurrency=MAX_LINES, date_header=False, ws="none")
    address = f"{shown_host(place)}:{place.port}"
    write_file(home.path / ADDRESS_FILE, address.encode())
    ready(address)
    telling = asyncio.create_task(_tell_faults(reception))
    try:
        await serve_until_cancelled(config, line)
    finally:
        telling.cancel()
        (home.path / ADDRESS_FILE).unlink(missing_ok=True)


async def _tell_faults(reception: Reception) -> None:
    """Log what failed, once an hour, so that no line tells when somebody wrote."""
    while True:
        await asyncio.sleep(FAULTS_EVERY)
        for reason, count in reception.failed.items():
            logger.warning("could not be taken in or read: reason=%s count=%d", reason, count)
        reception.failed.clear()


def _shown(reception: Reception, name: str) -> Sheet:
    match name:
        case "":
            return Sheet("tips/start.html")
        case "tell":
            return reception.blank_form()
        case "mailbox":
            return Sheet("tips/open.html", {"why": None, "receipt": ""})
        case "leave":
            return Sheet("tips/left.html")
        case _:
            return Sheet("tips/nowhere.html", status=404)


async def _taken(request: Request, length: int, takes: Takes) -> Sheet:
    try:
        async with asyncio.timeout(PATIENCE + length / SLOWEST):
            sent = await _read(request)
    except (TimeoutError, MultiPartException, ClientDisconnect, ValueError):
        return Sheet("tips/broken.html", status=400)
    return await takes(sent)


async def _read(request: Request) -> Sent:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        body = (await request.body()).decode(errors="replace")
        return Sent({name: tuple(them) for name, them in parse_qs(body, max_num_fields=100).items()})
    form = await _InMemory(
        request.headers, request.stream(), max_files=1, max_fields=100, max_part_size=1 << 18
    ).parse()
    fields: dict[str, tuple[str, ...]] = {}
    file = b""
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            file = await value.read()
        else:
            fields[name] = (*fields.get(name, ()), value)
    await form.close()
    return Sent(fields, file)


def _length(request: Request) -> int | None:
    told = request.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 12 else None
