"""An opened node: what serving and syncing need, loaded once."""

from collections.abc import Callable
from typing import NamedTuple

from console.home import Home
from console.live import LiveCredentials, LiveDirectory, LiveSealKeys
from console.memory import settle_memory
from crypto.sealing import SealKey
from node.directory import Directory
from node.logbook import Identity
from node.peer_line import Credentials
from node.store.database import Store
from node.trust import Trusted


class Node(NamedTuple):
    """An opened node: what serving and syncing need, loaded once."""

    org_id: str
    store: Store
    own: Callable[[], Credentials]
    directory: Callable[[], Directory]
    identity: Identity
    network: Callable[[], Trusted] | None = None  # with the documents that prove the directory
    seal_keys: Callable[[], tuple[SealKey, ...]] = tuple


def open_node(home: Home, passphrase: str | None) -> Node:
    """Open a node that belongs to a network.

    Raises:
        NodeError: It belongs to none, or its database or directory can not be used.
        CryptoError: Its keys can not be read.
    """
    settle_memory()
    live = LiveDirectory(home)
    live()  # without a directory a node would refuse everybody; say so now
    own = LiveCredentials(home, passphrase)
    own()  # likewise
    return Node(
        home.settings.org_id,
        home.store(),
        own,
        live,
        home.identity(passphrase),
        live.network,
        LiveSealKeys(home, passphrase),
    )
