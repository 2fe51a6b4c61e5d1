"""Values of fields: how each form looks, how it is typed, and the four reasons why there may be none.

Unknown, none, not applicable and withheld are values of their own, and never the same as a field that nobody spoke of.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from casework.errors import FieldError
from casework.span import Range, Span, check_day, parse_range, parse_span
from casework.vocabulary import Field, Form, Kind, codes

MAX_TEXT = 20_000  # characters of one field; longer text belongs into a document
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
STATE = re.compile(r"[A-Z]{3}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Gap(StrEnum):
    """Why a value is absent; four different things."""

    UNKNOWN = "unknown"
    NONE = "none"
    NOT_APPLICABLE = "not_applicable"
    WITHHELD = "withheld"


Value: TypeAlias = str | tuple[str, ...] | date | Span | Range | Gap


def parse_value(field: Field, text: str) -> Value:
    """Read what somebody typed; `?unknown`, `?none`, `?not_applicable` and `?withheld` say why there is no value.

    Raises:
        FieldError: It is not of the form of the field.
    """
    text = text.strip()
    if text.startswith("?"):
        if text[1:] not in set(Gap):
            raise FieldError(
                field.name,
                "{text!r} is none of {gaps}",
                text=text[:40],
                gaps=", ".join("?" + gap for gap in Gap),
            )
        return Gap(text[1:])
    return check_value(field, _FORMS[field.form].read(field, text))


def check_value(field: Field, value: Value) -> Value:
    """Return a value that is of the form of its field.

    Raises:
        FieldError: It is not.
    """
    if not isinstance(value, Gap) and not _FORMS[field.form].fits(field, value):
        raise FieldError(
            field.name, "{value!r} does not fit; {wanted}", value=str(value)[:40], wanted=wanted(field)
        )
    if isinstance(value, Span):
        check_day(field.name, value.earliest, value.latest)
    elif isinstance(value, date):
        check_day(field.name, value)
    return value


def wanted(field: Field) -> str:
    """What one writes into a field, for help and for errors."""
    listed = ", ".join(codes(field.codes)) if field.codes else ""
    return _FORMS[field.form].wanted.format(listed)


def write_value(value: Value) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Gap):
        return {"gap": str(value)}
    if isinstance(value, Span | Range | date):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def read_value(kind: Kind | None, name: str, plain: Any) -> Value:
    """The value that `write_value` wrote; of a field that this version does not know, its text.

    Raises:
        FieldError: It is not of the form of its field.
        ValueError: Likewise.
    """
    if isinstance(plain, dict):
        return Gap(plain["gap"])
    if isinstance(plain, list):
        return tuple(map(str, plain))
    field = kind.fields.get(name) if kind is not None else None
    if field is None or field.form not in _DATES_AND_NUMBERS:
        return str(plain)
    return _FORMS[field.form].read(field, plain)


class _Form(NamedTuple):
    """How values of one form are read from text, what fits, and what one is asked to write."""

    read: Callable[[Field, str], Value]
    fits: Callable[[Field, Value], bool]
    wanted: str


def _text(_field: Field, text: str) -> Value:
    return text


def _several(_field: Field, text: str) -> Value:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _day(field: Field, text: str) -> Value:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(
            field.name, "{text!r} is no day; write it like 2015-03-14", text=text[:40]
        ) from error


def _is_text(_field: Field, value: Value) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= MAX_TEXT and not _NOT_IN_TEXT.search(value)


def _is_code(field: Field, value: Value) -> bool:
    return isinstance(value, str) and value in codes(field.codes)


def _matches(pattern: re.Pattern[str]) -> Callable[[Field, Value], bool]:
    return lambda _field, value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _each(fits: Callable[[Field, Value], bool]) -> Callable[[Field, Value], bool]:
    def all_fit(field: Field, value: Value) -> bool:
        if not isinstance(value, tuple) or isinstance(value, Span | Range):
            return False
        return len(value) > 0 and all(fits(field, one) for one in value)

    return all_fit


def _is_day(_field: Field, value: Value) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


_FORMS: Mapping[Form, _Form] = MappingProxyType(
    {
        Form.TEXT: _Form(_text, _is_text, f"write a text of at most {MAX_TEXT} characters"),
        Form.CODE: _Form(_text, _is_code, "choose one of {}"),
        Form.CODES: _Form(_several, _each(_is_code), "choose some of {}, with commas between them"),
        Form.ID: _Form(_text, _matches(ID), "write a short id like P1"),
        Form.IDS: _Form(_several, _each(_matches(ID)), "write ids with commas between them, like P1,P2"),
        Form.STATE: _Form(_text, _matches(STATE), "write a country code of three letters, like SSD"),
        Form.STATES: _Form(
            _several, _each(_matches(STATE)), "write country codes with commas between them, like SSD,SDN"
        ),
        Form.DIGEST: _Form(_text, _matches(_DIGEST), "write a SHA-256 of 64 hexadecimal digits"),
        Form.DAY: _Form(_day, _is_day, "write a day like 2015-03-14"),
        Form.SPAN: _Form(
            lambda field, text: parse_span(text, field.name),
            lambda _field, value: isinstance(value, Span),
            "write 2015, 2015-03, 2015-03-14 or 2015-03-14..2015-03-16",
        ),
        Form.COUNT: _Form(
            lambda field, text: parse_range(text, field.name),
            lambda _field, value: isinstance(value, Range),
            "write 7, or 7..9",
        ),
    }
)
_DATES_AND_NUMBERS = frozenset({Form.DAY, Form.SPAN, Form.COUNT})
