"""Ask the rules about single records: what an audience would see, or sees, and what decides it; nothing is written."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from node.anonymize import anonymize
from node.audience import Audience, Levels, tiers_of
from node.errors import QueryError
from node.ladders import Chains
from node.plan import Decided, Outgoing, Request, aim_at, ask_rules, decided
from node.rules import Case, Decision, Override, decide
from node.store.database import Store, Transaction, portions
from node.store.own_log import Released, released
from node.store.policies import overrides
from node.store.records import Current, current


class Explained(NamedTuple):
    """What the rules say of one record for one audience, and whether anybody has released it to them."""

    current: Current
    chains: Chains
    decision: Decision
    released: bool


def foresee(store: Store, request: Request) -> Iterator[Outgoing]:
    """Work out what the rules let each audience see of the records that are asked for, whatever left before."""
    for chosen in portions(request.revision_ids):
        with store.read() as connection:
            found = current(connection, chosen)
        yield from foresee_known(store, found, request)


def foresee_known(store: Store, found: Sequence[Current], request: Request) -> Iterator[Outgoing]:
    """The same of records that were read already."""
    with store.read() as connection:
        said = overrides(connection, [one.record_id for one in found])
        known = decided(connection)
    for one in found:
        override = said.get(one.record_id, Override())
        aim = aim_at(one, request.asked, request.purpose, None, (request, known))
        yield ask_rules(one, aim, override, request)


def case_for(
    one: Current,
    past: Released | None,
    said: Override,
    audience: Audience,
    ground: tuple[Request, Decided],
) -> Case:
    """A record as it is released now, on its way to one audience."""
    request, _ = ground
    asked = past.terms.asked if past is not None and past.terms.views else frozenset()
    aim = aim_at(one, asked, request.purpose, past, ground)
    bounds, today = request.bounds, request.now.date()
    chains = anonymize(one.incident, rcrc_named=bounds.policy.rcrc_named)
    granted = aim.granted.get(audience.member)
    tiers, purpose = tiers_of(asked), request.purpose
    return Case(one.incident, chains, audience, tiers, aim.named, purpose, said, bounds, today, granted)


def decide_for(
    connection: Transaction,
    revision_id: int,
    audience: Audience,
    request: Request,
    granted: Levels | None = None,
) -> Decision:
    """What the rules say of one record for one member, were it released to it by name or, with levels, on its request.

    Raises:
        QueryError: The record no longer stands.
    """
    found = current(connection, [revision_id])
    if not found:
        raise QueryError("the record no longer stands")
    (one,) = found
    past = released(connection, [one.record_id]).get(one.record_id)
    said = overrides(connection, [one.record_id]).get(one.record_id, Override())
    tiers = tiers_of(past.terms.asked) if past is not None and past.terms.views else frozenset()
    named = frozenset({audience.member}) if granted is None else frozenset()
    bounds, today = request.bounds, request.now.date()
    chains = anonymize(one.incident, rcrc_named=bounds.policy.rcrc_named)
    purpose = request.purpose
    return decide(Case(one.incident, chains, audience, tiers, named, purpose, said, bounds, today, granted))


def explain(store: Store, revision_id: int, audience: Audience, request: Request) -> Explained:
    """What the rules say of one record for one audience; where nobody has released it to them, as if somebody had.

    Raises:
        QueryError: The record no longer stands.
    """
    with store.read() as connection:
        found = current(connection, [revision_id])
        if not found:
            raise QueryError("the record no longer stands")
        one = found[0]
        past = released(connection, [one.record_id]).get(one.record_id)
        said = overrides(connection, [one.record_id]).get(one.record_id, Override())
        known = decided(connection)
    case = case_for(one, past, said, audience, (request, known))
    decision = decide(case)
    if decision.hold is not None and decision.hold.rule == "R1":
        decision = decide(case._replace(tiers=frozenset({audience.tier})))
        return Explained(one, case.chains, decision, released=False)
    return Explained(one, case.chains, decision, released=True)
