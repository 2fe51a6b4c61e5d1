"""Share requests between nodes, as their people would make and decide them."""

import asyncio
from collections.abc import Mapping

from node.audience import ALL_CLOSED, Purpose
from node.bounds import Bounds
from node.client import PeerClient
from node.granting import Decider
from node.ladders import WHEN
from node.share_request import Answer, ShareRequest, Wish
from node.store.own_log import released
from node.store.records import record_ids_by_key
from node.store.requests import stored_requests
from node.wire import records
from tests.support.audiences import bounds_of
from tests.support.network import SOURCE, Network, Node

REQUEST_ID = "00000000-0000-4000-8000-000000000001"
DAY, MONTH, YEAR = 2, 1, 0
THE_DAY = {WHEN.number: DAY}


def wish_for(
    owner: Node,
    key: str,
    wanted: Mapping[int, int] = THE_DAY,
    *,
    request_id: str = REQUEST_ID,
    purpose: Purpose = Purpose.STAFF_SAFETY,
) -> Wish:
    """What a member would ask of a record that was released."""
    with owner.store.read() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, [key]).values()
        past = released(connection, [record_id])[record_id]
    levels = list(ALL_CLOSED)
    for dimension, level in wanted.items():
        levels[dimension] = level
    return Wish(request_id, past.uid, past.log_index, purpose, tuple(levels), "", note_reviewed=False)


def ask(network: Network, asker: Node, owner: Node, wish: Wish) -> Answer:
    """Ask over the line."""

    async def over_mutual_tls() -> Answer:
        async with owner.serving(network) as peer, PeerClient(peer, asker.credentials) as line:
            return await line.ask(wish)

    return asyncio.run(over_mutual_tls())


def decides(network: Network, node: Node, said_by: str = "kb", bounds: Bounds | None = None) -> Decider:
    """Somebody at a node who decides about requests."""
    return Decider(said_by, node.identity, bounds or bounds_of(network, node), network.now, records)


def asked_of(node: Node) -> list[ShareRequest]:
    """Everything that members asked of a node."""
    with node.store.read() as connection:
        return [one.request for one in stored_requests(connection)]
