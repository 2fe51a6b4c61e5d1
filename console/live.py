"""What a running node reads again as soon as its files have changed: the network's directory, and keys of its own."""

import logging
import os
from datetime import UTC, datetime
from typing import TypeAlias

from console.home import SEAL, TLS, Home
from console.keyring import seal_keys
from crypto.certificates import verify_pair
from crypto.errors import CryptoError
from crypto.sealing import SealKey
from node.directory import Directory
from node.errors import DirectoryError, NodeError
from node.peer_line import Credentials
from node.trust import Trusted

logger = logging.getLogger(__name__)
State: TypeAlias = tuple[tuple[int, int], ...]


class LiveDirectory:
    """The directory as its file stands now."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._file = str(home.network_file)  # looked at with every call of every peer
        self._seen = (0, 0, 0)
        self._trusted: Trusted | None = None
        self._directory: Directory | None = None

    def __call__(self) -> Directory:
        """Give the verified directory.

        Raises:
            DirectoryError: The file is gone or does not hold; nobody is let in on the old one.
        """
        try:
            stat = os.stat(self._file)  # noqa: PTH116 - a path of pathlib costs as much again
        except OSError as error:
            self._home.fingerprint()  # where there never was a network, this says so
            raise DirectoryError("the directory file can not be read") from error
        now = stat.st_mtime_ns, stat.st_size, stat.st_ino
        if self._directory is None or now != self._seen:
            self._trusted = self._home.network()
            self._directory, self._seen = self._trusted.directory, now
        assert self._directory is not None, "what is trusted has a directory"
        return self._directory

    def network(self) -> Trusted:
        """Give all that is believed of the network, with the document that proves it.

        Raises:
            DirectoryError: As above.
        """
        self()
        assert self._trusted is not None, "it was read with the directory"
        return self._trusted


class LiveCredentials:
    """The node's own TLS key and certificate as their files stand now."""

    def __init__(self, home: Home, passphrase: str | None) -> None:
        self._home = home
        self._passphrase = passphrase
        self._files = str(home.key_file(TLS)), str(home.certificate_file)
        self._seen: State | None = None
        self._held: Credentials | None = None

    def __call__(self) -> Credentials:
        """Give the pair; while only one of the files is new, or they can not be read, the pair before.

        Raises:
            UnreadableError: They can not be read and never could.
            CryptoError: They are no pair and never were.
        """
        try:
            now = _state(*self._files)
        except OSError:  # one of them is being replaced, or there is none
            now = ()
        if self._held is None or now != self._seen:
            try:
                fresh = self._home.credentials(self._passphrase)
                verify_pair(*fresh)
            except (NodeError, CryptoError) as error:
                if self._held is None:
                    raise
                logger.warning("TLS key not taken over: reason=%s", error.reason)
            else:
                self._held = fresh
            self._seen = now
        return self._held


class LiveSealKeys:
    """The keys that open what is sealed to this node, read again when one of their files is another."""

    def __init__(self, home: Home, passphrase: str | None) -> None:
        self._home = home
        self._passphrase = passphrase
        self._seen: State | None = None
        self._held: tuple[SealKey, ...] = ()

    def __call__(self) -> tuple[SealKey, ...]:
        """Give the keys.

        Raises:
            CryptoError: One can not be read.
        """
        now = _state(*map(str, sorted((self._home.path / "keys").glob(f"{SEAL}*.key"))))
        if now != self._seen:  # reading a key under a passphrase takes half a second
            self._held, self._seen = seal_keys(self._home, self._passphrase, datetime.now(UTC)), now
        return self._held


def _state(*files: str) -> State:
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in map(os.stat, files))
