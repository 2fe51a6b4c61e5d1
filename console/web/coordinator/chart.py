"""Figures as pictures: bars and lines in SVG, made here, read by a screen reader, in both directions of writing.

The numbers stand in a table beside each picture, so it carries no more than they do. A figure that is hidden is drawn
hatched at a fixed length that says nothing of it; one that is not known is not drawn.
"""

from collections.abc import Callable, Iterable, Sequence
from math import ceil, floor, log10
from typing import NamedTuple, TypeAlias

from markupsafe import Markup, escape

WIDTH = 400  # of the picture's own units, which a style sheet fits to the page
MOST_BARS = 20
MOST_LINES = 5
_BAR, _ROW, _SIDE = 14, 36, 44
_PLOT, _FOOT, _KEY = 180, 22, 20
_TICKS, _LABELS = 4, 6
# Told apart by those who see few colours, and in print by how the line is broken.
_COLOURS = ("#0a5683", "#b4530a", "#1d6338", "#7b2d8b", "#4a5863")
_DASHES = ("", "6 3", "2 2", "8 3 2 3", "1 3")
Written: TypeAlias = Callable[[float], str]  # a number as the reader's language has it


class Bar(NamedTuple):
    """One figure: `None` is not known; low and high are its bounds, where it is not sure."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    hidden: bool = False


class Line(NamedTuple):
    """Figures in the order of their labels."""

    name: str
    points: Sequence[Bar]


class Frame(NamedTuple):
    """What is common to all pictures of a page."""

    title: str
    told: str  # what a screen reader says beyond the title
    number: Written
    hidden: str  # the word for a hidden figure
    mirrored: bool = False  # for languages that are written from right to left

    def x(self, at: float) -> float:
        """A place across the picture."""
        return round(WIDTH - at if self.mirrored else at, 1)


def bars(frame: Frame, found: Sequence[Bar]) -> Markup:
    """One bar for each figure, with its name above it and its bounds as a fine line."""
    shown = found[:MOST_BARS]
    most = _top(shown)
    width = WIDTH - _SIDE
    drawn = []
    for at, one in enumerate(shown):
        y = at * _ROW + 14
        drawn.append(_text(frame.x(0), y, one.name))
        length = width / 4 if one.hidden else width * max(one.value or 0, 0) / most
        if length:
            left = min(frame.x(0), frame.x(length))
            fill = "url(#hatch)" if one.hidden else _COLOURS[0]
            drawn.append(
                f'<rect x="{left}" y="{y + 4}" width="{round(length, 1)}" height="{_BAR}" fill="{fill}"/>'
            )
        said = frame.hidden if one.hidden else "\u2013" if one.value is None else frame.number(one.value)
        end = max(length, width * (one.high or 0) / most)
        drawn.append(_text(frame.x(end + 4), y + 15, said, "figure"))
        if one.low is not None and one.high is not None and one.low != one.high:
            low, high = (frame.x(width * side / most) for side in (one.low, one.high))
            drawn.append(_whisker(low, high, y + 4 + _BAR / 2))
    drawn += _more(frame, len(found) - len(shown), len(shown) * _ROW + 14)
    return _picture(frame, len(shown) * _ROW + 20, drawn)


def lines(frame: Frame, found: Sequence[Line]) -> Markup:
    """One line for each series, with the room between low and high shaded where a figure is not sure."""
    shown = found[:MOST_LINES]
    labels = [point.name for point in shown[0].points]
    most = _top(point for line in shown for point in line.points)
    step = (WIDTH - _SIDE - 12) / max(len(labels) - 1, 1)

    def place(at: int, value: float) -> str:
        return f"{frame.x(_SIDE + at * step)},{round(10 + _PLOT * (1 - value / most), 1)}"

    drawn = [*_grid(frame, most), *_names(frame, labels, step)]
    for at, line in enumerate(shown):
        drawn += _one_line(line, place, at)
        y = _PLOT + _FOOT + 24 + at * _KEY
        drawn.append(_stroke(f"M{frame.x(0)} {y - 4}L{frame.x(28)} {y - 4}", at))
        drawn.append(_text(frame.x(34), y, line.name))
    drawn += _more(frame, len(found) - len(shown), _PLOT + _FOOT + 24 + len(shown) * _KEY)
    return _picture(frame, _PLOT + _FOOT + 32 + len(shown) * _KEY, drawn)


def _one_line(line: Line, place: Callable[[int, float], str], at: int) -> Iterable[str]:
    known = [(where, one) for where, one in enumerate(line.points) if one.value is not None]
    unsure = [
        (where, one.low, one.high) for where, one in known if one.low is not None and one.high is not None
    ]
    if any(low != high for _, low, high in unsure):
        edge = [place(where, high) for where, _, high in unsure]
        edge += [place(where, low) for where, low, _ in reversed(unsure)]
        yield f'<polygon points="{" ".join(edge)}" fill="{_COLOURS[at]}" fill-opacity=".18"/>'
    before = [-2, *(where for where, _ in known)]  # over a figure that is not known there is no line
    parts = (
        f"{'L' if where == last + 1 else 'M'}{place(where, one.value or 0)}"
        for last, (where, one) in zip(before, known, strict=False)
    )
    yield _stroke("".join(parts), at)
    for where, one in known:
        x, _, y = place(where, one.value or 0).partition(",")
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="{_COLOURS[at]}"/>'


def _more(frame: Frame, number: int, y: float) -> Iterable[str]:
    """How many more there are than a picture has room for; the table has them."""
    if number:
        yield _text(frame.x(0), y, f"+ {frame.number(number)}")


def _grid(frame: Frame, most: float) -> Iterable[str]:
    for tick in range(_TICKS + 1):
        y = 10 + _PLOT * (1 - tick / _TICKS)
        ends = f'x1="{frame.x(_SIDE)}" x2="{frame.x(WIDTH)}" y1="{y}" y2="{y}"'
        yield f'<line {ends} stroke="#c9d1d8"/>'
        yield _text(frame.x(_SIDE - 6), y + 4, frame.number(most * tick / _TICKS), "figure end")


def _names(frame: Frame, labels: Sequence[str], step: float) -> Iterable[str]:
    every = max(1, ceil(len(labels) / _LABELS))
    for at in range(0, len(labels), every):
        end = " end" if at and at == len(labels) - 1 else "" if at == 0 else " mid"
        yield _text(
            frame.x(_SIDE + at * step + (8 if end == " end" else 0)), _PLOT + 28, labels[at], "small" + end
        )


def _stroke(path: str, at: int) -> str:
    dash = f' stroke-dasharray="{_DASHES[at]}"' if _DASHES[at] else ""
    return f'<path d="{path}" fill="none" stroke="{_COLOURS[at]}" stroke-width="2"{dash}/>'


def _whisker(low: float, high: float, y: float) -> str:
    ends = "".join(f"M{x} {y - 4}V{y + 4}" for x in (low, high))
    return f'<path d="M{low} {y}H{high}{ends}" stroke="#1d2730" fill="none"/>'


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{named}>{escape(text)}</text>'


def _top(found: Iterable[Bar]) -> float:
    """A round number that no figure is above."""
    most = max((max(one.value or 0, one.high or 0) for one in found), default=0)
    if most <= _TICKS:
        return _TICKS
    size = 10.0 ** floor(log10(most))
    return next(size * factor for factor in (1, 2, 4, 6, 8, 10, 12) if size * factor >= most)


def _picture(frame: Frame, height: int, drawn: Sequence[str]) -> Markup:
    hatch = (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect width="2" height="6" fill="#4a5863"/></pattern></defs>'
    )
    needs = hatch if any("#hatch" in one for one in drawn) else ""
    return Markup(  # noqa: S704 - every text in it was escaped above
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="chart-title chart-told">'
        f'<title id="chart-title">{escape(frame.title)}</title><desc id="chart-told">{escape(frame.told)}</desc>'
        f"{needs}{''.join(drawn)}</svg>"
    )
