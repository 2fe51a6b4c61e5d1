"""Who is to see a record, and how finely: tiers, named members, and the levels of each dimension."""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple, TypeAlias

from node.ladders import DIMENSIONS

CLOSED = -1  # the level of a dimension that is not opened at all

Levels: TypeAlias = tuple[int, ...]  # the finest opened level of each dimension, in schema order
Views: TypeAlias = Mapping[str, Levels]  # what a record was released as: levels by the name of each audience

ALL_CLOSED: Levels = (CLOSED,) * len(DIMENSIONS)
FINEST: Levels = tuple(len(dimension.levels) - 1 for dimension in DIMENSIONS)
_MEMBER = "@"  # before the id of a member, in the name of an audience that is one member
_CHARTERED = "#"  # before the uid, in hexadecimal, of an audience that has a charter
_REQUEST = "?"  # before the id of a share request that was granted
_MARKS = (_MEMBER, _CHARTERED, _REQUEST)


class Tier(IntEnum):
    """How finely an audience may see, from coarse to fine; what a tier sees, every finer tier sees too."""

    PUBLIC = 1
    PEER = 2
    COORDINATOR = 3


class Purpose(StrEnum):
    """What a record is shared for; it is used for nothing else (R16)."""

    STAFF_SAFETY = "staff_safety"
    ANALYSIS = "analysis"
    ADVOCACY = "advocacy"
    STATISTICS = "statistics"


class Audience(NamedTuple):
    """All members of a tier, or one named member, whose tier it is."""

    tier: Tier
    member: str = ""

    @property
    def name(self) -> str:
        """How it is written: `peer`, or `@alpha` for a member."""
        return _MEMBER + self.member if self.member else self.tier.name.lower()


def narrowest(levels: Iterable[Levels]) -> Levels:
    """The coarsest of each dimension."""
    return tuple(map(min, zip(FINEST, *levels, strict=True)))


def widest(levels: Iterable[Levels]) -> Levels:
    """The finest of each dimension."""
    return tuple(map(max, zip(ALL_CLOSED, *levels, strict=True)))


def tiers_of(names: Iterable[str]) -> frozenset[Tier]:
    """The tiers among the names of audiences."""
    return frozenset(Tier[name.upper()] for name in names if not name.startswith(_MARKS))


def members_of(names: Iterable[str]) -> frozenset[str]:
    """The ids of members among the names of audiences."""
    return frozenset(name.removeprefix(_MEMBER) for name in names if name.startswith(_MEMBER))


def chartered_name(uid: bytes) -> str:
    """How an audience with a charter is written among the names of audiences."""
    return _CHARTERED + uid.hex()


def chartered_of(names: Iterable[str]) -> frozenset[bytes]:
    """The uids of audiences with a charter among the names of audiences."""
    return frozenset(bytes.fromhex(name[1:]) for name in names if name.startswith(_CHARTERED))


def request_name(request_id: str) -> str:
    """How whoever sees something by a share request is written among the names of audiences."""
    return _REQUEST + request_id


def requests_of(names: Iterable[str]) -> frozenset[str]:
    """The ids of share requests among the names of audiences."""
    return frozenset(name[1:] for name in names if name.startswith(_REQUEST))


def opened(views: Views) -> Views:
    """The views that show something."""
    return {name: levels for name, levels in views.items() if levels != ALL_CLOSED}


def levels_for(views: Views, audience: Audience) -> Levels | None:
    """What an audience sees: its own view, else that of the finest tier which it reaches; `None` is nothing."""
    if audience.member and Audience(audience.tier, audience.member).name in views:
        return views[audience.name]
    reached = [tier for tier in tiers_of(views) if tier <= audience.tier]
    return views[Audience(max(reached)).name] if reached else None


def write_levels(levels: Levels) -> str:
    """Levels as text: `2,2,3,3,1,2,1`."""
    return ",".join(map(str, levels))


def read_levels(text: str) -> Levels:
    """Read what `write_levels` wrote.

    Raises:
        ValueError: It is something else.
    """
    levels = tuple(map(int, text.split(",")))
    if len(levels) != len(DIMENSIONS):
        raise ValueError(text)
    return levels


def write_views(views: Views) -> str:
    """One line of text, always the same for the same views: `peer=1,1,1,1,0,0,1 @alpha=2,2,3,3,1,2,1`."""
    return " ".join(f"{name}={write_levels(levels)}" for name, levels in sorted(views.items()))


def read_views(text: str) -> Views:
    """Read what `write_views` wrote.

    Raises:
        ValueError: It is something else.
    """
    views = {}
    for part in text.split():
        name, _, numbers = part.partition("=")
        try:
            levels = read_levels(numbers)
        except ValueError as error:
            raise ValueError(part) from error
        if not (name.startswith(_MEMBER) or name.upper() in Tier.__members__):
            raise ValueError(name)
        views[name] = levels
    return views
