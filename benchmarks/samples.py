"""Synthetic incidents, and logs of them: what the rates are measured on.

Nothing in them happened. They vary where real ones vary (days, places, codes, numbers), so that caches see about as
many distinct values as real data gives them, and they are the same in every run.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random

from node.codes import code_list
from node.intake.publication import Publication, Row
from node.model import (
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
from node.record import import_publication
from node.rules import SEXUAL_VIOLENCE, Tier
from node.share import Identity, Request, release
from node.store.database import Store
from node.wire import records

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = "synthetic"

_FIRST_DAY = date(2000, 1, 1)
_DAYS = 9_000
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
    for _ in count():
        day = _FIRST_DAY + timedelta(days=random.randrange(_DAYS))
        region, district = random.randrange(10), random.randrange(8)
        cells = {
            (random.choice(_OUTCOMES), random.choice(list(Staff)), random.choice(list(Sex))): number
            for number in random.choices((1, 2, 3, 5), (6, 3, 2, 1), k=random.choice((1, 1, 1, 2, 3)))
        }
        yield Incident(
            when=PartialDate(day.year, day.month, day.day),
            where=Place(
                random.choice(countries),
                f"Province {region}",
                f"District {region}-{district}",
                f"Town {random.randrange(50)}",
                Point(round(random.uniform(-40, 40), 4), round(random.uniform(-40, 40), 4)),
            ),
            cause=Cause.VIOLENCE,
            means=random.choice(codes["means"]),
            context=random.choice(codes["context"]),
            location_type=random.choice(codes["location_type"]),
            motive=random.choice(codes["motive"]),
            actor_type=random.choice(codes["actor_type"]),
            source_kind=random.choice(codes["source_kind"]),
            victims=tuple(Tally(*cell, number) for cell, number in cells.items()),
            employers=(EmployerTally(random.choice(employers), sum(cells.values())),),
            custody=Custody.ENDED,
            certainty=random.choice(list(Certainty)),
        )


def publication(size: int) -> Publication:
    """A publication of so many incidents."""
    rows = tuple(Row(at, str(at), one, ()) for at, one in zip(range(size), incidents(), strict=False))
    return Publication(SOURCE, NOW.date(), "--published", (), rows, (), ())


def fill(store: Store, identity: Identity, size: int) -> None:
    """Import so many incidents and release them to the public and to coordinators."""
    import_publication(store, publication(size), bytes(32), NOW)
    request = Request(tuple(range(1, size + 1)), frozenset({Tier.PUBLIC, Tier.COORDINATOR}), NOW)
    for plan in release(store, request, identity, records):
        assert not plan.held, "a sample is held back"
