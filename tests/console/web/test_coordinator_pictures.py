"""Charts and maps say what the figures say: no length that lies, nothing hidden that shows, borders as agreed."""

import gzip
import re
import xml.etree.ElementTree as ET
from html import unescape
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.web.coordinator.atlas import project, world
from console.web.coordinator.chart import WIDTH, Bar, Frame, Line, bars, lines
from console.web.coordinator.maps import NOTHING, Figures, draw, steps_of, world_layer
from console.web.coordinator.outline import Ring, path
from node.codes import code_list

FRAME = Frame("killed by year", "As of today.", lambda number: f"{number:g}", "hidden")
NUMBERS = st.lists(st.integers(0, 10**6), min_size=1, max_size=30)


def rects(picture: str) -> list[tuple[float, float]]:
    found = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="14"', picture)
    return [(float(x), float(width)) for x, width in found]


@settings(max_examples=30, deadline=None)
@given(NUMBERS)
def test_bars_are_as_long_as_their_figures_and_stay_in_the_picture(numbers: list[int]) -> None:
    drawn = [Bar(str(at), number) for at, number in enumerate(numbers)]
    shown = [number for number in numbers[:20] if number]
    found = rects(bars(FRAME, drawn))
    mirrored = rects(bars(FRAME._replace(mirrored=True), drawn))
    scale = max((width for _, width in found), default=1) / max(shown, default=1)
    assert len(found) == len(shown)
    for (x, width), (other, same), number in zip(found, mirrored, shown, strict=True):
        assert 0 <= x <= x + width <= WIDTH
        assert (x, same) == (0, width)
        assert other + same == pytest.approx(WIDTH, abs=0.2)
        assert width == pytest.approx(number * scale, abs=0.2)


@settings(max_examples=20, deadline=None)
@given(NUMBERS, st.text(max_size=20))
def test_a_picture_is_sound_and_told_to_who_does_not_see_it(numbers: list[int], name: str) -> None:
    name = "".join(one for one in name if one.isprintable()) + '<script>"&'
    points = [Bar(str(2000 + at), number, number // 2, number + 1) for at, number in enumerate(numbers)]
    for picture in (bars(FRAME, [Bar(name, 3)]), lines(FRAME, [Line(name, points)])):
        root = ET.fromstring(picture)  # noqa: S314 - made above
        told = [root.find(kind) for kind in ("title", "desc")]
        assert [one.text for one in told if one is not None] == [FRAME.title, FRAME.told]
        assert {one.get("id") for one in told if one is not None} == set(
            root.get("aria-labelledby", "").split()
        )
        assert root.get("role") == "img"
        assert "style=" not in picture
        assert name in unescape(picture)
        assert "<script" not in picture


def test_what_is_hidden_or_not_known_is_not_drawn_as_a_number() -> None:
    secret = bars(FRAME, [Bar("a", 40), Bar("b", None, hidden=True), Bar("c", None), Bar("d", 0)])
    other = bars(FRAME, [Bar("a", 40), Bar("b", 1, hidden=True), Bar("c", None), Bar("d", 0)])
    assert secret == other  # whatever stands behind it
    assert "url(#hatch)" in secret
    assert re.findall(r'class="figure">([^<]+)<', secret) == ["40", "hidden", "\u2013", "0"]
    known = [Bar("1", 5), Bar("2", None), Bar("3", 7)]
    assert lines(FRAME, [Line("x", known)]).count("<circle") == 2
    assert re.search(
        r'd="M[\d.,]+M[\d.,]+"', lines(FRAME, [Line("x", known)])
    )  # no line over what is not known


def test_what_a_picture_has_no_room_for_is_told_by_its_number() -> None:
    assert ">+ 3</text>" in bars(FRAME, [Bar(str(at), at) for at in range(23)])
    assert ">+ 1</text>" in lines(FRAME, [Line(str(at), [Bar("1", at)]) for at in range(6)])
    assert ">+ " not in bars(FRAME, [Bar("a", 1)])


def test_a_figure_that_is_not_sure_shows_between_what_it_lies() -> None:
    sure, unsure = Bar("a", 4, 4, 4), Bar("b", 6, 3, 9)
    assert bars(FRAME, [sure]).count("stroke=") == 0
    assert bars(FRAME, [unsure]).count("stroke=") == 1
    assert "<polygon" not in lines(FRAME, [Line("x", [sure, sure])])
    assert "<polygon" in lines(FRAME, [Line("x", [sure, unsure])])


def inside(rings: tuple[Ring, ...], longitude: float, latitude: float) -> bool:
    x, y = project(longitude, latitude)
    crossed = 0
    for ring in rings:
        for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                crossed += 1
    return crossed % 2 == 1


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ((34.1, 45.2), "UKR"),  # Simferopol
        ((-13.2, 26.0), "ESH"),  # near Laayoune
        ((46.0, 9.5), "SOM"),  # near Burao
        ((33.5, 35.3), "CYP"),  # north of Nicosia
        ((35.3, 32.2), "PSE"),  # Nablus
        ((34.4, 31.4), "PSE"),  # Gaza
        ((31.6, 4.9), "SSD"),  # Juba
        ((121.0, 14.6), "PHL"),
        ((-178.0, 66.5), "RUS"),  # beyond the 180th meridian
    ],
)
def test_places_lie_where_the_united_nations_draw_them(place: tuple[float, float], code: str) -> None:
    found = [name for name, one in world().countries.items() if one.rings and inside(one.rings, *place)]
    assert found == [code]


def test_the_atlas_names_countries_of_the_code_list_alone_and_draws_no_line_across_the_world() -> None:
    found = world()
    codes = code_list("country").codes
    assert found.countries.keys() <= codes.keys()
    assert codes.keys() - found.countries.keys() == {
        *(
            "ATA",
            "BES",
            "BVT",
            "CCK",
            "CXR",
            "GIB",
            "GLP",
            "GUF",
            "MTQ",
            "MYT",
            "REU",
            "SJM",
            "TKL",
            "UMI",
            "XIW",
        )
    }
    every = [ring for one in found.countries.values() for ring in one.rings]
    for ring in (*every, *found.boundaries, *found.dashed):
        assert all(abs(a[0] - b[0]) < 250 for a, b in pairwise(ring))
    assert len(found.dashed) >= 8
    assert not {*found.dashed} & {*found.boundaries}


def test_a_map_of_the_world_is_small_and_shows_what_is_hidden_as_hidden() -> None:
    every: dict[str, float | None] = {code: at + 1 for at, code in enumerate(world_layer().shapes)}
    every["SSD"] = None
    picture = draw(world_layer(), Figures("t", "d", every, lambda code, number: f"{code}: {number}"))
    root = ET.fromstring(picture)  # noqa: S314 - made above
    by_code = {
        (one.findtext("title") or "").partition(":")[0]: {
            part.get("fill") for part in one if part.get("fill")
        }
        for one in root.iter("g")
    }
    assert len(gzip.compress(picture.encode())) < 30_000
    assert by_code["SSD"] == {"url(#hatch)"}
    assert "SSD: None" in picture
    assert by_code["MLT"]  # a point, where a country is too small to be seen
    none = draw(world_layer(), Figures("t", "d", {"SSD": 0}, lambda code, _: code))
    assert "<g>" not in none
    assert NOTHING in none


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, 1000)), max_size=40))
def test_every_figure_has_one_step_of_the_legend(numbers: list[int | None]) -> None:
    steps = steps_of(numbers)
    for number in filter(None, numbers):
        assert sum(one.low <= number <= one.high for one in steps) == 1
    assert len({one.fill for one in steps}) == len(steps) <= 4


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), min_size=4, max_size=20, unique=True)
)
def test_a_path_leads_through_all_points(points: list[tuple[int, int]]) -> None:
    text = path([tuple((float(x), float(y)) for x, y in points)], 1, closed=False)
    first, *ways = [int(one) for one in re.findall(r"-?\d+", text)]
    x, y = first, ways.pop(0)
    found = [(x, y)]
    for right, down in zip(ways[::2], ways[1::2], strict=True):
        x, y = x + right, y + down
        found.append((x, y))
    assert found == points
