"""The release that `tocsin share` asks for, on a terminal."""

from collections.abc import Iterator

from console.cli.output import steps
from console.cli.recall import say_alerts
from console.sharing import totals
from node.logbook import Identity
from node.plan import Plan, Request
from node.share import release
from node.store.database import Store
from node.urgent import Alert
from node.wire import records


def let_leave(store: Store, request: Request, identity: Identity) -> dict[str, int]:
    """Release, showing how far it is, say which alerts ended with it, and give the totals."""
    signed: list[Alert] = []
    with steps("Signing", len(request.revision_ids)) as progress:

        def watched() -> Iterator[Plan]:
            seen = 0
            for plan in release(store, request, identity, records):
                seen += len(plan.outgoing) + len(plan.held) + plan.unchanged
                progress(seen)
                signed.extend(plan.alerts)
                yield plan

        found = totals(watched())
    say_alerts(signed)
    return found
