"""Officers who are signed in at a server: their desks lie open in memory until they leave or are idle.

Passphrases are tried one at a time, as each try takes a quarter of a gigabyte. A refusal always takes as long, whether
there is no such officer or the passphrase is another, and after some wrong tries an officer waits a minute.
"""

import secrets
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import NamedTuple

from casework.errors import AttemptsError, CaseworkError, SessionError, SignInError
from casework.workplace import Workplace
from crypto.errors import CryptoError

IDLE_SECONDS = 15 * 60
LONGEST_SECONDS = 8 * 3600
FREE_TRIES = 5
REFUSAL_SECONDS = 2.0  # longer than a passphrase takes to try
PAUSE_SECONDS = 60.0  # between tries, once the free ones are used up
FORGET_SECONDS = 15 * 60.0  # after which wrong tries are forgotten
MAX_SESSIONS = 200
_TOKEN_BYTES = 32


class _Session(NamedTuple):
    desk: Workplace
    since: float
    last: float


class _Tries(NamedTuple):
    wrong: int
    last: float


class Sessions:
    """Who is signed in, by the hash of their token."""

    def __init__(
        self,
        sign_in: Callable[[str, str], Workplace],
        seconds: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        """Take what opens a desk with an officer's id and passphrase, a clock that only goes forward, and a pause."""
        self._sign_in = sign_in
        self._wait = wait
        self._seconds = seconds
        self._open: dict[bytes, _Session] = {}
        self._tries: dict[str, _Tries] = {}
        self._one_at_a_time = Lock()
        self._guard = Lock()

    def sign_in(self, officer_id: str, passphrase: str) -> tuple[str, Workplace]:
        """Open an officer's keys and give a token.

        Raises:
            SignInError: There is no such officer, or the passphrase is another; which of them is not said.
            AttemptsError: Too many tries, or too many officers, for now.
        """
        if not self._one_at_a_time.acquire(timeout=PAUSE_SECONDS):
            raise AttemptsError("others are signing in; try again in a minute")
        try:
            self._check_tries(officer_id)
            desk = self._opened(officer_id, passphrase)
        finally:
            self._one_at_a_time.release()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = self._seconds()
        with self._guard:
            self._drop_idle(now)
            if len(self._open) >= MAX_SESSIONS:
                raise AttemptsError("too many officers are signed in")
            self._open[_name(token)] = _Session(desk, now, now)
        return token, desk

    def desk(self, token: str) -> Workplace:
        """The desk that a token opens.

        Raises:
            SessionError: It opens none, or no longer.
        """
        now = self._seconds()
        with self._guard:
            self._drop_idle(now)
            found = self._open.get(_name(token))
            if found is None:
                raise SessionError("sign in")
            self._open[_name(token)] = found._replace(last=now)
        return found.desk

    def sign_out(self, token: str) -> None:
        """Forget a desk and its keys; a token that opens none is forgotten already."""
        with self._guard:
            self._open.pop(_name(token), None)

    def _opened(self, officer_id: str, passphrase: str) -> Workplace:
        began = self._seconds()
        try:
            desk = self._sign_in(officer_id, passphrase)
        except (CaseworkError, CryptoError) as error:
            before = self._tries.get(officer_id, _Tries(0, 0.0))
            self._tries[officer_id] = _Tries(before.wrong + 1, self._seconds())
            self._wait(max(REFUSAL_SECONDS - (self._seconds() - began), 0))
            raise SignInError("the id or the passphrase is wrong") from error
        self._tries.pop(officer_id, None)
        return desk

    def _check_tries(self, officer_id: str) -> None:
        now = self._seconds()
        self._tries = {name: one for name, one in self._tries.items() if now - one.last < FORGET_SECONDS}
        tries = self._tries.get(officer_id)
        if tries is not None and tries.wrong >= FREE_TRIES and now - tries.last < PAUSE_SECONDS:
            raise AttemptsError("too many wrong tries; wait a minute")

    def _drop_idle(self, now: float) -> None:
        self._open = {
            name: one
            for name, one in self._open.items()
            if now - one.last < IDLE_SECONDS and now - one.since < LONGEST_SECONDS
        }


def _name(token: str) -> bytes:
    return sha256(token.encode()).digest()
