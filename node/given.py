"""Single records to take away: our own as we hold them, or as an audience was given them, and nothing finer.

What an audience is given goes the way of every release: `node.anonymize` and the rules decide, as they say today, and a
file shows no more than the log does. What was not released, has changed since it left, or is held, is in no such file.
"""

from collections.abc import Sequence
from typing import NamedTuple

from node.anonymize import anonymize
from node.audience import Audience, Levels, levels_for, narrowest, opened, tiers_of
from node.dimensions import UNKNOWN
from node.disclose import cut
from node.errors import QueryError
from node.explain import case_for
from node.facts import COLUMNS, Fact, fact
from node.ladders import Chains, chains_of
from node.measures import Query
from node.model import Detail
from node.plan import Decided, Request, decided
from node.rules import Override, decide, label
from node.store.database import Store, portions
from node.store.own_log import Released, released
from node.store.policies import overrides
from node.store.records import Current, current, day_number

_SEEN = {column.name for column in COLUMNS}


class Given(NamedTuple):
    """One record as its reader may see it.

    Attributes:
        name: SOURCE:KEY of our own, or the id by which the log knows it, which tells nothing.
        chains: Values, coarse to fine; a dimension that is closed is empty.
        label: Of what its reader may see (R3); empty of our own.
        details: What never leaves a node; of our own alone.
    """

    name: str
    chains: Chains
    label: str = ""
    details: tuple[Detail, ...] = ()


def held_records(store: Store, revision_ids: Sequence[int]) -> list[Given]:
    """Our own records as we hold them, for nobody else; without narrative, marks and names of organizations."""
    with store.read() as connection:
        found = current(connection, revision_ids)
    return [Given(one.name, chains_of(one.incident), details=one.incident.details) for one in found]


def given_records(
    store: Store, query: Query, revision_ids: Sequence[int], audience: Audience, request: Request
) -> tuple[list[Given], int]:
    """Our own records as an audience was given them, and how many of those that were asked for it was not.

    Args:
        store: Of the node.
        query: Filters and days. They are held against what the audience sees, as a file that was chosen by more would
            tell more than it shows.
        revision_ids: Of which records.
        audience: A tier, or one member.
        request: By which bounds, on which day and for which purpose (R16); what it asks for is not looked at.

    Raises:
        QueryError: A filter is none of what others are told record by record.
    """
    unseen = [name for name, _ in query.where if name not in _SEEN]
    if unseen:
        raise QueryError(
            "--where: {unseen!r} is not told to others record by record; leave it out", unseen=unseen[0]
        )
    records: list[Given] = []
    left_out = 0
    for chosen in portions(revision_ids):
        with store.read() as connection:
            found = current(connection, chosen)
            past = released(connection, [one.record_id for one in found])
            said = overrides(connection, [one.record_id for one in found])
            known = decided(connection)
        for one in found:
            before, override = past.get(one.record_id), said.get(one.record_id, Override())
            levels = _levels(one, before, override, audience, (request, known))
            if before is None or levels is None:
                left_out += 1
                continue
            view = cut(anonymize(one.incident, rcrc_named=request.bounds.policy.rcrc_named), levels)
            if _is_asked_for(fact(view), query):
                reached = frozenset(
                    tier for tier in tiers_of(opened(before.terms.views)) if tier <= audience.tier
                )
                records.append(Given(before.uid.hex(), view, label(reached, override.label).name))
    return records, left_out


def _levels(
    one: Current,
    past: Released | None,
    said: Override,
    audience: Audience,
    ground: tuple[Request, Decided],
) -> Levels | None:
    """How finely an audience was given a record and may still see it; nothing where it was not or may not."""
    if past is None or past.digest != one.digest or past.terms.purpose is not ground[0].purpose:
        return None
    left = levels_for(opened(past.terms.views), audience)
    decision = decide(case_for(one, past, said, audience, ground))
    if left is None or decision.hold is not None:
        return None
    return narrowest([left, decision.levels])


def _is_asked_for(view: Fact, query: Query) -> bool:
    seen = dict(zip((column.name for column in COLUMNS), view, strict=True))
    if query.first is not None and int(seen["first_day"] or 0) < day_number(query.first):
        return False
    if query.last is not None and int(seen["last_day"] or 0) > day_number(query.last):
        return False
    return all(str(UNKNOWN if seen[name] is None else seen[name]) in values for name, values in query.where)
