"""Matches: pairs of records that may be one event, how each was compared, and what is signed about it."""

from datetime import UTC
from typing import NamedTuple
from urllib.parse import urlencode

from console.matches import (
    LIST_HEADER,
    Known,
    Shows,
    chosen_pair,
    decide,
    desk_of,
    known,
    look,
    pair_lines,
    proposed_text,
    shown_of,
    state_of,
    verdict_lines,
)
from console.web.visit import Answer, Elsewhere, Page, Table, Visit
from node.candidates import Pair, pair_id
from node.judging import Judge
from node.likeness import probability
from node.partaking import Desk
from node.store.comparisons import Comparison
from node.verdict import Ground, Judgement, Verdict
from node.wire import matching

MOST_SHOWN = 200
UNDECIDED = frozenset({"open", "conflict"})


class Seen(NamedTuple):
    """One pair as a page shows it: both records with what each shows, and how alike they are."""

    id: str
    sides: tuple[tuple[str, Shows | None], ...]
    likely: int | None
    agree: tuple[tuple[str, ...], ...]
    compared: Comparison | None
    said: tuple[Verdict, ...]
    state: str


def list_pairs(visit: Visit) -> Answer:
    """Pairs that somebody has to decide, or all, most likely first."""
    found, everything = known(visit.store, desk_now(visit)), bool(visit.asks("all"))
    pairs = [one for one in found.pairs if everything or state_of(found, one) in UNDECIDED]
    facts = {
        "rows": [_seen(found, one) for one in pairs[:MOST_SHOWN]],
        "total": len(pairs),
        "everything": everything,
    }
    return Page("coordinator/matches.html", facts)


def take_pairs(visit: Visit) -> Answer:
    """The same as a file."""
    return Table("matches", _columns(LIST_HEADER), tuple(_rows(visit)))


def look_again(visit: Visit) -> Answer:
    """Look for pairs among what counts now."""
    look(visit.store, desk_now(visit))
    return Elsewhere("/matches")


def show_pair(visit: Visit) -> Answer:
    """One pair: what each record shows here, how they were compared, what was signed, and what can be said."""
    desk = desk_now(visit)
    found = known(visit.store, desk)
    pair = chosen_pair(visit.store, desk, visit.asks("id"))
    compared = found.compared.get(pair)
    facts = {
        "one": _seen(found, pair),
        "ours": _is_ours(pair, desk.org_id),
        "proposed": proposed_text(compared) if compared else "",
        "verdicts": list(verdict_lines(visit.store, pair)),
        "judgements": [one.name.lower() for one in Judgement],
        "grounds": [one.name.lower() for one in Ground],
    }
    return Page("coordinator/match.html", facts)


def take_verdict(visit: Visit) -> Answer:
    """Sign what somebody says of a pair."""
    desk = desk_now(visit)
    pair = chosen_pair(visit.store, desk, visit.asks("id"))
    judgement = visit.says("verdict")
    ground = visit.says("ground") if judgement == "same" else ""
    by = Judge(visit.who.name, visit.works.identity, desk, matching)
    decide(visit.store, pair, (judgement, ground), by)
    return Elsewhere(f"/match?{urlencode({'id': pair_id(pair)})}")


def desk_now(visit: Visit) -> Desk:
    """Where comparisons are made, by the clock of the pages."""
    return desk_of(visit.works.home)._replace(now=visit.now.astimezone(UTC))


def _seen(found: Known, pair: Pair) -> Seen:
    sides = tuple(
        (found.labels.get(one, one.origin_id), shown_of(found.facts[one]) if one in found.facts else None)
        for one in pair
    )
    likely = found.likely.get(pair)
    return Seen(
        pair_id(pair),
        sides,
        round(100 * probability(likely.weight)) if likely else None,
        tuple(tuple(part.partition(":")[::2]) for part in likely.found.split()) if likely else (),
        found.compared.get(pair),
        found.said.get(pair, ()),
        state_of(found, pair),
    )


def _rows(visit: Visit) -> list[tuple[str, ...]]:
    found = known(visit.store, desk_now(visit))
    return list(pair_lines(found, everything=bool(visit.asks("all"))))


def _columns(header: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.replace(" ", "_") for name in header)


def _is_ours(pair: Pair, org_id: str) -> bool:
    """Whether one of the two is our record; of two members' records their owners decide."""
    return sum(one.origin_id == org_id for one in pair) == 1
