"""The witness service of this node, for the members of the network."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import grpc

from crypto.errors import CryptoError
from crypto.signing import Signer
from node.directory import Member
from node.errors import NodeError, WitnessBehindError
from node.gate import Context, Gatekeeper, abort_call, our_error
from node.gossip import tell
from node.server import Service, read_request_id, unary_handler
from node.status import WITNESSED_SIZE
from node.store.database import Store
from node.trust import Document, directory_digest
from node.wire.network import encode_document
from node.wire.witness import (
    SERVICE,
    decode_add_checkpoint_call,
    decode_checkpoints_call,
    decode_network_call,
    encode_cosignature,
    encode_network,
    encode_told,
)
from node.witness import witness


class WitnessStand:
    """Answers of the witness service."""

    def __init__(
        self,
        org_id: str,
        store: Store,
        signer: Signer,
        gatekeeper: Gatekeeper,
        clock: Callable[[], datetime],
        *,
        network: Callable[[], Document | None] = lambda: None,
    ) -> None:
        self._org_id = org_id
        self._store = store
        self._signer = signer
        self._gatekeeper = gatekeeper
        self._clock = clock
        self._network = network

    def service(self) -> Service:
        """The witness service, for `make_server`."""
        methods: dict[str, Any] = {
            "AddCheckpoint": grpc.unary_unary_rpc_method_handler(self._add_checkpoint),
            "ListCheckpoints": unary_handler(
                self._list_checkpoints,
                self._gatekeeper,
                lambda wire: decode_checkpoints_call(wire).request_id,
            ),
        }
        methods["GetNetwork"] = unary_handler(
            self._get_network, self._gatekeeper, lambda wire: decode_network_call(wire).request_id
        )
        return Service(SERVICE, grpc.method_handlers_generic_handler(SERVICE, methods))

    def _list_checkpoints(self, wire: bytes, caller: Member) -> bytes:
        known = decode_checkpoints_call(wire).known
        return encode_told(tell(self._store, self._gatekeeper.directory(), known, caller.org_id))

    def _get_network(self, wire: bytes, _caller: Member) -> bytes:
        known, held = decode_network_call(wire).known, self._network()
        if held is None or directory_digest(held) == known:
            return encode_network(b"")
        return encode_network(encode_document(held))

    async def _add_checkpoint(self, wire: bytes, context: Context) -> bytes:
        request_id = ""
        try:
            call = decode_add_checkpoint_call(wire)
            request_id = read_request_id(call.request_id)
            caller = self._gatekeeper.caller()
            return encode_cosignature(
                await asyncio.to_thread(
                    witness, self._store, self._org_id, self._signer, caller, call.growth, self._clock()
                )
            )
        except (NodeError, CryptoError) as error:
            size = error.size if isinstance(error, WitnessBehindError) else None
            more = () if size is None else ((WITNESSED_SIZE, str(size)),)
            await abort_call(context, our_error(error), request_id, more)
            raise AssertionError("abort does not return") from error
