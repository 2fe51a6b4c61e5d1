"""Give a coordinator numbers without records, and take such numbers in.

What is given is what the coordinator is not shown as a record anyway, so nothing is counted twice, and what may count
for others at all. Somebody looks at it first; that it left is written down before it leaves (R21).
"""

from dataclasses import replace
from datetime import date
from typing import NamedTuple

from crypto.envelope import Envelope, sign_envelope, verify_envelope
from crypto.errors import CryptoError
from node.audience import Tier
from node.cubes.aggregate import AGGREGATE_TYPE, Aggregate, read_aggregate, write_aggregate
from node.cubes.declaration import Cube
from node.errors import AggregateError, CubeError
from node.gathering import count_ranges, own_records
from node.logbook import Identity
from node.requests import is_shown
from node.said import Teller
from node.store.cubes import (
    GivenAggregate,
    TakenAggregate,
    add_aggregate,
    add_given,
    aggregates,
    cube_key,
    cubes,
    given_aggregates,
    was_taken,
)
from node.store.database import Store, Transaction
from node.store.own_log import released
from node.verify import Origin


class Coordinator(NamedTuple):
    """Who asks for numbers, and how finely it sees records."""

    org_id: str
    tier: Tier


def foresee_aggregate(
    store: Store, cube: Cube, org_id: str, coordinator: Coordinator, as_of: date
) -> Aggregate:
    """What would be given; nothing leaves.

    Raises:
        AggregateError: The cube asks for no numbers without records.
    """
    with store.read() as connection:
        return _aggregate(connection, cube, org_id, coordinator, as_of)


def give_aggregate(
    store: Store,
    cube: Cube,
    who: tuple[Identity, Coordinator],
    as_of: date,
    teller: Teller,
    *,
    nothing: bool = False,
) -> tuple[Aggregate, Envelope]:
    """Sign numbers for a coordinator, or that there are none any more, and write down that they leave.

    The same again is signed again, and written down once.

    Raises:
        AggregateError: The cube asks for no numbers without records.
    """
    identity, coordinator = who
    with store.write() as connection:
        made = _aggregate(connection, cube, identity.org_id, coordinator, as_of)
        if nothing:
            made = replace(made, ranges={})
        payload = write_aggregate(made)
        before = [
            one
            for one in given_aggregates(connection)
            if (one.member, one.cube) == (coordinator.org_id, cube.title)
        ]
        if not before or before[-1].payload != payload:  # else it was written down, and goes again
            add_given(connection, coordinator.org_id, cube.title, payload, teller.by, teller.now)
    return made, sign_envelope(identity.signing, AGGREGATE_TYPE, payload)


def given(store: Store) -> list[GivenAggregate]:
    """Everything that was given, in order."""
    with store.read() as connection:
        return given_aggregates(connection)


def taken(store: Store) -> list[Aggregate]:
    """The numbers that count in the next release of each cube that asks for them."""
    with store.read() as connection:
        return [
            read_aggregate(one.payload)
            for title, cube in cubes(connection).items()
            if cube.aggregates
            for one in aggregates(connection, title).values()
        ]


def take_aggregate(
    store: Store, envelope: Envelope, origin: Origin, org_id: str, teller: Teller
) -> Aggregate:
    """Keep numbers that a member gave us for a cube that we declared; taking the same in again changes nothing.

    Args:
        store: Of the coordinator.
        envelope: As received.
        origin: Keys of the member that it is said to be of, valid now.
        org_id: Ours.
        teller: Who takes it in.

    Raises:
        AggregateError: It is not signed by that member, not for us or for a cube of ours, or older than what is held.
    """
    try:
        key = verify_envelope(envelope, (AGGREGATE_TYPE,), origin.signing_keys)
        found = read_aggregate(envelope.payload)
    except (CryptoError, CubeError) as error:
        raise AggregateError(
            "they are not signed by {org_id}, or no numbers: {error}", org_id=origin.org_id, error=error
        ) from error
    if (found.organization, found.coordinator) != (origin.org_id, org_id):
        raise AggregateError("they are of another organization, or for another coordinator")
    taken = TakenAggregate(
        origin.org_id, envelope.payload, envelope.signatures[0].sig, envelope.signatures[0].keyid
    )
    assert key in origin.signing_keys
    with store.write() as connection:
        declared = cubes(connection).get(found.cube.title)
        if declared != found.cube or not declared.aggregates:
            raise AggregateError(
                "{title} is no cube of ours that asks for them, or says otherwise", title=found.cube.title
            )
        before = aggregates(connection, declared.title).get(origin.org_id)
        if before is not None and before.payload == envelope.payload:
            return found
        if before is not None and read_aggregate(before.payload).as_of > found.as_of:
            raise AggregateError("they are older than those that are held")
        if was_taken(connection, declared.title, taken):
            raise AggregateError("they were replaced already; give them again as of another day")
        add_aggregate(connection, cube_key(connection, declared.title), taken, teller.by, teller.now)
    return found


def _aggregate(
    connection: Transaction, cube: Cube, org_id: str, coordinator: Coordinator, as_of: date
) -> Aggregate:
    if not cube.aggregates:
        raise AggregateError("{title} asks for no numbers without records", title=cube.title)
    left = released(connection, own_records(connection, cube, as_of))
    shared = [
        record_id for record_id, past in left.items() if is_shown(past, coordinator.tier, coordinator.org_id)
    ]
    ranges = count_ranges(connection, cube, as_of, shared)
    return Aggregate(org_id, coordinator.org_id, cube, as_of, ranges)
