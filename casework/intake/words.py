"""What the free words of a row say: who, how many, what was decided, what other sources say of the date."""

import re
from calendar import month_name
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from casework.span import Basis, Range, Span, on, parse_range

MOST = 500  # ids that one range may name
_RANGE = re.compile(r"\b([PA])([0-9]{1,6})-\1([0-9]{1,6})\b")
_ID = re.compile(r"\b[PA](?:[0-9]{1,6}|-[A-Za-z0-9_]{1,40})\b")
_COUNT = re.compile(r"= ?([0-9]{1,9}(?:\.\.[0-9]{1,9})?)$")
_YEARS = re.compile(r"([0-9]{1,3})\s*y")
_STATES = re.compile(r"\b[A-Z]{3}\b")
_NATIONALS = re.compile(r"(?P<who>[^;]{1,200}?) nationals of (?P<states>[^;]{1,200})")
_OTHER_DAY = (
    re.compile(r"(?P<source>[^;:,]{1,100}?) gives (?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"),
    re.compile(
        r"(?P<source>(?:some|other|one) sources?): (?P<about>on or around )?(?P<day>[0-9]{1,2} (?P<month>[A-Z][a-z]+))"
    ),
)
_MONTHS = tuple(month_name)[1:]


class Decision(NamedTuple):
    """One part of an outcome: its own words, the verdict and sentence they mean, years, and how many."""

    words: str
    verdict: str
    sentence: str
    years: Range | None
    number: Range | None


def ids_in(text: str) -> tuple[str, ...]:
    """Ids of persons (P) and accused (A) in a text, in its order; P1-P6 names six."""

    def several(found: re.Match[str]) -> str:
        first, last = int(found[2]), int(found[3])
        if not first <= last < first + MOST:
            return found[0]
        return ", ".join(f"{found[1]}{number}" for number in range(first, last + 1))

    return tuple(dict.fromkeys(_ID.findall(_RANGE.sub(several, text))))


def segments(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Ids with the words that follow them: "P1 killed; P2 driver injured" are two."""
    starts = [found.start() for found in re.finditer(r"(?:^|[;,]\s*)(?=[PA][0-9-])", text)] or [0]
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    waiting: tuple[str, ...] = ()
    for piece in pieces:
        ids, words = (*waiting, *ids_in(piece)), _RANGE.sub("", piece)
        if _ID.sub("", words).strip(" ,;"):
            yield ids, piece
            waiting = ()
        else:
            waiting = ids  # "P1,P2 nationals": the words come with the last of them
    if waiting:
        yield waiting, ""


def adjourned_to(text: str) -> date | None:
    """The day to which a hearing was adjourned, where a text says so."""
    found = re.search(r"adjourned to ([0-9]{4}-[0-9]{2}-[0-9]{2})", text)
    return _day(found[1], date.min) if found else None


def word_of(table: Mapping[str, str], text: str) -> str:
    """What the first word of a table that stands in a text means; nothing if none does."""
    low = text.casefold()
    found = [word for word in table if re.search(rf"\b{re.escape(word.casefold())}", low)]
    return table[found[0]] if found else ""


def nationalities(subjects: str, note: str) -> dict[str, tuple[str, ...]]:
    """Country codes by person: "P1 nurse (FRA)", or "P1,P2 nationals of USA and SWE" in a note."""
    found = {
        who: tuple(_STATES.findall(bracket[1]))
        for ids, words in segments(subjects)
        for bracket in [re.search(r"\(([A-Z]{3}(?:, ?[A-Z]{3})*)\)", words)]
        if bracket
        for who in ids
    }
    for told in _NATIONALS.finditer(note):
        ids, parts = ids_in(told["who"]), told["states"].split(" and ")
        each = len(parts) == len(ids)
        for place, who in enumerate(ids):
            states = tuple(_STATES.findall(parts[place] if each else told["states"]))
            if states:
                found[who] = states
    return found


def decisions(table: Iterable[Mapping[str, Any]], outcome: str) -> tuple[list[Decision], list[str]]:
    """What was decided, part by part, and the parts that say nothing that the table knows."""
    found, unknown = [], []
    for part in filter(None, (one.strip() for one in outcome.split(";"))):
        meant = next((one for one in table if part.casefold().startswith(one["word"])), None)
        if meant is None:
            unknown.append(part)
            continue
        count, words = _COUNT.search(part), _COUNT.sub("", part).strip()
        years = _YEARS.search(words)
        found.append(
            Decision(
                words,
                meant["verdict"],
                meant.get("sentence", ""),
                parse_range(years[1], "years") if years else None,
                parse_range(count[1], "outcome") if count else None,
            )
        )
    return found, unknown


def counts_by_source(
    number: Range | None, sources: tuple[str, ...]
) -> list[tuple[Range | None, tuple[int, ...]]]:
    """Who says which number: "one (51)" and "other (49 of 50)" are two statements of 49..51.

    Each with the places of its sources; one statement of all sources where they can not be told apart.
    """
    everybody = tuple(range(len(sources)))
    if number is None or number.low == number.high:
        return [(number, everybody)]
    told = [re.search(r"\(([0-9]{1,9})\b", source) for source in sources]
    places = {
        bound: tuple(at for at, found in enumerate(told) if found and int(found[1]) == bound)
        for bound in number
    }
    if all(places.values()):
        return [(Range(bound, bound), places[bound]) for bound in number]
    return [(number, everybody)]


def other_days(note: str, when: Span) -> list[tuple[str, Span]]:
    """Other dates that a note reports: who gives them, and the day."""
    found = []
    for pattern in _OTHER_DAY:
        for told in pattern.finditer(note):
            day = _day(told["day"], when.earliest)
            if day is not None:
                about = "about" in pattern.groupindex and told["about"]
                found.append((told["source"].strip(), Span(day, day, Basis.ESTIMATE) if about else on(day)))
    return found


def _day(text: str, near: date) -> date | None:
    """A day with or without a year; without one it is the nearest."""
    try:
        if "-" in text:
            return date.fromisoformat(text)
        day, month = text.split()
        days = [date(near.year + by, _MONTHS.index(month) + 1, int(day)) for by in (-1, 0, 1)]
    except ValueError:
        return None
    return min(days, key=lambda one: abs((one - near).days))
