"""What somebody wants to share, as they say it, and what would leave, line by line."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from console.home import Home
from node.audience import Audience, Purpose, Tier
from node.audiences import find_audience
from node.directory import retired_keys
from node.discredit import discredited
from node.errors import QueryError
from node.plan import Outgoing, Plan, Request
from node.rules import Hold
from node.store.database import Store
from node.wire import records

PREVIEW_HEADER = ("record", "what", "audience", "dimension", "rule", "we hold", "they see")
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
        raise QueryError(
            "{option}: {name!r} is none of {known}", option=option, name=name, known=", ".join(known)
        )
    return known[name]


def read_audience(option: str, text: str, request: Request) -> Audience:
    """A tier, or a member of the network, by the name that people write.

    Raises:
        QueryError: There is neither.
    """
    if text in request.bounds.network:
        return Audience(request.bounds.network[text], text)
    try:
        return Audience(read_tier(option, text))
    except QueryError as error:
        raise QueryError(
            "{option}: {text!r} is no tier and no active member of the network", option=option, text=text
        ) from error


def read_purpose(name: str) -> Purpose:
    """A purpose by the name that people write.

    Raises:
        QueryError: There is no such purpose.
    """
    known = {one.value: one for one in Purpose}
    if name not in known:
        raise QueryError("--for: {name!r} is none of {known}", name=name, known=", ".join(known))
    return known[name]


def make_request(
    home: Home, chosen: tuple[int, ...], tiers: Sequence[str], members: Sequence[str], purpose: str
) -> Request:
    """What somebody wants to let out, by the policy of the node and the members of its network.

    Raises:
        QueryError: There is no such tier, member or purpose.
        PolicyError: The policy does not hold.
    """
    bounds = home.bounds()
    for member in members:
        if member not in bounds.network:
            raise QueryError("--member: {member!r} is no active member of the network", member=member)
    return Request(
        chosen,
        read_tiers(tiers),
        datetime.now(UTC),
        bounds,
        frozenset(members),
        read_purpose(purpose),
        discredited=_discredited(home),
    )


def _discredited(home: Home) -> frozenset[int]:
    if not home.network_file.exists():
        return frozenset()
    member = home.directory().member(home.settings.org_id)
    own = retired_keys(member)
    return discredited(home.store(), own, records) if own.ends else frozenset()


def read_audiences(store: Store, names: Sequence[str]) -> frozenset[bytes]:
    """Uids of audiences by their names.

    Raises:
        UnknownAudienceError: There is no such audience.
    """
    with store.read() as connection:
        return frozenset(find_audience(connection, name).charter.uid for name in names)


def preview_lines(plans: Iterable[Plan]) -> Iterator[tuple[str, ...]]:
    """One line per record, audience and dimension: what we hold, what would leave and why; or why nothing does."""
    for plan in plans:
        for going in plan.outgoing:
            yield from _going_lines(going)
        for back in plan.callbacks:
            yield f"log entry {back.before.log_index}", "called back", "", "", "", "", back.reason
        for stays in plan.held:
            yield stays.current.name, "held", "", "", stays.hold.rule, "", _why(stays.hold)
        if plan.unchanged:
            yield f"{plan.unchanged} records", "unchanged", "", "", "", "", "left before as they are now"


def _going_lines(going: Outgoing) -> Iterator[tuple[str, ...]]:
    for audience, decision in going.decisions.items():
        name = going.current.name
        if decision.hold is not None:
            yield name, "held", audience.name, "", decision.hold.rule, "", _why(decision.hold)
            continue
        for choice, chain in zip(decision.choices, going.chains, strict=True):
            seen = choice.value or CLOSED
            yield name, "leaves", audience.name, choice.dimension.name, choice.rule, chain[-1], seen
    for lost in sorted(going.lost):
        yield going.current.name, "taken back", lost, "", "", "", "they see no more of it"


def _why(hold: Hold) -> str:
    return f"{hold.reason}; what would release it: {hold.release}"


def totals(plans: Iterable[Plan]) -> dict[str, int]:
    """How many records leave, are called back, are held, or left before as they are."""
    found = {"released": 0, "called back": 0, "held": 0, "unchanged": 0}
    for plan in plans:
        numbers = (len(plan.outgoing), len(plan.callbacks), len(plan.held), plan.unchanged)
        found = {name: before + number for (name, before), number in zip(found.items(), numbers, strict=True)}
    return found
