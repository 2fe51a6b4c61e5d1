"""Say the rows of one old case in our own kinds of events, by the table `imports.toml`.

Nothing is guessed: what a row does not say is unknown. Where its sources differ about a number or a date, each says its
own and both stand. Every statement names its row as a source, and whom the row has it from.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any, NamedTuple

from casework.errors import FieldError
from casework.event import Statement
from casework.intake.fields import fields_of, names_fields
from casework.intake.rows import Problem, Row
from casework.intake.spoken import Spoken
from casework.intake.told import Said, Told, sources_of
from casework.intake.words import (
    Decision,
    counts_by_source,
    decisions,
    ids_in,
    nationalities,
    other_days,
    segments,
    word_of,
)
from casework.span import Range
from casework.values import Gap, Value
from casework.vocabulary import Form, imports, kinds
from crypto.sentence import Sentence, listed

_OF_THE_TABLE = frozenset({"kind", "each", "if", "once"})
_HAS_OTHER_DAYS = frozenset(
    {"incident", "verdict", "detention_started", "abduction_started", "remains_found"}
)


class Opening(NamedTuple):
    """What a case is opened with, and all that is said of it then; problems where it can not be."""

    fields: Mapping[str, Value]
    said: tuple[Said, ...]
    problems: tuple[Problem, ...]


def map_case(rows: Iterable[Row], today: date) -> Opening:
    """Say all rows of one case; where one can not be said, every problem is named."""
    story = _Story(today)
    for row in rows:
        story.tell(row)
    return story.opening()


class _Story:
    """What the rows up to now spoke of, so that the next one can speak of the same."""

    def __init__(self, today: date) -> None:
        self._rows: list[Row] = []
        self._told = Told(today)
        self._opened: dict[str, Value] = {}
        self._harm: set[str] = set()
        self._spoken = Spoken()

    def opening(self) -> Opening:
        """What there is to say, once every row was told."""
        if not self._rows:
            return Opening({}, (), tuple(self._told.problems))
        first = self._rows[0]
        categories = imports()["categories"]
        found = tuple(dict.fromkeys(category for harm, category in categories.items() if harm in self._harm))
        fields: dict[str, Value] = {
            "sensitivity": "normal",
            "no_incident": "before_records",
            "title": first.case_id,
            **({"categories": found} if found else {}),
            **({"host_state": first.cells["state_iso3"]} if first.cells["state_iso3"] else {}),
            **self._opened,
            "imported_as": first.case_id,
        }
        for name, column in (("categories", "outcome"), ("host_state", "state_iso3")):
            if name not in fields:
                self._told.problems.append(
                    Problem(first.number, column, Sentence("no row tells the {name} of the case", name=name))
                )
        about: dict[str, Value] = {
            name: fields[name] for name in ("categories", "host_state") if name in fields
        }
        began = min(self._rows, key=lambda row: (row.known_on, row.when))
        described = Said(first, Statement("described", began.when, about, began.known_on, (first.id,)))
        return Opening(fields, (described, *self._told.said), tuple(dict.fromkeys(self._told.problems)))

    def tell(self, row: Row) -> None:
        """Say one row."""
        self._rows.append(row)
        self._told.keep(row)
        told = row.cells["event_type"]
        if told in imports()["types"] and not names_fields(told, row.cells["outcome"]):
            self._by_table(row, imports()["types"][told])
        elif told in kinds():
            self._by_name(row, told)
        else:
            near = get_close_matches(told, [*imports()["types"], *kinds()], 3)
            why = (
                Sentence("{told!r} is no type of event; perhaps {near}", told=told[:40], near=listed(near))
                if near
                else Sentence("{told!r} is no type of event; docs/casework.md lists them", told=told[:40])
            )
            self._told.problems.append(Problem(row.number, "event_type", why))

    def _by_name(self, row: Row, kind: str) -> None:
        """A row that names one of our own kinds, with its fields as outcome."""
        try:
            fields = fields_of(kind, row.cells["outcome"])
        except FieldError as error:
            self._told.problems.append(Problem(row.number, "outcome", str(error)))
            return
        if kind == "opened":
            self._opened = {
                name: value for name, value in fields.items() if name not in {"owner", "public_ref"}
            }
            return
        for name in ("person", "party"):
            if isinstance(fields.get(name), str):
                self._spoken.add(str(fields[name]))
        harm = fields.get("harm")
        self._harm |= {str(one) for one in harm} if isinstance(harm, tuple) else set()
        self._told.say(row, kind, fields)

    def _by_table(self, row: Row, table: Mapping[str, Any]) -> None:
        self._introduce(row, table)
        values = self._spoken.values(row)
        for wanted in table["say"]:
            if "once" in wanted and (wanted["kind"], values.get(wanted["once"][1:], "")) in self._spoken.said:
                continue
            for each, sources in self._each(row, wanted, values):
                if "if" not in wanted or each.get(wanted["if"][1:]):
                    self._fill(row, wanted, each, sources)
        for also in imports()["also"]:
            found = re.search(
                also["pattern"],
                f"{row.cells['subjects']}\n{row.cells['outcome']}\n{row.cells['note']}",
                re.IGNORECASE,
            )
            if found and row.cells["event_type"] in also["types"]:
                number = found.groupdict().get("number")
                told = {**values, **({"found": Range(int(number), int(number))} if number else {})}
                if number:  # of so many, and nobody says which
                    told.pop("accused", None)
                self._fill(row, also["say"], told, self._told.of(row))

    def _introduce(self, row: Row, table: Mapping[str, Any]) -> None:
        """Persons and accused whom the row is the first to name."""
        subjects, words = row.cells["subjects"], imports()
        told = {who: piece for ids, piece in segments(subjects) for who in ids}
        states = nationalities(subjects, row.cells["note"])
        everybody = (
            word_of(words["harm_words"], row.cells["outcome"])
            if told and "=" not in row.cells["outcome"]
            else ""
        )
        for who in ids_in(subjects):
            harm = word_of(words["harm_words"], told.get(who, "")) or table.get("harm", "") or everybody
            self._harm |= {harm} if harm else set()
            if who in self._spoken.ids:
                continue
            self._spoken.add(who)
            if who.startswith("A"):
                self._told.say(row, "party_added", {"party": who, "kind": "person"})
                continue
            fields: dict[str, Value] = {
                "person": who,
                "harm": (harm,) if harm else Gap.UNKNOWN,
                "cause": "violence",
            }
            staff = word_of(words["staff_words"], told.get(who, "")) or word_of(
                words["staff_words"], subjects
            )
            fields |= {"staff": staff} if staff else {}
            fields |= {"nationalities": states[who]} if who in states else {}
            self._told.say(row, "person_added", fields)

    def _each(
        self, row: Row, wanted: Mapping[str, Any], values: dict[str, Value]
    ) -> Iterator[tuple[dict[str, Value], tuple[str, ...]]]:
        """The values of each statement that a row makes, with its sources."""
        match wanted.get("each"):
            case "decisions":
                yield from self._decided(row, values)
            case "detentions" | "abductions" as several:
                yield from self._captives(row, several.removesuffix("s"), values)
            case _:
                yield values, self._told.of(row)

    def _decided(
        self, row: Row, values: dict[str, Value]
    ) -> Iterator[tuple[dict[str, Value], tuple[str, ...]]]:
        found, unknown = decisions(imports()["decisions"], row.cells["outcome"])
        if unknown or not found:
            words = ", ".join(one["word"] for one in imports()["decisions"])
            told = unknown[0][:40] if unknown else ""
            self._told.problems.append(
                Problem(
                    row.number,
                    "outcome",
                    Sentence("{told!r} begins with none of {words}", told=told, words=words),
                )
            )
        texts = sources_of(row)
        for one in found:
            more = dict(values)
            if len(found) > 1 or one.number is not None:
                more["accused"] = self._group(one)
            for number, places in counts_by_source(one.number, texts):
                told_by = (row.id, *(self._told.name(row, texts[place]) for place in places))
                if one.number is not None and number != Range(len(self._group(one)), len(self._group(one))):
                    more["number"] = number or one.number
                elif one.number is not None or len(found) > 1:
                    more.pop("number", None)
                years: dict[str, Value] = {"years": one.years} if one.years else {}
                yield (
                    {
                        **more,
                        **years,
                        "verdict": one.verdict,
                        **({"sentence": one.sentence} if one.sentence else {}),
                    },
                    told_by,
                )

    def _group(self, decision: Decision) -> tuple[str, ...]:
        """Accused of one decision: those known whose ids say so (A-acq1, acquitted), or else one id for all of them."""
        number = decision.number
        named = tuple(
            who
            for who in self._spoken.ids
            if who.startswith("A-")
            and decision.words.casefold().startswith(re.sub(r"[0-9]+$", "", who[2:]).casefold())
        )
        if named and number == Range(len(named), len(named)):
            return named
        return ("A-" + re.sub(r"[^A-Za-z0-9_]+", "_", decision.words)[:40],)

    def _captives(
        self, row: Row, sort: str, values: dict[str, Value]
    ) -> Iterator[tuple[dict[str, Value], tuple[str, ...]]]:
        persons = values.get("persons", ())
        assert isinstance(persons, tuple)
        taken: dict[str, list[str]] = {}
        for who in map(str, persons):
            if who in self._spoken.held[sort]:
                taken.setdefault(self._spoken.held[sort][who], []).append(who)
            else:
                self._told.problems.append(
                    Problem(
                        row.number,
                        "subjects",
                        Sentence("no {sort} of {who} is told before", sort=sort, who=who),
                    )
                )
        if not persons:
            self._told.problems.append(
                Problem(row.number, "subjects", Sentence("names nobody whose {sort} ends", sort=sort))
            )
        for subject, held in taken.items():
            yield {**values, sort: subject, "persons": tuple(held)}, self._told.of(row)

    def _fill(
        self, row: Row, wanted: Mapping[str, Any], values: Mapping[str, Value], sources: tuple[str, ...]
    ) -> None:
        fields: dict[str, Value] = {}
        for name, value in wanted.items():
            if name in _OF_THE_TABLE:
                continue
            told = values.get(value[1:]) if value.startswith("$") else value
            if told is not None:
                fields[name] = told
        if fields.get("number") is not None and fields.get("persons") == ():
            fields.pop("persons")
        self._spoken.remember(row, wanted, fields)
        self._told.say(row, wanted["kind"], _fitting(wanted["kind"], fields), sources=sources)
        if wanted["kind"] in _HAS_OTHER_DAYS:
            for source, when in other_days(row.cells["note"], row.when):
                told_by = (row.id, self._told.name(row, source))
                self._told.say(
                    row, wanted["kind"], _fitting(wanted["kind"], fields), sources=told_by, when=when
                )


def _fitting(kind: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    """Without empty lists of ids, where the kind does with a number."""
    return {
        name: value
        for name, value in fields.items()
        if value != () or kinds()[kind].fields[name].form is not Form.IDS
    }
