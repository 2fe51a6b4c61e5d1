"""Numbers for Prometheus follow its rules, and neither they nor logs, findings and refusals say what records say."""

import asyncio
import csv
import gzip
import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from urllib.request import urlopen

import grpc
import pytest
from grpc_health.v1 import health_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from console.demo_nodes import free_ports
from console.errors import TracesError
from console.generator import PUBLISHED_ON, generate
from console.home import open_home
from console.telling import watching_calls
from node.client import PeerClient
from node.errors import NodeError
from tests.console.command_line import copied, machine, tocsin

pytestmark = pytest.mark.slow
CANARIES = {"City": "canary-town-7f3a", "Details": "canary words 7f3a", "Actor name": "canary-actor-7f3a"}
NAME = re.compile(r"(tocsin|process)_[a-z_]+")
SERVICES = (
    "",
    "tocsin.node.v1.ExchangeService",
    "tocsin.node.v1.WitnessService",
    "tocsin.node.v1.TotalService",
)
UNITS = (
    "_seconds",
    "_bytes",
    "_info",
    "_total",
    "_entries",
    "_forks",
    "_findings",
    "_refused",
    "_fds",
    "_calls",
)


class Watched(NamedTuple):
    """What was seen from outside while two nodes worked: numbers by name, everything that was said, and of whom."""

    numbers: str
    said: list[str]
    log: str
    spans: list[bytes]


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """One of OpenTelemetry, and what it was sent."""
    sent: list[bytes] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", sent
        finally:
            server.shutdown()


def incidents() -> bytes:
    """A publication whose words are canaries."""
    rows = list(csv.DictReader(io.StringIO(generate(seed=5, incidents=30).decode())))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(row | CANARIES for row in rows)
    return out.getvalue().encode()


@pytest.fixture(scope="module")
def watched(_networked: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("watched")
    alpha, beta = (copied(home, folder / home.name) for home in _networked)
    file = folder / f"made-up_{PUBLISHED_ON}.csv"
    file.write_bytes(incidents())
    assert tocsin("import", file, "--home", alpha).code == 0
    assert tocsin("share", "--tier", "peer", "--all", "--yes", "--home", alpha).code == 0
    with collector() as (address, spans):
        seen = watched_from_outside(alpha, beta, address)
    return seen._replace(spans=spans)


def watched_from_outside(alpha: Path, beta: Path, spans_to: str) -> Watched:
    metrics = f"127.0.0.1:{free_ports(1)[0]}"
    command = (sys.executable, "-P", "-m", "console.cli.main", "serve", "--metrics", metrics)
    serving = subprocess.Popen(
        (*command, "--home", str(alpha)),
        stderr=subprocess.PIPE,
        text=True,
        env=machine() | {"OTEL_EXPORTER_OTLP_ENDPOINT": spans_to},
    )
    said: list[str] = []
    try:
        assert serving.stderr is not None
        while not (line := serving.stderr.readline()).startswith("Listening"):
            assert line, "it ended"
            said.append(line)
        synced = tocsin("sync", "--home", beta)
        assert synced.code == 0, synced.err
        asyncio.run(_asked(beta))
        said += [tocsin("doctor", "--all", "--home", home).out for home in (alpha, beta)]
        with urlopen(f"http://{metrics}/metrics", timeout=10) as answer:
            numbers = answer.read().decode()
    finally:
        serving.send_signal(signal.SIGTERM)
        _, log = serving.communicate(timeout=30)
    return Watched(numbers, said, log, [])


async def _asked(home: Path) -> None:
    """Ask the other whether it is well, and then something that it refuses."""
    opened = open_home(home)
    (other,) = (one for one in opened.directory().members if one.org_id != "beta")
    async with PeerClient(other, opened.credentials(None)) as client:
        check = client._channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        for service in SERVICES:
            well = await check(health_pb2.HealthCheckRequest(service=service))
            assert well.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError, match="NOT_FOUND"):
            await check(health_pb2.HealthCheckRequest(service="tocsin.node.v1.NoService"))
        with pytest.raises(NodeError, match="LOG_UNKNOWN"):
            await client.checkpoint("nobody")


def test_names_and_units_are_those_of_prometheus(watched: Watched) -> None:
    families = list(text_string_to_metric_families(watched.numbers))
    assert all(NAME.fullmatch(one.name) and one.documentation for one in families)
    assert all(one.name.endswith(UNITS) for one in families)
    assert {one.name for one in families} >= {
        "tocsin_calls",
        "tocsin_call_duration_seconds",
        "tocsin_findings",
    }


def test_calls_are_counted_with_how_they_ended(watched: Watched) -> None:
    samples = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(watched.numbers)
        for one in family.samples
    }
    assert samples["tocsin_calls_total", "ListEntries", "OK"] >= 1
    assert samples["tocsin_calls_total", "Check", "OK"] == len(SERVICES)
    assert samples["tocsin_calls_total", "GetCheckpoint", "NOT_FOUND"] == 1
    assert samples["tocsin_call_duration_seconds_count", "ListEntries"] >= 1
    assert samples["tocsin_log_entries", "alpha"] > 0
    assert samples["tocsin_log_unsigned_entries",] == 0


def test_spans_say_which_call_it_was_and_how_it_ended_and_no_more(watched: Watched) -> None:
    sent = [ExportTraceServiceRequest.FromString(body) for body in watched.spans]
    resources = [one for request in sent for one in request.resource_spans]
    about = {one.key: one.value.string_value for one in resources[0].resource.attributes}
    spans = [span for one in resources for scope in one.scope_spans for span in scope.spans]
    assert about["service.name"] == "tocsin"
    assert about["service.instance.id"] == "alpha"
    said = [{one.key: one.value.string_value for one in span.attributes} for span in spans]
    assert all(one.keys() == {"rpc.system", "rpc.method", "rpc.response.status_code"} for one in said)
    assert {(one["rpc.method"], one["rpc.response.status_code"]) for one in said} >= {
        ("ListEntries", "OK"),
        ("GetCheckpoint", "NOT_FOUND"),
    }
    assert all(0 < span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
    assert not any(span.parent_span_id for span in spans)


def test_a_collector_without_the_extra_is_said_in_words(
    empty_node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "console.traces", None)
    with (
        pytest.raises(TracesError, match=r"tocsin\[traces\]"),
        watching_calls(open_home(empty_node), "", lambda _: None),
    ):
        pass


def test_a_log_line_is_an_object_with_time_level_and_reason(watched: Watched) -> None:
    lines = [json.loads(line) for line in watched.log.splitlines()]
    assert all(line.keys() >= {"time", "level", "logger", "message"} for line in lines)
    assert any("reason=" in line["message"] for line in lines)


def test_no_canary_is_in_numbers_logs_findings_or_what_was_refused(watched: Watched) -> None:
    seen = "\n".join((watched.numbers, watched.log, *watched.said, *map(repr, watched.spans)))
    assert "member beta" in seen
    assert [one for one in CANARIES.values() if one in seen] == []
    assert "violence" not in seen


def test_they_are_for_this_machine_alone(network: tuple[Path, Path]) -> None:
    for address in ("0.0.0.0:9464", "10.0.0.1:9464", "somewhere", "127.0.0.1:99999999"):
        ran = tocsin("serve", "--metrics", address, "--home", network[0])
        assert (ran.code, ran.err.rstrip()[-21:]) == (1, "[WEB_ADDRESS_REFUSED]"), address
