"""First-level areas of countries for maps, from boundary files (COD-AB, GeoJSON) that an operator imports.

Of a file the outlines are kept on a grid, fine enough for a page, with the code and every name of each area. They lie
in the node's folder and are no records: who imports a newer file replaces them.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from math import cos, radians
from typing import Any, NamedTuple, TypeAlias

from console.errors import AreasError
from console.home import Home, read_file, write_file
from node.codes import code_list
from node.codes.spelling import fold
from node.errors import UnreadableError

MAX_BYTES = 64 * 1024 * 1024
MOST_AREAS = 200
MOST_POINTS = 5_000  # of all outlines together
_GRIDS = (1_000, 700, 500, 350, 250, 180, 120, 80)  # steps across a country, the finest that is not too much
_CODE = re.compile(r"adm(?:in)?1_?pcode", re.IGNORECASE)
_NAME = re.compile(r"adm(?:in)?1_?(?!pcode)(?:name|ref|alt\d|[a-z]{2}$)", re.IGNORECASE)
_FOLDER = "areas"

Outline: TypeAlias = tuple[tuple[float, float], ...]  # closed; x to the east, y to the south


class Area(NamedTuple):
    """One area: its P-code, how it is called, folded, and its outlines."""

    code: str
    name: str
    spellings: tuple[str, ...]
    outlines: tuple[Outline, ...]


class Areas(NamedTuple):
    """The areas of a country as of the day of their file."""

    country: str
    version: date
    areas: tuple[Area, ...]


def import_areas(home: Home, data: bytes, country: str, version: date) -> Areas:
    """Keep the areas of a boundary file in the place of those that were there.

    Raises:
        AreasError: It is no such file, or not of that country.
        UnreadableError: It can not be written.
    """
    found = read_areas(data, country, version)
    folder = home.path / _FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UnreadableError("{path} can not be written: {why}", path=folder, why=error.strerror) from error
    write_file(folder / f"{country}.json", json.dumps(_plain(found), separators=(",", ":")).encode())
    return found


def kept_areas(home: Home, country: str) -> Areas | None:
    """The areas of a country that were imported; `None` where none were, or only a damaged file."""
    file = home.path / _FOLDER / f"{country}.json"
    if country not in code_list("country").codes or not file.exists():
        return None
    try:
        plain = json.loads(read_file(file))
        areas = tuple(
            Area(
                one["code"],
                one["name"],
                tuple(one["spellings"]),
                tuple(tuple((x, y) for x, y in line) for line in one["outlines"]),
            )
            for one in plain["areas"]
        )
        return Areas(country, date.fromisoformat(plain["version"]), areas)
    except (ValueError, KeyError, TypeError):
        return None


def all_areas(home: Home) -> list[Areas]:
    """What was imported, by country."""
    folder = home.path / _FOLDER
    names = sorted(file.stem for file in folder.glob("???.json")) if folder.is_dir() else []
    return [found for name in names if (found := kept_areas(home, name)) is not None]


def read_areas(data: bytes, country: str, version: date) -> Areas:
    """The areas of a boundary file.

    Raises:
        AreasError: It is no GeoJSON of first-level areas with P-codes of that country; it says what is missing.
    """
    known = code_list("country").codes.get(country)
    if known is None:
        raise AreasError(
            "{country!r} is not a country; use its three-letter code, e.g. SSD", country=country[:40]
        )
    if len(data) > MAX_BYTES:
        raise AreasError("the file is larger than {most} MB; simplify it first", most=MAX_BYTES >> 20)
    features = _features(data)
    shapes = [(_code_of(one), _names_of(one), list(_lines(one))) for one in features]
    prefixes = tuple(filter(None, (known.alpha2, country)))
    for code, _, _ in shapes:
        if not code.upper().startswith(prefixes):
            raise AreasError(
                "{code!r} is not of {country}: its P-codes begin with {prefixes}",
                code=code[:40],
                country=country,
                prefixes=" or ".join(prefixes),
            )
    if len({code for code, _, _ in shapes}) != len(shapes):
        raise AreasError("a P-code stands twice: the file is of another level than the first")
    fitted = _fitted([lines for _, _, lines in shapes])
    areas = (
        Area(code, names[0], tuple(sorted({fold(one) for one in (code, *names)})), lines)
        for (code, names, _), lines in zip(shapes, fitted, strict=True)
    )
    return Areas(country, version, tuple(areas))


def _features(data: bytes) -> list[Mapping[str, Any]]:
    try:
        plain = json.loads(data)
        features = plain["features"] if plain["type"] == "FeatureCollection" else None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise AreasError("the file is no GeoJSON") from error
    if not isinstance(features, list) or not 0 < len(features) <= MOST_AREAS:
        raise AreasError("the file is no collection of 1 to {most} areas", most=MOST_AREAS)
    if not all(isinstance(one, dict) and isinstance(one.get("properties"), dict) for one in features):
        raise AreasError("an area of the file has no properties")
    return features


def _code_of(feature: Mapping[str, Any]) -> str:
    codes = [value for name, value in feature["properties"].items() if _CODE.fullmatch(name)]
    if (
        not codes
        or not isinstance(codes[0], str)
        or not re.fullmatch(r"[A-Za-z]{2,3}[0-9A-Za-z]{1,12}", codes[0])
    ):
        raise AreasError("an area of the file has no P-code of the first level (ADM1_PCODE)")
    return codes[0]


def _names_of(feature: Mapping[str, Any]) -> list[str]:
    found = [
        value.strip()
        for name, value in feature["properties"].items()
        if _NAME.match(name) and isinstance(value, str) and value.strip()
    ]
    if not found:
        raise AreasError("an area of the file has no name of the first level (ADM1_EN or the like)")
    return [one[:100] for one in found]


def _lines(feature: Mapping[str, Any]) -> Iterable[list[tuple[float, float]]]:
    shape = feature.get("geometry")
    try:
        assert isinstance(shape, dict), "asked for below"
        parts = {"Polygon": [shape["coordinates"]], "MultiPolygon": shape["coordinates"]}[shape["type"]]
        for part in parts:
            for line in part:
                yield [_place(point) for point in line]
    except (AssertionError, KeyError, TypeError, ValueError, IndexError) as error:
        raise AreasError("an area of the file is no polygon of longitudes and latitudes") from error


def _place(point: Any) -> tuple[float, float]:
    longitude, latitude = float(point[0]), float(point[1])
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError(point)
    return longitude, latitude


def _fitted(shapes: list[list[list[tuple[float, float]]]]) -> list[tuple[Outline, ...]]:
    """All outlines on the finest grid on which they are not too many points; neighbours keep their common border."""
    points = [point for lines in shapes for line in lines for point in line]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    narrow = cos(radians((south + north) / 2))
    whole = max((east - west) * narrow, north - south) or 1.0
    fitted: list[tuple[Outline, ...]] = []
    for grid in _GRIDS:
        scale = grid / whole
        fitted = [
            tuple(
                line
                for each in lines
                if len(
                    line := _snapped([((x - west) * narrow * scale, (north - y) * scale) for x, y in each])
                )
                > 3
            )
            for lines in shapes
        ]
        if sum(len(line) for lines in fitted for line in lines) <= MOST_POINTS:
            break
    return fitted


def _snapped(line: list[tuple[float, float]]) -> Outline:
    found: list[tuple[float, float]] = []
    for x, y in line:
        at = float(round(x)), float(round(y))
        if not found or found[-1] != at:
            found.append(at)
    return tuple(found)


def _plain(found: Areas) -> dict[str, object]:
    return {
        "country": found.country,
        "version": str(found.version),
        "areas": [one._asdict() for one in found.areas],
    }
