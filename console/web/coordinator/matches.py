"""Matches: pairs of records that may be one event, how each was compared, and what is signed about it."""

from datetime import UTC
from urllib.parse import urlencode

from console.matches import (
    LIST_HEADER,
    STEP_HEADER,
    VERDICT_HEADER,
    compared_text,
    decide,
    desk_of,
    find_pair,
    known,
    look,
    pair_lines,
    proposed_text,
    state_of,
    step_lines,
    verdict_lines,
)
from console.web.visit import Answer, Elsewhere, Page, Table, Visit
from node.candidates import Pair, pair_id
from node.judging import Judge
from node.partaking import Desk
from node.verdict import Ground, Judgement
from node.wire import matching

MOST_SHOWN = 200


def list_pairs(visit: Visit) -> Answer:
    """Pairs that somebody has to decide, or all, most likely first."""
    rows = _rows(visit)
    everything = bool(visit.asks("all"))
    facts = {"rows": rows[:MOST_SHOWN], "total": len(rows), "header": LIST_HEADER, "everything": everything}
    return Page("coordinator/matches.html", facts)


def take_pairs(visit: Visit) -> Answer:
    """The same as a file."""
    return Table("matches", _columns(LIST_HEADER), tuple(_rows(visit)))


def look_again(visit: Visit) -> Answer:
    """Look for pairs among what counts now."""
    look(visit.store, _desk(visit))
    return Elsewhere("/matches")


def show_pair(visit: Visit) -> Answer:
    """One pair: what each record shows here, how they were compared, what was signed, and what can be said."""
    desk = _desk(visit)
    found = known(visit.store, desk)
    pair = find_pair(found, visit.asks("id"))
    (row,) = (row for row in pair_lines(found, everything=True) if row[0] == pair_id(pair))
    compared = found.compared.get(pair)
    facts = {
        "id": pair_id(pair),
        "row": dict(zip(LIST_HEADER, row, strict=True)),
        "state": state_of(found, pair),
        "ours": _is_ours(pair, desk.org_id),
        "compared": compared_text(compared) if compared else "",
        "proposed": proposed_text(compared) if compared else "",
        "steps": list(step_lines(compared)) if compared else [],
        "step_header": STEP_HEADER,
        "verdicts": list(verdict_lines(visit.store, pair)),
        "verdict_header": VERDICT_HEADER,
        "judgements": [one.name.lower() for one in Judgement],
        "grounds": [one.name.lower() for one in Ground],
    }
    return Page("coordinator/match.html", facts)


def take_verdict(visit: Visit) -> Answer:
    """Sign what somebody says of a pair."""
    desk = _desk(visit)
    pair = find_pair(known(visit.store, desk), visit.asks("id"))
    judgement = visit.says("verdict")
    ground = visit.says("ground") if judgement == "same" else ""
    by = Judge(visit.who.name, visit.works.identity, desk, matching)
    decide(visit.store, pair, (judgement, ground), by)
    return Elsewhere(f"/match?{urlencode({'id': pair_id(pair)})}")


def _rows(visit: Visit) -> list[tuple[str, ...]]:
    found = known(visit.store, _desk(visit))
    return list(pair_lines(found, everything=bool(visit.asks("all"))))


def _desk(visit: Visit) -> Desk:
    return desk_of(visit.works.home)._replace(now=visit.now.astimezone(UTC))


def _columns(header: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.replace(" ", "_") for name in header)


def _is_ours(pair: Pair, org_id: str) -> bool:
    """Whether one of the two is our record; of two members' records their owners decide."""
    return sum(one.origin_id == org_id for one in pair) == 1
