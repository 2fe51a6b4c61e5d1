"""The first run: a node is made in a browser on its own machine, and what is to be kept in the safe is printed.

The address that is printed holds a token that counts once: it is exchanged for a cookie at the first call. What is
secret is typed into forms or shown on one page that is never shown again; nothing of it is in an address or a log.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from console.applications import fingerprint
from console.backup import make_backup
from console.errors import AccountError
from console.home import Home, make_home, write_file
from console.keyring import public_member
from console.unfinished import begin, clear, is_to_be_made, note_printed, note_whole
from console.web.accounts import add_account, choose_language, open_account, verify_name
from console.web.languages import LANGUAGES, choose, is_right_to_left
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
from console.web.pages import STYLE, STYLE_PATH, environment
from console.web.proofs import hash_passphrase
from console.web.roles import Role
from crypto.keyfile import Passphrase
from crypto.keyshare import KeyShare, write_share
from node.config import new_settings
from node.directory import OrganizationType
from node.errors import ConfigError, NodeError

MAX_BODY_BYTES = 32 * 1024
BACKUP_FILE = "keys.backup"
_COOKIE = "tocsin-start"
_TOKEN_BYTES = 32
_PLACE = re.compile(r"[A-Za-z0-9.:\[\]-]{1,80}:[0-9]{1,5}")
_FIELDS = ("org", "type", "listen", "language", "name")

logger = logging.getLogger(__name__)


class Kept(NamedTuple):
    """What goes into the safe: sheets of paper, one for each keeper of a share, and what everybody may know."""

    folder: Path
    org_id: str
    words: str
    shares: tuple[KeyShare, ...]
    account: str


@dataclass
class FirstRun:
    """How far the first run is: the token until it is used, then who came with it, then the node."""

    folder: Path
    token: str
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(_TOKEN_BYTES))
    session: str = ""
    passphrase: str = ""
    made: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)


def first_run(folder: Path, address: str, ready: Callable[[str], None]) -> tuple[str, str]:
    """Let somebody make a node in a browser; gives the passphrase of its keys, and the address that was used.

    Args:
        folder: Where the node is to be; it holds nothing yet.
        address: HOST:PORT of this machine alone.
        ready: Called with the address to open, which counts once.

    Raises:
        WebAddressError: It can not be listened on.
    """
    return asyncio.run(_serve(folder, read_place("--web", address), ready))


async def _serve(folder: Path, place: Place, ready: Callable[[str], None]) -> tuple[str, str]:
    line = listen(place)
    place = place._replace(port=line.getsockname()[1])
    host = f"{shown_host(place)}:{place.port}"
    run = FirstRun(folder, secrets.token_urlsafe(_TOKEN_BYTES))
    serving = asyncio.create_task(
        serve_until_cancelled(uvicorn.Config(make_start_app(run, place), **USUAL), line)
    )
    ready(f"http://{host}/?token={run.token}")
    try:
        await run.done.wait()
        await asyncio.sleep(1.0)  # the last page is on its way
    finally:
        serving.cancel()
        await asyncio.wait([serving])
    return run.passphrase, host


def make_start_app(run: FirstRun, place: Place) -> ASGIApp:
    """The pages of a first run."""
    hosts = frozenset({f"{shown_host(place)}:{place.port}", f"localhost:{place.port}"})
    origins = frozenset(f"http://{host}" for host in hosts)

    async def serve(request: Request) -> Response:
        if request.headers.get("host", "") not in hosts:
            return Response("Misdirected", 421, media_type="text/plain")
        if request.url.path == STYLE_PATH:
            return Response(STYLE, media_type="text/css")
        given = request.query_params.get("token", "")
        if run.token and secrets.compare_digest(given.encode(), run.token.encode()):
            run.token, run.session = "", secrets.token_urlsafe(_TOKEN_BYTES)
            response: Response = RedirectResponse("/", 303)
            response.set_cookie(_COOKIE, run.session, path="/", httponly=True, samesite="strict")
            return response
        language = choose(
            request.query_params.get("language", ""), accepted=request.headers.get("accept-language", "")
        )
        if not run.session or not secrets.compare_digest(
            request.cookies.get(_COOKIE, "").encode(), run.session.encode()
        ):
            return _page("focal/start_closed.html", language, {}, 403)
        if request.method == "POST":
            return await _take(run, request, origins, language)
        template = "focal/start_made.html" if run.made else "focal/start.html"
        return _page(template, language, {"form_key": run.form_key, "typed": {}, "fault": ""}, 200)

    app = Starlette(routes=[Route("/{path:path}", serve, methods=["GET", "HEAD", "POST"])])
    return with_headers(app, HEADERS)


async def _take(run: FirstRun, request: Request, origins: frozenset[str], language: str) -> Response:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            return Response("Too large", 413, media_type="text/plain")
    form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
    forged = not secrets.compare_digest(form.get("form_key", "").encode(), run.form_key.encode())
    if request.headers.get("origin", "") not in origins or forged:
        return _page("focal/start_closed.html", language, {}, 403)
    language = choose(form.get("language", ""), language)
    if request.url.path == "/done" and run.made:
        await run_in_threadpool(note_printed, run.folder)
        run.done.set()
        return _page("focal/start_done.html", language, {}, 200)
    if run.made:
        return _page("focal/start_made.html", language, {"form_key": run.form_key}, 409)
    try:
        kept = await run_in_threadpool(make_node, run.folder, form, datetime.now(UTC))
    except (NodeError, AccountError) as error:
        typed = {name: form.get(name, "") for name in _FIELDS}
        facts = {"form_key": run.form_key, "typed": typed, "fault": str(error)}
        return _page("focal/start.html", language, facts, 422)
    run.made, run.passphrase = True, Passphrase(form["passphrase"])
    logger.info("a node was made: organization=%s", kept.org_id)
    sheets = [(share, write_share(share)) for share in kept.shares]
    safe: Mapping[str, object] = {"kept": kept, "sheets": sheets, "form_key": run.form_key}
    return _page("focal/start_safe.html", language, safe, 200)


def make_node(folder: Path, form: Mapping[str, str], now: datetime) -> Kept:
    """Make the node, its first account and a copy of its keys in shares.

    Raises:
        NodeError: A setting is wrong, or the folder can not be used; there is no node then.
        AccountError: Name or a passphrase can not be used; likewise.
    """
    name, own, keys = (form.get(one, "") for one in ("name", "account_passphrase", "passphrase"))
    if own != form.get("account_again", "") or keys != form.get("again", ""):
        raise AccountError("the two passphrases of a pair are not the same; type both again")
    if own == keys:
        raise AccountError("the keys and the account need passphrases of their own")
    verify_name(name)
    for passphrase in (keys, own):
        hash_passphrase(name, passphrase)  # that it is not too weak, before anything is made
    kind = form.get("type", "")
    if kind not in OrganizationType.__members__:
        raise ConfigError("type: choose one of the list")
    where = form.get("listen", "").strip() or "127.0.0.1:7443"
    if not _PLACE.fullmatch(where):
        raise ConfigError("listen: write it like 192.0.2.7:7443")
    settings = new_settings(org_id=form.get("org", "").strip(), org_type=kind, listen=where, endpoint=where)
    if not is_to_be_made(folder):
        raise ConfigError("{folder} is not empty; choose a new folder", folder=folder)
    clear(folder)
    there = folder.exists()
    begin(folder)
    try:
        held = Passphrase(keys)
        kept = _made(make_home(folder, settings, held), held, form, now)
        note_whole(folder)
    except BaseException:
        clear(folder)  # a moment old, and nobody has seen it
        if not there:
            folder.rmdir()
        raise
    return kept


def _made(home: Home, keys: str, form: Mapping[str, str], now: datetime) -> Kept:
    name, settings, store = form["name"], home.settings, home.store()
    try:
        add_account(store, name, [Role.OPERATOR, Role.FOCAL_POINT], form["account_passphrase"], now)
        with store.read() as connection:
            key = open_account(connection, name).key
        choose_language(store, key, form["language"] if form.get("language") in LANGUAGES else "")
    finally:
        store.close()
    backup = make_backup(home, keys)
    write_file(home.path / BACKUP_FILE, backup.content)
    words = fingerprint(public_member(home, settings.endpoints, now))
    return Kept(home.path.resolve(), settings.org_id, words, tuple(backup.shares), name)


def _page(template: str, language: str, facts: Mapping[str, object], status: int) -> Response:
    text = (
        environment(language)
        .get_template(template)
        .render(
            {
                **facts,
                "language": language,
                "languages": LANGUAGES,
                "direction": "rtl" if is_right_to_left(language) else "ltr",
                "style": STYLE_PATH,
                "types": tuple(OrganizationType.__members__),
            }
        )
    )
    return Response(text, status, media_type="text/html", headers={"Cache-Control": "no-store"})
