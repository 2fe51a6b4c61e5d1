"""A node is put back as it was in the week: it asks the members, and what was done since is done again."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from console.confirming import Asking, ask_members
from node.audience import Tier
from node.errors import LogBehindError
from node.newepoch import Follower, begin_epoch, follow_epoch
from node.restored import verify_may_write
from node.store.heads import log_head
from node.wire import epochs, records
from tests.faults.week import mishaps
from tests.faults.week.mishaps import Burns
from tests.faults.week.people import Organization, shares
from tests.faults.week.town import Town, head_of


async def burns(town: Town, one: Organization, how: Burns) -> None:
    """Put a node back as it was; let it ask the members, and do again what was done since."""
    town.met["put back, saved" if how.saved else "put back, machine"] += 1
    one.clock = timedelta()
    await town.stops(one)
    mishaps.put_back(one, how)
    if how.saved:
        _tries_to_write(town, one)
    await town.starts(one)
    if not await _may_write(town, one):
        town.met["put back, behind"] += 1
        _tries_to_write(town, one)
        if how.newer:
            town.met["put back, newer found"] += 1
            await town.stops(one)
            mishaps.newest(one)
            await town.starts(one)
            if not await _may_write(town, one):
                town.wrong.append(f"{one.org_id}: the newest copy may not write")
        else:
            _goes_on(town, one)
    for other in town.others(one):
        _follows(town, one, other)
    for work in one.again():
        town.does(one, work)
    tells_again(town, one)


def tells_again(town: Town, one: Organization) -> None:
    """Let members know anew how cases stand, under numbers that none of them has heard."""
    for case in one.cases:
        if case.number and not case.is_held:
            case.number = town.does(one, case.telling(anew=False))


def _tries_to_write(town: Town, one: Organization) -> None:
    """Let somebody release all that there is, which an old copy may not do."""
    before = head_of(one, one)
    with suppress(*mishaps.REFUSALS):
        shares(town.hands(one), one.standing(), frozenset(Tier))
    if head_of(one, one) != before:
        town.wrong.append(f"{one.org_id} added to its log as an old copy")


async def _may_write(town: Town, one: Organization) -> bool:
    """Ask all members; tells whether none of them holds more of the log."""
    for other in town.others(one):
        await town.starts(other)
    members = tuple(town.at_its_line(town.all[member.org_id]) for member in town.network.directory.members)
    who = Asking(
        one.org_id, one.node.store, one.node.credentials, replace(town.network.directory, members=members)
    )
    asked = await ask_members(who, town.network.now)
    if any(one.error for one in asked):
        asked = await ask_members(who, town.network.now)
    assert not any(one.error for one in asked), asked
    try:
        verify_may_write(one.node.store, one.org_id)
    except LogBehindError:
        return False
    return True


def _goes_on(town: Town, one: Organization) -> None:
    """Begin another epoch of the log, in which every member follows."""
    town.met["put back, epoch"] += 1
    now = town.network.now
    town.epochs[one.org_id] = begin_epoch(one.node.store, one.node.identity, None, "kb", now, epochs)
    for other in town.others(one):
        _follows(town, other, one)


def _follows(town: Town, reader: Organization, origin: Organization) -> None:
    """Follow a log into the epoch in which it goes on, if what is held of it is of the one before."""
    said = town.epochs.get(origin.org_id)
    if said is not None and head_of(reader, origin)[0] and _name(reader, origin) != _name(origin, origin):
        town.met["epoch followed"] += 1
        who = Follower(reader.org_id, reader.node.store, town.network.directory, town.network.now, epochs)
        follow_epoch(who, said, "kb", records)


def _name(holder: Organization, origin: Organization) -> str:
    with holder.node.store.read() as connection:
        head = log_head(connection, origin.org_id)
    return head.name if head else ""
