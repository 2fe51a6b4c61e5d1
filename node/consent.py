"""Write down what survivors consented to: for which purpose a record of sexual violence may count in totals (R14).

The record itself never leaves, whatever was answered.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from node.audience import Purpose
from node.errors import ConsentError, QueryError
from node.sensitive import Consent
from node.store.consents import Given, add_consent, consents
from node.store.database import Store
from node.store.records import record_ids_by_key


class Said(NamedTuple):
    """An answer of a survivor: for which purposes, on which day, and who writes it down; `now` is aware UTC."""

    answer: Consent
    purposes: frozenset[Purpose]
    on: date
    by: str
    now: datetime


def record_consent(store: Store, name: str, said: Said) -> dict[Purpose, Given]:
    """Write an answer down and give what counts now, in one transaction.

    Args:
        store: Where this node keeps its records.
        name: SOURCE:KEY, whether the record still stands or not.
        said: What was answered.

    Raises:
        QueryError: There is no such record.
        ConsentError: The day is in the future, no purpose is named, or what is withdrawn was not given.
    """
    if not said.purposes:
        raise ConsentError("consent is for a purpose: name it")
    if said.on > said.now.date():
        raise ConsentError("the day of the answer, {on}, is in the future", on=said.on)
    source, colon, key = name.partition(":")
    with store.write() as connection:
        ids = record_ids_by_key(connection, source, [key]) if colon else {}
        if key not in ids:
            raise QueryError("there is no record {name!r}; ids look like awsd:4664", name=name[:80])
        before = consents(connection, [ids[key]]).get(ids[key], {})
        if said.answer is Consent.WITHDRAWN:
            _verify_given(said.purposes, before)
        given = {purpose: Given(said.answer, said.on, said.by) for purpose in sorted(said.purposes)}
        add_consent(connection, ids[key], given, int(said.now.timestamp()))
    return before | given


def _verify_given(purposes: Iterable[Purpose], before: dict[Purpose, Given]) -> None:
    for purpose in sorted(purposes):
        if purpose not in before or before[purpose].answer is not Consent.YES:
            raise ConsentError("nobody consented to {purpose}: there is nothing to withdraw", purpose=purpose)
