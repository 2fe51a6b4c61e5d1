"""Which column of a table is which field of a source: by the text of its header only, never by its place.

A row of HXL tags under the header is a cross-check. It never decides: published tags have been swapped.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from node.codes import fold
from node.errors import ColumnsError

_SHOWN = 60  # columns that a message lists


class Column(NamedTuple):
    """A column that a source is known to publish.

    Attributes:
        field: Our name for it, one per source.
        title: Its header as most publications spell it.
        also: Other spellings; case, blanks and punctuation never matter.
        tag: HXL tag that the source gives it.
        required: A table without it is not a publication of this source.
    """

    field: str
    title: str
    also: tuple[str, ...] = ()
    tag: str = ""
    required: bool = False


class Layout(NamedTuple):
    """The columns of one table: its header, where each known field stands, and the titles nobody knows."""

    header: tuple[str, ...]
    places: Mapping[str, int]
    unknown: tuple[str, ...]


def lay_out(header: Sequence[str], columns: Iterable[Column]) -> Layout:
    """Find the known columns of a header.

    Raises:
        ColumnsError: A required column is missing, or a known one is there twice.
    """
    columns = tuple(columns)
    fields = {fold(spelling): column.field for column in columns for spelling in (column.title, *column.also)}
    titles = tuple(map(_printable, header))
    while titles and not titles[-1]:
        titles = titles[:-1]
    known = [(fields[fold(title)], place) for place, title in enumerate(titles) if fold(title) in fields]
    places = dict(known)
    missing = [column.title for column in columns if column.required and column.field not in places]
    if missing:
        raise ColumnsError(
            f"These columns were expected and not found: {', '.join(missing)}. "
            f"These were found: {shown(titles)}."
        )
    twice = [
        titles[places[field]] for field, times in Counter(field for field, _ in known).items() if times > 1
    ]
    if twice:
        raise ColumnsError(f"These columns are there more than once: {', '.join(twice)}.")
    return Layout(titles, places, tuple(title for title in titles if title and fold(title) not in fields))


def count_known(header: Sequence[str], columns: Iterable[Column]) -> int:
    """Number of the header's texts that are columns of the source."""
    known = {fold(spelling) for column in columns for spelling in (column.title, *column.also)}
    return sum(fold(title) in known for title in header)


def is_tag_row(cells: Sequence[str]) -> bool:
    """Whether most cells that are not empty begin as an HXL tag does."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return 2 * sum(cell.startswith("#") for cell in filled) > len(filled)


def cross_check(tags: Sequence[str], layout: Layout, columns: Iterable[Column]) -> tuple[str, ...]:
    """Return one warning for each column whose HXL tag is the tag of another column."""
    columns = tuple(columns)
    owners: dict[frozenset[str], list[Column]] = {}
    for column in columns:
        owners.setdefault(_tag(column.tag), []).append(column)
    warnings = []
    for field, place in layout.places.items():
        tag = tags[place] if place < len(tags) else ""
        meant = owners.get(_tag(tag), []) if tag.strip() else []
        if meant and field not in {column.field for column in meant}:
            warnings.append(
                f"{layout.header[place]}: its HXL tag {tag.strip()} is that of {meant[0].title}; "
                "the header was believed."
            )
    return tuple(warnings)


def shown(titles: Sequence[str]) -> str:
    """Titles as a message lists them: the first of them, each cut short."""
    first = ", ".join(title[:40] or "(no text)" for title in titles[:_SHOWN])
    return f"{first} and {len(titles) - _SHOWN} more" if len(titles) > _SHOWN else first


def _tag(text: str) -> frozenset[str]:
    """Tag and attributes in no order: `#affected +f +killed` is `#affected+killed+f`."""
    return frozenset(part.strip().casefold() for part in text.split("+"))


def _printable(title: str) -> str:
    """Title on one line, safe to show on a terminal."""
    return "".join(sign for sign in " ".join(title.split()) if sign.isprintable())
