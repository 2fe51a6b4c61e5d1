"""Ids that a source uses more than once.

An id is the only thread from one publication of a source to the next, so a row may take it only if it is
clear whose it is. The same id on two dates is two incidents, and both count: the earliest keeps the id, the
others get the date with it. The same id on the same date can not be told apart, and only the first row is
taken in.
"""

from collections.abc import Iterable, Mapping, Sequence

from crypto.sentence import Sentence
from node.intake.mapped import Reading
from node.model import PartialDate

_SHOWN = 20  # ids that a message lists


def keys(readings: Sequence[Reading]) -> tuple[str, ...]:
    """Return the key of each row, in the same order; rows without a readable date keep the bare id."""
    earliest: dict[str, PartialDate] = {}
    for reading in readings:
        if reading.when is not None:
            first = earliest.setdefault(reading.identifier, reading.when)
            earliest[reading.identifier] = min(first, reading.when, key=_moment)
    return tuple(_key(reading, earliest) for reading in readings)


def clashes(readings: Sequence[Reading], keys_of: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Return, by row number, why a row can not have its key: an earlier row has it already."""
    owners: dict[str, Reading] = {}
    reasons: dict[int, tuple[str, ...]] = {}
    for reading, key in zip(readings, keys_of, strict=True):
        if not key or reading.when is None:
            continue
        owner = owners.setdefault(key, reading)
        if owner is not reading:
            same = _bare(owner) == _bare(reading)
            reasons[reading.record.number] = (
                Sentence(
                    "This is the same incident twice; the first is in row {number}."
                    if same
                    else "Two different incidents share this id and date; the first is in row {number}.",
                    number=owner.record.number,
                ),
            )
    return reasons


def reused(readings: Iterable[Reading], keys_of: Iterable[str]) -> tuple[str, ...]:
    """Return one warning about ids that stand for incidents on different dates, if there are any."""
    known: dict[str, set[str]] = {}
    for reading, key in zip(readings, keys_of, strict=True):
        known.setdefault(reading.identifier, set()).add(key)
    names = [identifier for identifier, keys_of_it in known.items() if len(keys_of_it) > 1]
    if not names:
        return ()
    if len(names) > _SHOWN:
        return (
            Sentence(
                "Ids that stand for several incidents on different dates: {names} and others.",
                names=", ".join(names[:_SHOWN]),
            ),
        )
    return (
        Sentence("Ids that stand for several incidents on different dates: {names}.", names=", ".join(names)),
    )


def _key(reading: Reading, earliest: Mapping[str, PartialDate]) -> str:
    first = earliest.get(reading.identifier)
    if not reading.identifier or first is None or reading.when is None or reading.when == first:
        return reading.identifier
    return f"{reading.identifier}/{reading.when}"


def _moment(when: PartialDate) -> tuple[str, str]:
    return when.earliest.isoformat(), str(when)


def _bare(reading: Reading) -> list[str]:
    return [cell.strip() for cell in reading.record.cells]
