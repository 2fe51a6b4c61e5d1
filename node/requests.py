"""Share requests at work: take those of members, decide about them, and make our own.

Whoever asks must have been shown the record, else it learns nothing, not even that there is one. What is granted leaves
as any release does, by every rule; what would be finer than the policy gives that member takes a second person.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from node.advice import telling_parts
from node.audience import ALL_CLOSED, Audience, Levels, Tier, levels_for, narrowest, widest
from node.bounds import Bounds
from node.directory import Member
from node.errors import (
    OverrideError,
    PayloadError,
    RequestError,
    RequestReusedError,
    TextNotReviewedError,
    TextRevealsError,
    TooManyRequestsError,
    UnknownRecordError,
    UnknownRequestError,
)
from node.ladders import DIMENSIONS
from node.logbook import Identity
from node.rules import Hold
from node.scan import Names
from node.share import Outgoing, Plan, Request, decide_for, decided, plan_within, release_within
from node.share_request import (
    OPEN_REQUESTS,
    REQUESTS_A_DAY,
    Action,
    Answer,
    Grant,
    Refusal,
    ShareRequest,
    State,
    Step,
    Wish,
    answer,
    follow,
    in_full,
    verify_wish,
)
from node.signed import Codec
from node.store.database import Store, Transaction
from node.store.own_log import Released, record_at, released
from node.store.records import current_revision
from node.store.requests import (
    SentRequest,
    StoredRequest,
    add_request,
    add_sent,
    add_step,
    note_answers,
    requests_since,
    sent_requests,
    stored_requests,
)

A_DAY = timedelta(days=1)


class Decider(NamedTuple):
    """Who decides about requests, by which bounds, and how it is signed; `now` is aware UTC."""

    said_by: str
    identity: Identity
    bounds: Bounds
    now: datetime
    codec: Codec


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


def take_request(store: Store, wish: Wish, caller: Member, now: datetime) -> Answer:
    """Keep a member's request; one that was taken before is answered as it stands.

    Raises:
        RequestError: It is not as it has to be, or its id was used for another.
        UnknownRecordError: The caller is not shown such a record.
        TooManyRequestsError: It asks too often, or has too many that wait.
    """
    verify_wish(wish)
    with store.read() as connection:  # whoever floods us does not get to the one lane in which we write
        known, record_id = _judge(connection, wish, caller, now)
    if known is not None:
        return answer(known)
    made = ShareRequest(caller.org_id, wish, int(now.timestamp()))
    with store.write() as connection:
        known, record_id = _judge(connection, wish, caller, now)
        if known is None:
            add_request(connection, record_id, made)
    return answer(known or made)


def answers_for(store: Store, member: str, after: int, limit: int) -> list[tuple[int, Answer]]:
    """(key, answer) of a member's own requests after a key, oldest first."""
    with store.read() as connection:
        found = stored_requests(connection, member=member, after=after, limit=limit)
    return [(one.key, answer(one.request)) for one in found]


def cancel_request(store: Store, member: str, request_id: str, now: datetime) -> Answer:
    """Let a member take its request back, as long as nothing was decided; doing it twice changes nothing.

    Raises:
        UnknownRequestError: The member has made no such request.
        RequestStateError: It was decided about.
    """
    with store.write() as connection:
        found = stored_requests(connection, member=member, request_id=request_id)
        if not found:
            raise UnknownRequestError("the caller has made no such request")
        request = found[0].request
        if request.state is State.CANCELLED:
            return answer(request)
        step = Step(Action.CANCEL, member, int(now.timestamp()))
        follow(request.state, step.action)
        add_step(connection, found[0].key, step)
    return answer(request._replace(steps=(*request.steps, step)))


def find_request(connection: Transaction, text: str) -> StoredRequest:
    """The request of a member whose id is, or begins with, a text.

    Raises:
        UnknownRequestError: There is none, or more than one.
    """
    found = [
        one for one in stored_requests(connection) if text and one.request.wish.request_id.startswith(text)
    ]
    if len(found) != 1:
        which = "no request has" if not found else f"{len(found)} requests have"
        raise UnknownRequestError(f"{which} an id that begins with {text[:40]!r}; `tocsin request list`")
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
    """Close again what granting a request has opened.

    Raises:
        RequestStateError: Nothing was granted.
        UnknownRequestError: There is no such request.
        BusyError: Another process of this node appended at the same moment.
    """
    with store.write() as connection:
        stored = find_request(connection, text)
        _decide(connection, stored, Action.REVOKE, decider, reason=reason)
        _let_leave(connection, stored, decider, revoked=True)
    return stored


def ask(
    store: Store, origin_id: str, wish: Wish, names: Names, *, asked_by: str, now: datetime
) -> SentRequest:
    """Keep a request of ours, to be told to the member at the next contact; its id is made here.

    Raises:
        RequestError: Something of it is out of its range.
        TextNotReviewedError: It holds a note that nobody has read again.
        TextRevealsError: The note seems to tell who or where somebody is.
    """
    if wish.note and not wish.note_reviewed:
        raise TextNotReviewedError("a note leaves only when a second person has read it: --reviewed")
    found = telling_parts(wish.note, names)
    if found:
        raise TextRevealsError(f"the note holds {', '.join(found)}; what could tell who or where stays here")
    ours = wish._replace(request_id=str(uuid4()))
    verify_wish(ours)
    asked_at = int(now.timestamp())
    sent = SentRequest(
        origin_id, asked_by, asked_at, 0, Answer(ours, State.ASKED, None, ALL_CLOSED, 0, asked_at)
    )
    with store.write() as connection:
        add_sent(connection, sent)
    return sent


def cancel_untold(store: Store, sent: SentRequest, now: datetime) -> None:
    """Take back a request of ours that its member has never heard of."""
    gone = sent.answer._replace(state=State.CANCELLED, changed_at=int(now.timestamp()))
    with store.write() as connection:
        note_answers(connection, sent.origin_id, (gone,))


def standing_requests(store: Store, origin_id: str) -> tuple[SentRequest, ...]:
    """Requests of ours to a member that may still change: not told yet, not decided, or granted."""
    with store.read() as connection:
        found = sent_requests(connection, origin_id)
    return tuple(one for one in found if one.answer.state in {State.ASKED, State.GRANTED})


def keep_answers(store: Store, origin_id: str, answers: Sequence[Answer]) -> None:
    """Keep what a member has answered to requests of ours.

    Raises:
        PayloadError: An answer is to another wish than ours; nothing is changed then.
    """
    with store.read() as connection:
        ours = {one.answer.wish.request_id: one.answer for one in sent_requests(connection, origin_id)}
    known = [one for one in answers if one.wish.request_id in ours]
    for one in known:
        if one.wish != ours[one.wish.request_id].wish:
            raise PayloadError("share_request: an answer to something that we did not ask")
        if one.state is State.PROPOSED:
            raise PayloadError("share_request: state: not one that a member may tell")
    changed = [one for one in known if one != ours[one.wish.request_id]]
    if changed:
        with store.write() as connection:
            note_answers(connection, origin_id, changed)


def _judge(
    connection: Transaction, wish: Wish, caller: Member, now: datetime
) -> tuple[ShareRequest | None, int]:
    """The request if it was made before, and the record that it is about."""
    before = stored_requests(connection, member=caller.org_id, request_id=wish.request_id)
    if before:
        if before[0].request.wish != wish:
            raise RequestReusedError("request_id: stands for another request already")
        return before[0].request, before[0].record_id
    record_id = record_at(connection, wish.log_index)
    past = released(connection, [record_id]).get(record_id) if record_id is not None else None
    if past is None or past.uid != wish.record_uid or not _is_shown(past, caller.tier, caller.org_id):
        raise UnknownRecordError("record_uid, log_index: no record that the caller is shown")
    waiting = sum(
        one.request.state in {State.ASKED, State.PROPOSED}
        for one in stored_requests(connection, member=caller.org_id)
    )
    recent = requests_since(connection, caller.org_id, int((now - A_DAY).timestamp()))
    if waiting >= OPEN_REQUESTS or recent >= REQUESTS_A_DAY:
        raise TooManyRequestsError(f"{caller.org_id} has {waiting} that wait and made {recent} in a day")
    return None, past.record_id


def _is_shown(past: Released, tier: Tier, member: str) -> bool:
    levels = levels_for(past.terms.views, Audience(tier, member))
    return levels is not None and levels != ALL_CLOSED


def _foresee(
    connection: Transaction, stored: StoredRequest, decider: Decider, narrower: Mapping[int, int]
) -> Prospect:
    wish, member = stored.request.wish, stored.request.member
    tier = decider.bounds.network.get(member)
    past = released(connection, [stored.record_id]).get(stored.record_id)
    revision_id = current_revision(connection, stored.record_id)
    if tier is None or past is None or revision_id is None or not _is_shown(past, tier, member):
        raise UnknownRecordError("the record no longer stands, or is no longer shown to the member")
    who = Audience(tier, member)
    now_sees = levels_for(past.terms.views, who) or ALL_CLOSED
    request = Request((revision_id,), frozenset(), decider.now, decider.bounds, purpose=wish.purpose)
    by_name = decide_for(connection, revision_id, who, request)
    levels = list(in_full(wish, by_name.levels))
    for dimension, level in narrower.items():
        if level > levels[dimension]:
            raise RequestError(f"level: more of {DIMENSIONS[dimension].name} than was asked for")
        levels[dimension] = level
    granted = decide_for(connection, revision_id, who, request, widest((tuple(levels), now_sees)))
    hold = by_name.hold or granted.hold
    if past.terms.purpose is not wish.purpose:
        hold = Hold(
            "R16", f"it is shared for {past.terms.purpose}, not for {wish.purpose}", "sharing it for that"
        )
    known = decided(connection)
    known = known._replace(grants={**known.grants, wish.request_id: Grant(member, granted.levels)})
    plan = plan_within(connection, (revision_id,), (), _releasing(decider, revision_id, past, wish), known)
    return Prospect(stored, now_sees, by_name.levels, granted.levels, plan.only(revision_id), hold)


def _refuse_what_opens_nothing(prospect: Prospect) -> None:
    if prospect.hold is not None:
        raise RequestError(f"it does not leave: {prospect.hold.reason} ({prospect.hold.rule})")
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


def _let_leave(
    connection: Transaction, stored: StoredRequest, decider: Decider, *, revoked: bool = False
) -> None:
    """Release the record anew, as it is to be seen now that something was decided."""
    wish = stored.request.wish
    past = released(connection, [stored.record_id]).get(stored.record_id)
    revision_id = current_revision(connection, stored.record_id)
    if past is None or revision_id is None or not past.terms.views:
        return  # it was called back, which has closed everything
    request = _releasing(decider, revision_id, past, wish)
    if revoked:
        request = request._replace(granted=frozenset(), revoked=frozenset({wish.request_id}))
    release_within(connection, (revision_id,), (), request, decider.identity, decider.codec)


def _releasing(decider: Decider, revision_id: int, past: Released, wish: Wish) -> Request:
    """The record to whom it goes already, for what it does, and by this request too."""
    asked = frozenset({wish.request_id})
    purpose, nobody = past.terms.purpose, frozenset[Tier]()
    return Request((revision_id,), nobody, decider.now, decider.bounds, purpose=purpose, granted=asked)
