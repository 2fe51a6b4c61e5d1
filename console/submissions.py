"""Take in submissions of a form while the node serves: KoboToolbox and Open Data Kit push each one once.

A listener of its own, plain HTTP on the loopback alone: the operator's proxy ends TLS before it. Who knows the token
may add records and can do nothing else; it learns whether its submission was taken in, and if not, why. Each goes
through the same gate as a file, whole or not at all, and is stored before it is answered, so that a form server that
heard nothing sends it again. What is known already stays as it is: edits are never pushed, and an old copy that comes
late must not undo what `tocsin submissions reconcile` has brought since.
"""

import hashlib
import hmac
import json
import logging
import secrets
import socket
import sys
import threading
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from console.home import Home, read_file, write_file
from node.errors import ConfigError, InputError, NodeError, ProfileError, SubmissionError
from node.intake import Profile, is_json, read_profile, read_publication
from node.record import import_publication
from node.store.database import Store

MAX_BODY_BYTES = 1 << 20
MAX_AT_ONCE = 16  # submissions under way; one more is asked to come again
READ_SECONDS = 10.0  # for the whole of a request to arrive
STOP_SECONDS = 0.5  # until a listener that is told to stop notices
TOKEN_BYTES = 32
TOKEN_FILE = "submissions.token.sha256"  # noqa: S105 - the name of a file; of the token only its hash is kept
ADDRESS_FILE = "listening.submissions"

logger = logging.getLogger(__name__)


class Form(NamedTuple):
    """What taking in a submission needs."""

    store: Store
    profile: Profile
    token_sha256: bytes
    clock: Callable[[], datetime]


def read_profile_file(path: Path) -> Profile:
    """Read a profile that an operator wrote.

    Raises:
        UnreadableError: It can not be read.
        ProfileError: It is not a profile; every fault is told with its line.
    """
    try:
        return read_profile(read_file(path).decode())
    except UnicodeDecodeError as error:
        raise ProfileError("{name} is not text in UTF-8", name=path.name) from error


def make_token(home: Home) -> str:
    """Make the token that a form server shows, in the place of an older one; only its hash is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    write_file(home.path / "keys" / TOKEN_FILE, hashlib.sha256(token.encode()).hexdigest().encode())
    return token


def open_form(home: Home, store: Store) -> Form:
    """Open what a node takes submissions in with.

    Raises:
        ConfigError: There is no token or no profile, or the profile takes a file for the whole of its source.
        ProfileError: The profile is not one.
    """
    path = home.path / "keys" / TOKEN_FILE
    if not path.is_file():
        raise ConfigError(
            "nobody may submit yet: `tocsin submissions token` makes the token that a form server shows"
        )
    profile = read_profile_file(home.path / home.settings.submissions_profile)
    if profile.whole:
        raise ConfigError(
            "{submissions_profile}: whole: one submission is not all that a source knows",
            submissions_profile=home.settings.submissions_profile,
        )
    return Form(store, profile, bytes.fromhex(read_file(path).decode()), lambda: datetime.now(UTC))


def take_in(form: Form, body: bytes) -> bool:
    """Take in one submission; returns whether it was new.

    Raises:
        InputError: It can not be taken in, and nothing was.
        StoreError: The database can not be written.
    """
    if not is_json(body):
        raise SubmissionError("a submission is a JSON object")
    now = form.clock()
    publication = read_publication(body, "", None, now.date(), form.profile)
    reasons = [reason for reject in publication.rejects for reason in reject.reasons]
    if reasons or len(publication.rows) != 1:
        if reasons:
            raise SubmissionError("{reasons}", reasons=" ".join(reasons))
        raise SubmissionError("a submission is one incident")
    done = import_publication(form.store, publication, hashlib.sha256(body).digest(), now, only_new=True)
    return done.accepted > 0


@contextmanager
def taking_submissions(home: Home) -> Iterator[str]:
    """Take in submissions beside whatever else is done, where the settings say; gives the address.

    Raises:
        NodeError: It can not be listened there, or the token or the profile is missing.
    """
    store = home.store()
    file = home.path / ADDRESS_FILE
    try:
        with listen(open_form(home, store), home.settings.submissions_listen) as server:
            address = "{}:{}".format(*server.server_address[:2])
            threading.Thread(target=server.serve_forever, args=(STOP_SECONDS,), daemon=True).start()
            write_file(file, address.encode())
            try:
                yield address
            finally:
                file.unlink(missing_ok=True)
                server.shutdown()
    finally:
        store.close()


def listen(form: Form, where: str) -> ThreadingHTTPServer:
    """Bind the listener; it answers once it is told to serve.

    Raises:
        ConfigError: It is no address of this machine alone, or is taken.
    """
    host, _, port = where.rpartition(":")
    try:
        if not ip_address(host).is_loopback:
            raise ConfigError(
                "submissions_listen: {host} is not of this machine alone; let a proxy with TLS stand "
                "before it",
                host=host,
            )
        return _Server((host, int(port)), partial(_Handler, form))
    except (ValueError, OverflowError) as error:
        raise ConfigError("submissions_listen: {where!r} is not like 127.0.0.1:7480", where=where) from error
    except OSError as error:
        raise ConfigError("submissions_listen: {where} can not be listened on", where=where) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # what is being taken in is stored and answered before the node stops

    def __init__(self, where: tuple[str, int], handler: Callable[..., BaseHTTPRequestHandler]) -> None:
        super().__init__(where, handler)
        self._places = threading.BoundedSemaphore(MAX_AT_ONCE)

    def process_request(self, request: object, client_address: object) -> None:
        """Answer in a thread of its own, as long as there are not too many."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)  # type: ignore[arg-type] # a socket, as the server hands it in
            return
        super().process_request(request, client_address)  # type: ignore[arg-type] # as above

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Answer, and make room for another; what has not arrived in time is cut off."""
        assert isinstance(request, socket.socket)
        late = threading.Timer(READ_SECONDS, _stop_reading, (request,))
        late.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            late.cancel()
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whatever ended it, such as a line that was cut: what it held is in no log."""
        del request, client_address
        logger.warning("a submission ended early: kind=%s", type(sys.exception()).__name__)


def _stop_reading(line: socket.socket) -> None:
    with suppress(OSError):  # it was answered meanwhile
        line.shutdown(socket.SHUT_RD)


class _Handler(BaseHTTPRequestHandler):
    server_version = "Tocsin"
    sys_version = ""
    timeout = READ_SECONDS

    def __init__(self, form: Form, *rest: object) -> None:
        self._form = form
        super().__init__(*rest)  # type: ignore[arg-type] # request, address and server, as the server hands them in

    def do_POST(self) -> None:
        """Take in a submission."""
        try:
            if not self._may_submit():
                self._answer(HTTPStatus.UNAUTHORIZED, SubmissionError.reason, "the token is missing or wrong")
                return
            body = self._body()
            if body is not None:
                new = take_in(self._form, body)
                logger.info("submission taken in: new=%s", new)
                self._answer(HTTPStatus.CREATED if new else HTTPStatus.OK, "", "taken in" if new else "known")
        except InputError as error:
            logger.warning("submission refused: reason=%s", error.reason)
            self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, error.reason, str(error))
        except NodeError as error:
            logger.warning("submission not stored: reason=%s", error.reason)
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, error.reason, "not stored; send it again later")

    def log_message(self, *_: object) -> None:
        """Requests are logged by what became of them, never by what they say."""

    def _may_submit(self) -> bool:
        """Whether the request shows the token: as bearer, or as password of basic authentication."""
        kind, _, shown = self.headers.get("Authorization", "").partition(" ")
        if kind.casefold() == "basic":
            try:
                shown = b64decode(shown, validate=True).decode().partition(":")[2]
            except (Base64Error, UnicodeDecodeError):
                return False
        elif kind.casefold() not in {"bearer", "token"}:
            return False
        return hmac.compare_digest(hashlib.sha256(shown.encode()).digest(), self._form.token_sha256)

    def _body(self) -> bytes | None:
        """The body, read whole; `None` where it was answered that it can not be."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._answer(HTTPStatus.LENGTH_REQUIRED, SubmissionError.reason, "Content-Length is missing")
            return None
        if int(length[:12]) > MAX_BODY_BYTES:
            self._answer(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                SubmissionError.reason,
                f"larger than {MAX_BODY_BYTES} bytes",
            )
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise SubmissionError("cut off")
        return body

    def _answer(self, status: HTTPStatus, reason: str, text: str) -> None:
        body = json.dumps({"reason": reason, "message": text} if reason else {"message": text}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True
