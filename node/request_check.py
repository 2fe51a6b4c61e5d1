"""Verify every share request again: what was asked and decided, and that what left by a grant is what was granted."""

from collections.abc import Iterable, Iterator

from node.audience import ALL_CLOSED, Audience, Tier, widest
from node.check import Fault
from node.errors import PayloadError, RequestError, StoreError
from node.share_request import ShareRequest, State, story_faults, verify_answer, verify_wish
from node.store.database import Store
from node.store.own_log import record_at, released
from node.store.requests import (
    Opened,
    StoredRequest,
    changed_requests,
    opened_by_requests,
    sent_requests,
    stored_requests,
)


def check_requests(store: Store) -> Iterator[Fault | int]:
    """Verify what members asked of us and what we asked of them; yields faults, and how many were verified."""
    with store.read() as connection:
        faults = [Fault(where, "it is not what was kept of it") for where in changed_requests(connection)]
        try:
            asked, sent = stored_requests(connection), sent_requests(connection)
            opened = opened_by_requests(connection)
        except StoreError as error:
            yield from (*faults, Fault("share requests", str(error)))
            return
        about = released(connection, [one.record_id for one in asked])
        misplaced = [
            one for one in asked if record_at(connection, one.request.wish.log_index) != one.record_id
        ]
    yield from faults
    sound: list[StoredRequest] = []
    for one in asked:
        found = list(story_faults(one.request))
        past = about.get(one.record_id)
        if one in misplaced or past is None or past.uid != one.request.wish.record_uid:
            found.append("it is about another record than the one that it names")
        yield from (Fault(_where(one.request), what) for what in found)
        sound += [] if found else [one]
    yield from _grant_faults(sound, opened)
    known = {one.request.wish.request_id for one in asked}
    for left in opened:
        if left.request_id not in known:
            yield Fault(f"log entry {left.log_index}", "it is open by a share request that there is not")
    for ours in sent:
        try:
            verify_wish(ours.answer.wish)
            verify_answer(ours.answer)
        except (RequestError, PayloadError) as error:
            yield Fault(f"share request {ours.answer.wish.request_id} to {ours.origin_id}", str(error))
    yield len(asked) + len(sent)


def _grant_faults(asked: Iterable[StoredRequest], opened: Iterable[Opened]) -> Iterator[Fault]:
    """See that what was granted has left, as finely as that, and that what is not granted is not open."""
    of_request: dict[tuple[str, int], list[Opened]] = {}
    for left in opened:
        of_request.setdefault((left.request_id, left.record_id), []).append(left)
    for _, record_id, _, request in asked:
        theirs = of_request.get((request.wish.request_id, record_id), [])
        granted = request.state in {State.GRANTED, State.REVOKED}
        if granted and not (theirs and _shows(theirs[0], request)):
            yield Fault(_where(request), "less has left by it than was granted")
        if request.state is not State.GRANTED and any(left.stands for left in theirs):
            yield Fault(_where(request), "a record is open by it, and it is not granted")


def _shows(left: Opened, request: ShareRequest) -> bool:
    """Whether an entry shows its member what was granted."""
    shown = left.views.get(Audience(Tier.PUBLIC, request.member).name, ALL_CLOSED)
    return widest((shown, request.opened)) == shown


def _where(request: ShareRequest) -> str:
    return f"share request {request.wish.request_id} of {request.member}"
