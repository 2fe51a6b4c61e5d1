"""A casework server in this process, real gRPC over TLS, and calls that are made by hand."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from casework.client.desk import RemoteDesk
from casework.event import Statement
from casework.package import Leaving
from casework.server.listener import Tls, make_case_server
from casework.sessions import Sessions
from casework.workplace import Workplace
from console.office import Office
from crypto.certificates import certificate_name, certificate_pem, make_member_certificate, private_key_pem
from node.status import packed_details, reason_of
from tests.casework.test_desk import said
from tocsin.casework.v1 import (
    access_service_pb2,
    casework_service_pb2,
    evidence_service_pb2,
    intake_service_pb2,
    portfolio_service_pb2,
)

METHODS = tuple(
    method
    for module in (
        access_service_pb2,
        casework_service_pb2,
        evidence_service_pb2,
        intake_service_pb2,
        portfolio_service_pb2,
    )
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
)
"""Every call of every service, as the contract has it."""


class At:
    """Where a server listens, and the certificate that it shows."""

    def __init__(self, endpoint: str, certificate: bytes) -> None:
        self.endpoint, self.certificate = endpoint, certificate

    def desk(self) -> RemoteDesk:
        pem, name = certificate_pem(self.certificate), certificate_name(self.certificate)
        return RemoteDesk(self.endpoint, pem, name, reason_of)

    def call(self, method: Any, request: Any, *metadata: tuple[str, str]) -> Any:
        """Make a call that is refused, and give the refusal."""
        pem, name = certificate_pem(self.certificate), certificate_name(self.certificate)
        options = (("grpc.ssl_target_name_override", name),)
        path, wire = f"/{method.containing_service.full_name}/{method.name}", request.SerializeToString()
        with grpc.secure_channel(self.endpoint, grpc.ssl_channel_credentials(pem), options) as channel:
            make: Any = channel.stream_stream if method.client_streaming else channel.unary_stream
            asked = iter((wire,)) if method.client_streaming else wire
            answers = make(path)(asked, metadata=metadata, timeout=10)
            with pytest.raises(grpc.RpcError) as refused:
                next(answers)
        return refused.value


@contextmanager
def serving(sessions: Sessions) -> Iterator[At]:
    now = datetime.now(UTC)
    key, certificate = make_member_certificate("first-aid", now - timedelta(days=1), now + timedelta(days=1))
    tls = Tls(private_key_pem(key), certificate_pem(certificate))
    ports: list[int] = []
    ready, stop = threading.Event(), threading.Event()

    async def run() -> None:
        server, port = make_case_server(sessions, tls, "127.0.0.1:0", packed_details)
        await server.start()
        ports.append(port)
        ready.set()
        await asyncio.to_thread(stop.wait)
        await server.stop(0)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield At(f"127.0.0.1:{ports[0]}", certificate)
    finally:
        stop.set()
        thread.join()


def opens(office: Office) -> Callable[[str, str], Workplace]:
    return lambda name, passphrase: office.desk(name, passphrase or None)


SignIn = Callable[[str], Workplace]
Remote = Callable[[str], RemoteDesk]
TERMS = Leaving("Prosecutor", "complaint", to_host_government=False)


def photograph(evidence: str = "E1", **more: str) -> Statement:
    fields = {"evidence": evidence, "kind": "photograph", "copy": "original", "name": "gate.jpg", **more}
    return said("evidence_added", **fields)


def left_in(office: Office) -> list[Path]:
    """Every file in the folder of evidence."""
    return sorted(office.vault.folder.iterdir()) if office.vault.folder.exists() else []
