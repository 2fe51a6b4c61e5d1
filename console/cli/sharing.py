"""What `tocsin share` works on: the preview line by line, and the release itself."""

from collections.abc import Iterable, Iterator, Sequence

from console.cli.output import steps
from node.errors import QueryError
from node.ladders import DIMENSIONS
from node.rules import Tier
from node.share import Identity, Plan, Request, release
from node.store.database import Store
from node.wire import records

PREVIEW_HEADER = ("record", "what", "tier", "dimension", "value")
CLOSED = "(closed)"


def read_tiers(names: Sequence[str]) -> frozenset[Tier]:
    """Tiers by the names that people write.

    Raises:
        QueryError: There is no such tier.
    """
    return frozenset(read_tier("--tier", name) for name in names)


def read_tier(option: str, name: str) -> Tier:
    """A tier by the name that people write.

    Raises:
        QueryError: There is no such tier.
    """
    known = {one.name.lower(): one for one in Tier}
    if name not in known:
        raise QueryError(f"{option}: {name!r} is none of {', '.join(known)}")
    return known[name]


def preview_lines(plans: Iterable[Plan]) -> Iterator[tuple[str, ...]]:
    """One line per record, tier and dimension: the value that would leave; or why nothing does."""
    for plan in plans:
        for going in plan.outgoing:
            for tier in sorted(going.tiers):
                for dimension, chain in zip(DIMENSIONS, going.seen_by(tier), strict=True):
                    value = chain[-1] if chain else CLOSED
                    yield going.current.name, "leaves", tier.name.lower(), dimension.name, value
        for back in plan.callbacks:
            yield f"log entry {back.before.log_index}", "called back", "", "", back.reason
        for stays in plan.held:
            yield stays.current.name, "held", "", stays.hold.rule, stays.hold.reason
        if plan.unchanged:
            yield f"{plan.unchanged} records", "unchanged", "", "", "left before as they are now"


def totals(plans: Iterable[Plan]) -> dict[str, int]:
    """How many records leave, are called back, are held, or left before as they are."""
    found = {"released": 0, "called back": 0, "held": 0, "unchanged": 0}
    for plan in plans:
        numbers = (len(plan.outgoing), len(plan.callbacks), len(plan.held), plan.unchanged)
        found = {name: before + number for (name, before), number in zip(found.items(), numbers, strict=True)}
    return found


def let_leave(store: Store, request: Request, identity: Identity) -> dict[str, int]:
    """Release, showing how far it is, and give the totals."""
    with steps("Signing", len(request.revision_ids)) as progress:

        def watched() -> Iterator[Plan]:
            seen = 0
            for plan in release(store, request, identity, records):
                seen += len(plan.outgoing) + len(plan.held) + plan.unchanged
                progress(seen)
                yield plan

        return totals(watched())
