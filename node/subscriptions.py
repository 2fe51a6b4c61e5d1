"""Listen to the alerts of the peers: one line to each, opened again after every cut from the sequence that is held.

The sequence in the database is the truth and the push only a hint, so it does not matter when a line breaks or this
node is stopped. A member that can not be reached is tried again, at first soon and then once a minute. What does not
hold is refused by name and changes nothing; the line goes on, as one bad message must not hold up the next.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import NamedTuple

from node.client import PeerClient
from node.directory import Directory, Member, Status, speaker_of
from node.errors import NodeError, PeerError, UnavailableError
from node.inbox import held_sequence, note_told, receive_alert, unsent_notes
from node.interest import Interest, nearness
from node.peer_line import Credentials
from node.store.database import Store
from node.store.heads import note_contact
from node.urgent import Pushed, Sound, Subscription
from node.wire import records

SILENCE_SECONDS = 90.0  # three signs of life missed
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
MEMBERS_SECONDS = 5.0  # between two looks at who the members are

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]  # aware UTC


class Listener(NamedTuple):
    """This node as a subscriber, what it wants to hear, and of which members it is this process that hears."""

    org_id: str
    store: Store
    own: Callable[[], Credentials]
    directory: Callable[[], Directory]
    interest: Interest
    clock: Clock = lambda: datetime.now(UTC)
    leads: Callable[[str], bool] = lambda _: True


async def listen_to_all(node: Listener) -> None:
    """Listen to every active member, whoever that is at the time, until cancelled."""
    lines: dict[Member, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as tasks:
        while True:
            peers = await asyncio.to_thread(_peers, node)
            for gone in lines.keys() - peers:
                lines.pop(gone).cancel()
            for peer in peers - lines.keys():
                lines[peer] = tasks.create_task(keep_listening(node, peer))
            await asyncio.sleep(MEMBERS_SECONDS)


async def keep_listening(node: Listener, peer: Member) -> None:
    """Listen to one member and come back after every cut, until cancelled."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        began = node.clock()
        try:
            await listen(node, peer)
        except UnavailableError as error:
            logger.info("alerts cut: peer=%s reason=%s", peer.org_id, error.reason)
        except NodeError as error:
            logger.warning("alerts stopped: peer=%s reason=%s", peer.org_id, error.reason)
        if (node.clock() - began).total_seconds() > LONGEST_PAUSE_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


async def listen(node: Listener, peer: Member) -> None:
    """Listen over one line until it is cut.

    Raises:
        UnavailableError: The member can not be reached, or the line was cut.
        NodeError: It may not speak now, or this node can not store.
    """
    after = await asyncio.to_thread(held_sequence, node.store, peer.org_id)
    wanted = Subscription(after, node.interest.countries, node.interest.means)
    async with PeerClient(peer, node.own()) as client:
        await tell_notes(node, client)
        async with aclosing(client.alerts(wanted, SILENCE_SECONDS)) as pushed:
            async for one in pushed:
                if one is None:
                    await tell_notes(node, client)
                else:
                    await _take(node, peer, one)


async def tell_notes(node: Listener, client: PeerClient) -> int:
    """Tell a peer which of its alerts people here have taken note of; gives how many it has been told.

    Raises:
        UnavailableError: It can not be reached.
    """
    waiting = await asyncio.to_thread(unsent_notes, node.store, client.peer.org_id, node.org_id)
    for one in waiting:
        await client.acknowledge(one.sequence)
        await asyncio.to_thread(note_told, node.store, one.alert_id, node.org_id, node.clock())
    return len(waiting)


async def _take(node: Listener, peer: Member, pushed: Pushed) -> None:
    """Verify and keep one message, or write down why it was refused."""
    now = node.clock()
    try:
        origin = speaker_of(node.directory(), peer.org_id, now)
        sound = await asyncio.to_thread(receive_alert, node.store, pushed, origin, records, now)
    except PeerError as error:
        logger.warning("alert refused: peer=%s reason=%s", peer.org_id, error.reason)
        await asyncio.to_thread(_note, node.store, peer.org_id, now, error.reason)
        return
    if sound is not None:
        _announce(peer, sound, node.interest)


def _announce(peer: Member, sound: Sound, interest: Interest) -> None:
    alert = sound.alert
    logger.warning(
        "alert: peer=%s kind=%s uid=%s sequence=%d %s",
        peer.org_id,
        alert.kind.name,
        alert.uid.hex(),
        alert.sequence,
        nearness(sound.chains, interest),
    )


def _peers(node: Listener) -> set[Member]:
    try:
        members = node.directory().members
    except NodeError as error:
        logger.warning("nobody to listen to: reason=%s", error.reason)
        return set()
    others = (one for one in members if one.org_id != node.org_id)
    return {one for one in others if one.endpoints and one.status is Status.ACTIVE and node.leads(one.org_id)}


def _note(store: Store, org_id: str, now: datetime, reason: str) -> None:
    with store.write() as connection:
        note_contact(connection, org_id, int(now.timestamp()), reason)
