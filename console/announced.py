"""What members ask for and people here have to decide about: totals to give to, and cubes that want numbers.

A sync hears of it, so that nobody has to remember to ask. Nothing leaves by that; a person decides, one by one.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from console.totals import standing_of
from node.client import PeerClient
from node.collecting import cubes_of
from node.contributing import given
from node.cubes.declaration import Cube
from node.directory import Directory
from node.errors import PayloadError, UnavailableError
from node.said import Teller
from node.store.database import Store
from node.store.totals import gave, totals
from node.totalling import fetch_totals

logger = logging.getLogger(__name__)


async def hear_what_is_asked(
    client: PeerClient, store: Store, who: tuple[str, Directory], now: datetime
) -> Mapping[str, Cube]:
    """Take in the totals that a member declared, and give the cubes for which it asks for numbers, by title.

    Should it not answer, the next sync asks again.

    Args:
        client: To the member.
        store: Of this node.
        who: Id of this organization, and the directory.
        now: Aware UTC.
    """
    try:
        await fetch_totals(client, store, who, Teller("", now))
        return await cubes_of(client)
    except (UnavailableError, PayloadError) as error:
        logger.warning("not heard what is asked: peer=%s reason=%s", client.peer.org_id, error.reason)
        return {}


def waiting_totals(store: Store, org_id: str, now: datetime) -> Iterator[str]:
    """A sentence for each private total that waits for this organization, as member or as server."""
    with store.read() as connection:
        known, done = totals(connection), {one.total_key for one in gave(connection)}
    for held in known:
        name, until = held.total.name, f"{held.total.closes:%Y-%m-%d %H:%M} UTC"
        kind, whom = standing_of(store, held, now)
        if kind == "open" and org_id in held.total.group and held.key not in done:
            servers = " and ".join(held.total.servers)
            yield f"{servers} ask for the total {name} until {until}: `tocsin total give {name}`"
        elif kind == "waits for" and org_id in whom.split(" and "):
            yield f"The total {name} waits for you to agree until {until}: `tocsin total agree {name}`"
        elif kind == "closed" and org_id in held.total.servers:
            yield f"The total {name} has closed and is to be added up: `tocsin total sum {name}`"


def waiting_cubes(store: Store, asked: Iterable[tuple[str, Mapping[str, Cube]]]) -> Iterator[str]:
    """A sentence for each cube for which a member asks for numbers and was never given any."""
    done = {(one.member, one.cube) for one in given(store)}
    for member, cubes in asked:
        for title in cubes:
            if (member, title) not in done:
                yield f"{member} asks for numbers of {title}: `tocsin release give {title} --to {member}`"
