"""What was said of records goes over to what stands for them: what narrows them, and what survivors agreed to."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from node.audience import narrowest
from node.rules import Override
from node.sensitive import Consent, needs_consent
from node.store.consents import Given, add_consent, consents
from node.store.database import Transaction
from node.store.policies import say
from node.store.records import Current


class Teller(NamedTuple):
    """Who says so, and when; aware UTC."""

    by: str
    now: datetime


def ask_again(connection: Transaction, found: Sequence[Current], teller: Teller) -> None:
    """Let what stands for several survivors count only where each of them said yes (R14)."""
    given = consents(connection, [one.record_id for one in found])
    needing = [given.get(one.record_id, {}) for one in found if needs_consent(one.incident)]
    first = given.get(found[0].record_id, {})
    agreed = {
        purpose
        for purpose in first
        if all(purpose in one and one[purpose].answer is Consent.YES for one in needing)
    }
    lost = {
        purpose: Given(Consent.NOT_ASKED, teller.now.date(), teller.by)
        for purpose, one in first.items()
        if one.answer is Consent.YES and purpose not in agreed
    }
    add_consent(connection, found[0].record_id, lost, int(teller.now.timestamp()))


def narrowest_of(said: Sequence[Override], wanted: int) -> Override:
    """What narrows as much as all of some sayings do; captivity stays a reason unless it is lifted for every record."""
    labels = [one.label for one in said if one.label is not None]
    return Override(
        any(one.held for one in said),
        min(labels, default=None),
        narrowest(one.levels for one in said),
        len(said) == wanted and all(one.captivity_released for one in said),
    )


def narrow(
    connection: Transaction, teller: Teller, record_id: int, before: Override | None, wanted: Override
) -> None:
    """Say of a record what narrows it, unless that was said before."""
    if wanted != (before or Override()):
        say(connection, record_id, wanted, teller.by, teller.now, waits=False)
