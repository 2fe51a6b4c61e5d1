"""Take share requests of members: keep them once, answer them as they stand, let members take them back.

Whoever asks must have been shown the record, else it learns nothing, not even that there is one.
"""

from datetime import datetime, timedelta

from node.audience import ALL_CLOSED, Audience, Tier, levels_for
from node.directory import Member
from node.errors import RequestReusedError, TooManyRequestsError, UnknownRecordError, UnknownRequestError
from node.share_request import (
    OPEN_REQUESTS,
    REQUESTS_A_DAY,
    Action,
    Answer,
    ShareRequest,
    State,
    Step,
    Wish,
    answer,
    follow,
    verify_wish,
)
from node.store.database import Store, Transaction
from node.store.own_log import Released, record_at, released
from node.store.requests import add_request, add_step, requests_since, stored_requests

A_DAY = timedelta(days=1)


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


def is_shown(past: Released, tier: Tier, member: str) -> bool:
    """Whether a member is shown anything of a record as it was released."""
    levels = levels_for(past.terms.views, Audience(tier, member))
    return levels is not None and levels != ALL_CLOSED


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
    if past is None or past.uid != wish.record_uid or not is_shown(past, caller.tier, caller.org_id):
        raise UnknownRecordError("record_uid, log_index: no record that the caller is shown")
    waiting = sum(one.request.state.waits for one in stored_requests(connection, member=caller.org_id))
    recent = requests_since(connection, caller.org_id, int((now - A_DAY).timestamp()))
    if waiting >= OPEN_REQUESTS or recent >= REQUESTS_A_DAY:
        raise TooManyRequestsError(
            "{org_id} has {waiting} that wait and made {recent} in a day",
            org_id=caller.org_id,
            waiting=waiting,
            recent=recent,
        )
    return None, past.record_id
