"""Audiences: who belongs, how they joined, and what changes when somebody joins or leaves, seen before it is done."""

from hashlib import sha256
from urllib.parse import urlencode

from console.audiences import (
    HISTORY_HEADER,
    LIST_HEADER,
    MINE_HEADER,
    audience_lines,
    history_lines,
    member_lines,
    mine_lines,
)
from console.errors import ChangedError, EntryError, NoPageError
from console.sharing import preview_lines, read_purpose, read_tier, totals
from console.web.sharing import RULE_TEXTS, beside
from console.web.visit import Answer, Elsewhere, Page, Table, Visit
from node.audience import Purpose, Tier
from node.audiences import (
    Author,
    Change,
    Scope,
    change_audience,
    find_audience,
    new_audience,
    preview_change,
)
from node.charter import read_back_fill
from node.codes import code_list
from node.errors import AudienceError, UnknownAudienceError
from node.plan import Plan
from node.wire import charters, records

SHOWN = 20  # records of a preview


def list_audiences(visit: Visit) -> Answer:
    """Our audiences, and those of others that name us."""
    own = visit.works.home.settings.org_id
    facts = {
        "ours": [dict(zip(LIST_HEADER, row, strict=True)) for row in audience_lines(visit.store)],
        "mine": [dict(zip(MINE_HEADER, row, strict=True)) for row in mine_lines(visit.store, own)],
    }
    return Page("focal/audiences.html", facts)


def take_audiences(visit: Visit) -> Answer:
    """Our audiences as a file."""
    return Table("audiences", LIST_HEADER, tuple(audience_lines(visit.store)))


def show_audience(visit: Visit) -> Answer:
    """Who belongs to an audience, how they joined, and its versions."""
    return _page(visit, visit.asks("name"), "", 200)


def ask(visit: Visit) -> Answer:
    """The form of a new audience."""
    return _form(visit, "", 200)


def take(visit: Visit) -> Answer:
    """Make an audience; nothing is shared with it yet."""
    try:
        tier = read_tier("tier", visit.says("tier")) if visit.says("tier") else None
        who = _author(visit)
        members = frozenset(filter(None, visit.form.get("member", ())))
        if tier is not None:
            members |= {one for one, reached in who.bounds.network.items() if reached >= tier}
        countries = frozenset(filter(None, visit.form.get("country", ())))
        purposes = frozenset(read_purpose(one) for one in visit.form.get("for", ()) if one)
        scope = Scope(tier, countries, purposes, bool(visit.says("hidden")))
        made = new_audience(visit.store, visit.says("name").strip(), members, scope, who)
    except AudienceError as error:
        return _form(visit, str(error), 422)
    return Elsewhere(f"/audience?{urlencode({'name': made.name})}")


def look(visit: Visit) -> Answer:
    """Show what a change of members would let leave and take back; nothing is changed."""
    try:
        plan = preview_change(visit.store, visit.says("name"), _change(visit), _author(visit))
    except UnknownAudienceError:
        raise
    except AudienceError as error:
        return _page(visit, visit.says("name"), str(error), 422)
    return _preview(visit, plan)


def change(visit: Visit) -> Answer:
    """Change the members as it was shown; where that has changed meanwhile it is shown again instead."""
    wanted, who, name = _change(visit), _author(visit), visit.says("name")
    plan = preview_change(visit.store, name, wanted, who)
    if visit.says("seen") != _digest(plan):
        changed = ChangedError("what would leave has changed since you looked at it; nothing was changed")
        return _preview(visit, plan, changed)
    change_audience(visit.store, name, wanted, who)
    return Elsewhere(f"/audience?{urlencode({'name': name})}")


def _preview(visit: Visit, plan: Plan, changed: ChangedError | None = None) -> Page:
    network = visit.works.home.bounds().network
    facts = {
        "name": visit.says("name"),
        "typed": [(name, one) for name, values in visit.form.items() if name in _FIELDS for one in values],
        "change": _change(visit),
        "totals": totals([plan]),
        "beside": [beside(one) for one in plan.outgoing[:SHOWN]],
        "more": max(0, len(plan.outgoing) - SHOWN),
        "held": plan.held,
        "callbacks": plan.callbacks,
        "who": {tier: sorted(name for name, reached in network.items() if reached >= tier) for tier in Tier},
        "rules": RULE_TEXTS,
        "seen": _digest(plan),
        "changed": str(changed) if changed else "",
    }
    return Page("focal/audience_preview.html", facts, 409 if changed else 200)


_FIELDS = ("name", "what", "member", "back_fill", "day")


def _change(visit: Visit) -> Change:
    """What somebody wants to change: who joins with which old records, who leaves, who learns of whom."""
    what, members = visit.says("what"), tuple(filter(None, visit.form.get("member", ())))
    if what in {"hide", "show"}:
        return Change(hidden=what == "hide")
    if not members:
        raise EntryError({"member": "choose who"})
    if what == "remove":
        return Change(leaving=frozenset(members))
    if what == "add":
        fill = visit.says("back_fill")
        return Change(dict.fromkeys(members, read_back_fill(visit.says("day") if fill == "day" else fill)))
    raise EntryError({"what": "choose one of the list"})


def _page(visit: Visit, name: str, fault: str, status: int) -> Page:
    network = visit.works.home.bounds().network
    try:
        with visit.store.read() as connection:
            charter = find_audience(connection, name).charter
    except UnknownAudienceError as error:
        raise NoPageError("there is no such page") from error
    facts = {
        "charter": charter,
        "belonging": member_lines(visit.store, name, network),
        "history": [dict(zip(HISTORY_HEADER, row, strict=True)) for row in history_lines(visit.store, name)],
        "others": sorted(network.keys() - charter.members),
        "fault": fault,
    }
    return Page("focal/audience.html", facts, status)


def _form(visit: Visit, fault: str, status: int) -> Page:
    facts = {
        "fault": fault,
        "typed": visit.form,
        "members": sorted(visit.works.home.bounds().network),
        "tiers": tuple(Tier),
        "purposes": tuple(Purpose),
        "countries": len(code_list("country").codes),
    }
    return Page("focal/audience_new.html", facts, status)


def _author(visit: Visit) -> Author:
    works = visit.works
    return Author(visit.who.name, works.identity, works.home.bounds(), visit.now, records, charters)


def _digest(plan: Plan) -> str:
    return sha256(repr(list(preview_lines([plan]))).encode()).hexdigest()
