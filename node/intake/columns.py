"""Which column of a table is which of a profile: by the text of its header only, never by its place.

A row of HXL tags under the header is a cross-check. It never decides: published tags have been swapped.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from crypto.sentence import Sentence
from node.codes import fold
from node.errors import ColumnsError
from node.intake.profile import Column, Profile

_SHOWN = 60  # columns that a message lists


class Layout(NamedTuple):
    """The columns of one table.

    Attributes:
        header: Titles as the file spells them.
        places: Where each column of the profile stands, by its title there.
        twice: Where else it stands, for those that the profile knows to stand twice.
        unknown: Titles that nobody knows.
        left_out: Titles that the profile leaves out, each with its reason.
    """

    header: tuple[str, ...]
    places: Mapping[str, int]
    twice: Mapping[str, int]
    unknown: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def lay_out(header: Sequence[str], profile: Profile) -> Layout:
    """Find the columns of a profile in a header.

    Raises:
        ColumnsError: A required column is missing, or one is there twice that the profile knows once.
    """
    titles = tuple(map(_printable, header))
    while titles and not titles[-1]:
        titles = titles[:-1]
    found: dict[str, list[int]] = {}
    for place, title in enumerate(titles):
        column = profile.by_spelling.get(fold(title))
        if column is not None:
            found.setdefault(column.title, []).append(place)
    missing = [column.title for column in profile.columns if column.required and column.title not in found]
    if missing:
        raise ColumnsError(
            "These columns were expected and not found: {missing}. These were found: {titles}.",
            missing=", ".join(missing),
            titles=shown(titles),
        )
    again = {column.title: column.again for column in profile.columns}
    often = [titles[places[0]] for title, places in found.items() if len(places) > 1 + bool(again[title])]
    if often:
        raise ColumnsError("These columns are there more than once: {often}.", often=", ".join(often))
    ordered = {title: places[::-1] if again[title] == "last" else places for title, places in found.items()}
    others = [title for title in titles if title and fold(title) not in profile.by_spelling]
    return Layout(
        titles,
        {title: places[0] for title, places in ordered.items()},
        {title: places[1] for title, places in ordered.items() if len(places) > 1},
        tuple(title for title in others if fold(title) not in profile.left_out),
        tuple(
            dict.fromkeys(
                (title, profile.left_out[fold(title)]) for title in others if fold(title) in profile.left_out
            )
        ),
    )


def count_known(header: Sequence[str], profile: Profile) -> tuple[bool, int]:
    """Whether all required columns are among the header's texts, and how many of them the profile has."""
    known = [profile.by_spelling[text] for text in map(fold, header) if text in profile.by_spelling]
    return {column.title for column in profile.columns if column.required} <= {
        column.title for column in known
    }, len(known)


def is_tag_row(cells: Sequence[str]) -> bool:
    """Whether most cells that are not empty begin as an HXL tag does."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return 2 * sum(cell.startswith("#") for cell in filled) > len(filled)


def cross_check(tags: Sequence[str], layout: Layout, columns: Iterable[Column]) -> tuple[str, ...]:
    """Return one warning for each column whose HXL tag is the tag of another column."""
    owners: dict[frozenset[str], list[Column]] = {}
    for column in columns:
        owners.setdefault(_tag(column.tag), []).append(column)
    warnings = []
    for title, place in (*layout.places.items(), *layout.twice.items()):
        tag = tags[place] if place < len(tags) else ""
        meant = owners.get(_tag(tag), []) if tag.strip() else []
        if meant and title not in {column.title for column in meant}:
            warnings.append(
                Sentence(
                    "{header}: its HXL tag {tag} is that of {title}; the header was believed.",
                    header=layout.header[place],
                    tag=tag.strip(),
                    title=meant[0].title,
                )
            )
    return tuple(warnings)


def shown(titles: Sequence[str]) -> str:
    """Titles as a message lists them: the first of them, each cut short."""
    first = ", ".join(title[:40] or "(no text)" for title in titles[:_SHOWN])
    if len(titles) > _SHOWN:
        return Sentence("{first} and {more} more", first=first, more=len(titles) - _SHOWN)
    return first


def _tag(text: str) -> frozenset[str]:
    """Tag and attributes in no order: `#affected +f +killed` is `#affected+killed+f`."""
    return frozenset(part.strip().casefold() for part in text.split("+"))


def _printable(title: str) -> str:
    """Title on one line, safe to show on a terminal."""
    return "".join(sign for sign in " ".join(title.split()) if sign.isprintable())
