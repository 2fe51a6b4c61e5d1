"""Private totals over the line: what a server answers, and what members and servers ask.

Whoever is neither in the group nor a server of a total can not learn here that there is one.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import grpc

from crypto.sealing import SealKey
from node.adding_up import Adder, Step, next_step, take_outcome, take_share, take_step
from node.agreeing import declaration, find_total, take_declaration, tell_totals
from node.client import PeerClient
from node.directory import Directory, Member
from node.errors import MemberError, PayloadError, TotalError, UnknownTotalError
from node.gate import Gatekeeper
from node.logbook import Identity
from node.said import Teller
from node.server import Service, Unary, unary_handler
from node.store.database import Store
from node.store.totals import Gave, HeldTotal
from node.totals.declaration import Total, read_payload
from node.wire import totals as wires

MAX_TOLD = 200
logger = logging.getLogger(__name__)


class TotalDesk:
    """The answers of the total service; plain functions, run in threads beside the event loop."""

    def __init__(
        self,
        identity: Identity,
        store: Store,
        directory: Callable[[], Directory],
        seal_keys: Callable[[], Sequence[SealKey]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._identity = identity
        self._store = store
        self._directory = directory
        self._seal_keys = seal_keys
        self._clock = clock

    def service(self, gatekeeper: Gatekeeper) -> Service:
        """The total service, for `make_server`."""
        calls: dict[str, Unary] = {
            "ListTotals": self.list_totals,
            "TellTotal": self.tell_total,
            "GiveShare": self.give_share,
            "SettleTotal": self.settle_total,
        }
        methods = {
            name: unary_handler(answer, gatekeeper, wires.decode_request_id) for name, answer in calls.items()
        }
        return Service(wires.SERVICE, grpc.method_handlers_generic_handler(wires.SERVICE, methods))

    def list_totals(self, _wire: bytes, caller: Member) -> bytes:
        """ListTotals."""
        return wires.encode_totals(tell_totals(self._store, caller.org_id)[-MAX_TOLD:])

    def tell_total(self, wire: bytes, caller: Member) -> bytes:
        """TellTotal."""
        envelope = wires.decode_tell_call(wire)
        self._verify_server(read_payload(envelope.payload), caller)
        held = take_declaration(
            self._store, envelope, (self._identity.org_id, self._directory()), Teller("", self._clock())
        )
        logger.info("total declared: member=%s total=%s", caller.org_id, held.digest[:16])
        return wires.encode_told()

    def give_share(self, wire: bytes, caller: Member) -> bytes:
        """GiveShare."""
        share = take_share(self._store, wires.decode_give_call(wire), self._adder(), caller.org_id)
        logger.info("share taken: member=%s total=%s", caller.org_id, share.total[:16])
        return wires.encode_given()

    def settle_total(self, wire: bytes, caller: Member) -> bytes:
        """SettleTotal."""
        asked, adder = wires.decode_settle_call(wire), self._adder()
        with self._store.read() as connection:
            self._verify_server(find_total(connection, asked.total_id).total, caller)
        answer = keep_step(self._store, asked.total_id, asked.step, adder)
        logger.info("total settled: member=%s total=%s", caller.org_id, asked.total_id[:16])
        return wires.encode_settled(answer)

    def _verify_server(self, total: Total, caller: Member) -> None:
        if {caller.org_id, self._identity.org_id} != {*total.servers}:
            raise UnknownTotalError("only its other server may do that")

    def _adder(self) -> Adder:
        return Adder(self._identity, self._seal_keys, self._directory(), wires, self._clock())


def keep_step(store: Store, digest: str, told: Step, adder: Adder) -> Step:
    """Keep what the other server says, one thing after the other, and say what can be said then.

    Raises:
        TotalError: As of `take_step` and `next_step`.
        MemberError: The other server is no active member.
    """
    answer = next_step(store, digest, adder)
    for one in (Step(told.held), Step(None, told.sum), Step(None, None, told.outcome)):
        take_step(store, digest, one, adder)
        answer = next_step(store, digest, adder)
    return answer


async def fetch_totals(
    client: PeerClient, store: Store, who: tuple[str, Directory], teller: Teller
) -> tuple[int, int]:
    """Fetch what a server declared for us, and what came of it; gives how many totals hold, and how many do not.

    Raises:
        UnavailableError: No answer, or a refusal.
        PayloadError: The answer is none to this call.
    """
    wire = wires.encode_list_call(str(uuid4()))
    told = wires.decode_totals(await client.call(wires.SERVICE, "ListTotals", wire))
    if len(told) > MAX_TOLD:
        raise PayloadError("totals: more than {most}", most=MAX_TOLD)
    kept = 0
    for one in told:
        try:  # one that does not hold keeps none of the others away
            held = await asyncio.to_thread(take_declaration, store, one.declaration, who, teller)
            for outcome in one.outcomes if who[0] in held.total.group else ():
                await asyncio.to_thread(take_outcome, store, held.digest, outcome, (who[1], teller.now))
        except (TotalError, MemberError) as error:
            logger.warning("total refused: peer=%s reason=%s", client.peer.org_id, error.reason)
        else:
            kept += 1
    return kept, len(told) - kept


async def tell_total(client: PeerClient, held: HeldTotal) -> None:
    """Tell the other server what we signed.

    Raises:
        UnavailableError: No answer, or a refusal.
        PayloadError: The answer is none to this call.
    """
    wire = wires.encode_tell_call(str(uuid4()), declaration(held))
    wires.decode_told(await client.call(wires.SERVICE, "TellTotal", wire))


async def give_share(client: PeerClient, held: HeldTotal, given: Gave) -> None:
    """Give a server its share.

    Raises:
        UnavailableError: No answer, or a refusal.
        PayloadError: The answer is none to this call.
    """
    box = given.boxes[held.total.servers.index(client.peer.org_id)]
    wires.decode_given(
        await client.call(wires.SERVICE, "GiveShare", wires.encode_give_call(str(uuid4()), box))
    )


async def settle(client: PeerClient, store: Store, digest: str, adder: Adder) -> None:
    """Agree with the other server on whose shares are added up, exchange the sums, and sign what comes out.

    Each of both says the same again whenever it is asked, so what was cut is done again.

    Raises:
        UnavailableError: No answer, or a refusal.
        PayloadError: The answer is none to this call.
        TotalError: The total is open still, or what the other server says does not hold.
    """
    said = await asyncio.to_thread(next_step, store, digest, adder)
    for _ in Step._fields:
        call = wires.encode_settle_call(wires.SettleCall(str(uuid4()), digest, said))
        told = wires.decode_settled(await client.call(wires.SERVICE, "SettleTotal", call))
        said = await asyncio.to_thread(keep_step, store, digest, told, adder)
