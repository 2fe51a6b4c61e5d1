"""The sharing screen: what we hold beside what each will see, with the rule that decides; then Send, or Cancel."""

import logging
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from console.errors import ChangedError, EntryError
from console.selection import select_revisions
from console.sharing import make_request, preview_lines, read_audiences, totals
from console.web.listing import OURS, query_of
from console.web.visit import Answer, Fields, Page, Visit
from crypto.sentence import Sentence
from node.audience import Audience, Purpose, Tier
from node.ladders import DIMENSIONS
from node.plan import Outgoing, Plan, Request
from node.rules import RULES, Decision
from node.share import preview, release
from node.store.audiences import standing
from node.store.queries import own_revisions
from node.wire import records as codec

MAX_RECORDS = 500  # that somebody can look through; `tocsin share` takes any number
SHOWN = 20  # of them on one page
WHO = ("tier", "member", "audience", "for", "shown")
RULE_TEXTS = {rule.id: rule.text for rule in RULES}

logger = logging.getLogger(__name__)


class Seen(NamedTuple):
    """What one audience would see of one dimension; no value is closed."""

    value: str
    rule: str


class Line(NamedTuple):
    """One dimension of a record: what we hold, and what each audience would see."""

    dimension: str
    held: str
    seen: tuple[Seen, ...]


class Beside(NamedTuple):
    """One record that would leave, side by side; `decisions` are in the order of `audiences`."""

    going: Outgoing
    audiences: tuple[Audience, ...]
    decisions: tuple[Decision, ...]
    lines: tuple[Line, ...]


def choose(visit: Visit) -> Answer:
    """Ask who is to see the records, and what for."""
    chosen = _chosen(visit)
    bounds = visit.works.home.bounds()
    with visit.store.read() as connection:
        audiences = sorted(one.charter.name for one in standing(connection).values() if one.charter.members)
    facts = {
        "count": len(chosen),
        "too_many": len(chosen) > MAX_RECORDS,
        "kept": _kept(visit.asked),
        "tiers": tuple(Tier),
        "members": {
            tier: sorted(name for name, reached in bounds.network.items() if reached >= tier) for tier in Tier
        },
        "named": sorted(bounds.network),
        "audiences": audiences,
        "purposes": tuple(Purpose),
        "chosen": visit.asked,
    }
    return Page("share.html", facts)


def look(visit: Visit) -> Answer:
    """Show side by side what would leave; nothing leaves."""
    plans = list(preview(visit.store, _request(visit, visit.asked)))
    return _side_by_side(visit, plans, visit.query)


def send(visit: Visit) -> Answer:
    """Let leave what was shown; where that has changed meanwhile it is shown again instead."""
    asked: Fields = {name: tuple(values) for name, values in parse_qs(visit.says("asked")).items()}
    request = _request(visit, asked)
    plans = list(preview(visit.store, request))
    if visit.says("seen") != _digest(plans):
        changed = ChangedError("what would leave has changed since you looked at it; nothing has left yet")
        return _side_by_side(visit, plans, visit.says("asked"), changed)
    left = totals(release(visit.store, request, visit.works.identity, codec))
    logger.info("released: account=%s released=%s held=%s", visit.who.key, left["released"], left["held"])
    return Page("shared.html", {"left": left, "slot": visit.works.identity.pace.slot_seconds})


def _side_by_side(
    visit: Visit, plans: Iterable[Plan], asked: str, changed: ChangedError | None = None
) -> Page:
    plans = list(plans)
    outgoing = [one for plan in plans for one in plan.outgoing]
    first = _number(visit.asks("shown"))
    network = visit.works.home.bounds().network
    facts = {
        "beside": [beside(one) for one in outgoing[first : first + SHOWN]],
        "first": first,
        "size": SHOWN,
        "totals": totals(plans),
        "held": [one for plan in plans for one in plan.held],
        "callbacks": [one for plan in plans for one in plan.callbacks],
        "who": {tier: sorted(name for name, reached in network.items() if reached >= tier) for tier in Tier},
        "asked": asked,
        "without_shown": urlencode(
            [(name, one) for name, values in parse_qs(asked).items() if name != "shown" for one in values]
        ),
        "kept": _kept(visit.asked),
        "seen": _digest(plans),
        "rules": RULE_TEXTS,
        "changed": str(changed) if changed else "",
    }
    return Page("preview.html", facts, 409 if changed else 200)


def beside(going: Outgoing) -> Beside:
    """Turn what would leave into lines that stand side by side."""
    audiences = tuple(going.decisions)
    decisions = tuple(going.decisions[one] for one in audiences)
    lines = []
    for at, chain in enumerate(going.chains):
        seen = []
        for decision in decisions:
            if decision.hold is not None:
                seen.append(Seen("", decision.hold.rule))
            else:
                choice = decision.choices[at]
                seen.append(Seen(choice.value, choice.rule))
        dimension = DIMENSIONS[at]
        lines.append(Line(dimension.name, chain[-1], tuple(seen)))
    return Beside(going, audiences, decisions, tuple(lines))


def _request(visit: Visit, asked: Fields) -> Request:
    chosen = _chosen_by(visit, asked)
    if len(chosen) > MAX_RECORDS:
        many = Sentence("more than {most} incidents; choose fewer, or use `tocsin share`", most=MAX_RECORDS)
        raise EntryError({"id": many})
    tiers, members, audiences = (
        tuple(filter(None, asked.get(name, ()))) for name in ("tier", "member", "audience")
    )
    if not (tiers or members or audiences):
        raise EntryError({"tier": "say who is to see them"})
    purpose = asked.get("for", (Purpose.STAFF_SAFETY,))[0]
    request = make_request(visit.works.home, chosen, tiers, members, purpose)._replace(now=visit.now)
    return request._replace(audiences=read_audiences(visit.store, audiences))


def _chosen(visit: Visit) -> tuple[int, ...]:
    return _chosen_by(visit, visit.asked)


def _chosen_by(visit: Visit, asked: Fields) -> tuple[int, ...]:
    """Records named in the link, or those of the list that it filters."""
    ids = tuple(filter(None, asked.get("id", ())))
    if ids:
        return select_revisions(visit.store, ids, (), None, None, visit.now.date())
    kept = {name: values for name, values in asked.items() if name not in {*WHO, *OURS}}
    _, query = query_of(kept, visit.now.date())
    with visit.store.read() as connection:
        return tuple(own_revisions(connection, query))


def _kept(asked: Fields) -> list[tuple[str, str]]:
    """Parts of the link that say which records are meant."""
    return [(name, one) for name, values in asked.items() if name not in WHO for one in values if one]


def _digest(plans: Iterable[Plan]) -> str:
    """What a page shows of what would leave, in 32 bytes."""
    return sha256(repr(list(preview_lines(plans))).encode()).hexdigest()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
