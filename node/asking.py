"""Ask members for finer detail: keep our requests until they are told, and what is answered to them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from crypto.sentence import listed
from node.advice import telling_parts
from node.audience import ALL_CLOSED
from node.errors import PayloadError, TextNotReviewedError, TextRevealsError
from node.scan import Names
from node.share_request import Answer, State, Wish, verify_answer, verify_wish
from node.store.database import Store
from node.store.requests import SentRequest, add_sent, note_answers, sent_requests


def ask(
    store: Store, origin_id: str, wish: Wish, names: Names, *, asked_by: str, now: datetime
) -> SentRequest:
    """Keep a request of ours, to be told to the member at the next contact; its id is made here.

    The same again, before the member was told, is the same request.

    Raises:
        RequestError: Something of it is out of its range.
        TextNotReviewedError: It holds a note that nobody has read again.
        TextRevealsError: The note seems to tell who or where somebody is.
    """
    if wish.note and not wish.note_reviewed:
        raise TextNotReviewedError("a note leaves only when a second person has read it: --reviewed")
    found = telling_parts(wish.note, names)
    if found:
        raise TextRevealsError(
            "the note holds {found}; what could tell who or where stays here", found=listed(found)
        )
    ours = wish._replace(request_id=str(uuid4()))
    verify_wish(ours)
    asked_at = int(now.timestamp())
    sent = SentRequest(
        origin_id, asked_by, asked_at, 0, Answer(ours, State.ASKED, None, ALL_CLOSED, 0, asked_at)
    )
    with store.write() as connection:
        for one in sent_requests(connection, origin_id):
            waits = one.answer.state is State.ASKED and not one.taken_at
            if waits and one.answer.wish == ours._replace(request_id=one.answer.wish.request_id):
                return one
        add_sent(connection, sent)
    return sent


def cancel_untold(store: Store, sent: SentRequest, now: datetime) -> None:
    """Take back a request of ours that its member has never heard of."""
    gone = sent.answer._replace(state=State.CANCELLED, changed_at=int(now.timestamp()))
    with store.write() as connection:
        note_answers(connection, sent.origin_id, (gone,))


def standing_requests(store: Store, origin_id: str) -> tuple[SentRequest, ...]:
    """Requests of ours to a member that may still change: not told yet, not decided, or granted."""
    with store.glance() as connection:
        found = sent_requests(connection, origin_id)
    return tuple(one for one in found if one.answer.state in {State.ASKED, State.GRANTED})


def keep_answers(store: Store, origin_id: str, answers: Sequence[Answer]) -> None:
    """Keep what a member has answered to requests of ours.

    Raises:
        PayloadError: An answer is to another wish than ours, or says what it can not; nothing is changed then.
    """
    with store.read() as connection:
        ours = {one.answer.wish.request_id: one.answer for one in sent_requests(connection, origin_id)}
    known = [one for one in answers if one.wish.request_id in ours]
    for one in known:
        if one.wish != ours[one.wish.request_id].wish:
            raise PayloadError("share_request: an answer to something that we did not ask")
        verify_answer(one)
    changed = [one for one in known if one != ours[one.wish.request_id]]
    if changed:
        with store.write() as connection:
            note_answers(connection, origin_id, changed)
