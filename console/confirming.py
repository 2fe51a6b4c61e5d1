"""Ask the members what they hold of our own log, before anything is added to it.

A machine that was set back as a whole to an older copy looks to itself as it always did; nothing on it can tell. So not
only a node that knows that it was restored asks, but whoever adds to the log: `tocsin serve` when it starts, and each
command before it writes.
"""

import asyncio
from datetime import UTC, datetime
from typing import NamedTuple

from casework.errors import CaseworkError
from casework.shown import Regained, is_unheard
from console.for_cases import CaseDatabase, DirectoryMembers
from console.home import Home
from console.posts import Reader, hear_of_ours
from node.client import PeerClient
from node.directory import Directory, Member, Status, known_origin, quorum_of
from node.errors import LogUnconfirmedError, NodeError, UnavailableError
from node.gossip import hear, known_digests
from node.peer_line import Credentials
from node.restored import hear_of_own, note_asked, verify_may_write
from node.store.database import Store
from node.verify import witness_name

ASK_SECONDS = 5.0  # that a member may take
SHOW_SECONDS = 30.0  # that it may take to show what it holds of what we signed about cases
WRITE_SECONDS = 3.0  # that it may take before a command writes
MOST_ASKED = 8  # then


class Asked(NamedTuple):
    """A member that was asked, and why it did not answer; likewise about cases, and what of ours was lost here."""

    org_id: str
    error: str
    of_cases: str = ""
    regained: tuple[Regained, ...] = ()


class Asking(NamedTuple):
    """Who asks: a node, and what it knows of its network."""

    org_id: str
    store: Store
    own: Credentials
    directory: Directory


async def ask_members(who: Asking, now: datetime, *, again: bool = False) -> tuple[Asked, ...]:
    """Ask every member that has an address what it was shown of all logs, ours among them, and keep what is new to us.

    Since this node was restored, and with `again` in any case, it shows too what it holds of ours about cases.

    Raises:
        NodeError: The directory or the database can not be used.
    """
    who.directory.verify_current(now)
    asked = await _ask_some(who, _others(who), ASK_SECONDS, now)
    reached = {one.org_id for one in asked if not one.error}
    told = await asyncio.gather(
        *(_ask_of_cases(who, one, now, again=again) for one in _others(who) if one.org_id in reached)
    )
    of_cases = {one.org_id: one for one in told}
    return tuple(of_cases.get(one.org_id, one) for one in asked)


def ask_before_writing(home: Home, store: Store, passphrase: str | None) -> bool:
    """Ask some members, those first that may cosign our log; tells whether one has answered, or there is none.

    Raises:
        LogBehindError: Members hold entries of our log that are not here.
        LogUnconfirmedError: Nobody answered, and this is a copy or the settings want an answer.
        NodeError: The directory or the database can not be used.
        CryptoError: Our own keys can not be read.
    """
    now, org_id = datetime.now(UTC), home.settings.org_id
    answered = True
    if home.network_file.exists():
        who = Asking(org_id, store, home.credentials(passphrase), home.directory())
        cosigners = quorum_of(who.directory, org_id).keys
        chosen = sorted(_others(who), key=lambda one: witness_name(one.org_id) not in cosigners)[:MOST_ASKED]
        asked = asyncio.run(_ask_some(who, chosen, WRITE_SECONDS, now))
        answered = not asked or any(not one.error for one in asked)
    verify_may_write(store, org_id)
    if not answered and not home.settings.write_unasked:
        raise LogUnconfirmedError(
            "no member has said what it holds of our log, and `write_unasked` is false; try again with a line"
        )
    return answered


def _others(who: Asking) -> list[Member]:
    active = (one for one in who.directory.members if one.status is Status.ACTIVE and one.endpoints)
    return [one for one in active if one.org_id != who.org_id]


async def _ask_some(who: Asking, members: list[Member], seconds: float, now: datetime) -> tuple[Asked, ...]:
    asked = await asyncio.gather(*(_ask(who, one, seconds, now) for one in members))
    if any(not one.error for one in asked):
        await asyncio.to_thread(note_asked, who.store)
    return tuple(asked)


async def _ask(who: Asking, member: Member, seconds: float, now: datetime) -> Asked:
    try:
        async with asyncio.timeout(seconds), PeerClient(member, who.own, call_seconds=seconds) as client:
            told = await client.checkpoints(await asyncio.to_thread(known_digests, who.store))
    except TimeoutError:
        slow = UnavailableError("{org_id} does not answer", org_id=member.org_id)
        return Asked(member.org_id, f"{slow} [{slow.reason}]")
    except NodeError as error:
        return Asked(member.org_id, f"{error} [{error.reason}]")
    await asyncio.to_thread(hear, who.store, told.checkpoints, who.directory, member.org_id, now)
    own = known_origin(who.directory.member(who.org_id))
    await asyncio.to_thread(hear_of_own, who.store, told.checkpoints, own, now)
    return Asked(member.org_id, "")


async def _ask_of_cases(who: Asking, member: Member, now: datetime, *, again: bool) -> Asked:
    database = CaseDatabase(who.store)
    if not again and not await asyncio.to_thread(is_unheard, database, who.org_id, member.org_id):
        return Asked(member.org_id, "")
    own_keys = known_origin(who.directory.member(who.org_id)).signing_keys
    reader = Reader(database, DirectoryMembers(lambda: who.directory, lambda: now), who.org_id, own_keys)
    try:
        async with asyncio.timeout(SHOW_SECONDS), PeerClient(member, who.own) as client:
            told, regained = await hear_of_ours(reader, client, now)
    except TimeoutError:
        return Asked(member.org_id, "", "it has not shown all in time")
    except (NodeError, CaseworkError) as error:
        return Asked(member.org_id, "", f"{error} [{error.reason}]")
    return Asked(
        member.org_id, "", "" if told else "it has an older version, which can not show it", regained
    )
