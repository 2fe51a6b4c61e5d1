"""Desks of officers that are open in this console, one for each session; their keys are in another process.

What this process holds of an officer is a token of the office's server, and it forgets that with the session. What an
officer was typing when their session ended is kept here in memory alone: on disk, and in the node's database, it would
lie open to whoever runs the node.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from casework.client.desk import RemoteDesk
from casework.importing import Imported
from console.home import Home
from console.office_server import desk_beside

IDLE = timedelta(minutes=30)  # for so long at least a desk that nobody uses stays open here
KEPT = timedelta(hours=12)  # what was typed
MAX_KEPT = 20  # pages of one account


class Sitting(NamedTuple):
    """In which session of which account a desk is opened."""

    session: int
    account: int


class _Open(NamedTuple):
    desk: RemoteDesk
    used: datetime


class _Typed(NamedTuple):
    officer_id: str
    fields: Mapping[str, tuple[str, ...]]
    until: datetime


@dataclass
class Run:
    """An import of cases while it goes on: how many there are, what became of each, and why it stopped, if it did."""

    whole: int
    done: list[Imported] = field(default_factory=list)
    over: bool = False
    stopped: str = ""


class _Waiting(NamedTuple):
    token: str
    text: str


@dataclass
class Desks:
    """Open desks by session, what was typed by account and page, and files of cases that wait for a decision."""

    dial: Callable[[Home], RemoteDesk] = desk_beside
    _open: dict[int, _Open] = field(default_factory=dict)
    _officers: dict[int, str] = field(default_factory=dict)  # by account: whose desk it opened last
    _typed: dict[tuple[int, str], _Typed] = field(default_factory=dict)
    _waiting: dict[int, _Waiting] = field(default_factory=dict)
    _runs: dict[int, Run] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def open(self, home: Home, who: Sitting, officer_id: str, passphrase: str, now: datetime) -> None:
        """Open an officer's desk for a session, in the place of the one that it had; desks that nobody uses are closed.

        Raises:
            OfficeUnavailableError: No office is served beside this node, or it does not answer.
            RefusedError: The id or the passphrase is wrong, or it was tried too often.
        """
        desk = self.dial(home)
        try:
            desk.sign_in(officer_id, passphrase)
        except BaseException:
            desk.close()
            raise
        with self._lock:
            opened = tuple(self._open.items())
        for session, one in opened:
            if session == who.session or now - one.used > IDLE:
                self.close(session)
        with self._lock:
            self._open[who.session] = _Open(desk, now)
            self._officers[who.account] = officer_id

    def find(self, session: int, now: datetime) -> RemoteDesk | None:
        """The desk of a session."""
        with self._lock:
            found = self._open.get(session)
            if found is None:
                return None
            self._open[session] = found._replace(used=now)
            return found.desk

    def close(self, session: int) -> None:
        """Close the desk of a session, so that the office forgets its keys."""
        with self._lock:
            found = self._open.pop(session, None)
            self._waiting.pop(session, None)
            self._runs.pop(session, None)
        if found is not None:
            found.desk.close()

    def clear(self) -> None:
        """Close every desk and forget everything."""
        for session in list(self._open):
            self.close(session)
        self._typed.clear()

    def keep(self, account: int, page: str, fields: Mapping[str, tuple[str, ...]], now: datetime) -> None:
        """Keep what somebody typed at the desk that they had open last; nothing where they had none."""
        officer_id = self._officers.get(account, "")
        if not officer_id:
            return
        with self._lock:
            kept = {
                key: one for key, one in self._typed.items() if one.until > now and key != (account, page)
            }
            own = [key for key in kept if key[0] == account]
            for key in own[: max(0, len(own) - MAX_KEPT + 1)]:
                del kept[key]
            self._typed = {**kept, (account, page): _Typed(officer_id, dict(fields), now + KEPT)}

    def take(self, account: int, page: str, officer_id: str, now: datetime) -> Mapping[str, tuple[str, ...]]:
        """What was typed on a page at this officer's desk, once; nothing where nothing was."""
        with self._lock:
            found = self._typed.get((account, page))
            if found is None or found.officer_id != officer_id or found.until <= now:
                return {}
            del self._typed[account, page]
            return found.fields

    def hold(self, session: int, text: str) -> str:
        """Keep a file of cases in memory while the desk is open, in the place of one before; gives its token."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._waiting[session] = _Waiting(token, text)
        return token

    def held(self, session: int, token: str) -> str:
        """The file of a token; nothing where it was decided, or is of another session."""
        found = self._waiting.get(session)
        return found.text if found is not None and found.token == token else ""

    def let_go(self, session: int) -> None:
        """Forget the file that waits."""
        with self._lock:
            self._waiting.pop(session, None)

    def begin(self, session: int, token: str, run: Run) -> bool:
        """Note that a file is taken in from now on; false where it does not wait any more."""
        with self._lock:
            found = self._waiting.get(session)
            if found is None or found.token != token:
                return False
            del self._waiting[session]
            self._runs[session] = run
        return True

    def running(self, session: int) -> Run | None:
        """The import that runs or ran last at this desk."""
        return self._runs.get(session)
