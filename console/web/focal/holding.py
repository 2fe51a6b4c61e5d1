"""Who holds what of our records, what became of each with each member, and the log of what was sent to whom."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple, TypeVar

from console.errors import NoPageError
from console.outcomes import HEADER as OUTCOME_HEADER
from console.outcomes import found_outcomes, outcome_lines
from console.selection import select_records
from console.web.sharing import RULE_TEXTS
from console.web.visit import Answer, Page, Table, Visit
from node.audience import Levels
from node.errors import QueryError
from node.holders import Disclosed, Holding, disclosures, holders, levels_text
from node.ladders import DIMENSIONS
from node.wire import records as codec

ROWS = 50  # of one page
HOLDER_HEADER = ("record", "revision", "member", "audience", "sees", "since", "state", "confirmed")
SENT_HEADER = ("member", "record", "revision", "audience", "sees", "label", "rule", "first_sent", "last_sent")
T = TypeVar("T")


class Part(NamedTuple):
    """Some rows of a list, which page it is, and whether there are further ones."""

    rows: tuple[object, ...]
    number: int
    more: bool


def list_holders(visit: Visit) -> Answer:
    """Who holds what of all that left, or of single records with what became of them."""
    chosen = _chosen(visit)
    facts = {
        "ids": visit.asked.get("id", ()),
        "waiting": bool(visit.asks("waiting")),
        "part": part_of(visit, _holders(visit, chosen)),
        "outcomes": list(found_outcomes(visit.works.home, visit.store, chosen)) if chosen else [],
        "seen_levels": seen_levels,
    }
    return Page("focal/holders.html", facts)


def take_holders(visit: Visit) -> Answer:
    """The same as a file, all of it."""
    rows = tuple(
        (
            one.record,
            one.revision,
            one.member,
            one.audience,
            levels_text(one.levels),
            _said(one.since),
            one.state,
            _said(one.confirmed) if one.confirmed else "not yet" if one.waiting else "",
        )
        for one in _holders(visit, _chosen(visit))
    )
    return Table("holders", HOLDER_HEADER, rows)


def list_outcomes(visit: Visit) -> Answer:
    """What became of every record with every member."""
    found = found_outcomes(visit.works.home, visit.store, _chosen(visit))
    member, only = visit.asks("member"), visit.asks("only")
    wanted = (one for one in found if member in {"", one.member} and only in {"", one.outcome})
    return Page(
        "focal/outcomes.html", {"part": part_of(visit, wanted), "member": member, "only": only, **_who(visit)}
    )


def take_outcomes(visit: Visit) -> Answer:
    """The same as a file, all of it."""
    found = found_outcomes(visit.works.home, visit.store, _chosen(visit))
    member, only = visit.asks("member"), visit.asks("only")
    wanted = (one for one in found if member in {"", one.member} and only in {"", one.outcome})
    return Table("outcomes", OUTCOME_HEADER, tuple(outcome_lines(wanted)))


def list_disclosures(visit: Visit) -> Answer:
    """What was sent to whom, how finely, and by which rule."""
    facts: dict[str, object] = {name: visit.asks(name) for name in ("member", "from", "to")}
    try:
        found = part_of(visit, _disclosures(visit))
    except QueryError as error:
        return Page(
            "focal/disclosures.html",
            {**facts, **_who(visit), "fault": str(error), "part": Part((), 1, more=False)},
            422,
        )
    return Page("focal/disclosures.html", {**facts, **_who(visit), "fault": "", "part": found})


def take_disclosures(visit: Visit) -> Answer:
    """The same as a file, all of it."""
    rows = tuple(
        (
            one.member,
            one.record,
            one.revision,
            one.audience,
            levels_text(one.levels),
            one.label.name,
            one.rule,
            _said(one.first),
            _said(one.last),
        )
        for one in _disclosures(visit)
    )
    return Table("disclosures", SENT_HEADER, rows)


def seen_levels(levels: Levels) -> list[tuple[str, str]]:
    """(dimension, level) of what is open; the page says both in words."""
    return [
        (dimension.name, dimension.levels[level])
        for dimension, level in zip(DIMENSIONS, levels, strict=True)
        if level >= 0
    ]


def part_of(visit: Visit, rows: Iterable[T]) -> Part:
    """The page of a list that the link asks for."""
    text = visit.asks("page")
    number = int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 else 1
    number = max(1, number)
    found = tuple(islice(rows, (number - 1) * ROWS, number * ROWS + 1))
    return Part(found[:ROWS], number, len(found) > ROWS)


def _holders(visit: Visit, chosen: tuple[int, ...]) -> Iterator[Holding]:
    own = visit.works.home.settings.org_id
    return holders(visit.store, own, codec, chosen, waiting=bool(visit.asks("waiting")))


def _disclosures(visit: Visit) -> Iterator[Disclosed]:
    first, last = _day(visit.asks("from")), _day(visit.asks("to"))
    return disclosures(
        visit.store,
        member=visit.asks("member"),
        first=_midnight(first) if first else None,
        before=_midnight(last + timedelta(days=1)) if last else None,
    )


def _chosen(visit: Visit) -> tuple[int, ...]:
    try:
        return select_records(visit.store, "id", tuple(filter(None, visit.asked.get("id", ()))))
    except QueryError as error:
        raise NoPageError("there is no such page") from error


def _who(visit: Visit) -> dict[str, object]:
    return {
        "members": sorted(visit.works.home.bounds().network),
        "seen_levels": seen_levels,
        "rules": RULE_TEXTS,
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise QueryError("{text!r} is not a day; write it like 2026-03-14", text=text[:20]) from error


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _said(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
