"""A map of figures: each area by how many, in steps; hidden figures hatched, none where nobody told any."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from console.areas import Areas
from console.web.coordinator.atlas import world
from console.web.coordinator.outline import Box, Point, Ring, box_of, path

FILLS = ("#d4e4ef", "#8fb8d3", "#4a87ad", "#0b4f79")
NOTHING = "#e3e8ec"
GRID = 1_000  # steps across a map
MARGIN = 0.08
SMALL = 0.012  # of the width of the map: a point; what is not twice as wide is marked by one
WHOLE = 0.72  # of the world's width: what reaches so far is shown on all of it


class Shape(NamedTuple):
    """One area: its outline and where a point for it stands."""

    rings: Sequence[Ring]
    middle: Point


class Layer(NamedTuple):
    """The areas of a map by code, and the boundaries between them."""

    shapes: Mapping[str, Shape]
    boundaries: Sequence[Ring]
    dashed: Sequence[Ring]


class Step(NamedTuple):
    """One step of the legend: from, to and with, and how it is filled."""

    low: float
    high: float
    fill: str


class Figures(NamedTuple):
    """What a map shows by code of an area: a number, or `None` for one that is hidden."""

    title: str
    told: str
    by_code: Mapping[str, float | None]
    say: Callable[[str, float | None], str]  # an area and its figure as a sentence


def world_layer() -> Layer:
    """All countries."""
    found = world()
    shapes = {code: Shape(one.rings, one.middle) for code, one in found.countries.items()}
    return Layer(shapes, found.boundaries, found.dashed)


def area_layer(found: Areas) -> Layer:
    """The first-level areas of a country."""
    shapes = {one.code: Shape(one.outlines, _middle(one.outlines)) for one in found.areas if one.outlines}
    return Layer(shapes, [line for one in found.areas for line in one.outlines], ())


def draw(layer: Layer, found: Figures, *, whole: bool = False) -> Markup:
    """The map of what lies around the areas that have figures, or the whole of it."""
    codes = layer.shapes if whole else [code for code in found.by_code if code in layer.shapes]
    box = _view(layer, list(codes))
    fine = GRID / box.width
    steps = steps_of(found.by_code.values())
    seen = {code: one for code, one in layer.shapes.items() if box.meets(one.rings)}
    plain = path(
        (
            ring
            for code, one in seen.items()
            if not found.by_code.get(code, 0) and code not in _hidden(found)
            for ring in one.rings
        ),
        fine,
    )
    drawn = [f'<path d="{plain}" fill="{NOTHING}"/>']
    for code, number in found.by_code.items():
        shape = layer.shapes.get(code)
        if shape is not None and (number or number is None):
            fill = "url(#hatch)" if number is None else _fill(steps, number)
            drawn.append(_area(shape, fine, box, fill, found.say(code, number)))
    drawn.append(f'<path class="agreed" d="{_lines(layer.boundaries, box, fine)}"/>')
    apart = _lines(layer.dashed, box, fine)
    drawn += [f'<path class="casing" d="{apart}"/>', f'<path class="dashed" d="{apart}"/>']
    frame = " ".join(str(round(one * fine)) for one in (box.left, box.top, box.width, box.height))
    hatch = (
        '<defs><pattern id="hatch" width="12" height="12" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect width="12" height="12" fill="#fff"/>'
        '<rect width="4" height="12" fill="#4a5863"/></pattern></defs>'
    )
    return Markup(  # noqa: S704 - every text in it was escaped above
        f'<svg class="chart map" viewBox="{frame}" role="img" aria-labelledby="map-title map-told">'
        f'<title id="map-title">{escape(found.title)}</title><desc id="map-told">{escape(found.told)}</desc>'
        f"{hatch if _hidden(found) else ''}{''.join(drawn)}</svg>"
    )


def steps_of(numbers: Iterable[float | None]) -> list[Step]:
    """The steps of a legend: as many areas in each, as far as equal figures let them be parted."""
    known = sorted(number for number in numbers if number)
    if not known:
        return []
    edges = sorted(
        {known[min(len(known) - 1, len(known) * at // len(FILLS))] for at in range(1, len(FILLS))}
        | {known[-1]}
    )
    fills = FILLS[-len(edges) :] if len(edges) > 1 else FILLS[2:3]
    found = []
    low = known[0]
    for high, fill in zip(edges, fills, strict=True):
        inside = [number for number in known if low <= number <= high]
        if inside:
            found.append(Step(inside[0], inside[-1], fill))
            low = next((number for number in known if number > high), high)
    return found


def _hidden(found: Figures) -> frozenset[str]:
    return frozenset(code for code, number in found.by_code.items() if number is None)


def _fill(steps: Sequence[Step], number: float) -> str:
    return next((step.fill for step in steps if number <= step.high), FILLS[-1])


def _area(shape: Shape, fine: float, box: Box, fill: str, text: str) -> str:
    outline = path(shape.rings, fine)
    told = f"<title>{escape(text)}</title>"
    part = f'<path d="{outline}" fill="{fill}"/>' if outline else ""
    extent = box_of(shape.rings) if shape.rings else None
    if extent is None or max(extent.width, extent.height) < box.width * 2 * SMALL:
        x, y = (round(one * fine) for one in shape.middle)
        part += f'<circle cx="{x}" cy="{y}" r="{round(GRID * SMALL)}" fill="{fill}" stroke="#1d2730"/>'
    return f"<g>{told}{part}</g>"


def _lines(rings: Sequence[Ring], box: Box, fine: float) -> str:
    return path((ring for ring in rings if box.meets([ring])), fine, closed=False)


def _view(layer: Layer, codes: Sequence[str]) -> Box:
    """What is shown: the areas that have figures and some room around them, or all."""
    everything = box_of(ring for one in layer.shapes.values() for ring in one.rings)
    extents = [ring for code in codes for ring in _extent(layer.shapes[code])]
    if not extents:
        return everything
    box = box_of(extents)
    if box.width > everything.width * WHOLE:
        return everything
    room = max(box.width, box.height * 1.5, everything.width / 12) * MARGIN
    width = max(box.width + 2 * room, (box.height + 2 * room) * 1.2, everything.width / 8)
    height = max(box.height + 2 * room, width / 2)
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _middle(outlines: Sequence[Ring]) -> Point:
    box = box_of([max(outlines, key=len)])
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def _extent(shape: Shape) -> Sequence[Ring]:
    """The largest part of an area, or its point: far islands do not make a map of the world of it."""
    if not shape.rings:
        return [(shape.middle,)]
    return [max(shape.rings, key=len)]
