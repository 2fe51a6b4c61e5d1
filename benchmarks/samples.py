"""Synthetic incidents, and logs of them: what the rates are measured on.

Nothing in them happened. Their days, places, codes and numbers vary about as much as those of five thousand published
ones do, so that what is kept parsed serves them no better. They are the same in every run.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from typing import TypeVar

from node.audience import Tier
from node.bounds import Bounds
from node.codes import code_list
from node.intake.publication import Publication, Row
from node.logbook import Identity
from node.model import (
    SEXUAL_VIOLENCE,
    Cause,
    Certainty,
    Custody,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Point,
    Sex,
    Staff,
    Tally,
)
from node.plan import Request
from node.policy import baseline
from node.record import import_publication
from node.scan import NO_NAMES
from node.share import release
from node.store.database import Store
from node.wire import records

T = TypeVar("T")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = "synthetic"

_FIRST_DAY = date(2000, 1, 1)
_DAYS = 9_000
_SKEW = 4
_OUTCOMES = (Outcome.KILLED, Outcome.INJURED, Outcome.ABDUCTED)


def incidents(seed: int = 1) -> Iterator[Incident]:
    """Give incidents without end."""
    random = Random(seed)
    codes = {
        name: sorted(code_list(name).codes.keys() - {SEXUAL_VIOLENCE})
        for name in ("means", "context", "location_type", "motive", "actor_type", "source_kind")
    }
    employers = sorted(code_list("organization_type").codes)
    countries = sorted(code_list("country").codes)[:60]

    def pick(values: Sequence[T]) -> T:
        """One of these, the first ones far more often, as it is with places and kinds of attack."""
        return values[int(len(values) * random.random() ** _SKEW)]

    for _ in count():
        day = _FIRST_DAY + timedelta(days=random.randrange(_DAYS))
        region, district = pick(range(12)), pick(range(10))
        cells = {
            (pick(_OUTCOMES), pick(list(Staff)), pick(list(Sex))): pick((1, 2, 3, 5, 8))
            for _ in range(pick((1, 2, 3)))
        }
        yield Incident(
            when=PartialDate(day.year, day.month, day.day),
            where=Place(
                pick(countries),
                f"Province {region}",
                f"District {region}-{district}",
                f"Town {random.randrange(50)}",
                Point(round(random.uniform(-40, 40), 4), round(random.uniform(-40, 40), 4)),
            ),
            cause=Cause.VIOLENCE,
            means=pick(codes["means"]),
            context=pick(codes["context"]),
            location_type=pick(codes["location_type"]),
            motive=pick(codes["motive"]),
            actor_type=pick(codes["actor_type"]),
            source_kind=pick(codes["source_kind"]),
            victims=tuple(Tally(*cell, number) for cell, number in cells.items()),
            employers=(EmployerTally(pick(employers), sum(cells.values())),),
            custody=Custody.ENDED,
            certainty=pick(list(Certainty)),
        )


def publication(size: int) -> Publication:
    """A publication of so many incidents."""
    rows = tuple(Row(at, str(at), one, ()) for at, one in zip(range(size), incidents(), strict=False))
    return Publication(SOURCE, NOW.date(), "--published", (), rows, (), ())


BOUNDS = Bounds(baseline(), NO_NAMES, {})  # of an organization that is alone


def fill(store: Store, identity: Identity, size: int) -> None:
    """Import so many incidents and release them."""
    import_publication(store, publication(size), bytes(32), NOW)
    release_all(store, identity, size)


def release_all(store: Store, identity: Identity, size: int) -> None:
    """Release the first so many revisions to the public and to coordinators."""
    request = Request(tuple(range(1, size + 1)), frozenset({Tier.PUBLIC, Tier.COORDINATOR}), NOW, BOUNDS)
    for plan in release(store, request, identity, records):
        assert not plan.held, "a sample is held back"
