"""Whom a running node tells of each call of a member, once it is over: only those that the operator wants."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from os import environ

from console.errors import TracesError
from console.home import Home
from node.gate import Watch

COLLECTOR = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@contextmanager
def watching_calls(home: Home, metrics: str, ready: Callable[[str], None]) -> Iterator[Watch]:
    """Count calls under HOST:PORT, if one is given, and send spans to a collector that the environment names.

    Raises:
        WebAddressError: The numbers can not be served there.
        TracesError: A collector is named, and the extra is not installed.
        NodeError: The database can not be used.
    """
    watches: list[Watch] = []

    def watch(call: str, status: str, seconds: float) -> None:
        for one in watches:
            one(call, status, seconds)

    with ExitStack() as beside:
        if metrics:
            from console.metrics import measuring  # noqa: PLC0415 - not before somebody wants it

            watches.append(beside.enter_context(measuring(home, metrics, ready)))
        if any(environ.get(name) for name in COLLECTOR):
            try:
                from console.traces import tracing  # noqa: PLC0415 - needs an optional extra
            except ImportError as error:
                raise TracesError("traces need the extra: pip install 'tocsin[traces]'") from error
            watches.append(beside.enter_context(tracing(home.settings.org_id)))
        yield watch
