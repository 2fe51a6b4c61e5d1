"""People of a node on PostgreSQL who import, share, pull and work on a case while its servers change beneath them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest

from casework.errors import CaseStoreError
from console.home import make_home
from node.audience import Tier
from node.config import new_settings
from node.errors import UnreachableError
from node.model import Incident
from node.store.heads import log_head
from tests.support.incidents import LOOTING, SHOOTING
from tests.support.network import TODAY, Network, Node
from tests.support.offices import Staffed, statement

TIMES = 24  # that each kind of work is done
FAILS_AFTER = 8  # times that each was done
WAITS_AT = 20  # times that each was done, until the fault is there: or the quickest would be done before it


class People:
    """They do four kinds of work at the same time; told that the database is gone, the same again.

    Attributes:
        done: How often each kind was done.
        told: Who was told that the database is gone.
    """

    def __init__(self, alpha: Node, beta: Node, network: Network, office: Staffed) -> None:
        self.alpha, self.beta, self.network, self.office = alpha, beta, network, office
        self.officer, self.case = office.desks["ops"], office.detention()
        self.done: Counter[str] = Counter()
        self.told: list[str] = []
        self._is_there = Event()
        beta.holds(on=TODAY, **_records("b", TIMES, LOOTING))

    def imports(self, at: int) -> None:
        """One record more than before."""
        self.alpha.holds(on=TODAY, **_records("r", at + 1, SHOOTING))

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

    @contextmanager
    def at_work(self, patience_seconds: float) -> Iterator[Callable[[], None]]:
        """Let them work, do something when they are in the middle of it, and wait until they are done.

        What is given is called once the fault is there; nobody is done with their work before.
        """
        kinds: tuple[Callable[[int], None], ...] = (self.imports, self.shares, self.pulls, self.writes)
        with ThreadPoolExecutor() as pool:
            working = [pool.submit(self._work, one, patience_seconds) for one in kinds]
            while len(self.done) < len(kinds) or min(self.done.values()) < FAILS_AFTER:
                time.sleep(0.01)
            try:
                yield self._is_there.set
            finally:
                self._is_there.set()
            for one in working:
                one.result()

    def _work(self, of: Callable[[int], None], patience_seconds: float) -> None:
        """Do one kind of work again and again."""
        deadline, name = time.monotonic() + patience_seconds, of.__name__
        while self.done[name] < TIMES:
            if time.monotonic() > deadline:
                pytest.fail(f"{name}: the database never came back")
            if self.done[name] == WAITS_AT:
                self._is_there.wait(patience_seconds)
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


@contextmanager
def working_on(url: str, cases_url: str, member_url: str, folder: Path) -> Iterator[People]:
    """Those of a node and of an office with these databases, and of a member with another."""
    urls = iter((url, member_url))
    network = Network(lambda: next(urls))
    settings = new_settings(org_id="alpha", org_type="INGO", database_url=cases_url)
    office = Staffed(make_home(folder / "cases", settings, None))
    try:
        yield People(network.node("alpha"), network.node("beta", Tier.COORDINATOR), network, office)
    finally:
        office.office.database.store.close()
        network.close()


def verify_whole(people: People) -> None:
    """Check that everything is there once, and holds, and that the member gets all of it."""
    verify_standing(people)
    assert people.network.sync(people.beta, people.alpha).received.accepted == TIMES
    assert people.beta.faults(*people.network.origins()) == []


def verify_standing(people: People) -> None:
    """Check that everything is there once, and holds."""
    alpha = people.alpha
    assert alpha.counts("means") == {("shooting",): TIMES, ("looting",): TIMES}
    with alpha.store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    assert head.frontier.size == TIMES
    assert alpha.faults(*people.network.origins()) == []
    assert people.notes() == [f"n{one}" for one in range(TIMES)]
    assert [one for one in people.office.office.check({}) if not isinstance(one, int)] == []


def _records(prefix: str, number: int, incident: Incident) -> dict[str, Incident]:
    return {f"{prefix}{one}": incident for one in range(number)}
