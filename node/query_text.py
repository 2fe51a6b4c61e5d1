"""A question as the text of a link, as it stands behind the `?`, and back: the same question comes out.

    by=year,country&measure=killed&from=2015-01-01&to=2015-12-31&as-of=2016-10-03&country=SSD,SDN&compare=previous

Filters stand under the name of their dimension. A comma between values is written plainly, one inside a value as %2C.
"""

from collections.abc import Iterable
from datetime import date
from urllib.parse import quote, unquote_plus

from node.audience import Purpose
from node.dimensions import DIMENSIONS, TIME_DIMENSIONS
from node.errors import QueryError
from node.measures import EVERYTHING, PREVIOUS, Query, make_query

MAX_TEXT = 8_192  # characters; a longer link is no question
OUTSIDERS = "outsiders"
_FILTERS = frozenset(DIMENSIONS) - frozenset(TIME_DIMENSIONS)
_NAMES = ("by", "measure", "from", "to", "as-of", "for", "purpose", "compare", "top", "share", "rate")


def write_query(query: Query) -> str:
    """A question as the text of a link.

    Raises:
        QueryError: It leaves out no purpose, which only the node itself may ask.
    """
    if query.purpose is None:
        raise QueryError("a question for every purpose can not be written down")
    compare = PREVIOUS if query.previous else str(query.since or "")
    parts = {
        "by": _joined(query.by),
        "measure": _joined(query.measures),
        "from": str(query.first or ""),
        "to": str(query.last or ""),
        "as-of": str(query.as_of),
        "for": OUTSIDERS if query.own_only else "",
        "purpose": "" if query.purpose is Purpose.STAFF_SAFETY else str(query.purpose),
        "compare": compare,
        "top": str(query.top or ""),
        "rate": "1" if query.rate else "",
        "share": "" if query.share is None else _joined(query.share or (EVERYTHING,)),
        **{name: _joined(values) for name, values in query.where},
    }
    text = [f"{name}={value}" for name, value in parts.items() if value or name in {"by", "measure"}]
    return "&".join(text)


def read_query(text: str, today: date) -> Query:
    """The question that a text stands for; without `as-of` as of today.

    Raises:
        QueryError: It is none; the part that is wrong is named.
        PurposeError: Nobody shares anything for that purpose.
    """
    if len(text) > MAX_TEXT:
        raise QueryError("the question is longer than {most} characters", most=MAX_TEXT)
    given: dict[str, tuple[str, ...]] = {}
    for part in filter(None, text.removeprefix("?").split("&")):
        name, _, value = part.partition("=")
        if name not in _NAMES and name not in _FILTERS:
            raise QueryError(
                "{name!r} is none of {known}", name=name[:40], known=", ".join((*_NAMES, *sorted(_FILTERS)))
            )
        if name in given:
            raise QueryError("{name}: stands twice", name=name)
        given[name] = tuple(_decoded(one) for one in value.split(",")) if value else ()
    whom = _one(given, "for")
    if whom not in {"", "ourselves", OUTSIDERS}:
        raise QueryError("for: {whom!r} is neither ourselves nor {outsiders}", whom=whom, outsiders=OUTSIDERS)
    return make_query(
        given.get("by", ("year",)),
        given.get("measure", ("incidents",)),
        [(name, values) for name, values in given.items() if name in _FILTERS],
        as_of=_day(given, "as-of") or today,
        first=_day(given, "from"),
        last=_day(given, "to"),
        own_only=whom == OUTSIDERS,
        purpose=_one(given, "purpose") or Purpose.STAFF_SAFETY,
        compare=_one(given, "compare"),
        top=_number(given, "top"),
        share=given.get("share"),
        rate=_number(given, "rate") > 0,
    )


def _joined(values: Iterable[str]) -> str:
    return ",".join(quote(value, safe="") for value in values)


def _decoded(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError as error:
        raise QueryError("the question is not in UTF-8") from error


def _one(given: dict[str, tuple[str, ...]], name: str) -> str:
    values = given.get(name, ())
    if len(values) > 1:
        raise QueryError("{name}: only one can be given", name=name)
    return values[0] if values else ""


def _day(given: dict[str, tuple[str, ...]], name: str) -> date | None:
    text = _one(given, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise QueryError(
            "{name}: {text!r} is not a day like 2015-03-14", name=name, text=text[:40]
        ) from error


def _number(given: dict[str, tuple[str, ...]], name: str) -> int:
    text = _one(given, name)
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise QueryError("{name}: {text!r} is not a number", name=name, text=text[:40])
    return int(text or 0)
