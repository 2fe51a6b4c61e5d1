"""Comparing two reports more finely, step by step: in which order, by what commitments, and when it stops.

Both owners go down the same steps. For each, both commit to their opening before either shows it, and then show one
level of one dimension, the proposer first. It stops at the first contradiction, or at the first step that the rules of
one of them do not allow; what was shown until then is all that anybody learns.
"""

from enum import IntEnum
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from crypto.errors import CryptoError
from crypto.ladder import Opening
from node.codes.spelling import fold
from node.disclose import verify_view
from node.errors import MatchRequestError, StepError, ViewError
from node.facts import fact
from node.ladders import DIMENSIONS, VICTIMS, WHAT, WHEN, WHERE, Chain, Dimension, unescape
from node.likeness import UNKNOWN, days_apart, related, same_name
from node.sight import Sight, sight

NONCE_BYTES = 32
PROPOSALS_A_DAY = 50  # that one member may make
PROPOSALS_OF_A_RECORD = 3  # in a day, by one member, about one record of ours
MAX_TOKENS = 500  # verdicts that are asked for at once
_COMMITMENT = b"tocsin-step/1\0"


class Step(NamedTuple):
    """One level of one dimension."""

    dimension: Dimension
    level: int

    @property
    def name(self) -> str:
        """As people read it: `when=day`."""
        return f"{self.dimension.name}={self.dimension.levels[self.level]}"


STEPS = (
    *(Step(dimension, 0) for dimension in (WHEN, WHERE, WHAT, VICTIMS)),
    *(Step(dimension, 1) for dimension in (WHEN, WHERE, WHAT, VICTIMS)),
    Step(WHEN, 2),
    Step(WHERE, 2),
)
"""Every step, in order: coarse levels of everything come before fine ones of anything. Points are never compared."""


class Role(IntEnum):
    """Which side somebody is on."""

    PROPOSER = 1
    RESPONDER = 2


class Found(IntEnum):
    """What one step has found."""

    AGREES = 1
    OPEN = 2  # one side does not know it so finely, or it may differ in two reports of one event
    DIFFERS = 3


class Stop(IntEnum):
    """Why a comparison has ended."""

    COMPARED = 1  # every step was taken, and nothing differs
    DIFFERS = 2
    RULE_OF_PROPOSER = 3
    RULE_OF_RESPONDER = 4
    RECORD_CHANGED = 5  # one of the two no longer stands as it was proposed
    BROKEN = 6  # somebody did not keep to the commitments


class Outcome(IntEnum):
    """What a comparison comes to; it decides nothing, people do."""

    AGREED = 1
    CONTRADICTED = 2
    UNSURE = 3


def outcome(stop: Stop) -> Outcome:
    """What it comes to when it ended so."""
    return {Stop.COMPARED: Outcome.AGREED, Stop.DIFFERS: Outcome.CONTRADICTED}.get(stop, Outcome.UNSURE)


class Proposal(NamedTuple):
    """What a member proposes: a record of its own and one of ours, by entries of their logs; `match_id` is a UUID."""

    match_id: str
    own_uid: bytes
    own_index: int
    other_uid: bytes
    other_index: int


class Shown(NamedTuple):
    """What one side shows in a step, and the 32 random bytes that went into its commitment."""

    nonce: bytes
    opening: Opening


def verify_proposal(proposal: Proposal) -> None:
    """Check what somebody proposes, we or another.

    Raises:
        MatchRequestError: Something is out of its range; names the field.
    """
    try:
        canonical = str(UUID(proposal.match_id)) == proposal.match_id
    except ValueError:
        canonical = False
    if not canonical:
        raise MatchRequestError("match_id: not a UUID in its usual form")


def step(number: int) -> Step:
    """The step of a number, 0 being the first.

    Raises:
        StepError: There is none.
    """
    if not 0 <= number < len(STEPS):
        raise StepError("step: {number} is not between 0 and {last}", number=number, last=len(STEPS) - 1)
    return STEPS[number]


def commitment(match_id: str, number: int, role: Role, shown: Shown) -> bytes:
    """The 32 bytes by which one side binds itself to what it will show."""
    opening = shown.opening
    values = b"".join(len(value).to_bytes(4, "big") + value for value in opening.values)
    parts = (
        _COMMITMENT,
        UUID(match_id).bytes,
        bytes([number, role, opening.dimension, len(opening.values)]),
        shown.nonce,
        opening.salts,
        values,
        opening.next,
    )
    return sha256(b"".join(parts)).digest()


def verify_shown(at: Step, shown: Shown, record: tuple[bytes, tuple[bytes, ...]], before: int) -> Chain:
    """Check what the other side shows in a step, and give its values.

    Args:
        at: The step.
        shown: As received; its commitment has been verified.
        record: Uid and signed heads of the other side's record.
        before: How many levels of this dimension its log has shown to us.

    Raises:
        StepError: It is of another dimension, shows more or less than the step, or was not signed like that.
    """
    if shown.opening.dimension != at.dimension.number:
        raise StepError("opening: of another dimension than the step")
    if not min(before, at.level + 1) <= len(shown.opening.values) <= at.level + 1:
        raise StepError("opening: shows more or less than the step")
    try:
        chain = verify_view(*record, (shown.opening,))[at.dimension.number]
        fact(_alone(at.dimension, chain))
    except (CryptoError, ViewError) as error:
        raise StepError("opening: {error}", error=error) from error
    return chain


def compare(at: Step, ours: Chain, theirs: Chain) -> Found:
    """Compare what both have shown in a step; either side finds the same."""
    if len(ours) <= at.level or len(theirs) <= at.level:
        return Found.OPEN
    one, other = (chain[at.level] for chain in (ours, theirs))
    if at.dimension is WHEN:
        return _when(at.level, _sight(WHEN, ours[: at.level + 1]), _sight(WHEN, theirs[: at.level + 1]))
    if at.dimension is WHERE:
        return _where(at.level, one, other)
    if at.dimension is WHAT:
        return _what(at.level, one, other)
    return Found.AGREES if one == other else Found.OPEN


def _when(level: int, one: Sight, other: Sight) -> Found:
    apart = days_apart(one, other)
    if level == 2 and apart is not None:
        return Found.AGREES if apart <= 2 else Found.OPEN if apart <= 7 else Found.DIFFERS
    months = one.month_number, other.month_number
    if level == 1 and months[0] is not None and months[1] is not None:
        between = abs(months[0] - months[1])
        return Found.AGREES if between == 0 else Found.OPEN if between == 1 else Found.DIFFERS
    between = abs(one.year - other.year)
    return Found.AGREES if between == 0 else Found.OPEN if between == 1 else Found.DIFFERS


def _where(level: int, one: str, other: str) -> Found:
    names = [fold(unescape(value.rpartition("/")[2])) for value in (one, other)]
    if "" in names:
        return Found.OPEN
    if level == 0:
        return Found.AGREES if names[0] == names[1] else Found.DIFFERS
    if same_name(*names):
        return Found.AGREES
    return Found.DIFFERS if level == 1 else Found.OPEN  # the next district is often named


def _what(level: int, one: str, other: str) -> Found:
    codes = [value.rpartition("/")[2] for value in (one, other)]
    if UNKNOWN in codes:
        return Found.OPEN
    alike = codes[0] == codes[1] if level == 0 else related(*codes)
    return Found.AGREES if alike else Found.DIFFERS


def _sight(dimension: Dimension, chain: Chain) -> Sight:
    return sight(fact(_alone(dimension, chain)))


def _alone(dimension: Dimension, chain: Chain) -> tuple[Chain, ...]:
    """Values of one dimension, with a year beside them, which no record is without."""
    return tuple(chain if one is dimension else ("2000",) if one is WHEN else () for one in DIMENSIONS)
