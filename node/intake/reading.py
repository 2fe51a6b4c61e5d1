"""Read a published data set: bytes in, checked incidents and every problem out.

Nothing here opens a file, reads a clock or repairs a value. What can not be taken in is handed back with its
reasons.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from crypto.sentence import Sentence
from node.errors import EmptyFileError
from node.intake import duplicates
from node.intake.columns import Layout, count_known, cross_check, is_tag_row, lay_out, shown
from node.intake.mapped import Reading, Rows
from node.intake.profile import Profile, built_in
from node.intake.publication import Publication, Reject, Row
from node.intake.published import day_in_name
from node.intake.table import Record, read_table

MAX_CELL_CHARACTERS = 65_536
_TITLE_ROWS = 10  # a header may stand below that many rows of titles and notes


def read_publication(
    data: bytes,
    file_name: str,
    published: date | None,
    today: date,
    profile: Profile | Sequence[Profile] | None = None,
    *,
    whole: bool | None = None,
) -> Publication:
    """Read the whole data set that a source published on one day.

    Args:
        data: The file: separated text in any usual form, an Excel workbook, or a list of JSON objects.
        file_name: Its name, which may tell the day of publication.
        published: Day of publication if somebody has stated it.
        today: Day on which it is read; nothing in it can be younger.
        profile: By which its columns are read; of several, else of the built-in ones, that which knows most of them.
        whole: Whether it holds all that its source knows; else as the profile says.

    Raises:
        IntakeError: The file can not be read as a publication at all; the class says why.
    """
    table = read_table(data)
    profiles = (profile,) if isinstance(profile, Profile) else profile or built_in()
    profile, at, layout = _recognize(table.records, profiles)
    records = table.records[at + 1 :]
    warnings = list(table.warnings)
    if layout.unknown:
        warnings.append(
            Sentence("These columns are not known and were left out: {titles}.", titles=shown(layout.unknown))
        )
    warnings += [
        Sentence("{title} was left out: {why}.", title=title, why=why) for title, why in layout.left_out
    ]
    if records and is_tag_row(records[0].cells):
        warnings += cross_check(records[0].cells, layout, profile.columns)
        records = records[1:]
    if not records:
        raise EmptyFileError("The table has column names, but no rows.")
    readings, damage = Rows(profile, layout).read(records)
    whole = profile.whole if whole is None else whole
    is_publication = whole and profile.whole
    named = day_in_name(file_name, today)
    stated = published or named or (None if is_publication else today)
    rows, rejects, reused = _settle(readings, layout, min(stated or today, today))
    warnings += (*damage, *reused, *_counted(rows))
    newest = max((row.incident.when.earliest for row in rows), default=None)
    unnamed = "newest row" if is_publication else "today"
    origin = "--published" if published else "file name" if named else unnamed
    return Publication(
        profile.name,
        stated or newest,
        origin,
        layout.header,
        rows,
        rejects,
        tuple(warnings),
        whole,
    )


def _recognize(records: Sequence[Record], profiles: Iterable[Profile]) -> tuple[Profile, int, Layout]:
    """Find the profile whose columns are there, and the row with their names."""
    _, profile, at = max(
        (
            (count_known(record.cells, profile), profile, at)
            for profile in profiles
            for at, record in enumerate(records[:_TITLE_ROWS])
        ),
        key=lambda found: found[0],
    )
    return profile, at, lay_out(records[at].cells, profile)


def _settle(
    readings: Sequence[Reading], layout: Layout, last_day: date
) -> tuple[tuple[Row, ...], tuple[Reject, ...], tuple[str, ...]]:
    """Accept or reject each row, now that all of them are known; also return the warning about reused ids."""
    keys = duplicates.keys(readings)
    clashes = duplicates.clashes(readings, keys)
    rows, rejects = [], []
    for reading, key in zip(readings, keys, strict=True):
        number, cells = reading.record
        reasons = _misshapen(reading.record, layout)
        if not reasons:
            reasons = [*reading.reasons, *_too_late(reading, last_day), *clashes.get(number, ())]
        if reading.incident is None or reasons:
            rejects.append(Reject(number, key, tuple(reasons), cells))
        else:
            rows.append(Row(number, key, reading.incident, reading.warnings))
    return tuple(rows), tuple(rejects), duplicates.reused(readings, keys)


def _misshapen(record: Record, layout: Layout) -> list[str]:
    """Return why the cells of a row can not be told apart, if so; nothing else is known about it then."""
    width = len(layout.header)
    reasons: list[str] = []
    if len(record.cells) < width:
        reasons.append(
            Sentence("The row has {count} cells, fewer than there are columns.", count=len(record.cells))
        )
    if any(map(str.strip, record.cells[width:])):
        reasons.append(
            Sentence("The row has {count} cells, more than there are columns.", count=len(record.cells))
        )
    if max(map(len, record.cells)) > MAX_CELL_CHARACTERS:
        reasons.append(
            Sentence(
                "A cell is longer than {max_cell_characters} characters.",
                max_cell_characters=MAX_CELL_CHARACTERS,
            )
        )
    return reasons


def _too_late(reading: Reading, last_day: date) -> tuple[str, ...]:
    if reading.when is None or reading.when.earliest <= last_day:
        return ()
    return (
        Sentence(
            "The date {when} is later than {last_day}, the last day that this file can speak of.",
            when=reading.when,
            last_day=last_day,
        ),
    )


def _counted(rows: Iterable[Row]) -> Iterable[str]:
    """Turn what was left open in single rows into one sentence each for the whole file."""
    times = Counter(warning for row in rows for warning in row.warnings)
    return (
        Sentence.counted("{count} row: {warning}", "{count} rows: {warning}", count=number, warning=warning)
        for warning, number in times.items()
    )
