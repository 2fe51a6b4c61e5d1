"""Spans of calls for OpenTelemetry, sent to the collector that its standard variables name.

A span says which call of a member it was, how it ended, when it began and how long it took, and nothing of what was
asked or answered. Calls between organizations carry no trace context: nobody is to follow through another's node.
The libraries are an extra: `pip install tocsin[traces]`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from time import time_ns

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

from node.gate import Watch


@contextmanager
def tracing(org_id: str) -> Iterator[Watch]:
    """Send spans while it lasts, in batches and beside the work; gives what is to be told of each call."""
    about = {
        "service.name": "tocsin",
        "service.version": version("tocsin"),
        "service.instance.id": org_id,
    }
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("tocsin")

    def watch(call: str, status: str, seconds: float) -> None:
        ended = time_ns()
        attributes = {"rpc.system": "grpc", "rpc.method": call, "rpc.response.status_code": status}
        started = ended - round(seconds * 1e9)
        tracer.start_span(call, kind=SpanKind.SERVER, attributes=attributes, start_time=started).end(ended)

    try:
        yield watch
    finally:
        provider.shutdown()
