"""Print alerts as they come: those that this process hears itself, and those that a running `tocsin serve` heard."""

import asyncio
from collections.abc import Callable

from console.alerts import is_wanted, read_alert, sentence
from node.store.alerts import StoredAlert, alerts_arrived, stored_alerts
from node.store.database import Store
from node.subscriptions import Listener, listen_to_all
from node.waking import Wakes

LOOK_SECONDS = 0.5  # between two looks where nobody tells that something was written


async def watch_alerts(node: Listener, tell: Callable[[str], None]) -> None:
    """Tell every alert of a peer that arrives from now on, until cancelled."""
    # What others asked for is stored for all of this node, so the line is asked for everything and `tell` chooses.
    everything = node._replace(interest=node.interest._replace(countries=frozenset(), means=frozenset()))
    wakes = Wakes()
    async with asyncio.TaskGroup() as tasks:
        last = await asyncio.to_thread(_last, node.store)
        tasks.create_task(listen_to_all(everything))
        tasks.create_task(wakes.run(node.store))
        while True:
            seen = wakes.count
            for one in await asyncio.to_thread(_after, node.store, last):
                last = one.alert_id
                shown = read_alert(one)
                if one.origin_id != node.org_id and is_wanted(shown, node.interest):
                    tell(sentence(shown, node.interest))
            await wakes.wait(seen, LOOK_SECONDS)


def _last(store: Store) -> int:
    with store.read() as connection:
        return max((one.alert_id for one in stored_alerts(connection)), default=0)


def _after(store: Store, alert_id: int) -> tuple[StoredAlert, ...]:
    with store.read() as connection:
        return alerts_arrived(connection, alert_id)
