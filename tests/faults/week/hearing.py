"""How nodes hear of each other in the week: pulls and relays over lines with any weather, while writes go wrong."""

import asyncio
import signal
from functools import partial

from casework.taking import Fate
from console.for_cases import CaseDatabase
from console.posts import Reader as CaseReader
from console.posts import fetch
from node.client import PeerClient
from node.errors import UnavailableError
from node.sync import Reader, pull, pull_relayed
from tests.faults.week.hands import kill, pulls_from
from tests.faults.week.people import Organization
from tests.faults.week.town import KILLS, STORE_ERRORS, Town
from tests.support.faults import Flavour, failing_at
from tests.support.weather import CLEAR, Kind, Weather

SOON = 0.25  # seconds until a caller gives up: most lines that say nothing never will
FAILS = (Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED)


async def tries_to_hear(town: Town, reader: Organization, origin: Organization) -> None:
    """Let one node pull from another, whatever the line is like, and whichever write of either goes wrong."""
    chance = town.chance
    if chance.random() < 0.03:
        work = partial(pulls_from, peer=town.at_its_line(origin), directory=town.network.directory)
        done = await asyncio.to_thread(
            kill, town.hands(reader), work, chance.randint(0, 5), chance.choice(KILLS)
        )
        assert done in {0, -signal.SIGKILL}, done
        town.met["killed while pulling" if done else "not killed"] += 1
    origin.line.weather = _weather(town)
    draw = chance.random()
    if draw < 0.25:
        who, what = (reader, "write while pulling") if draw < 0.15 else (origin, "write while serving")
        town.met[what] += 1
        with failing_at(who.node.store, chance.randint(0, 5), chance.choice(FAILS)):
            try:
                await hears(town, reader, origin, SOON)
            except STORE_ERRORS:
                who.node.store.engine.dispose()
    else:
        await hears(town, reader, origin, SOON)
    origin.line.weather = CLEAR


async def hears(town: Town, reader: Organization, origin: Organization, seconds: float = 30.0) -> int:
    """Pull, and fetch what was signed about cases; gives how much came."""
    store, wants = reader.node.store, origin.office is not None
    peer = town.at_its_line(origin)
    async with PeerClient(peer, reader.node.credentials, call_seconds=seconds) as line:
        outcome = await pull(
            store,
            line,
            town.network.directory,
            clock=lambda: town.now(reader),
            identity=reader.node.identity,
        )
        came = outcome.verified - outcome.held
        errors = [outcome.error]
        if wants and outcome.error is None:
            who = CaseReader(
                CaseDatabase(store), town.members, reader.org_id, reader.node.origin.signing_keys
            )
            fetched = await fetch(who, line, town.now(reader))
            came += fetched.taken
            errors.append(fetched.error)  # type: ignore[arg-type] # of casework, and wrong
            town.wrong += [f"{reader.org_id} refused {one}" for one in fetched.refused]
            held = {case.ref for case in origin.cases if case.is_held and case.is_told}
            told = (one.subject for one in fetched.outcomes if one.fate is Fate.TAKEN)
            town.wrong += [f"{reader.org_id} is told {one} on hold" for one in told if one.split()[1] in held]
    town.met["pull " + ("cut" if any(errors) else "done")] += 1
    unlike = [repr(one) for one in errors if one and not isinstance(one, UnavailableError)]
    town.wrong += [f"{reader.org_id} pulls from {origin.org_id}: {one}" for one in unlike]
    return came


async def passes(town: Town, reader: Organization, relay: Organization, origin: Organization) -> None:
    """Let a node get from a third what an origin said."""
    peer = town.at_its_line(relay)
    async with PeerClient(peer, reader.node.credentials, call_seconds=SOON) as line:
        who = Reader(reader.org_id, town.network.directory, lambda: town.now(reader))
        outcome = await pull_relayed(reader.node.store, line, origin.org_id, who)
    town.met["relayed " + ("not" if outcome.error else "done")] += 1


def _weather(town: Town) -> Weather:
    """How a line is this time: clear, more often than not."""
    chance = town.chance
    kind = chance.choices(list(Kind), (12, 1, 3, 1, 1))[0]
    town.met[f"line {kind}"] += 1
    return Weather(kind, chance.choice((0, 900, 3_000, 5_000, 9_000)), 0.002)
