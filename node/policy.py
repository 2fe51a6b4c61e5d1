"""What one organization lets out: a TOML file, checked as a whole before any of it counts.

The file is data, the rules that read it are in `node.rules`. Its digest says which version of it decided a release.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Generic, Literal, NamedTuple, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from node.audience import ALL_CLOSED, FINEST, Levels, Purpose, Tier, narrowest
from node.codes import code_list
from node.errors import PolicyError
from node.ladders import ACTOR, CERTAINTY, DIMENSIONS, TARGET, VICTIMS, WHAT, WHEN, WHERE
from node.lines import faults_of, told

FILE_NAME = "policy.toml"
DEFAULT = "default"  # in the place of a country: every one that is not named
MAX_POLICY_BYTES = 256 * 1024

T = TypeVar("T")
_Days = Annotated[int, Field(ge=0, le=36_500)]


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
        matching: How finely a record that a member was shown may be compared with its own, beyond what it was shown.
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
    matching: Levels = ALL_CLOSED

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


def _one_of(known: Sequence[str]) -> AfterValidator:
    """Let through one of some names, or several of them in a list."""

    def check(said: T) -> T:
        wrong = [repr(name) for name in (said if isinstance(said, list) else [said]) if name not in known]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} is none of {', '.join(known)}")
        return said

    return AfterValidator(check)


def _check_countries(codes: list[str]) -> list[str]:
    wrong = [repr(code) for code in codes if code not in code_list("country").codes]
    if wrong:
        raise ValueError(f"{', '.join(wrong)} is not a code of the list of countries")
    return codes


def _check_country(code: str) -> str:
    if code != DEFAULT:
        _check_countries([code])
    return code


class _Levels(_Part):
    when: Annotated[str, _one_of(WHEN.levels)] = ""
    where: Annotated[str, _one_of(WHERE.levels)] = ""
    what: Annotated[str, _one_of(WHAT.levels)] = ""
    victims: Annotated[str, _one_of(VICTIMS.levels)] = ""
    target: Annotated[str, _one_of(TARGET.levels)] = ""
    actor: Annotated[str, _one_of(ACTOR.levels)] = ""
    certainty: Annotated[str, _one_of(CERTAINTY.levels)] = ""

    def read(self, unnamed: Levels) -> Levels:
        """Levels by their numbers; a dimension that is not named is as in `unnamed`."""
        named = (getattr(self, dimension.name) for dimension in DIMENSIONS)
        both = zip(named, DIMENSIONS, unnamed, strict=True)
        return tuple(one.levels.index(name) if name else other for name, one, other in both)


class _PerTier(_Part, Generic[T]):
    public: T
    peer: T
    coordinator: T

    def of(self, tier: Tier) -> T:
        """What is said of a tier."""
        said: T = getattr(self, tier.name.lower())
        return said


class _TierLevels(_PerTier[_Levels]):
    @field_validator("peer", "coordinator")
    @classmethod
    def no_less_than_coarser(cls, said: _Levels, info: ValidationInfo) -> _Levels:
        """See that a finer tier sees at least as much."""
        for name, coarser in list(info.data.items())[-1:]:
            levels = coarser.read(ALL_CLOSED)
            if narrowest((levels, said.read(ALL_CLOSED))) != levels:
                raise ValueError(f"shows less than {name} does")
        return said


class _Captivity(_Part):
    presumed_over_days: _Days


class _Consent(_Part):
    rcrc_named: bool


class _Agreement(_Part):
    member: str = Field(min_length=2, max_length=63)
    countries: Annotated[list[str], AfterValidator(_check_countries)] = []
    until: date | None = None
    levels: _Levels


class _File(_Part):
    name: str = Field(min_length=1, max_length=100)
    version: int = Field(ge=1)
    levels: _TierLevels
    embargo: _PerTier[_Days]
    purposes: _PerTier[Annotated[list[str], _one_of(tuple(Purpose))]]
    captivity: _Captivity
    consent: _Consent
    countries: dict[Annotated[str, AfterValidator(_check_country)], Literal["regular", "enhanced"]]
    regular: _Levels
    agreement: list[_Agreement] = []
    matching: _Levels = _Levels()


def read_policy(text: str) -> Policy:
    """Check the text of a policy.

    Raises:
        PolicyError: It is no TOML, or something in it is missing, unknown or contradicts itself; every fault is told
            on a line of its own, with the line of the file.
    """
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise PolicyError("longer than {most} bytes", most=MAX_POLICY_BYTES)
    try:
        said = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyError("not TOML: {error}", error=error) from error
    countries = said.get("countries")
    lacking = isinstance(countries, dict) and DEFAULT not in countries
    faults = [(["countries"], "says nothing of the default")] if lacking else []
    try:
        form = _File.model_validate(said)
    except ValidationError as error:
        raise PolicyError(told(text, [*faults_of(error), *faults])) from error
    if faults:
        raise PolicyError(told(text, faults))
    return _policy(text, form)


@cache
def baseline() -> Policy:
    """The careful profile that every node starts with."""
    return read_policy(files("node").joinpath("slt_baseline.toml").read_text("utf-8"))


def _policy(text: str, form: _File) -> Policy:
    countries = {code: level == "regular" for code, level in form.countries.items()}
    by_default = countries.pop(DEFAULT)
    return Policy(
        form.name,
        form.version,
        text,
        {tier: form.levels.of(tier).read(ALL_CLOSED) for tier in Tier},
        {tier: timedelta(days=form.embargo.of(tier)) for tier in Tier},
        {tier: frozenset(map(Purpose, form.purposes.of(tier))) for tier in Tier},
        timedelta(days=form.captivity.presumed_over_days),
        form.consent.rcrc_named,
        countries,
        by_default,
        form.regular.read(FINEST),
        tuple(
            Agreement(one.member, frozenset(one.countries), one.until, one.levels.read(ALL_CLOSED))
            for one in form.agreement
        ),
        form.matching.read(ALL_CLOSED),
    )
