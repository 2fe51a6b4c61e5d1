"""Comparing with the other owner: what `tocsin match propose` and the page of a pair do before and behind the line."""

from uuid import uuid4

from console.matches import sides_of
from node.candidates import Pair
from node.comparing import Coming, foresee_steps
from node.errors import UnknownMatchError
from node.partaking import Desk, partner_of
from node.proposing import propose
from node.signed import RecordName
from node.stepup import Role
from node.store.comparisons import Comparison, comparisons
from node.store.database import Store
from node.store.matched import Place, all_places


def compared_last(store: Store, pair: Pair, org_id: str) -> Comparison | None:
    """The newest comparison of a pair, whoever proposed it.

    Raises:
        UnknownMatchError: None of the two is ours.
    """
    mine, theirs = sides_of(pair, org_id)
    with store.read() as connection:
        found = comparisons(connection, member=theirs.origin_id)
    return next((one for one in reversed(found) if _is_of(one, mine, theirs)), None)


def running(store: Store, pair: Pair, org_id: str, role: Role | None = None) -> Comparison | None:
    """The comparison of a pair that has not ended; of one role where that is said."""
    mine, theirs = sides_of(pair, org_id)
    with store.read() as connection:
        found = comparisons(connection, member=theirs.origin_id)
    still = (one for one in found if one.stop is None and role in {None, one.role})
    return next((one for one in still if _is_of(one, mine, theirs)), None)


def begun(store: Store, pair: Pair, desk: Desk, by: str) -> Comparison:
    """Our comparison of a pair that runs, or a new one that is kept now, to be told to the member.

    Raises:
        NodeError: It can not be compared.
    """
    held = running(store, pair, desk.org_id, Role.PROPOSER)
    if held is None:
        mine, theirs = sides_of(pair, desk.org_id)
        ours, other = _places(store, mine, theirs)
        partner = partner_of(desk.bounds.network, theirs.origin_id)
        propose(store, ours, (partner, theirs, other), str(uuid4()), desk, by=by)
        held = running(store, pair, desk.org_id, Role.PROPOSER)
        assert held is not None, "it was kept"
    return held


def coming(store: Store, pair: Pair, desk: Desk) -> tuple[Coming, ...]:
    """What we would show in every step.

    Raises:
        NodeError: It can not be compared.
    """
    mine, theirs = sides_of(pair, desk.org_id)
    ours, _ = _places(store, mine, theirs)
    return foresee_steps(store, ours, partner_of(desk.bounds.network, theirs.origin_id), desk)


def _is_of(one: Comparison, mine: RecordName, theirs: RecordName) -> bool:
    return (one.own_uid, one.other_uid) == (mine.uid, theirs.uid)


def _places(store: Store, mine: RecordName, theirs: RecordName) -> tuple[int, int]:
    """Key of our record, and the newest entry of the member's."""
    with store.read() as connection:
        ours: list[Place] = all_places(connection, mine)
        others: list[Place] = all_places(connection, theirs)
    record_ids = [one.record_id for one in ours if one.record_id is not None]
    indexes = [one.log_index for one in others if one.log_index is not None]
    if not record_ids or not indexes:
        raise UnknownMatchError("nobody knows any more where the two records are")
    return record_ids[-1], max(indexes)
