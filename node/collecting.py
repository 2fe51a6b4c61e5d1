"""Numbers without records over the line: a coordinator says what it asks for, and takes in what members give.

A member gives nothing by itself: it looks at what is asked for, and somebody there decides, as with a file.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import grpc

from crypto.envelope import Envelope
from crypto.errors import SealError
from crypto.sealing import SealKey, seal_box
from node.client import PeerClient
from node.contributing import take_aggregate
from node.cubes.declaration import Cube
from node.directory import Directory, Member, seal_key_of, speaker_of
from node.errors import AggregateError
from node.gate import MAX_REQUEST_BYTES, Gatekeeper
from node.published import declared
from node.said import Teller
from node.server import Service, Unary, unary_handler
from node.store.database import Store
from node.wire import aggregates as wires

MAX_TOLD = 200
BY = "line"  # who took in what came without anybody looking
_ROOM = 1024  # for what stands around a box
logger = logging.getLogger(__name__)


class AggregateDesk:
    """The answers of the release service; plain functions, run in threads beside the event loop."""

    def __init__(
        self,
        org_id: str,
        store: Store,
        directory: Callable[[], Directory],
        seal_keys: Callable[[], Sequence[SealKey]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._org_id = org_id
        self._store = store
        self._directory = directory
        self._seal_keys = seal_keys
        self._clock = clock

    def service(self, gatekeeper: Gatekeeper) -> Service:
        """The release service, for `make_server`."""
        calls: dict[str, Unary] = {"ListCubes": self.list_cubes, "GiveAggregate": self.give_aggregate}
        methods = {
            name: unary_handler(answer, gatekeeper, wires.decode_request_id) for name, answer in calls.items()
        }
        return Service(wires.SERVICE, grpc.method_handlers_generic_handler(wires.SERVICE, methods))

    def list_cubes(self, _wire: bytes, _caller: Member) -> bytes:
        """ListCubes."""
        asking = [cube for cube in declared(self._store).values() if cube.aggregates]
        return wires.encode_cubes(asking[-MAX_TOLD:])

    def give_aggregate(self, wire: bytes, caller: Member) -> bytes:
        """GiveAggregate."""
        envelope = wires.unpack(self._opened(wires.decode_give_call(wire)))
        now = self._clock()
        origin = speaker_of(self._directory(), caller.org_id, now)
        found = take_aggregate(self._store, envelope, origin, self._org_id, Teller(BY, now))
        logger.info("numbers taken: member=%s cube=%s", caller.org_id, found.cube.title)
        return wires.encode_given()

    def _opened(self, box: bytes) -> bytes:
        for key in self._seal_keys():
            try:
                return key.open_box(box)
            except SealError:
                continue
        raise AggregateError("it is not sealed to us, or damaged")


async def cubes_of(client: PeerClient) -> dict[str, Cube]:
    """The cubes for which a coordinator asks for numbers, by title.

    Raises:
        UnavailableError: No answer, or a refusal.
        PayloadError: The answer is none to this call.
    """
    wire = wires.encode_cubes_call(str(uuid4()))
    found = wires.decode_cubes(await client.call(wires.SERVICE, "ListCubes", wire))
    return {cube.title: cube for cube in found}


def sealed_for(member: Member, envelope: Envelope, now: datetime) -> bytes:
    """Numbers so that their coordinator alone can read them.

    Raises:
        AggregateError: They are too many for the line.
        MemberError: It has no seal key.
    """
    box = seal_box(seal_key_of(member, now), wires.pack(envelope))
    if len(box) > MAX_REQUEST_BYTES - _ROOM:
        raise AggregateError("they are too many for the line; give them as a file, with --out")
    return box


async def send_aggregate(client: PeerClient, box: bytes) -> None:
    """Give a coordinator what was sealed to it.

    Raises:
        UnavailableError: No answer, or a refusal.
        PayloadError: The answer is none to this call.
    """
    wire = wires.encode_give_call(str(uuid4()), box)
    wires.decode_given(await client.call(wires.SERVICE, "GiveAggregate", wire))
