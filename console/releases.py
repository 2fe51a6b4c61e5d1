"""What `tocsin release` shows and writes: tables with what is hidden and why, and files that anybody can verify."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from casework.signedfile import write_file as signed_file
from casework.signedfile import write_line
from console.home import read_file, write_file
from crypto.sentence import Sentence
from node.cubes.declaration import Cell, Cube, read_cube
from node.cubes.document import COVERAGE, NOTICE_TYPE, Release, read_release
from node.cubes.protect import Hiding
from node.cubes.table import tables
from node.errors import CubeError
from node.published import Differs, all_releases, envelopes, signed_again
from node.releasing import Plan
from node.store.cubes import Built
from node.store.database import Store

HIDDEN = "hidden"
FEW = "hidden: it rests on too few"
BESIDE = "hidden: others could be worked out from it"
SHOWN = ""
LIST_HEADER = ("cube", "number", "as of", "periods", "built by", "published by", "published", "notices")
DIFF_HEADER = ("place", "before", "now")
AUDIT_HEADER = ("finding", "where", "why")


def read_declaration(path: Path) -> Cube:
    """The cube that a file declares.

    Raises:
        CubeError: It declares none.
        UnreadableError: It can not be read.
    """
    try:
        text = read_file(path).decode()
    except UnicodeDecodeError as error:
        raise CubeError("the declaration is no text") from error
    return read_cube(text)


def header(cube: Cube) -> tuple[str, ...]:
    """Names of the columns of a table."""
    return (cube.period, *cube.by, "measure", "figure", "why")


def plan_lines(plan: Plan) -> Iterator[tuple[str | int, ...]]:
    """The table of a release to come: each figure, or why it is hidden."""
    for table in tables(plan.cube, plan.settled.counts).values():
        for cell in sorted(table.figures):
            yield (*cell, *_figure(table.value(cell), cell, plan.hiding))


def release_lines(built: Built) -> Iterator[tuple[str | int, ...]]:
    """The table of a release as it was built."""
    release = read_release(built.payload)
    hiding = Hiding(built.few, release.hidden - built.few)
    for cell, value in sorted(release.figures.items()):
        yield (*cell, *_figure(value, cell, hiding))


def remarks(release: Release) -> Mapping[str, object]:
    """What must stand beside the figures (R24)."""
    return {
        "organization": release.coordinator,
        "as_of": release.as_of,
        "definition": release.definition,
        "coverage": COVERAGE,
        "revised": list(release.revised),
    }


def plan_remarks(plan: Plan) -> Mapping[str, object]:
    """What else is to be known of a release to come."""
    return {
        "release": Sentence("{number} of {cube}", number=plan.number, cube=plan.cube.title),
        "as_of": plan.as_of,
        "hidden": Sentence(
            "{few} as they rest on too few, {more} more beside them",
            few=len(plan.hiding.few),
            more=len(plan.hiding.more),
        ),
        "revised": sorted(plan.settled.moved),
        "waiting_for_a_revision": plan.settled.waiting,
        "not_over_yet": list(plan.open_periods),
    }


def list_lines(store: Store) -> Iterator[tuple[str | int, ...]]:
    """One line per release."""
    found, corrected = all_releases(store)
    for built in found:
        release = read_release(built.payload)
        published = (
            f"{datetime.fromtimestamp(built.published_at, UTC):%Y-%m-%d}" if built.published_at else ""
        )
        yield (
            built.cube.title,
            built.number,
            str(release.as_of),
            " ".join(release.periods),
            built.built_by,
            built.published_by,
            published,
            sum(one.release_id == built.key for one in corrected),
        )


def diff_lines(found: list[Differs]) -> Iterator[tuple[str, str | int, str | int]]:
    """One line per place at which two releases differ."""
    for one in found:
        yield " ".join(one.cell), _told(one.old), _told(one.new)


def write_release_files(built: Built, keys: Sequence[bytes], folder: Path) -> tuple[Path, Path]:
    """Write a release and its public table as signed files.

    Raises:
        CubeError: It is not as it was signed.
        UnreadableError: The folder can not be written to.
    """
    name = f"{built.cube.name}-{built.cube.version}-release-{built.number}"
    paths = folder / f"{name}.json", folder / f"{name}-public.json"
    for path, envelope in zip(paths, envelopes(built, keys), strict=True):
        write_file(path, signed_file([write_line(envelope)]))
    return paths


def write_notices(store: Store, title: str, keys: Sequence[bytes], path: Path) -> int:
    """Write every notice about releases of a cube as one signed file; gives how many.

    Raises:
        UnreadableError: The file can not be written.
    """
    found, corrected = all_releases(store)
    ours = {one.key for one in found if one.cube.title == title}
    lines = [
        write_line(signed_again(one.payload, NOTICE_TYPE, one.signature, keys))
        for one in corrected
        if one.release_id in ours
    ]
    write_file(path, signed_file(lines))
    return len(lines)


def _figure(value: int | None, cell: Cell, hiding: Hiding) -> tuple[str | int, str]:
    if cell in hiding.few:
        return HIDDEN, FEW
    if cell in hiding.more or value is None:
        return HIDDEN, BESIDE
    return value, SHOWN


def _told(value: int | str | None) -> str | int:
    return HIDDEN if value is None else value
