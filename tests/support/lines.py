"""Lines to a node as anybody may open them, and what a caller of any language reads in a refusal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import grpc
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from crypto.certificates import certificate_pem, private_key_pem, server_name
from node.directory import Member
from node.peer_line import Credentials
from node.status import DETAILS, DOMAIN


class Refusal(NamedTuple):
    """What a caller is told: status, stable reason, own request id, sentence, seconds to wait before the next try."""

    status: str
    reason: str
    request_id: str
    sentence: str
    retry_seconds: float


def refusal_of(error: grpc.aio.AioRpcError) -> Refusal:
    """Read an error as a caller of any language would."""
    packed = dict(error.trailing_metadata() or ()).get(DETAILS, b"")
    status, info, retry = Status.FromString(packed), ErrorInfo(), RetryInfo()
    if status.details:
        assert status.details[0].Unpack(info)
        assert info.domain == DOMAIN
        assert status.message == error.details()
        assert status.code == error.code().value[0]
        assert all(one.Unpack(retry) for one in status.details[1:])
    return Refusal(
        error.code().name,
        info.reason,
        info.metadata.get("request_id", ""),
        error.details() or "",
        retry.retry_delay.ToNanoseconds() / 1e9,
    )


@asynccontextmanager
async def line(
    peer: Member, own: Credentials | None, chain: bytes = b"", trusted: bytes = b""
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a node, as somebody with these credentials would open it."""
    credentials = grpc.ssl_channel_credentials(
        trusted or certificate_pem(peer.tls_certificates[0]),
        private_key_pem(own.key) if own else None,
        (certificate_pem(own.certificate) if own else b"") + chain or None,
    )
    options = (
        ("grpc.ssl_target_name_override", server_name(peer.org_id)),
        ("grpc.use_local_subchannel_pool", 1),
    )
    async with grpc.aio.secure_channel(peer.endpoints[0], credentials, options) as channel:
        yield channel
