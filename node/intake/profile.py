"""A profile says of one source which of its columns is what: a TOML file, checked as a whole before it is used.

One mechanism for every source: the profiles that come with Tocsin lie in `profiles/`, an operator writes others in the
same form (docs/sources.md). A profile maps; it computes nothing.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from node.codes import DETAIL_LISTS, code_list, fold
from node.errors import ProfileError
from node.lines import faults_of, told
from node.model import Cause, Certainty, Outcome, Qualifier, Sex, Staff

MAX_PROFILE_BYTES = 256 * 1024
BUILT_IN = ("awsd", "kika", "health_care", "shcc", "own")

CODED = ("means", "context", "location_type", "motive", "actor_type")  # fields named like their list
# Whose words a workbook offers.
LISTS = (
    *(*CODED, "source_kind", "country", "organization_type", "geo_precision", "time_precision"),
    *("programme", "impact", "driver", "fate"),
)
LEVELS: Mapping[str, frozenset[str]] = {"cause": frozenset(Cause), "certainty": frozenset(Certainty)}
_PLACES = ("country", "country_code", "admin1", "admin2", "settlement", "latitude", "longitude", "point")
_ONCE = {
    *("id", "date", "year", "month", "day", "actor_name", "narrative"),
    *("source_kind", "employer", *CODED, *LEVELS, *_PLACES, *DETAIL_LISTS),
}
_STAFF = {"national": Staff.NATIONAL, "international": Staff.INTERNATIONAL, "unknown_staff": Staff.UNKNOWN}
_SEX = {"female": Sex.FEMALE, "male": Sex.MALE, "other_sex": Sex.OTHER, "unknown_sex": Sex.UNKNOWN}


class Says(NamedTuple):
    """What a column says.

    Attributes:
        kind: A field of the incident, `count`, `captive` (killed in captivity), `employer` or a list of details.
        code: Whom or what a number is of, where the column holds one: an employer, or a code of the list.
        outcome: Of a count; `None` is everybody affected.
        staff: Of a count; `None` is everybody.
        sex: Of a count; `None` is everybody.
    """

    kind: str
    code: str = ""
    outcome: Outcome | None = None
    staff: Staff | None = None
    sex: Sex | None = None


class Column(NamedTuple):
    """A column that a source is known to publish; case, blanks and punctuation of its titles never matter."""

    title: str
    says: Says
    also: tuple[str, ...]
    tag: str
    required: bool
    separator: str
    several: str
    otherwise: str
    nothing: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    again: str


@dataclass(frozen=True)
class Profile:
    """A checked profile.

    Attributes:
        name: Of the source; its records are called `name:id`.
        title: What people call the source.
        spelling: Whose words the code lists look up: `own`, `awsd` or `sind`.
        whole: Whether a file holds all that the source knows, so that what is not in it any more has been withdrawn.
        day_first: How a date with the year last is read; `None` refuses it.
        rest: Persons of a total whom its parts do not tell: `refuse` the row, or count them as `unknown`.
        qualifier: How every number is meant.
        captive_means: Means of attack whose killed died in captivity.
        always: Value of a field where the source does not say it.
        columns: In the order of the file.
        by_spelling: Each column by every spelling of its title, folded.
        words: Per list or field, codes by words of the source that no list has, folded.
        left_out: Titles that are known and not taken over, folded, each with the reason.
    """

    name: str
    title: str
    spelling: str
    whole: bool
    day_first: bool | None
    rest: str
    qualifier: Qualifier
    captive_means: frozenset[str]
    always: Mapping[str, str]
    columns: tuple[Column, ...]
    by_spelling: Mapping[str, Column]
    words: Mapping[str, Mapping[str, str]]
    left_out: Mapping[str, str]

    def code(self, list_name: str, text: str) -> str | None:
        """Code for a text of the source; `None` where neither the profile nor the list has it."""
        own = self.words.get(list_name)
        found = own.get(fold(text)) if own else None
        if found is None and list_name in LEVELS:
            return fold(text) if fold(text) in LEVELS[list_name] else None
        return found or code_list(list_name).find(text, self.spelling)


def _says(text: str) -> str:
    _parse(text)
    return text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Column(_Part):
    says: Annotated[str, AfterValidator(_says)] = Field(alias="is")
    also: list[str] = []
    tag: str = ""
    required: bool = False
    separator: str = ""
    several: str = ""
    otherwise: str = ""
    nothing: list[str] = []
    yes: list[str] = []
    no: list[str] = []
    again: Literal["", "first", "last"] = ""


class _File(_Part):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    title: str
    spelling: Literal["own", "awsd", "sind"] = "own"
    whole: bool
    dates: Literal["", "day first", "month first"] = ""
    rest: Literal["refuse", "unknown"] = "refuse"
    qualifier: Literal["exact", "at_least", "estimated"] = "exact"
    captive_means: list[str] = []
    always: dict[str, str] = {}
    columns: dict[str, _Column]
    words: dict[str, dict[str, str]] = {}
    left_out: dict[str, str] = {}


def read_profile(text: str) -> Profile:
    """Check the text of a profile.

    Raises:
        ProfileError: It is no TOML, or something in it is missing, unknown or contradicts itself; every fault is told
            on a line of its own, with the line of the file.
    """
    if len(text.encode()) > MAX_PROFILE_BYTES:
        raise ProfileError("longer than {most} bytes", most=MAX_PROFILE_BYTES)
    try:
        form = _File.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProfileError("not TOML: {error}", error=error) from error
    except ValidationError as error:
        raise ProfileError(told(text, faults_of(error))) from error
    columns = tuple(_column(title, one) for title, one in form.columns.items())
    faults = [*_wrong_codes(form), *_wrong_columns(columns)]
    if faults:
        raise ProfileError(told(text, faults))
    return Profile(
        form.name,
        form.title,
        form.spelling,
        form.whole,
        {"": None, "day first": True, "month first": False}[form.dates],
        form.rest,
        Qualifier(form.qualifier),
        frozenset(form.captive_means),
        form.always,
        columns,
        {fold(spelling): column for column in columns for spelling in (column.title, *column.also)},
        {name: {fold(word): code for word, code in words.items()} for name, words in form.words.items()},
        {fold(title): why for title, why in form.left_out.items()},
    )


@cache
def built_in() -> tuple[Profile, ...]:
    """The profiles that come with Tocsin."""
    folder = files("node.intake").joinpath("profiles")
    return tuple(read_profile(folder.joinpath(f"{name}.toml").read_text("utf-8")) for name in BUILT_IN)


def _column(title: str, form: _Column) -> Column:
    return Column(
        title,
        _parse(form.says),
        tuple(form.also),
        form.tag,
        form.required,
        form.separator,
        form.several,
        form.otherwise,
        frozenset(map(fold, form.nothing)),
        frozenset(map(fold, form.yes)),
        frozenset(map(fold, form.no)),
        form.again,
    )


def _parse(text: str) -> Says:
    """Read what stands after `is`.

    Raises:
        ValueError: It is none of the things that a column can say.
    """
    first, *more = text.split() or [""]
    if text in _ONCE:
        return Says(text)
    if first in DETAIL_LISTS and len(more) == 1:
        return Says(first, _one_of(more[0], code_list(first).codes, f"the list {first}"))
    if first == "employer" and len(more) == 1:
        return Says(
            first, _one_of(more[0], code_list("organization_type").codes, "the list organization_type")
        )
    outcomes = {str(outcome): outcome for outcome in Outcome}
    if first in {*outcomes, "affected", "killed_in_captivity"}:
        staff = [_STAFF[word] for word in more if word in _STAFF]
        sex = [_SEX[word] for word in more if word in _SEX]
        if len(staff) + len(sex) == len(more) and len(staff) < 2 and len(sex) < 2:
            kind = "captive" if first == "killed_in_captivity" else "count"
            of = outcomes.get(first)
            return Says(kind, "", of, staff[0] if staff else None, sex[0] if sex else None)
    raise ValueError(f"{text[:60]!r} is nothing that a column can say; docs/sources.md lists what it can")


def _one_of(code: str, known: Mapping[str, object], of: str) -> str:
    if code not in known:
        raise ValueError(f"{code[:40]!r} is not a code of {of}")
    return code


def _wrong_codes(form: _File) -> list[tuple[list[str], str]]:
    faults = []
    said = [(["always", name], name, [code]) for name, code in form.always.items()]
    said += [(["words", name], name, list(words.values())) for name, words in form.words.items()]
    said.append((["captive_means"], "means", form.captive_means))
    for path, name, codes in said:
        known = _known(name)
        if known is None:
            faults.append((path, "is no list and no field"))
        faults += [
            (path, f"{code[:40]!r} is none of {', '.join(sorted(known))}")
            for code in codes
            if known is not None and code not in known
        ]
    for title, column in form.columns.items():
        known = _known(column.says)
        for code in (column.several, column.otherwise):
            if code and (known is None or code not in known):
                faults.append((["columns", title], f"{code[:40]!r} is not a code of {column.says}"))
    return faults


def _known(name: str) -> frozenset[str] | None:
    if name in LEVELS:
        return LEVELS[name]
    if name in {*CODED, *DETAIL_LISTS, "source_kind", "country", "organization_type"}:
        return frozenset(code_list(name).codes)
    return frozenset(code_list("organization_type").codes) if name == "employer" else None


def _wrong_columns(columns: tuple[Column, ...]) -> list[tuple[list[str], str]]:
    faults = []
    titles: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for column in columns:
        path = ["columns", column.title]
        for spelling in (column.title, *column.also):
            other = titles.setdefault(fold(spelling), column.title)
            if other != column.title:
                faults.append((path, f"{spelling[:40]!r} is a spelling of {other[:40]!r} too"))
        if column.says == Says(column.says.kind) and column.says.kind in _ONCE:
            other = kinds.setdefault(column.says.kind, column.title)
            if other != column.title:
                faults.append((path, f"{column.says.kind} is said by {other[:40]!r} already"))
    lacking = [name for name in ("id",) if name not in kinds]
    if "date" not in kinds and "year" not in kinds:
        lacking.append("date or year")
    return faults + [(["columns"], f"no column is {name}") for name in lacking]
