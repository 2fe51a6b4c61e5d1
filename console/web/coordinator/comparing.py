"""Comparing a pair with its other owner: what each step would show and has found; one step, all of them, or the end."""

from hashlib import sha256
from urllib.parse import urlencode

from console.comparing import begun, coming, compared_last, running
from console.errors import ChangedError
from console.matches import chosen_pair, proposed_text, sides_of
from console.requests import time_text
from console.web.coordinator.matches import desk_now
from console.web.line import over_the_line
from console.web.sharing import RULE_TEXTS
from console.web.visit import Answer, Elsewhere, Page, Visit
from node.candidates import Pair, pair_id
from node.comparing import Coming, stop_comparing
from node.errors import NodeError, PeerError, UnavailableError, UnknownMatchError, UnknownRecordError
from node.partaking import Desk, partner_of
from node.stepping import compare_with
from node.stepup import STEPS, Role, step
from node.store.comparisons import Comparison

_ONE = "one"


def show_comparison(visit: Visit) -> Answer:
    """What was shown and found in each step, what each step to come would show, and how it goes on or ends."""
    desk = desk_now(visit)
    return _page(visit, chosen_pair(visit.store, desk, visit.asks("id")), desk)


def take_steps(visit: Visit) -> Answer:
    """Propose the pair to its other owner, or go on: one step, or all. What was cut goes on the next time."""
    desk = desk_now(visit)
    pair = chosen_pair(visit.store, desk, visit.asks("id"))
    if visit.says("seen") != _digest(coming(visit.store, pair, desk)):
        changed = ChangedError("what would be shown has changed since you looked; nothing was shown")
        return _page(visit, pair, desk, changed)
    held = begun(visit.store, pair, desk, visit.who.name)
    try:
        _go_on(visit, held, desk, 1 if visit.says("steps") == _ONE else len(STEPS) + 1)
    except (PeerError, UnavailableError) as error:
        return _page(visit, pair, desk, error)
    return Elsewhere(_link(pair))


def take_stop(visit: Visit) -> Answer:
    """End a comparison that runs, whoever proposed it, and tell its other owner where it is ours."""
    desk = desk_now(visit)
    pair = chosen_pair(visit.store, desk, visit.asks("id"))
    held = running(visit.store, pair, desk.org_id)
    if held is None:
        raise UnknownMatchError("no comparison of this pair runs")
    stop_comparing(visit.store, held.key, desk, visit.who.name)
    if held.role is Role.PROPOSER:
        try:
            _go_on(visit, held, desk, 1)
        except (PeerError, UnavailableError) as error:  # it has ended here; the member waits for nothing
            return _page(visit, pair, desk, error)
    return Elsewhere(_link(pair))


def _go_on(visit: Visit, held: Comparison, desk: Desk, most: int) -> None:
    partner = partner_of(desk.bounds.network, held.member)
    over_the_line(
        visit.works.line,
        held.member,
        lambda client: compare_with(visit.store, client, held.key, partner, desk, most),
    )


def _page(visit: Visit, pair: Pair, desk: Desk, error: Exception | None = None) -> Page:
    _, theirs = sides_of(pair, desk.org_id)
    held, refused = compared_last(visit.store, pair, desk.org_id), ""
    try:
        ahead = coming(visit.store, pair, desk)
    except (UnknownRecordError, UnknownMatchError) as fault:
        ahead, refused = (), str(fault)
    done = held.steps if held is not None else ()
    runs = held is not None and held.stop is None
    facts = {
        "id": pair_id(pair),
        "member": theirs.origin_id,
        "held": held,
        "by": proposed_text(held) if held else "",
        "runs": runs,
        "ours": held is None or held.role is Role.PROPOSER,
        "done": [(step(one.number), one, time_text(one.at)) for one in done],
        "ahead": ahead[held.done if runs and held is not None else 0 :],
        "refused": refused,
        "rules": RULE_TEXTS,
        "seen": _digest(ahead),
        "told": str(error) if error else "",
    }
    status = 409 if isinstance(error, ChangedError) else 422 if isinstance(error, NodeError) else 200
    return Page("coordinator/compare.html", facts, status)


def _digest(ahead: tuple[Coming, ...]) -> str:
    """What a page says would be shown, in 32 bytes."""
    said = [(one.at.name, one.value, one.rule, one.ends) for one in ahead]
    return sha256(repr(said).encode()).hexdigest()


def _link(pair: Pair) -> str:
    return f"/match/compare?{urlencode({'id': pair_id(pair)})}"
