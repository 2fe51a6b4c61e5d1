"""A signed release of figures that others can hold an organization to (casework 6.2).

Beside its figures a release carries a commitment to what each counted case contributed: a hash that says nothing, and
that the organization can open for one case to prove that it was counted, and how. The commitments of a later release
begin with those of the one before, so that nothing is taken back in silence: what changed is appended and named as a
correction. Anybody can check that with the two files alone.

    commitment = SHA-256("tocsin-statistic/1" 00 || salt of the case, 32 bytes || contribution)
    root       = RFC 6962 tree over the commitments
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from casework.errors import ReleaseError
from casework.figures.counting import Median, Share
from casework.figures.facts import DEFINITION, Facts, write_facts
from casework.figures.indicators import Figure, Line
from casework.span import Range
from crypto.cell import derive_key
from crypto.merkle import Frontier, leaf_hash

STATISTIC_TYPE = "application/vnd.tocsin.case-statistic.v1+json"
_CONTEXT = b"tocsin-statistic/1\0"
_DIGEST_DIGITS = 64


class Correction(NamedTuple):
    """One contribution that no longer counts: its place, and that of what counts instead; `None` for nothing."""

    old: int
    new: int | None


class Changed(NamedTuple):
    """One figure that the release before gave otherwise."""

    indicator: str
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Statistic:
    """What is signed.

    Attributes:
        organization: Whose cases.
        number: 1, 2, 3...
        previous: SHA-256 of the payload of the release before, hexadecimal; empty in the first.
        issued_on: UTC day.
        valid_as_of: Day up to which things had happened.
        known_as_of: Day up to which they were known.
        definition: Version of the definitions of the figures.
        lines: Indicator, name, unit and figure.
        commitments: 32 bytes each, those of the release before first.
        corrections: What no longer counts.
        changed: Figures that the release before gave otherwise.
    """

    organization: str
    number: int
    previous: str
    issued_on: date
    valid_as_of: date
    known_as_of: date
    definition: str
    lines: tuple[tuple[str, str, str, Any], ...]
    commitments: tuple[bytes, ...]
    corrections: tuple[Correction, ...]
    changed: tuple[Changed, ...]

    @property
    def root(self) -> bytes:
        """Root of the tree over the commitments."""
        return Frontier().append(map(leaf_hash, self.commitments)).root


class Counted(NamedTuple):
    """A case that is counted: its facts as of the release, as of the one before if it was in that, and its salt."""

    facts: Facts
    before: Facts | None
    salt: bytes


def salt_of(case_key: bytes) -> bytes:
    """The salt of a case: whoever holds the key of a case can open its commitments."""
    return derive_key(case_key, "statistic")


def contribution(facts: Facts) -> bytes:
    """What a case contributes, as text; without what changes by the mere passing of days."""
    return write_facts(replace(facts, overdue=(), next_action=True))


def commitment(salt: bytes, text: bytes) -> bytes:
    """Commit to a contribution."""
    return sha256(_CONTEXT + salt + text).digest()


def compose(
    organization: str,
    issued_on: date,
    as_of: tuple[date, date],
    lines: Sequence[Line],
    counted: Sequence[Counted],
    before: tuple[Statistic, bytes] | None,
) -> Statistic:
    """Put a release together.

    Args:
        organization: Whose cases.
        issued_on: UTC day.
        as_of: Valid and known day.
        lines: Figures over the counted cases, as they may leave.
        counted: Every case that is counted, in any order that stays the same.
        before: The release before and its payload; `None` for the first.

    Raises:
        ReleaseError: The release before counts more than these cases and their history explain.
    """
    old = list(before[0].commitments) if before else []
    gone = {one.old for one in before[0].corrections} if before else set()
    places = {one: at for at, one in enumerate(old) if at not in gone}
    commitments, corrections = list(old), list(before[0].corrections) if before else []
    kept: set[int] = set()
    for case in counted:
        now = commitment(case.salt, contribution(case.facts))
        then = commitment(case.salt, contribution(case.before)) if case.before else None
        if now in places:
            kept.add(places[now])
            continue
        commitments.append(now)
        if then is not None and then in places:
            corrections.append(Correction(places[then], len(commitments) - 1))
            kept.add(places[then])
    corrections += [Correction(at, None) for at in sorted(set(places.values()) - kept)]
    told = tuple((line.indicator, line.name, line.unit, plain_figure(line.figure)) for line in lines)
    return Statistic(
        organization,
        before[0].number + 1 if before else 1,
        sha256(before[1]).hexdigest() if before else "",
        issued_on,
        *as_of,
        DEFINITION,
        told,
        tuple(commitments),
        tuple(corrections),
        _changed(before[0].lines if before else (), told),
    )


def verify_statistic(newer: Statistic, older: Statistic, older_payload: bytes) -> None:
    """Check that a release only adds to the one before, or openly corrects it.

    Raises:
        ReleaseError: It follows another release, drops or changes a commitment, or takes back a correction.
    """
    if (newer.organization, newer.number, newer.previous) != (
        older.organization,
        older.number + 1,
        sha256(older_payload).hexdigest(),
    ):
        raise ReleaseError("it does not follow that release")
    if newer.commitments[: len(older.commitments)] != older.commitments:
        raise ReleaseError("it does not begin with the commitments of the release before")
    if newer.corrections[: len(older.corrections)] != older.corrections:
        raise ReleaseError("it takes a correction back")
    replaced = [one.old for one in newer.corrections]
    if len(set(replaced)) != len(replaced) or any(
        not 0 <= one.old < len(newer.commitments)
        or (one.new is not None and not one.old < one.new < len(newer.commitments))
        for one in newer.corrections
    ):
        raise ReleaseError("its corrections do not go together")


def write_statistic(statistic: Statistic) -> bytes:
    """Write what is signed."""
    fields: dict[str, Any] = {
        "organization": statistic.organization,
        "number": statistic.number,
        "previous": statistic.previous,
        "issued_on": str(statistic.issued_on),
        "valid_as_of": str(statistic.valid_as_of),
        "known_as_of": str(statistic.known_as_of),
        "definition": statistic.definition,
        "lines": statistic.lines,
        "root": statistic.root.hex(),
        "commitments": [one.hex() for one in statistic.commitments],
        "corrections": statistic.corrections,
        "changed": statistic.changed,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def read_statistic(payload: bytes) -> Statistic:
    """Read what `write_statistic` wrote.

    Raises:
        ReleaseError: It is something else, or the root is not that of its commitments.
    """
    try:
        fields = json.loads(payload)
        commitments = tuple(bytes.fromhex(one) for one in fields["commitments"])
        if any(len(one) * 2 != _DIGEST_DIGITS for one in commitments):
            raise ReleaseError("a commitment has another length")
        statistic = Statistic(
            fields["organization"],
            int(fields["number"]),
            fields["previous"],
            date.fromisoformat(fields["issued_on"]),
            date.fromisoformat(fields["valid_as_of"]),
            date.fromisoformat(fields["known_as_of"]),
            fields["definition"],
            tuple((indicator, name, unit, figure) for indicator, name, unit, figure in fields["lines"]),
            commitments,
            tuple(Correction(old, new) for old, new in fields["corrections"]),
            tuple(Changed(*one) for one in fields["changed"]),
        )
        root = bytes.fromhex(fields["root"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ReleaseError("it is no release of figures") from error
    if root != statistic.root:
        raise ReleaseError("its root is not that of its commitments")
    return statistic


def plain_figure(figure: Figure) -> Any:
    """A figure as JSON has it; `None` where there is nothing to count."""
    match figure:
        case Share():
            return {"yes": figure.yes, "no": figure.no, "unknown": figure.unknown}
        case Median():
            return asdict(figure)
        case Range():
            return {"low": figure.low, "high": figure.high}
        case _:
            return figure


def _changed(
    old: Sequence[tuple[str, str, str, Any]], new: Sequence[tuple[str, str, str, Any]]
) -> tuple[Changed, ...]:
    before: Mapping[tuple[str, str], Any] = {(indicator, name): figure for indicator, name, _, figure in old}
    return tuple(
        Changed(indicator, name, json.dumps(before[indicator, name]), json.dumps(figure))
        for indicator, name, _, figure in new
        if (indicator, name) in before and before[indicator, name] != figure
    )
