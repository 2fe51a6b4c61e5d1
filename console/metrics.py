"""Numbers about a running node for Prometheus: plain HTTP on this machine alone, names and units by its rules.

Labels are ids of members, names of calls and of statuses, and states of findings: a few of each, and none of them says
what stands in a record or a case. What is looked up is looked up again at most once in `LOOK_SECONDS`, however often
somebody asks.
"""

import shutil
from collections import Counter as Counted
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from threading import Lock
from time import monotonic

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from casework.errors import CaseworkError
from console.database import REVISION
from console.doctor import examine
from console.errors import WebAddressError
from console.home import Home, read_file
from console.saving import newest_backup
from console.symptoms import State
from console.web.listening import read_place, shown_host
from crypto.certificates import validity
from crypto.errors import CryptoError
from node.errors import NodeError
from node.gate import Watch
from node.store.database import Store
from node.store.forks import all_forks
from node.store.heads import log_heads

LOOK_SECONDS = 15.0
_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0)


@contextmanager
def measuring(home: Home, address: str, ready: Callable[[str], None]) -> Iterator[Watch]:
    """Serve the numbers of a node under HOST:PORT of this machine; gives what is to be told of each call.

    Raises:
        WebAddressError: It is no address of this machine alone, or is taken.
        NodeError: The database can not be used.
    """
    place = read_place("--metrics", address)
    # Of each number, since when it is counted: `process_start_time_seconds` says that once.
    disable_created_metrics()  # type: ignore[no-untyped-call] # it has no types
    registry = CollectorRegistry()
    store = home.store()
    ProcessCollector(registry=registry)
    registry.register(Looked(home, store))
    try:
        server, thread = start_http_server(place.port, place.host, registry)
    except (OSError, OverflowError) as error:  # the latter of a port that there is not
        store.close()
        raise WebAddressError("--metrics: {address} can not be listened on", address=address) from error
    try:
        ready(f"http://{shown_host(place)}:{server.server_port}/metrics")
        yield _calls(registry)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        store.close()


def _calls(registry: CollectorRegistry) -> Watch:
    calls = Counter("tocsin_calls", "Calls of members.", ("call", "status"), registry=registry)
    took = Histogram(
        "tocsin_call_duration_seconds",
        "How long calls took; streams last as long as they are open.",
        ("call",),
        registry=registry,
        buckets=_BUCKETS,
    )

    def watch(call: str, status: str, seconds: float) -> None:
        calls.labels(call, status).inc()
        took.labels(call).observe(seconds)

    return watch


class Looked(Collector):
    """What is looked up of a node when somebody asks."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home, self._store = home, store
        self._lock = Lock()
        self._held: tuple[Metric, ...] = ()
        self._until = 0.0

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand, so that no database is asked when this is registered."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The numbers as they are now, or were a moment ago; what can not be looked up is left out."""
        with self._lock:
            if monotonic() >= self._until:
                self._held = tuple(self._look(datetime.now(UTC)))
                self._until = monotonic() + LOOK_SECONDS
            return self._held

    def _look(self, now: datetime) -> Iterator[Metric]:
        yield _one(
            "tocsin_build_info", "Versions.", 1, ("version", version("tocsin")), ("revision", REVISION)
        )
        for look in (self._logs, self._times, self._places):
            try:
                yield from look()
            except (NodeError, CaseworkError, CryptoError, OSError):
                continue  # `tocsin_findings` says that something is bad, and `tocsin doctor` what
        findings = GaugeMetricFamily("tocsin_findings", "What `tocsin doctor` finds.", labels=("state",))
        counted = Counted(one.state for one in examine(self._home, now))
        for state in State:
            findings.add_metric((state.lower(),), counted[state])
        yield findings

    def _logs(self) -> Iterator[Metric]:
        entries = GaugeMetricFamily("tocsin_log_entries", "Entries held of each log.", labels=("member",))
        heard = GaugeMetricFamily(
            "tocsin_log_heard_timestamp_seconds", "When each log was heard last.", labels=("member",)
        )
        refused = GaugeMetricFamily("tocsin_log_refused", "1 while a log is refused.", labels=("member",))
        with self._store.read() as connection:
            heads, forks = log_heads(connection), all_forks(connection)
        for head in heads:
            entries.add_metric((head.origin_id,), head.frontier.size)
            heard.add_metric((head.origin_id,), head.heard_at)
            refused.add_metric((head.origin_id,), int(bool(head.refused_reason)))
        yield from (entries, heard, refused)
        yield _one("tocsin_log_forks", "Logs that told two stories.", len(forks))
        unsigned = sum(
            one.frontier.size - one.committed for one in heads if one.origin_id == self._home.settings.org_id
        )
        yield _one("tocsin_log_unsigned_entries", "Own entries that wait for a checkpoint.", unsigned)

    def _times(self) -> Iterator[Metric]:
        directory = self._home.directory()
        for what, until in (
            ("directory", directory.expires),
            ("root", directory.root_expires),
            ("certificate", validity(read_file(self._home.certificate_file))[1]),
        ):
            name = f"tocsin_{what}_expires_timestamp_seconds"
            yield _one(name, f"Until when the {what} holds.", until.timestamp())

    def _places(self) -> Iterator[Metric]:
        free = shutil.disk_usage(self._home.path).free
        yield _one("tocsin_disk_free_bytes", "Room where the node lies.", free)
        folder, org_id = self._home.settings.backup_folder, self._home.settings.org_id
        newest = newest_backup(self._home.path / folder, org_id) if folder else None
        if newest is not None:
            found = newest.stat()
            name, text = "tocsin_backup_timestamp_seconds", "When the newest backup was made."
            yield _one(name, text, found.st_mtime)
            yield _one("tocsin_backup_size_bytes", "Size of the newest backup.", found.st_size)


def _one(name: str, text: str, value: float, *labels: tuple[str, str]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label for label, _ in labels])
    family.add_metric([said for _, said in labels], value)
    return family
