"""Share requests: what a member may ask of another, which decisions follow each other, and what they come to.

A request is what was asked and the steps that people took since, each kept; its state is read from the steps by one
table. Nothing of it says what the record holds.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from crypto.sentence import Sentence
from node.audience import ALL_CLOSED, FINEST, Levels, Purpose, widest
from node.errors import PayloadError, RequestError, RequestStateError
from node.signed import is_plain

OPEN_REQUESTS = 50  # that one member may have waiting for a decision
REQUESTS_A_DAY = 200  # that one member may make


class State(IntEnum):
    """What has become of a request; a member that asked sees `PROPOSED` as `ASKED`."""

    ASKED = 1
    GRANTED = 2
    REJECTED = 3
    REVOKED = 4
    CANCELLED = 5
    PROPOSED = 6  # one person would grant more than the policy gives, and a second has to agree

    @property
    def waits(self) -> bool:
        """Whether somebody of the organization that was asked has to decide."""
        return self in {State.ASKED, State.PROPOSED}


class Action(StrEnum):
    """What somebody does about a request."""

    ACCEPT = "accept"
    NARROW = "narrow"
    PROPOSE = "propose"
    AGREE = "agree"
    REJECT = "reject"
    REVOKE = "revoke"
    CANCEL = "cancel"


class Refusal(IntEnum):
    """Why a request was rejected, or what it had opened was closed again."""

    TOO_SENSITIVE = 1
    NOT_NEEDED = 2
    PURPOSE_NOT_ALLOWED = 3
    NOTHING_FINER = 4
    GRANTED_IN_ERROR = 5
    NO_LONGER_NEEDED = 6


TRANSITIONS: Mapping[tuple[State, Action], State] = {
    (State.ASKED, Action.ACCEPT): State.GRANTED,
    (State.ASKED, Action.NARROW): State.GRANTED,
    (State.ASKED, Action.PROPOSE): State.PROPOSED,
    (State.ASKED, Action.REJECT): State.REJECTED,
    (State.ASKED, Action.CANCEL): State.CANCELLED,
    (State.PROPOSED, Action.AGREE): State.GRANTED,
    (State.PROPOSED, Action.REJECT): State.REJECTED,
    (State.PROPOSED, Action.CANCEL): State.CANCELLED,
    (State.GRANTED, Action.REVOKE): State.REVOKED,
}
"""Every step that there is; what is not in the table can not be done."""


class Wish(NamedTuple):
    """What a member asks for: a record that it was shown, more finely.

    Attributes:
        request_id: A UUID that the member chose.
        record_uid: 16 bytes.
        log_index: Of an entry of that record in the owner's log.
        purpose: What for (R16).
        wanted: The level of each dimension; what is closed is left to the owner's policy.
        note: One plain line, or nothing.
        note_reviewed: Whether a person other than its author has read the note again.
    """

    request_id: str
    record_uid: bytes
    log_index: int
    purpose: Purpose
    wanted: Levels
    note: str
    note_reviewed: bool


class Step(NamedTuple):
    """One thing that somebody did about a request; `at` is seconds since 1970."""

    action: Action
    said_by: str
    at: int
    levels: Levels = ALL_CLOSED  # that are granted, or would be
    reason: Refusal | None = None


class ShareRequest(NamedTuple):
    """A member's request and all that was done about it; `received_at` is seconds since 1970."""

    member: str
    wish: Wish
    received_at: int
    steps: tuple[Step, ...] = ()

    @property
    def state(self) -> State:
        """What the steps come to.

        Raises:
            RequestStateError: They do not follow from each other.
        """
        state = State.ASKED
        for step in self.steps:
            state = follow(state, step.action)
        return state

    @property
    def levels(self) -> Levels:
        """What is granted or would be; all are closed where nothing is."""
        return self.opened if self.state in {State.GRANTED, State.PROPOSED} else ALL_CLOSED

    @property
    def opened(self) -> Levels:
        """What was granted last, or would have been, whether it still counts or not."""
        given = (one.levels for one in reversed(self.steps) if one.levels != ALL_CLOSED)
        return next(given, ALL_CLOSED)

    @property
    def reason(self) -> Refusal | None:
        """Why it was rejected or revoked."""
        return self.steps[-1].reason if self.steps else None

    @property
    def changed_at(self) -> int:
        """When something was done about it last, in seconds since 1970."""
        return self.steps[-1].at if self.steps else self.received_at


class Answer(NamedTuple):
    """What the member that asked is told; times are seconds since 1970."""

    wish: Wish
    state: State
    reason: Refusal | None
    granted: Levels
    received_at: int
    changed_at: int


class Grant(NamedTuple):
    """What one member sees of one record because its request was granted."""

    member: str
    levels: Levels


def follow(state: State, action: Action) -> State:
    """The state after an action.

    Raises:
        RequestStateError: It can not be done in this state.
    """
    after = TRANSITIONS.get((state, action))
    if after is None:
        possible = ", ".join(one for (before, one) in TRANSITIONS if before is state)
        raise RequestStateError(
            "it is {name}; {action} is not possible, only: {possible}",
            name=state.name.lower(),
            action=action,
            possible=possible or Sentence("nothing"),
        )
    return after


def answer(request: ShareRequest) -> Answer:
    """What the member that asked may know: that a second person is waited for is ours to know."""
    state = request.state
    shown = State.ASKED if state is State.PROPOSED else state
    levels = request.levels if state is State.GRANTED else ALL_CLOSED
    changed = request.received_at if state is State.PROPOSED else request.changed_at
    return Answer(request.wish, shown, request.reason, levels, request.received_at, changed)


def verify_wish(wish: Wish) -> None:
    """Check what somebody asks for, we or another.

    Raises:
        RequestError: Something is out of its range; names the field.
    """
    try:
        canonical = str(UUID(wish.request_id)) == wish.request_id
    except ValueError:
        canonical = False
    if not canonical:
        raise RequestError("request_id: not a UUID in its usual form")
    if not is_plain(wish.note):
        raise RequestError("note: not one plain line of the length that may be")
    if bool(wish.note) != wish.note_reviewed:
        raise RequestError("note_reviewed: a note travels only when a second person has read it")
    if wish.log_index < 0:
        raise RequestError("log_index: below 0")
    if any(level > finest for level, finest in zip(wish.wanted, FINEST, strict=True)):
        raise RequestError("wanted: a level that there is not")


def verify_answer(told: Answer) -> None:
    """Check what a member answers to a request of ours.

    Raises:
        PayloadError: It is in a state that is not told, or says what does not go with its state.
    """
    if told.state is State.PROPOSED:
        raise PayloadError("share_request: state: not one that a member may tell")
    if (told.granted != ALL_CLOSED) != (told.state is State.GRANTED):
        raise PayloadError("share_request: granted: does not go with the state")
    if (told.reason is not None) != (told.state in {State.REJECTED, State.REVOKED}):
        raise PayloadError("share_request: reason: does not go with the state")


def story_faults(request: ShareRequest) -> Iterator[str]:
    """What does not hold of a request and of what was done about it."""
    try:
        verify_wish(request.wish)
        request.state  # noqa: B018 - it follows the steps
    except (RequestError, RequestStateError) as error:
        yield str(error)
    for step in request.steps:
        opens = step.action in {Action.ACCEPT, Action.NARROW, Action.PROPOSE, Action.AGREE}
        closes = step.action in {Action.REJECT, Action.REVOKE}
        if opens != (step.levels != ALL_CLOSED) or closes != (step.reason is not None):
            yield f"{step.action} does not say what it has to, or more"
    for first, second in pairwise(request.steps):
        if second.action is Action.AGREE and first.said_by.casefold() == second.said_by.casefold():
            yield "one person alone has let it widen"


def in_full(wish: Wish, by_policy: Levels) -> Levels:
    """The levels that accepting a request grants, where the policy gives these to the member by name."""
    return widest((by_policy, wish.wanted))
