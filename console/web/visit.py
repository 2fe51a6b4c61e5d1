"""One request on its way through the console, and what answers it; neither knows HTTP."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, NamedTuple, TypeAlias

from console.cells import Cell
from console.home import Home
from console.sheets import Sheet
from console.web.accounts import Account
from console.web.line import Line
from console.web.sessions import Session
from console.web.tray import Tray
from console.web.unlocked import Desks
from crypto.sealing import SealKey
from node.logbook import Identity
from node.store.database import Store

Fields: TypeAlias = Mapping[str, tuple[str, ...]]  # what a form or a link says, by the names of its fields


class Upload(NamedTuple):
    """A file that came with a form; it is gone when the form is answered."""

    name: str  # as the sender calls it
    size: int
    content: BinaryIO


Seals: TypeAlias = Callable[[], tuple[SealKey, ...]]  # keys that open bundles, the newest first
Findings: TypeAlias = Callable[[], Sequence[tuple[str, str, str, str]]]  # state, what, in words, what to do
Files: TypeAlias = Mapping[str, tuple[Upload, ...]]  # by the names of their fields


@dataclass(frozen=True, slots=True)
class Works:
    """What the pages work on: the node, opened once.

    Attributes:
        home: Its folder.
        store: Its database.
        identity: Its keys that sign.
        clock: The time as aware UTC.
        seals: Gives its keys that open bundles, the newest first.
        findings: What `tocsin doctor` says of it now, the worst first.
        tray: Files that wait for a decision.
        desks: Of officers, while they are open.
        line: To the members of the network; `None` where the node belongs to none yet.
    """

    home: Home
    store: Store
    identity: Identity
    clock: Callable[[], datetime]
    seals: Seals = tuple
    findings: Findings = tuple
    tray: Tray = field(default_factory=Tray)
    desks: Desks = field(default_factory=Desks)
    line: Line | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody asks for a page or sends a form.

    Attributes:
        works: What the pages work on.
        path: Of the page.
        query: Behind the question mark, as it came.
        asked: The same, by name.
        form: What was sent; empty where a page is only asked for.
        language: In which the answer is written.
        account: Who asks; `None` before signing in.
        session: In which they are signed in.
        files: What came with the form.
        origin: Of the page that sent the form, as browsers know us; one of our own.
        held: What the browser holds of ours: the token of a session, or of somebody who was sent to a provider.
    """

    works: Works
    path: str
    query: str
    asked: Fields
    form: Fields
    language: str
    account: Account | None = None
    session: Session | None = None
    files: Files = field(default_factory=dict)
    origin: str = ""
    held: str = ""

    @property
    def now(self) -> datetime:
        """Aware UTC."""
        return self.works.clock()

    @property
    def store(self) -> Store:
        """The node's database."""
        return self.works.store

    @property
    def page(self) -> str:
        """The page with what is asked of it."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def who(self) -> Account:
        """Who is signed in, on pages that only they reach."""
        assert self.account is not None, "the table of pages lets nobody else in"
        return self.account

    @property
    def sitting(self) -> Session:
        """In which session, on the same pages."""
        assert self.session is not None, "the table of pages lets nobody else in"
        return self.session

    def asks(self, name: str) -> str:
        """A part of the query that stands once, or nothing."""
        return self.asked.get(name, ("",))[0]

    def says(self, name: str) -> str:
        """A field of the form that stands once, or nothing."""
        return self.form.get(name, ("",))[0]


@dataclass(frozen=True, slots=True)
class Page:
    """A page to show: its template and what stands in it; `script` names the one script that it may run.

    `again` is after how many seconds a browser asks for it once more, while something goes on; 0 for never.
    """

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    script: str = ""
    again: int = 0


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The answer is on another page of this console, or at the provider that signs people in.

    `token` is to be held by the browser from now on; `forget` lets it forget everything that came from here.
    """

    page: str
    token: str = ""
    forget: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A list to take away; the end of the page's name says as what: see `console.web.lists`.

    Attributes:
        name: Of the file, like that of a `Document`.
        header: Names of its columns.
        rows: Of cells, as many as columns.
        tags: HXL tag of each column, or none at all.
        notes: What must stand beside it.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    tags: tuple[str, ...] = ()
    notes: Mapping[str, object] = field(default_factory=dict)

    @property
    def sheet(self) -> Sheet:
        """The same without its name."""
        return Sheet(self.header, self.rows, self.tags, self.notes)


@dataclass(frozen=True, slots=True)
class Document:
    """A file to take away as it is; `name` is of ASCII letters, digits, dots, underscores and hyphens."""

    name: str
    media_type: str
    content: bytes


Final: TypeAlias = Page | Elsewhere | Document
Answer: TypeAlias = Final | Table
Handler: TypeAlias = Callable[[Visit], Answer]
