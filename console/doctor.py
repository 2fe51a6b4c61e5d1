"""Look at the whole node and say in plain words what is wrong, and what to do."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from casework.errors import CaseworkError
from console import symptoms
from console.database import REVISION, follower_of, revision_of
from console.home import Home
from console.symptoms import Finding, State
from crypto.errors import CryptoError
from crypto.sentence import Sentence
from node.errors import NodeError, UnreachableError
from node.store.database import Store

Look = Callable[[], Iterable[Finding]]


def examine(home: Home, now: datetime) -> tuple[Finding, ...]:
    """Everything that was looked at, the worst first; what can not be looked at is a finding too.

    Args:
        home: The node; it may be served meanwhile. Nothing of it is changed.
        now: Aware UTC.
    """
    found = [
        *_looked("disk", lambda: symptoms.disk(home)),
        *_looked("serve", lambda: symptoms.serving(home)),
        *_looked("keys", lambda: symptoms.keys(home)),
        *_looked("network", lambda: _network(home, now)),
        *_looked("database", lambda: _database(home, now)),
    ]
    order = list(reversed(State))
    return tuple(sorted(found, key=lambda one: order.index(one.state)))


def _looked(what: str, look: Look) -> Iterator[Finding]:
    try:
        yield from look()
    except (NodeError, CaseworkError, CryptoError) as error:
        yield Finding(
            State.BAD,
            what,
            Sentence("{error} [{reason}]", error=error, reason=error.reason),
            "start its server again, or set database_url right"
            if isinstance(error, UnreachableError)
            else "docs/protocol.md#reasons",
        )
    except OSError as error:
        yield Finding(
            State.BAD,
            what,
            Sentence("a file can not be read: {why}", why=error.strerror),
            "look at the rights of the folder",
        )


def _network(home: Home, now: datetime) -> Iterator[Finding]:
    if home.network_file.exists():
        yield from symptoms.times(home, home.directory(), now)
    else:
        yield Finding(State.LOOK, "network", "this node belongs to none yet", "tocsin peer request")


def _database(home: Home, now: datetime) -> Iterator[Finding]:
    url = home.database_url
    file = home.path / "node.db"
    if not home.settings.database_url and not file.exists():
        yield Finding(State.BAD, "database", "there is none", "tocsin restore: docs/backup.md")
        return
    store = Store(url, follower=follower_of(home.settings.database_replica))
    try:
        with store.read() as connection:
            found = revision_of(connection)
            yield from symptoms.database(connection, url)
        if found == REVISION:
            yield from _contents(home, store, now)
    finally:
        store.close()


def _contents(home: Home, store: Store, now: datetime) -> Iterator[Finding]:
    org_id = home.settings.org_id
    with store.read() as connection:
        yield from symptoms.own_log(connection, org_id, now)
        yield from _looked("replica", lambda: symptoms.replica(home, store))
        yield from _looked("backup", lambda: symptoms.backups(home, connection, now))
        yield from _looked("casework", lambda: symptoms.casework(home, store, connection, now))
    if home.network_file.exists():
        yield from symptoms.peers(store, home.directory(), org_id, now)
