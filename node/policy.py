"""What one organization lets out: a TOML file, checked as a whole before any of it counts.

The file is data, the rules that read it are in `node.rules`. Its digest says which version of it decided a release.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from node.audience import CLOSED, FINEST, Levels, Purpose, Tier, narrowest
from node.codes import code_list
from node.errors import PolicyError
from node.ladders import DIMENSIONS

FILE_NAME = "policy.toml"
MAX_POLICY_BYTES = 256 * 1024

T = TypeVar("T")
_Days = Annotated[int, Field(ge=0, le=36_500)]
_DimensionName = Literal["when", "where", "what", "victims", "target", "actor", "certainty"]


class Agreement(NamedTuple):
    """A named member may see finer than its tier; no countries means everywhere."""

    member: str
    countries: frozenset[str]
    until: date | None
    levels: Levels

    def applies(self, country: str, today: date) -> bool:
        """Whether it counts for an incident in a country today."""
        current = self.until is None or today <= self.until
        return current and (not self.countries or country in self.countries)


@dataclass(frozen=True)
class Policy:
    """A checked policy.

    Attributes:
        name: What the organization calls it.
        version: The organization's own counter.
        text: The file as it was read.
        levels: What each tier sees at the finest.
        embargo: How long after an incident each tier must wait (R11).
        purposes: What each tier may use a record for (R16).
        captivity_presumed_over: After this, a capture whose end nobody reported counts as over (R15).
        rcrc_named: Whether the Red Cross and Red Crescent Movement may be named as a class (R7).
        regular_countries: Codes of countries at the regular level of Saving Lives Together.
        regular_by_default: Whether a country that is not named is at the regular level.
        regular: The most that any tier sees of incidents there.
        agreements: With named members.
    """

    name: str
    version: int
    text: str
    levels: Mapping[Tier, Levels]
    embargo: Mapping[Tier, timedelta]
    purposes: Mapping[Tier, frozenset[Purpose]]
    captivity_presumed_over: timedelta
    rcrc_named: bool
    countries: Mapping[str, bool]
    regular_by_default: bool
    regular: Levels
    agreements: tuple[Agreement, ...]

    @cached_property
    def agreed_members(self) -> frozenset[str]:
        """Members with whom there is an agreement."""
        return frozenset(agreement.member for agreement in self.agreements)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the file, by which releases name it."""
        return sha256(self.text.encode()).digest()

    def is_regular(self, country: str) -> bool:
        """Whether a country is at the regular level of Saving Lives Together."""
        return self.countries.get(country, self.regular_by_default)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _PerTier(_Part, Generic[T]):
    public: T
    peer: T
    coordinator: T

    def of(self, tier: Tier) -> T:
        """What is said of a tier."""
        said: T = getattr(self, tier.name.lower())
        return said


class _Captivity(_Part):
    presumed_over_days: _Days


class _Consent(_Part):
    rcrc_named: bool


class _Agreement(_Part):
    member: str = Field(min_length=2, max_length=63)
    countries: list[str] = []
    until: date | None = None
    levels: dict[_DimensionName, str]


class _File(_Part):
    name: str = Field(min_length=1, max_length=100)
    version: int = Field(ge=1)
    levels: _PerTier[dict[_DimensionName, str]]
    embargo: _PerTier[_Days]
    purposes: _PerTier[list[str]]
    captivity: _Captivity
    consent: _Consent
    countries: dict[str, Literal["regular", "enhanced"]]
    regular: dict[_DimensionName, str]
    agreement: list[_Agreement] = []


def read_policy(text: str) -> Policy:
    """Check the text of a policy.

    Raises:
        PolicyError: It is no TOML, or something in it is missing, unknown or contradicts itself; names the line.
    """
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise PolicyError(f"longer than {MAX_POLICY_BYTES} bytes")
    try:
        form = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"not TOML: {error}") from error
    except ValidationError as error:
        # A name that is misspelt is told rather than the one that is missing because of it.
        first = min(error.errors(), key=lambda one: one["type"] == "missing")
        path = [str(part) for part in first["loc"] if part != "[key]"]
        raise _wrong(text, path, first["msg"].lower()) from error
    return _checked(text, form)


@cache
def baseline() -> Policy:
    """The careful profile that every node starts with."""
    return read_policy(files("node").joinpath("slt_baseline.toml").read_text("utf-8"))


def _checked(text: str, form: _File) -> Policy:
    levels = {
        tier: _levels(text, ["levels", tier.name.lower()], form.levels.of(tier), CLOSED) for tier in Tier
    }
    for coarse, fine in pairwise(Tier):
        if narrowest((levels[coarse], levels[fine])) != levels[coarse]:
            raise _wrong(text, ["levels", fine.name.lower()], f"shows less than {coarse.name.lower()} does")
    if "default" not in form.countries:
        raise _wrong(text, ["countries"], "says nothing of the default")
    countries = {code: level == "regular" for code, level in form.countries.items()}
    by_default = countries.pop("default")
    _check_countries(text, ["countries"], countries)
    return Policy(
        form.name,
        form.version,
        text,
        levels,
        {tier: timedelta(days=form.embargo.of(tier)) for tier in Tier},
        {tier: _purposes(text, tier, form.purposes.of(tier)) for tier in Tier},
        timedelta(days=form.captivity.presumed_over_days),
        form.consent.rcrc_named,
        countries,
        by_default,
        _levels(text, ["regular"], form.regular, None),
        tuple(_agreement(text, at, one) for at, one in enumerate(form.agreement)),
    )


def _agreement(text: str, at: int, one: _Agreement) -> Agreement:
    path = ["agreement", str(at)]
    _check_countries(text, [*path, "countries"], one.countries)
    levels = _levels(text, [*path, "levels"], one.levels, CLOSED)
    return Agreement(one.member, frozenset(one.countries), one.until, levels)


def _levels(text: str, path: list[str], named: Mapping[Any, str], unnamed: int | None) -> Levels:
    """Levels by their names; a dimension that is not named is at `unnamed`, or at its finest."""
    found = []
    for dimension, finest in zip(DIMENSIONS, FINEST, strict=True):
        level = named.get(dimension.name)
        if level is None:
            found.append(finest if unnamed is None else unnamed)
        elif level in dimension.levels:
            found.append(dimension.levels.index(level))
        else:
            wanted = f"{level!r} is none of {', '.join(dimension.levels)}"
            raise _wrong(text, [*path, dimension.name], wanted)
    return tuple(found)


def _purposes(text: str, tier: Tier, named: list[str]) -> frozenset[Purpose]:
    known = {purpose.value: purpose for purpose in Purpose}
    for name in named:
        if name not in known:
            raise _wrong(text, ["purposes", tier.name.lower()], f"{name!r} is none of {', '.join(known)}")
    return frozenset(known[name] for name in named)


def _check_countries(text: str, path: list[str], codes: Mapping[str, bool] | list[str]) -> None:
    for code in codes:
        if code not in code_list("country").codes:
            raise _wrong(text, path, f"{code!r} is not a code of the list of countries")


def _wrong(text: str, path: list[str], why: str) -> PolicyError:
    line = _line_of(text, path)
    where = ".".join(path)
    return PolicyError(f"line {line}: {where}: {why}" if line else f"{where}: {why}")


def _line_of(text: str, path: list[str]) -> int:
    """The line that a path of the document leads to, or of the nearest part above it; 0 when there is none."""
    best, found = 0, 0
    table: list[str] = []
    entries: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w.\-]+)\s*\]?\]", line)
        key = re.match(r"\s*([\w\-]+)\s*=", line)
        if header is None and key is None:
            continue
        if header is not None:
            table = header[1].split(".")
            if line.lstrip().startswith("[["):
                entries[header[1]] = entries.get(header[1], -1) + 1
            if table[0] in entries:
                table.insert(1, str(entries[table[0]]))
            here = table
        else:
            here = [*table, key[1]] if key else table
        same = len(here) if path[: len(here)] == here else 0
        if same > best:
            best, found = same, number
    return found
