"""Who is bound by which treaty on which day, on what basis a case may be prosecuted; never a conclusion (CW-14).

The table of treaty actions is not part of Tocsin: an operator installs one. Without it every answer is `unknown`, and
so is every answer beyond the day up to which the table is complete. Whether a treaty applies is for a legal adviser.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from casework.casefile import CaseFile, moment
from casework.errors import FieldError
from casework.justice import Axes
from casework.span import Span
from casework.values import STATE
from casework.vocabulary import codes

CONVENTION = "csunap_1994"
UNKNOWN = "unknown"
_BINDS = frozenset({"ratification", "accession", "acceptance", "approval", "succession"})
_WITHDRAWS = "withdrawal_effective"
_ACTIONS = _BINDS | {"signature", _WITHDRAWS}
_COLUMNS = ("treaty", "iso3", "action", "date")
_AFTER = timedelta(days=30)  # days from the deposit to the entry into force, for both UN conventions
_ROME_AFTER = timedelta(days=60)  # then the first day of the next month (Rome Statute, art. 126)
_NOT_BEFORE = {
    "csunap_1994": date(1999, 1, 15),
    "csunap_op_2005": date(2010, 8, 19),
    "rome_1998": date(2002, 7, 1),
}


class Action(NamedTuple):
    """What a State did with a treaty, and on which day: that of the deposit, or on which a withdrawal took effect."""

    on: date
    action: str


@dataclass(frozen=True, slots=True)
class Treaties:
    """A table of treaty actions as an operator installed it.

    Attributes:
        version: What to print beside an answer: the first signs of the digest of both files; empty for no table.
        as_of: For each treaty the day up to which a State without a row is known to have done nothing.
        actions: By treaty and country code, in order of time.
    """

    version: str
    as_of: Mapping[str, date]
    actions: Mapping[tuple[str, str], tuple[Action, ...]]


NO_TREATIES = Treaties("", MappingProxyType({}), MappingProxyType({}))


def read_treaties(actions: str, as_of: str) -> Treaties:
    """Read both files of a table: `treaty,...,iso3,action,date,...` and `treaty,as_of,...`.

    Treaties are named like the codes of the list `treaty`, in capitals and with hyphens; others are passed over.

    Raises:
        FieldError: A column is missing, or a row can not be read; the file, the row and the column are named.
    """
    until = {}
    for number, row in _rows("as_of", as_of, ("treaty", "as_of")):
        if _treaty(row["treaty"]) in codes("treaty"):
            until[_treaty(row["treaty"])] = _day(f"as_of, row {number}, as_of", row["as_of"])
    found: dict[tuple[str, str], list[Action]] = {}
    for number, row in _rows("treaties", actions, _COLUMNS):
        where = f"treaties, row {number}"
        if _treaty(row["treaty"]) not in codes("treaty"):
            continue
        if row["action"] not in _ACTIONS:
            raise FieldError(
                f"{where}, action",
                "{action!r} is none of {actions}",
                action=row["action"][:40],
                actions=", ".join(sorted(_ACTIONS)),
            )
        if not STATE.fullmatch(row["iso3"]):
            raise FieldError(
                f"{where}, iso3", "{iso3!r} is no country code of three letters", iso3=row["iso3"][:40]
            )
        done = Action(_day(f"{where}, date", row["date"]), row["action"])
        found.setdefault((_treaty(row["treaty"]), row["iso3"]), []).append(done)
    lacking = {treaty for treaty, _ in found} - until.keys()
    if lacking:
        raise FieldError(
            "as_of", "no day up to which the table of {lacking} is complete", lacking=min(lacking)
        )
    return Treaties(
        sha256(f"{actions}\0{as_of}".encode()).hexdigest()[:12],
        MappingProxyType(until),
        MappingProxyType({key: tuple(sorted(actions)) for key, actions in found.items()}),
    )


def status_on(treaties: Treaties, treaty: str, state: str, day: date) -> str:
    """Where a State stood on a day: a code of the list `treaty_status`.

    After the day up to which the table is complete only a State of which a later row tells is known.
    """
    actions = treaties.actions.get((treaty, state), ())
    complete = treaties.as_of.get(treaty)
    if complete is None or not state:
        return UNKNOWN
    if day > complete and not any(one.on > complete for one in actions):
        return UNKNOWN
    return _status(treaty, actions, day)


def bound(treaties: Treaties, case: CaseFile) -> frozenset[str]:
    """Of the host State and those that prosecute, who was known to be party to the 1994 Convention then."""
    states = {case.host_state, *_prosecuting(case).values()}
    return frozenset(
        state for state in states if _during(treaties, CONVENTION, state, case.incident) == ("party",)
    )


def members(treaties: Treaties, treaty: str) -> frozenset[str]:
    """States that are party by the last that the table says of each, whenever that was: to check it by its count."""
    return frozenset(
        state
        for (name, state), actions in treaties.actions.items()
        if name == treaty and _status(treaty, actions, date.max) == "party"
    )


class Basis(NamedTuple):
    """One State, or court, that may have something to say in a case: a possibility, never a conclusion.

    Attributes:
        jurisdiction: Code of the list `jurisdiction`; `seat` for the State where the organization has its seat.
        state: Country code; empty for any State, or an international court.
        statuses: Where it stood with each treaty on the days of the incident: one code, or two where it changed.
        proceedings: Ids of proceedings there.
        opinions: What the legal adviser said: each treaty with a code of the list `applies`.
    """

    jurisdiction: str
    state: str
    statuses: tuple[tuple[str, tuple[str, ...]], ...]
    proceedings: tuple[str, ...]
    opinions: tuple[tuple[str, str], ...]


def panel(case: CaseFile, derived: Axes, treaties: Treaties) -> tuple[Basis, ...]:
    """Every possible basis of jurisdiction (casework 3.6), each with its treaties on the days of the incident."""
    international = tuple(one.id for one in derived.proceedings if one.forum_class == "international")
    host = case.host_state
    return (
        *(
            Basis(
                jurisdiction,
                state,
                tuple(
                    (treaty, _during(treaties, treaty, state, case.incident)) for treaty in codes("treaty")
                ),
                tuple(
                    one.id
                    for one in derived.proceedings
                    if one.state == state and one.id not in international
                ),
                _opinions(case, state),
            )
            for jurisdiction, state in dict.fromkeys(_connected(case))
        ),
        Basis("universal", "", (), (), _opinions(case, "")),
        Basis(
            "referral",
            "",
            (("rome_1998", _during(treaties, "rome_1998", host, case.incident)),),
            international,
            (),
        ),
    )


class Notice(NamedTuple):
    """A notice that a State party to the 1994 Convention owes.

    Attributes:
        article: 13 for measures taken, 18 for the final outcome.
        state: Country code.
        event_id: Event from which on it is owed.
    """

    article: str
    state: str
    event_id: str


def expected_notices(case: CaseFile, bound: frozenset[str]) -> tuple[Notice, ...]:
    """Notices owed by the host State and by every State that prosecutes, of those that were bound on the day (D14)."""
    happened = list(case.of("incident")) or list(case.of("abduction_started", "detention_started"))
    prosecuting = _prosecuting(case)
    found = []
    for state in dict.fromkeys((case.host_state, *prosecuting.values())):
        if state not in bound:
            continue
        if happened:
            found.append(Notice("13", state, case.choose(happened).event_id))
        final = [
            event
            for event in case.of("became_final", "verdict")
            if prosecuting.get(event.text("proceeding")) == state
            and (event.kind == "became_final" or event.text("finality") == "final")
        ]
        if final:
            found.append(Notice("18", state, max(final, key=moment).event_id))
    return tuple(found)


def _prosecuting(case: CaseFile) -> dict[str, str]:
    """The State of each proceeding in which somebody stands accused."""
    courts = case.of("charged", "trial_opened", "verdict")
    return {one.text("proceeding"): one.text("state") for one in courts if one.text("state")}


def _status(treaty: str, actions: Iterable[Action], day: date) -> str:
    status = "not_party"
    for effect, one in sorted((_effect(treaty, one), one) for one in actions):
        if effect <= day:
            status = {"signature": "signatory", _WITHDRAWS: "withdrawn"}.get(one.action, "party")
    return status


def _effect(treaty: str, done: Action) -> date:
    """The day from which an action counts."""
    if done.action not in _BINDS:
        return done.on
    if treaty == "rome_1998":
        past = done.on + _ROME_AFTER
        start = date(past.year + past.month // 12, past.month % 12 + 1, 1)
    else:
        start = done.on + _AFTER
    return max(start, _NOT_BEFORE.get(treaty, start))


def _during(treaties: Treaties, treaty: str, state: str, when: Span | None) -> tuple[str, ...]:
    if when is None:
        return (UNKNOWN,)
    return tuple(
        dict.fromkeys(status_on(treaties, treaty, state, day) for day in (when.earliest, when.latest))
    )


def _connected(case: CaseFile) -> Iterator[tuple[str, str]]:
    """Each State with what connects it with the case."""
    if case.host_state:
        yield "territory", case.host_state
    for person in case.persons:
        for state in person.many("nationalities"):
            yield "nationality_of_victim", state
    for party in case.parties:
        if party.text("state"):
            yield "nationality_of_accused", party.text("state")
    for name, field in (("sending_state", "sending_state"), ("seat", "seat_state")):
        if case.about.text(field):
            yield name, case.about.text(field)


def _opinions(case: CaseFile, state: str) -> tuple[tuple[str, str], ...]:
    said = {
        one.text("treaty"): one.text("applies")
        for one in sorted(case.of("basis_assessed"), key=moment)
        if one.text("state") == state
    }
    return tuple(said.items())


def _treaty(text: str) -> str:
    return text.strip().lower().replace("-", "_")


def _day(where: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise FieldError(where, "{text!r} is no day; write it like 2015-03-14", text=text[:40]) from error


def _rows(file: str, text: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(text.lstrip("\ufeff").splitlines())
    lacking = [name for name in columns if name not in (reader.fieldnames or ())]
    if lacking:
        raise FieldError(
            file,
            "there is no column {lacking}; it needs {columns}",
            lacking=lacking[0],
            columns=", ".join(columns),
        )
    for number, row in enumerate(reader, 2):
        yield number, {name: (row[name] or "").strip() for name in columns}
