"""What `tocsin outcomes` shows: what became of each record with each member, as lines or as a tree."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby

from console.home import Home
from crypto.sentence import listed
from node.holders import levels_text
from node.outcomes import Outcome, Reading, Told, outcomes
from node.plan import Request
from node.receipt import PassedOn
from node.store.database import Store
from node.wire import records
from node.wire.receipts import decode_receipt

HEADER = ("record", "member", "outcome", "rule", "why", "sees", "by", "sent", "confirmed")
TREE_HEADER = ("who has it", "by", "outcome", "sees", "sent", "confirmed")
NOBODY_NAMED = "somebody outside the network"


def found_outcomes(home: Home, store: Store, chosen: tuple[int, ...]) -> Iterator[Told]:
    """What has become of records, by the policy and the network as they are now.

    Raises:
        NodeError: The policy, the names or the directory can not be used.
    """
    request = Request((), frozenset(), datetime.now(UTC), home.bounds())
    reading = Reading(records.decode_envelope, decode_receipt, request)
    return outcomes(store, home.settings.org_id, reading, chosen)


def outcome_lines(found: Iterable[Told]) -> Iterator[tuple[str, ...]]:
    """One line per record and member."""
    for one in found:
        yield (
            one.record,
            one.member,
            one.outcome,
            one.rule,
            one.reason,
            levels_text(one.levels),
            listed(one.routes),
            _time(one.since),
            _confirmed(one),
        )


def tree_lines(found: Iterable[Told]) -> Iterator[tuple[str, ...]]:
    """Each record, below it the members that have or had it, below them those to whom they say that they gave it."""
    for record, told in groupby(found, key=lambda one: one.record):
        yield record, "", "", "", "", ""
        for one in told:
            if one.outcome is Outcome.WITHHELD:
                continue
            line = one.outcome, levels_text(one.levels), _time(one.since), _confirmed(one)
            yield f"  {one.member}", ", ".join(one.routes), *line
            for passed in one.passed_on:
                yield (
                    f"    {_receiver(passed)}",
                    f"{one.member} says so",
                    "passed on",
                    "",
                    _time(passed.at),
                    "",
                )


def _receiver(passed: PassedOn) -> str:
    return passed.member_id or NOBODY_NAMED


def _confirmed(one: Told) -> str:
    if one.confirmed is not None:
        return _time(one.confirmed)
    return "not yet" if one.since is not None else ""


def _time(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC" if when is not None else ""
