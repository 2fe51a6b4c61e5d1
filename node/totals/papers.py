"""What is signed on the way to a total, after its declaration, each in exactly one form.

share     a member to one server: its share; sealed to it
held      a server to the other: of whom it holds a share, each with the split that it belongs to
sum       a server to the other: the sum of the shares of the group that both hold
outcome   both servers to everybody: how many gave, and the figures; names nobody of the group
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, TypeAlias

from crypto.envelope import Envelope, sign_envelope, verify_envelope
from crypto.errors import CryptoError
from crypto.signing import Signer
from node.errors import TotalError, UnknownTotalError
from node.totals.declaration import Total
from node.totals.shares import NUMBER_BYTES, add, in_range, verify_share

SHARE_TYPE = "application/vnd.tocsin.total-share.v1+json"
HELD_TYPE = "application/vnd.tocsin.total-held.v1+json"
SUM_TYPE = "application/vnd.tocsin.total-sum.v1+json"
OUTCOME_TYPE = "application/vnd.tocsin.total-outcome.v1+json"
SPLIT_DIGITS = 32  # hexadecimal: 16 random bytes, by which two shares are known as those of one split
MAX_NUMBER = 2**31 - 1
_DIGITS = 2 * NUMBER_BYTES

Group: TypeAlias = tuple[tuple[str, str], ...]
"""Members, in order, each with the split of which the shares are added up."""


class Share(NamedTuple):
    """One share: of which total, whose, for which server, how often the member gave, which split, and its numbers."""

    total: str
    member: str
    server: str
    number: int
    split: str
    numbers: tuple[int, ...]


class Held(NamedTuple):
    """Of whom a server holds a share when the total has closed."""

    total: str
    server: str
    group: Group


class Sum(NamedTuple):
    """What a server tells: the sums of the shares of a group, an area each."""

    total: str
    server: str
    group: Group
    sums: tuple[int, ...]


class Outcome(NamedTuple):
    """What everybody may know: what was counted, how many gave, and by area the figure, `None` where it is hidden.

    Without figures it came to nothing: too few gave, or `sound` is false and what came out can be no total.
    """

    total: str
    name: str
    measure: str
    period: str
    servers: tuple[str, str]
    contributors: int
    smallest: int
    sound: bool
    figures: tuple[tuple[str, int | None], ...]


Paper: TypeAlias = Share | Held | Sum | Outcome
_KINDS: Mapping[str, type[Share] | type[Held] | type[Sum] | type[Outcome]] = {
    SHARE_TYPE: Share,
    HELD_TYPE: Held,
    SUM_TYPE: Sum,
    OUTCOME_TYPE: Outcome,
}


def write_paper(paper: Paper) -> bytes:
    """What is signed; a share is as long whatever it says, as who listens sees how long it is."""
    fields = paper._asdict()
    if isinstance(paper, Share):
        fields["numbers"] = "".join(f"{one:0{_DIGITS}x}" for one in paper.numbers)
    return json.dumps(fields, separators=(",", ":")).encode()


def sign_paper(signer: Signer, kind: str, payload: bytes) -> Envelope:
    """Sign a paper or a declaration; its hint is empty, as nothing signs that."""
    envelope = sign_envelope(signer, kind, payload)
    return envelope._replace(signatures=(envelope.signatures[0]._replace(keyid=""),))


def is_signed(envelope: Envelope, kind: str, keys: Collection[bytes]) -> bool:
    """Whether a paper of a kind is signed, once and in its one form, with one of these keys."""
    try:
        verify_envelope(envelope, (kind,), keys)
    except CryptoError:
        return False
    return not envelope.signatures[0].keyid


def read_paper(kind: str, payload: bytes) -> Paper:
    """Read what `write_paper` wrote, of a kind that the payload type says.

    Raises:
        TotalError: It is anything else.
    """
    try:
        fields: Any = json.loads(payload)
        if kind == SHARE_TYPE:
            text = fields["numbers"]
            fields["numbers"] = [int(text[at : at + _DIGITS], 16) for at in range(0, len(text), _DIGITS)]
        paper = _KINDS[kind](**{name: _plain(value) for name, value in fields.items()})
        if write_paper(paper) == payload:
            return paper
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TotalError("this is no paper of a total") from error
    raise TotalError("the paper is not in its one form")


def verify_share_of(share: Share, total: Total) -> Share:
    """Give a share, if it can be one of this total.

    Raises:
        TotalError: It can not.
        UnknownTotalError: Its member does not belong to the group.
    """
    if share.member not in total.group:
        raise UnknownTotalError("{member} does not belong to the group", member=share.member[:63])
    if share.server not in total.servers:
        raise TotalError("the share is for another server")
    if not re.fullmatch(rf"[0-9a-f]{{{SPLIT_DIGITS}}}", str(share.split)):
        raise TotalError("split: is not of 16 bytes")
    if type(share.number) is not int or not 1 <= share.number <= MAX_NUMBER:
        raise TotalError("number: is not one that counts how often somebody gave")
    return share._replace(numbers=verify_share(share.numbers, len(total.areas)))


def common(one: Held, other: Held, total: Total) -> Group:
    """Whose shares both servers hold, of one and the same split; who handed in one alone is left out.

    Raises:
        TotalError: A list names somebody twice, or who does not belong to the group.
    """
    for held in (one, other):
        names = [name for name, _ in held.group]
        if names != sorted({*names} & {*total.group}):
            raise TotalError("{server} holds shares of whom it can not", server=held.server)
    return tuple(sorted({*one.group} & {*other.group}))


def outcome_of(total_id: str, total: Total, group: Group, sums: tuple[Sum, Sum] | None) -> Outcome:
    """What both sign: figures, or that it came to nothing; without sums as too few gave."""
    contributors = len(group)
    figures: tuple[int, ...] = ()
    sound = True
    if sums is not None:
        figures = add([one.sums for one in sums], len(total.areas))
        sound = in_range(figures, contributors, total.largest)
    told = tuple(
        (area, figure if figure == 0 or figure >= total.smallest else None)
        for area, figure in zip(total.areas, figures if sound else (), strict=False)
    )
    what = total.name, total.measure, total.period, total.servers
    return Outcome(total_id, *what, contributors, total.smallest, sound, told)


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list) else value
