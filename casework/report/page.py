"""A page: the one form of a report from which all print files are made, so that all hold the same figures."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header, all as text that is ready to read; pairs of a name and a value need no header."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs, one line each; `plain` keeps the lines of an address block together."""

    title: str
    lines: tuple[str, ...]
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands in a lane from one day to another, as days since the year 1; `conflict` pairs it with another.

    Attributes:
        first: First day on which it can have been.
        last: Last day on which it can have been; equal to `first` where the day is known.
        until: Last day of what goes on, such as a detention; equal to `last` for what happened once.
        what: What happened, in words.
        when: When, in words.
        conflict: Whether another statement contradicts it.
    """

    first: int
    last: int
    until: int
    what: str
    when: str
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of the picture."""

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Lanes over time, with the text that says the same; `ticks` are days since the year 1 and what stands there."""

    title: str
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[int, str], ...]
    conflict_word: str


Section: TypeAlias = Table | Prose | Picture


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report or letter.

    Attributes:
        language: One of the six.
        right_to_left: How it is written.
        title: What it is.
        marks: Short lines under the title: level, days as of which it holds.
        sections: In their order.
    """

    language: str
    right_to_left: bool
    title: str
    marks: tuple[str, ...]
    sections: tuple[Section, ...]
