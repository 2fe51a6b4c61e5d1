"""Outlines of areas are taken from a boundary file, kept small, and join figures by name or code."""

import json
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest

from console.areas import MOST_POINTS, all_areas, import_areas, read_areas
from console.errors import AreasError
from console.home import open_home
from console.web.roles import Role
from console.web.visit import Works
from node.errors import UnreadableError
from tests.console.command_line import tocsin
from tests.support.browser import Browser

DAY = date(2024, 3, 14)


def square(west: float, south: float, size: float, steps: int = 1) -> list[list[float]]:
    """A ring with so many points on each side."""
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    points = []
    for (x, y), (right, up) in pairwise(corners):
        points += [
            [west + size * (x + (right - x) * at / steps), south + size * (y + (up - y) * at / steps)]
            for at in range(steps)
        ]
    return [*points, points[0]]


def file_of(*areas: tuple[str, str, list[list[float]]], **more: object) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {
                "ADM0_EN": "South Sudan",
                "ADM1_PCODE": code,
                "ADM1_EN": name,
                "ADM1_AR": f"ع{name}",
            },
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for code, name, ring in areas
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


UNITY = file_of(("SS09", "Unity", square(29, 8, 2)), ("SS03", "Jonglei", square(31, 8, 2)))


def test_outlines_are_kept_with_their_code_and_names_and_neighbours_share_their_border() -> None:
    found = read_areas(UNITY, "SSD", DAY)
    assert [(one.code, one.name) for one in found.areas] == [("SS09", "Unity"), ("SS03", "Jonglei")]
    assert set(found.areas[0].spellings) == {"unity", "ss09", "عunity"}
    here, there = (set(one.outlines[0]) for one in found.areas)
    assert len(here & there) == 2


def test_a_file_of_many_points_is_kept_as_fewer() -> None:
    found = read_areas(file_of(("SS09", "Unity", square(29, 8, 2, 3_000))), "SSD", DAY)
    assert 4 < sum(len(line) for one in found.areas for line in one.outlines) <= MOST_POINTS


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff\x00", "no GeoJSON"),
        (b'{"type": "Feature"}', "no collection"),
        (b'{"type": "FeatureCollection", "features": []}', "no collection"),
        (b'{"type": "FeatureCollection", "features": [{}]}', "no properties"),
        (file_of(("KE01", "Unity", square(29, 8, 2))), "not of SSD"),
        (file_of(("SS09<", "Unity", square(29, 8, 2))), "no P-code"),
        (UNITY.replace(b"ADM1_EN", b"X").replace(b"ADM1_AR", b"Y"), "no name"),
        (file_of(*[("SS09", "Unity", square(29, 8, 2))] * 2), "stands twice"),
        (file_of(("SS09", "Unity", square(290, 8, 2))), "no polygon"),
        (UNITY.replace(b'"Polygon"', b'"Point"'), "no polygon"),
        (UNITY.replace(b"[29.0, 8.0]", b'["x", null]'), "no polygon"),
    ],
)
def test_what_is_no_file_of_areas_is_refused_and_nothing_is_kept(
    works: Works, data: bytes, told: str
) -> None:
    before = all_areas(works.home)
    with pytest.raises(AreasError, match=told):
        import_areas(works.home, data, "SSD", DAY)
    assert all_areas(works.home) == before
    with pytest.raises(AreasError, match="not a country"):
        import_areas(works.home, UNITY, "../x", DAY)
    folder = works.home.path / "areas"
    with (
        patch("pathlib.Path.mkdir", side_effect=OSError(28, "No space left on device")),
        pytest.raises(UnreadableError, match=f"{folder} can not be written: No space left"),
    ):
        import_areas(works.home, UNITY, "SSD", DAY)


@pytest.mark.slow
def test_a_map_of_one_country_shows_its_areas_and_names_what_is_not_on_it(
    works: Works, signed_in: Callable[[Role], Browser]
) -> None:
    browser = signed_in(Role.COORDINATOR)
    (works.home.path / "areas" / "SSD.json").unlink(missing_ok=True)
    asked = "/explore?by=admin1&measure=incidents&country=SSD"
    assert '<svg class="chart map' not in browser.get(asked).text
    import_areas(works.home, UNITY.replace(b"Jonglei", b"<b>Jonglei"), "SSD", DAY)
    shown = browser.get(asked)
    assert "<title>Unity: " in shown.text
    assert "<b>Jonglei" not in shown.text
    assert "do not imply official endorsement" in shown.words
    assert shown.size < 50_000
    assert "South Sudan" in browser.get("/areas").words
    key = browser.get("/areas").form("/areas")["form_key"]
    assert browser.post("/areas", {"form_key": key, "country": "SSD", "version": "2024-03-14"}).status == 422
    (works.home.path / "areas" / "SSD.json").write_bytes(b"{")
    assert '<svg class="chart map' not in browser.get(asked).text
    assert browser.get("/areas").status == 200


def test_areas_are_imported_and_listed_from_the_command_line(works: Works, tmp_path: Path) -> None:
    file = tmp_path / "ssd.geojson"
    file.write_bytes(UNITY)
    here = ("--home", works.home.path)
    assert tocsin("areas", file, *here).code == 2
    assert tocsin("areas", file, "--country", "SSD", "--version", "2024-03-14", *here).code == 0
    assert tocsin("areas", "--format", "json", *here).rows == [
        {"country": "SSD", "version": "2024-03-14", "areas": 2}
    ]
    assert [one.country for one in all_areas(open_home(works.home.path))] == ["SSD"]
