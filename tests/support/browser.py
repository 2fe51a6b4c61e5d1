"""A browser without a screen: real HTTP to a running console, cookies, forms as the page has them."""

import gzip
import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import uvicorn
from starlette.types import ASGIApp

from console.web.edge import make_app
from console.web.listening import USUAL, Place
from console.web.visit import Works


@dataclass
class Shown:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    text: str
    size: int  # bytes that travelled
    content: bytes = b""

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def words(self) -> str:
        """What a person reads, without marks."""
        body = re.sub(r"<(script|style).*?</\1>", " ", self.text, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    def form(self, action: str) -> dict[str, str]:
        """Fields of the form that goes to a page, as they are filled in."""
        reader = _Forms()
        reader.feed(self.text)
        return next(fields for where, fields in reader.forms if where.partition("?")[0] == action)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given["action"], {}))
        if not self.forms:
            return
        fields = self.forms[-1][1]
        if tag == "input" and "name" in given:
            ticked = given.get("type") not in {"checkbox", "radio"} or "checked" in given
            if ticked:
                fields[given["name"]] = given.get("value", "")
        if tag == "select":
            self._select = given["name"]
        if tag == "option" and self._select and (self._select not in fields or "selected" in given):
            fields[self._select] = given.get("value", "")
        if tag == "textarea":
            self._area = given["name"]
            fields[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][1][self._area] += data


@dataclass
class Browser:
    """One person's browser."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.origin = self.origin or f"http://127.0.0.1:{self.port}"

    def get(self, page: str) -> Shown:
        return self._ask("GET", page, None, {})

    def post(self, page: str, fields: dict[str, str], **headers: str) -> Shown:
        return self._ask("POST", page, urlencode(fields), {"Origin": self.origin, **headers})

    def send(self, shown: Shown, action: str, **typed: str) -> Shown:
        """Fill in the form of a page and send it."""
        target = next(
            where
            for where in re.findall(r'action="([^"]+)"', shown.text)
            if where.partition("?")[0] == action
        )
        return self.post(unescape(target), {**shown.form(action), **typed})

    def upload(
        self, page: str, fields: dict[str, str], files: Sequence[tuple[str, str, bytes]], **headers: str
    ) -> Shown:
        """Send a form with files, each as (field, name, content)."""
        mark = "tocsin-test-boundary"
        parts = [
            f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value.encode()
            for name, value in fields.items()
        ]
        for name, called, content in files:
            where = f'form-data; name="{name}"; filename="{called}"'
            parts.append(f"Content-Disposition: {where}\r\n\r\n".encode() + content)
        body = b"".join(f"--{mark}\r\n".encode() + part + b"\r\n" for part in parts)
        body += f"--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        return self._ask("POST", page, body, {"Origin": self.origin, "Content-Type": kind, **headers})

    def follow(self, shown: Shown) -> Shown:
        assert shown.status == 303, shown.words
        return self.get(shown.header("location"))

    def _ask(self, method: str, page: str, body: str | bytes | None, more: dict[str, str]) -> Shown:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Accept-Encoding": "gzip", **self.headers}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line.request(method, page, body, headers | more)
        response = line.getresponse()
        raw = response.read()
        line.close()
        for given in response.headers.get_all("set-cookie") or ():
            for name, held in SimpleCookie(given).items():
                if held["max-age"] == "0" or not held.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = held.value
        zipped = response.headers.get("content-encoding") == "gzip"
        content = gzip.decompress(raw) if zipped else raw
        text = content.decode(errors="replace")
        return Shown(response.status, list(response.headers.items()), text, len(raw), content)


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def console(works: Works) -> Iterator[int]:
    """A console that runs on this machine, on a free port; gives the port."""
    with running(lambda port: make_app(works, Place("127.0.0.1", port))) as port:
        yield port
    works.tray.clear()


@contextmanager
def running(app_at: Callable[[int], ASGIApp]) -> Iterator[int]:
    """An application that runs on this machine, on a free port; gives the port."""
    line = uvicorn.Config(lambda: None, host="127.0.0.1", port=0, log_config=None).bind_socket()
    port = line.getsockname()[1]
    config = uvicorn.Config(app_at(port), **USUAL)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [line]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()
