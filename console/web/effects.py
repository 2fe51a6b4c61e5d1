"""What people type of what was struck and what came of it, as details of an incident: they stay on this node.

A number stands beside a code of `harm` or `fate`; `programme` and `impact` are ticked; captivity has days.
"""

from collections.abc import Iterator, Mapping

from console.errors import EntryError
from node.codes import code_list
from node.model import Custody, Detail, Incident

COUNTED, TICKED, KINDS = ("harm", "fate"), ("programme", "impact"), ("abduction", "detention")
STILL_HELD = frozenset({"still_held", "missing"})
MAX_ROWS, EMPTY_ROWS = 40, 3


def effects_of(incident: Incident) -> dict[str, str]:
    """What the fields hold of an incident."""
    found: dict[str, str] = {}
    at = 0
    for topic, code, number in incident.details:
        if topic in COUNTED:
            found |= {f"count{at}": str(number), f"effect{at}": f"{topic}.{code}"}
            at += 1
        elif topic in TICKED:
            found[f"{topic}.{code}"] = "1"
        elif topic == "duration":
            found[f"{code}_days"] = str(number)
    return found


def effect_rows(values: Mapping[str, str]) -> int:
    """How many rows of numbers a form shows."""
    known = [at for at in range(MAX_ROWS) if values.get(f"count{at}")]
    return min(MAX_ROWS, (max(known) + 1 if known else 0) + EMPTY_ROWS)


def effects(incident: Incident, typed: Mapping[str, str]) -> tuple[Detail, ...]:
    """Details as somebody typed them; what the form does not ask for stays.

    Raises:
        EntryError: A number can not be read, or a code is of no list.
    """
    asked = {*COUNTED, *TICKED, "duration"}
    kept = [one for one in incident.details if one.topic not in asked]
    return tuple(sorted([*kept, *_numbers(typed), *_ticked(typed), *_days(typed)]))


def custody_of(before: Custody, details: tuple[Detail, ...]) -> Custody:
    """Who is said to be still held is held, so the record stays here (R15); nobody is free because nobody says so."""
    held = any(one.topic == "fate" and one.code in STILL_HELD for one in details)
    return Custody.ONGOING if held else before


def _numbers(typed: Mapping[str, str]) -> Iterator[Detail]:
    sums: dict[tuple[str, str], int] = {}
    for at in range(MAX_ROWS):
        number = typed.get(f"count{at}", "")
        if not number or number == "0":
            continue
        topic, _, code = typed.get(f"effect{at}", "").partition(".")
        if topic not in COUNTED or code not in code_list(topic).codes:
            raise EntryError({f"effect{at}": "choose one of the list"})
        sums[topic, code] = sums.get((topic, code), 0) + _whole(number, f"count{at}")
    return (Detail(*key, number) for key, number in sums.items())


def _ticked(typed: Mapping[str, str]) -> Iterator[Detail]:
    return (
        Detail(topic, code)
        for topic in TICKED
        for code in code_list(topic).codes
        if typed.get(f"{topic}.{code}")
    )


def _days(typed: Mapping[str, str]) -> Iterator[Detail]:
    for kind in KINDS:
        days = typed.get(f"{kind}_days", "")
        if days and days != "0":
            yield Detail("duration", kind, _whole(days, f"{kind}_days"))


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise EntryError({name: "write a whole number"})
    return int(text)
