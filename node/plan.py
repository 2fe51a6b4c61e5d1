"""What would leave: of each record who is to see it, what the rules let them see, and what is called back instead.

A record goes to whom it was released, for what it was released, as the rules say today; what stands for a record that
was merged or split goes in its place. Whatever was asked for, a record that left before goes out again to
those who have it when it, or what the rules say of it, has changed, and one that no longer stands is called back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from node.anonymize import anonymize
from node.audience import (
    Audience,
    Levels,
    Purpose,
    Tier,
    Views,
    chartered_name,
    chartered_of,
    levels_for,
    members_of,
    opened,
    request_name,
    requests_of,
    tiers_of,
    widest,
)
from node.bounds import Bounds
from node.charter import Standing
from node.disclose import cut
from node.ladders import Chains
from node.logbook import Callback
from node.rules import Case, Decision, Hold, Override, decide, label
from node.share_request import Grant
from node.signed import Label, Position, Reason
from node.store.audiences import standing
from node.store.database import Transaction
from node.store.own_log import Released, released
from node.store.policies import overrides
from node.store.records import Current, current
from node.store.requests import grants
from node.store.successions import Heir, heirs, superseded
from node.urgent import Alert


class Request(NamedTuple):
    """What somebody wants to let out, to whom and what for.

    Attributes:
        revision_ids: Keys of the revisions.
        tiers: Who is to see them.
        now: Aware UTC.
        bounds: Of the organization.
        members: Who is to see them by name; each is in the network of `bounds`.
        purpose: What they are shared for (R16).
        narrow_to: Instead of releasing: no tier below this one is to see them any more (R3).
        audiences: Uids of audiences whose members are to see them.
        granted: Ids of share requests that were granted.
        revoked: Ids of those that count no longer.
        discredited: Places of our log that nobody counts, as their key was retired; what stands there goes out again.
    """

    revision_ids: tuple[int, ...]
    tiers: frozenset[Tier]
    now: datetime
    bounds: Bounds
    members: frozenset[str] = frozenset()
    purpose: Purpose = Purpose.STAFF_SAFETY
    narrow_to: Tier | None = None
    audiences: frozenset[bytes] = frozenset()
    granted: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()
    discredited: frozenset[int] = frozenset()

    @property
    def asked(self) -> frozenset[str]:
        """Names of the audiences."""
        tiers = (Audience(tier) for tier in self.tiers)
        members = (Audience(self.bounds.network[member], member) for member in self.members)
        names = (audience.name for audience in chain(tiers, members))
        return frozenset((*names, *map(chartered_name, self.audiences), *map(request_name, self.granted)))

    def widened(self, before: frozenset[str]) -> frozenset[str]:
        """Names of the audiences of what left before, once the request is done."""
        if self.narrow_to is None:
            return (before | self.asked) - frozenset(map(request_name, self.revoked))
        lost = (Audience(tier).name for tier in Tier if tier < self.narrow_to)
        return before - frozenset(lost)


class Outgoing(NamedTuple):
    """One record that would leave: its anonymized values, and what the rules let each audience see.

    `lost` sees no more of it: it is shown the new revision without any value, so that it forgets the one before.
    `stands_for` are entries of records that were merged into it, or that it is a part of.
    """

    current: Current
    chains: Chains
    asked: frozenset[str]
    decisions: Mapping[Audience, Decision]
    lost: frozenset[str]
    purpose: Purpose
    label: Label
    before: Released | None
    stands_for: tuple[Position, ...] = ()

    @property
    def views(self) -> Views:
        """Levels of each audience that sees something."""
        return _views(self.decisions)

    def seen_by(self, audience: Audience) -> Chains:
        """Values that members of this audience would see; nothing when it is not for them."""
        levels = levels_for(self.views, audience)
        return cut(self.chains, levels) if levels is not None else ()


class Decided(NamedTuple):
    """What was decided of whole audiences, by uid, and of single requests, by id."""

    audiences: Mapping[bytes, Standing]
    grants: Mapping[str, Grant]


class Aim(NamedTuple):
    """What is to become of a record: to whom it goes, who of them by name or on request, what for, what left before."""

    asked: frozenset[str]
    named: frozenset[str]
    granted: Mapping[str, Levels]
    purpose: Purpose
    past: Released | None


class Held(NamedTuple):
    """One record that was asked for and does not leave."""

    current: Current
    hold: Hold


class Plan(NamedTuple):
    """What one batch of a release does; `unchanged` records already left as they are.

    `alerts` are the messages by which alerts ended with it; a preview has none.
    """

    outgoing: tuple[Outgoing, ...]
    callbacks: tuple[Callback, ...]
    held: tuple[Held, ...]
    unchanged: int
    alerts: tuple[Alert, ...] = ()

    def only(self, revision_id: int) -> "Plan":
        """What of it concerns one revision; whether that one is unchanged is not told apart."""
        outgoing = tuple(one for one in self.outgoing if one.current.revision_id == revision_id)
        held = tuple(one for one in self.held if one.current.revision_id == revision_id)
        return Plan(outgoing, (), held, self.unchanged)


def plan_within(
    connection: Transaction,
    revision_ids: Sequence[int],
    withdrawn: Sequence[Released],
    request: Request,
    known: Decided | None = None,
) -> Plan:
    """Work out what `release_within` would do, by what was decided or, in a preview, would be."""
    known = decided(connection) if known is None else known
    found = current(connection, revision_ids)
    before = released(connection, [one.record_id for one in found])
    said = overrides(connection, [one.record_id for one in found])
    wanted = frozenset(request.revision_ids)
    outgoing: list[Outgoing] = []
    held: list[Held] = []
    taken_over = heirs(connection, [one.record_id for one in found])
    merged_or_split = superseded(connection, [one.record_id for one in withdrawn])
    callbacks = [
        Callback(one, Reason.SUPERSEDED if one.record_id in merged_or_split else Reason.WITHDRAWN)
        for one in withdrawn
    ]
    unchanged = 0
    for one in found:
        past = before.get(one.record_id)
        if past is not None and not past.terms.views:
            past = past._replace(terms=past.terms._replace(asked=frozenset()))  # it was called back
        asked = past.terms.asked if past is not None else frozenset()
        purpose = request.purpose if past is None else past.terms.purpose
        heir = taken_over.get(one.record_id)
        left_since = heir is not None and past is not None and past.revision_id >= heir.revision_id
        if heir is not None and (left_since or not heir.replaced):
            heir = None  # it has left as what it stands for, or only goes on
        if heir is not None and heir.asked and not asked:
            asked, purpose = heir.asked, heir.purpose
        if one.revision_id in wanted:
            asked = request.widened(asked)
            purpose = purpose if request.narrow_to is not None else request.purpose
        aim = aim_at(one, asked, purpose, past, (request, known))
        going = ask_rules(one, aim, said.get(one.record_id, Override()), request)
        if not going.views:
            held += [Held(one, hold) for hold in (_first_hold(going),) if hold is not None]
            if past is not None and past.terms.views:
                callbacks.append(Callback(past, Reason.SHARED_IN_ERROR))
        elif past is not None and heir is None and _is_unchanged(past, going, request.discredited):
            unchanged += 1
        else:
            outgoing.append(going._replace(stands_for=_entries_of(connection, heir)))
    return Plan(tuple(outgoing), tuple(callbacks), tuple(held), unchanged)


def _entries_of(connection: Transaction, heir: Heir | None) -> tuple[Position, ...]:
    """The entries of our log that a record stands for from now on."""
    left = released(connection, sorted(superseded(connection, heir.replaced)) if heir is not None else ())
    return tuple(Position(one.log_index, one.leaf_hash) for one in left.values())


def _first_hold(going: Outgoing) -> Hold | None:
    """Why nobody sees anything; `None` where nobody asked for that either."""
    holds = [decision.hold for decision in going.decisions.values() if decision.hold is not None]
    if holds or not chartered_of(going.asked):
        return holds[0] if holds else None
    return Hold(
        "R1",
        "its audience gives it to nobody",
        "a member of the audience for whom it is: `tocsin audience show`",
    )


def decided(connection: Transaction) -> Decided:
    """What was decided of audiences and requests, as it counts now."""
    return Decided(standing(connection), grants(connection))


def aim_at(
    one: Current,
    asked: frozenset[str],
    purpose: Purpose,
    past: Released | None,
    ground: tuple[Request, Decided],
) -> Aim:
    """Find the members to whom a record goes by name, as members of an audience, or because they asked for it."""
    request, known = ground
    named = members_of(asked)
    for uid in chartered_of(asked) & known.audiences.keys():
        asked_from = past.asked_from.get(chartered_name(uid)) if past is not None else None
        network = request.bounds.network
        named |= known.audiences[uid].entitled(one.incident, purpose, asked_from, network)
    granted: dict[str, Levels] = {}
    for grant in (known.grants[key] for key in requests_of(asked) & known.grants.keys()):
        granted[grant.member] = widest([grant.levels, granted.get(grant.member, grant.levels)])
    return Aim(asked, named, granted, purpose, past)


def ask_rules(one: Current, aim: Aim, said: Override, request: Request) -> Outgoing:
    """Ask the rules for every audience that the record was or is to be released to."""
    bounds, today = request.bounds, request.now.date()
    asked, members, granted, purpose, past = aim
    chains = anonymize(one.incident, rcrc_named=bounds.policy.rcrc_named)
    tiers = tiers_of(asked)

    def ask(audience: Audience) -> Decision:
        theirs = granted.get(audience.member)
        return decide(
            Case(one.incident, chains, audience, tiers, members, purpose, said, bounds, today, theirs)
        )

    decisions = {audience: ask(audience) for audience in map(Audience, sorted(tiers))}
    views = _views(decisions)
    by_name = members | granted.keys()
    others = bounds.policy.agreed_members | bounds.enhanced.keys()
    for member in sorted((by_name | others) & bounds.network.keys()):
        audience = Audience(bounds.network[member], member)
        decision = ask(audience)
        # Finer by an agreement, or coarser where it works at the regular level.
        differs = decision.hold is None and decision.levels != levels_for(views, audience)
        if member in by_name or (differs and levels_for(views, audience) is not None):
            decisions[audience] = decision
    views = _views(decisions)
    before = opened(past.terms.views) if past is not None else {}
    lost = frozenset(name for name in before if not _reached(views, name, bounds.network))
    open_tiers = frozenset(who.tier for who, one in decisions.items() if one.hold is None and not who.member)
    return Outgoing(one, chains, asked, decisions, lost, purpose, label(open_tiers, said.label), past)


def _is_unchanged(past: Released, going: Outgoing, discredited: frozenset[int]) -> bool:
    """Whether a record that is going out is out already: the same incident, to the same, as fine, for the same."""
    if past.log_index in discredited:
        return False
    same = past.digest == going.current.digest and past.terms.purpose is going.purpose
    return same and past.terms.asked == going.asked and opened(past.terms.views) == going.views


def _views(decisions: Mapping[Audience, Decision]) -> Views:
    return {who.name: one.levels for who, one in decisions.items() if one.hold is None}


def _reached(views: Views, name: str, network: Mapping[str, Tier]) -> bool:
    """Whether an audience still sees something, be it by a view that is meant for others."""
    if name in views:
        return True
    tiers, members = tiers_of([name]), members_of([name])
    tier = next(iter(tiers), None) or next((network[member] for member in members if member in network), None)
    return tier is not None and levels_for(views, Audience(tier)) is not None
