"""Decide about share requests: what is granted leaves as any release does, by every rule, in the same transaction.

What would be finer than the policy gives that member takes a second person.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from crypto.sentence import Sentence
from node.audience import ALL_CLOSED, Audience, Levels, Tier, levels_for, narrowest, request_name, widest
from node.bounds import Bounds
from node.errors import OverrideError, RequestError, UnknownRecordError, UnknownRequestError
from node.explain import decide_for
from node.ladders import DIMENSIONS
from node.logbook import Identity
from node.plan import Outgoing, Plan, Request, decided, plan_within
from node.requests import is_shown
from node.rules import Hold
from node.share import release_within
from node.share_request import Action, Grant, Refusal, Step, Wish, follow, in_full
from node.store.database import Store, Transaction
from node.store.own_log import Released, released, revisions_asked
from node.store.records import current_revision
from node.store.requests import StoredRequest, add_step, stored_requests
from node.urgent import AlertCodec


class Decider(NamedTuple):
    """Who decides about requests, by which bounds, and how it is signed; `now` is aware UTC."""

    said_by: str
    identity: Identity
    bounds: Bounds
    now: datetime
    codec: AlertCodec


class Prospect(NamedTuple):
    """What a request is about and what granting it would do.

    Attributes:
        stored: The request.
        now_sees: The levels that the member sees now.
        by_policy: Those that the policy gives it by name.
        would_see: Those that it would see if the request were granted.
        plan: What would leave.
        hold: Why nothing would.
    """

    stored: StoredRequest
    now_sees: Levels
    by_policy: Levels
    would_see: Levels
    plan: Plan
    hold: Hold | None

    @property
    def widens(self) -> bool:
        """Whether it would let the member see more than the policy gives it, which takes two."""
        return narrowest((self.would_see, self.by_policy)) != self.would_see

    @property
    def outgoing(self) -> Outgoing | None:
        """What would leave of the record."""
        return next(iter(self.plan.outgoing), None)


def find_request(connection: Transaction, text: str) -> StoredRequest:
    """The request of a member whose id is, or begins with, a text.

    Raises:
        UnknownRequestError: There is none, or more than one.
    """
    found = [
        one for one in stored_requests(connection) if text and one.request.wish.request_id.startswith(text)
    ]
    if len(found) != 1:
        if found:
            raise UnknownRequestError(
                "{count} requests have an id that begins with {text!r}; `tocsin request list`",
                count=len(found),
                text=text[:40],
            )
        raise UnknownRequestError(
            "no request has an id that begins with {text!r}; `tocsin request list`", text=text[:40]
        )
    return found[0]


def foresee_grant(store: Store, text: str, decider: Decider, narrower: Mapping[int, int]) -> Prospect:
    """What granting a request would do; nothing is written.

    Args:
        store: Of this node.
        text: The id of the request, or how it begins.
        decider: Who would.
        narrower: Levels by dimension that are granted instead of what was asked for.

    Raises:
        UnknownRequestError: There is no such request.
        UnknownRecordError: The record no longer stands, or is no longer shown to the member.
        RequestError: It would grant more than was asked for.
    """
    with store.read() as connection:
        return _foresee(connection, find_request(connection, text), decider, narrower)


def grant(store: Store, text: str, decider: Decider, narrower: Mapping[int, int]) -> Prospect:
    """Grant a request in full or in part; where that lets more leave than the policy, a second person has to agree.

    Raises:
        RequestError: It would grant more than was asked for, or nothing would leave.
        RequestStateError: It was decided about.
        UnknownRequestError, UnknownRecordError: As `foresee_grant`.
        BusyError: Another process of this node appended at the same moment.
    """
    with store.write() as connection:
        stored = find_request(connection, text)
        prospect = _foresee(connection, stored, decider, narrower)
        action = Action.PROPOSE if prospect.widens else Action.NARROW if narrower else Action.ACCEPT
        follow(stored.request.state, action)
        _refuse_what_opens_nothing(prospect)
        _decide(connection, stored, action, decider, levels=prospect.would_see)
        if action is not Action.PROPOSE:
            _let_leave(connection, stored, decider)
    return prospect


def agree_to_grant(store: Store, text: str, decider: Decider) -> StoredRequest:
    """Let a second person agree to grant what one has proposed.

    Raises:
        OverrideError: The same person proposed it.
        RequestStateError: Nothing waits for a second person.
        UnknownRequestError, UnknownRecordError, RequestError, BusyError: As `grant`.
    """
    with store.write() as connection:
        stored = find_request(connection, text)
        follow(stored.request.state, Action.AGREE)
        first = stored.request.steps[-1]
        if first.said_by.casefold() == decider.said_by.casefold():
            raise OverrideError("whoever proposed it can not be the second person")
        full = _foresee(connection, stored, decider, {}).would_see
        prospect = _foresee(connection, stored, decider, dict(enumerate(narrowest((first.levels, full)))))
        _refuse_what_opens_nothing(prospect)
        _decide(connection, stored, Action.AGREE, decider, levels=prospect.would_see)
        _let_leave(connection, stored, decider)
    return stored


def reject(store: Store, text: str, decider: Decider, reason: Refusal) -> StoredRequest:
    """Reject a request; the member is told the reason and no more.

    Raises:
        RequestStateError: It was decided about.
        UnknownRequestError: There is no such request.
    """
    with store.write() as connection:
        stored = find_request(connection, text)
        _decide(connection, stored, Action.REJECT, decider, reason=reason)
    return stored


def revoke(store: Store, text: str, decider: Decider, reason: Refusal) -> StoredRequest:
    """Close again what granting a request has opened, also of the parts of a record that was split since.

    Raises:
        RequestStateError: Nothing was granted.
        UnknownRequestError: There is no such request.
        BusyError: Another process of this node appended at the same moment.
    """
    with store.write() as connection:
        stored = find_request(connection, text)
        _decide(connection, stored, Action.REVOKE, decider, reason=reason)
        _close(connection, stored, decider)
    return stored


def _foresee(
    connection: Transaction, stored: StoredRequest, decider: Decider, narrower: Mapping[int, int]
) -> Prospect:
    wish, member = stored.request.wish, stored.request.member
    tier = decider.bounds.network.get(member)
    past = released(connection, [stored.record_id]).get(stored.record_id)
    revision_id = current_revision(connection, stored.record_id)
    if tier is None or past is None or revision_id is None or not is_shown(past, tier, member):
        raise UnknownRecordError("the record no longer stands, or is no longer shown to the member")
    who = Audience(tier, member)
    now_sees = levels_for(past.terms.views, who) or ALL_CLOSED
    request = Request((revision_id,), frozenset(), decider.now, decider.bounds, purpose=wish.purpose)
    by_name = decide_for(connection, revision_id, who, request)
    levels = list(in_full(wish, by_name.levels))
    for dimension, level in narrower.items():
        if level > levels[dimension]:
            raise RequestError("level: more of {name} than was asked for", name=DIMENSIONS[dimension].name)
        levels[dimension] = level
    granted = decide_for(connection, revision_id, who, request, widest((tuple(levels), now_sees)))
    hold = by_name.hold or granted.hold
    if past.terms.purpose is not wish.purpose:
        hold = Hold(
            "R16",
            Sentence(
                "it is shared for {shared_for}, not for {purpose}",
                shared_for=past.terms.purpose,
                purpose=wish.purpose,
            ),
            "sharing it for that",
        )
    known = decided(connection)
    known = known._replace(grants={**known.grants, wish.request_id: Grant(member, granted.levels)})
    plan = plan_within(connection, (revision_id,), (), _releasing(decider, revision_id, past, wish), known)
    return Prospect(stored, now_sees, by_name.levels, granted.levels, plan.only(revision_id), hold)


def _refuse_what_opens_nothing(prospect: Prospect) -> None:
    if prospect.hold is not None:
        raise RequestError(
            "it does not leave: {reason} ({rule})", reason=prospect.hold.reason, rule=prospect.hold.rule
        )
    if narrowest((prospect.would_see, prospect.now_sees)) == prospect.would_see:
        raise RequestError("the member would see no more than it sees now; reject it: nothing_finer")


def _decide(
    connection: Transaction,
    stored: StoredRequest,
    action: Action,
    decider: Decider,
    *,
    levels: Levels = ALL_CLOSED,
    reason: Refusal | None = None,
) -> None:
    follow(stored.request.state, action)
    step = Step(action, decider.said_by, int(decider.now.timestamp()), levels, reason)
    add_step(connection, stored.key, step)


def _let_leave(connection: Transaction, stored: StoredRequest, decider: Decider) -> None:
    """Release the record anew, as it is to be seen now that its request was granted."""
    wish = stored.request.wish
    past = released(connection, [stored.record_id]).get(stored.record_id)
    revision_id = current_revision(connection, stored.record_id)
    if past is None or revision_id is None or not past.terms.views:
        return  # it was called back, which has closed everything
    request = _releasing(decider, revision_id, past, wish)
    release_within(connection, (revision_id,), (), request, decider.identity, decider.codec)


def _close(connection: Transaction, stored: StoredRequest, decider: Decider) -> None:
    """Release anew all that still goes to somebody because the request was granted."""
    request_id = stored.request.wish.request_id
    affected = revisions_asked(connection, request_name(request_id))
    past = released(connection, [stored.record_id]).get(stored.record_id)
    if past is None or not affected:
        return  # it was called back, which has closed everything
    own = tuple(one for one in affected if one == current_revision(connection, stored.record_id))
    request = Request(own, frozenset(), decider.now, decider.bounds, purpose=past.terms.purpose)
    request = request._replace(revoked=frozenset({request_id}))
    release_within(connection, affected, (), request, decider.identity, decider.codec)


def _releasing(decider: Decider, revision_id: int, past: Released, wish: Wish) -> Request:
    """The record to whom it goes already, for what it does, and by this request too."""
    asked = frozenset({wish.request_id})
    purpose, nobody = past.terms.purpose, frozenset[Tier]()
    return Request((revision_id,), nobody, decider.now, decider.bounds, purpose=purpose, granted=asked)
