"""What of a case may be told to other organizations: a summary built up from a short list, never stripped down (CW-18).

It holds codes, numbers, bands, quarters and months. There is one text form for one summary, and whoever reads another
refuses it by the name of the field. A case of sexual violence, one on hold and one without consent never have one.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from casework.casefile import CaseFile
from casework.communications import GRADES
from casework.consent import blocked, consent
from casework.errors import FieldError
from casework.justice import Axes, axes
from casework.lifecycle import State, follow
from casework.needs import is_quiet
from casework.values import Gap
from casework.vocabulary import codes

SUMMARY_TYPE = "application/vnd.tocsin.case-status.v1+json"
REVOCATION_TYPE = "application/vnd.tocsin.case-status-revocation.v1+json"
CASE_STATUS = "case_status"  # what `release_proposed`, `released` and `release_withdrawn` name
DEFINITION = 1  # of what the fields mean; another number is refused
LIFETIME = 6  # months from issue to expiry
MAX_TOKENS = 16
BANDS = ("", "1", "2-4", "5-9", "10+")  # persons affected; nothing where premises were attacked
FLAGS = frozenset({"in_absentia", "military_forum", "death_sentence", "file_missing", "amnesty", "pardon"})
_SILENT = frozenset({State.NONE, State.DRAFT, State.VOID, State.ON_HOLD})
_OURS = frozenset(
    {"release_proposed", "released", "release_withdrawn", "joint_confirmed", "joint_withdrawn"}
)  # not of the case itself
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"((19|20)[0-9]{2}-Q[1-4])?")
_REF = re.compile(r"[0-9a-f]{16}")
_REF_OR_NONE = re.compile(r"([0-9a-f]{16})?")
_STATE = re.compile(r"[A-Z]{3}")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_MAX_NUMBER = 2**31 - 1
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class CaseStatusSummary:
    """Everything that is ever told of a case to other organizations.

    Attributes:
        public_ref: 16 random hexadecimal digits.
        joint_ref: The joint case that both sides have confirmed; else empty.
        number: 1, 2, 3...; the newest of a public reference counts.
        host_state: Country code of three letters.
        incident_quarter: Such as 2026-Q1; empty where it is not known.
        category: Code of the list `category`, the gravest; never sexual violence.
        employer: Code of the list `employer`; empty where not known, or where persons differ.
        persons: One of `BANDS`.
        stages: Class of forum to furthest and current stage.
        public_status: Code of the list `public_status`.
        impunity: Code of the list `impunity`.
        best_reply: Best grade of a reply, A to E; empty for none.
        months_since_event: Whole months since something was last known of the case.
        flags: Some of `FLAGS`, in order.
        match_tokens: Digests by which members find that they were hit together; see `casework.joint`.
        definition: Version of what these fields mean.
        issued: Month, such as 2026-03.
        expires: Month from whose first day on it is no longer shown.
    """

    public_ref: str
    joint_ref: str
    number: int
    host_state: str
    incident_quarter: str
    category: str
    employer: str
    persons: str
    stages: Mapping[str, tuple[str, str]]
    public_status: str
    impunity: str
    best_reply: str
    months_since_event: int
    flags: tuple[str, ...]
    match_tokens: tuple[str, ...]
    definition: int
    issued: str
    expires: str

    def is_shown(self, today: date) -> bool:
        """Whether it has not expired."""
        return f"{today:%Y-%m}" < self.expires


class Revocation(NamedTuple):
    """A summary is taken back; its number is behind that of the summary."""

    public_ref: str
    number: int
    issued: str


def withheld(case: CaseFile) -> str:
    """Why nothing may be told of a case, in words; empty where it may."""
    state = follow(case).state
    told = (*case.about.values.values(), *(person.values.get("harm") for person in case.persons))
    if case.is_sexual_violence or Gap.WITHHELD in told:  # what this officer may not see may be just that
        return "cases of sexual violence leave only in statistics"
    if state in _SILENT:
        return f"it is {state}"
    if is_quiet(case):
        return "it is kept quiet while somebody is abducted or a negotiation goes on"
    silent = [person.id for person in case.persons if consent(case, person.id, "share_status") != "yes"]
    refused = blocked(case, "share_status")
    missing = list(dict.fromkeys([*silent, *refused]))
    return f"consent to share its state (share_status) is missing of {', '.join(missing)}" if missing else ""


def summary_of(
    case: CaseFile, number: int, joint_ref: str = "", match_tokens: tuple[str, ...] = ()
) -> CaseStatusSummary:
    """Say what may be told of a case, as of its days.

    Raises:
        FieldError: It lacks something, or its public reference is not random.
    """
    found, issued = axes(case), case.valid_as_of
    summary = CaseStatusSummary(
        case.about.text("public_ref"),
        joint_ref,
        number,
        case.host_state,
        _quarter(case),
        next((one for one in codes("category") if one in case.categories), ""),
        _employer(case),
        _band(len(case.persons)),
        MappingProxyType({one.forum: (one.furthest, one.current) for one in found.stages}),
        found.public_status,
        found.impunity,
        found.response.best,
        _months_since_event(case),
        _flags(found),
        tuple(sorted(match_tokens)),
        DEFINITION,
        f"{issued:%Y-%m}",
        months_later(issued, LIFETIME),
    )
    for name, check in _CHECKS.items():
        _check(name, check, getattr(summary, name))
    return summary


def write_summary(summary: CaseStatusSummary) -> bytes:
    """The one text form of a summary, which is signed."""
    return _write({field.name: getattr(summary, field.name) for field in fields(summary)})


def read_summary(payload: bytes) -> CaseStatusSummary:
    """Read a summary.

    Raises:
        FieldError: A field is unknown, missing or not of its form, or the text is not the one form of what it says.
    """
    plain = read_fields(payload, _CHECKS)
    try:
        stages = {name: (furthest, current) for name, (furthest, current) in plain["stages"].items()}
        plain |= {"stages": MappingProxyType(stages)}
        plain |= {name: tuple(plain[name]) for name in ("flags", "match_tokens")}
    except (ValueError, TypeError, AttributeError) as error:
        raise FieldError("stages, flags or match_tokens", "has another form") from error
    summary = CaseStatusSummary(**plain)
    for name, check in _CHECKS.items():
        _check(name, check, getattr(summary, name))
    check_form(write_summary(summary), payload)
    return summary


def write_revocation(revocation: Revocation) -> bytes:
    """The one text form of a revocation, which is signed."""
    return _write(revocation._asdict())


def read_revocation(payload: bytes) -> Revocation:
    """Read a revocation.

    Raises:
        FieldError: A field is unknown, missing or not of its form, or the text is not the one form of what it says.
    """
    plain = read_fields(payload, Revocation._fields)
    for name, value in plain.items():
        _check(name, _CHECKS[name], value)
    revocation = Revocation(**plain)
    check_form(write_revocation(revocation), payload)
    return revocation


def _write(plain: Mapping[str, Any]) -> bytes:
    return json.dumps(
        {name: dict(value) if isinstance(value, Mapping) else value for name, value in plain.items()},
        separators=(",", ":"),
    ).encode()


def read_fields(payload: bytes, names: Collection[str]) -> dict[str, Any]:
    """Read a text that has exactly these fields.

    Raises:
        FieldError: One is unknown or missing, or it is something else.
    """
    if len(payload) > _MAX_BYTES:
        raise FieldError("payload", "has more than {most} bytes", most=_MAX_BYTES)
    try:
        plain = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise FieldError("payload", "is no JSON text") from error
    if not isinstance(plain, dict):
        raise FieldError("payload", "is no JSON object")
    for name in sorted(plain.keys() - set(names)):
        raise FieldError(name[:40], "there is no such field, so nothing of it is taken")
    for name in names:
        if name not in plain:
            raise FieldError(name, "is missing")
    return plain


def check_form(written: bytes, payload: bytes) -> None:
    """Refuse a text that says what it says in another form than ours.

    Raises:
        FieldError: It does.
    """
    if written != payload:
        raise FieldError("payload", "is not in the one form in which this is written")


def _check(name: str, check: Callable[[Any], bool], value: Any) -> None:
    try:
        fits = check(value)
    except TypeError:  # a list or an object where a code should be
        fits = False
    if not fits:
        raise FieldError(name, "{value!r} is not of its form", value=str(value)[:40])


def _text(form: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def _code(name: str, *also: str, without: str = "") -> Callable[[Any], bool]:
    return lambda value: value in also or (value in codes(name) and value != without)


def _number(least: int, most: int = _MAX_NUMBER) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _several(one: Callable[[Any], bool], most: int) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return len(value) <= most and all(map(one, value)) and list(value) == sorted(set(value))

    return check


def _is_stages(value: Mapping[str, tuple[str, str]]) -> bool:
    stages = codes("stage")
    return list(value) == list(codes("forum")) and all(
        one in stages for pair in value.values() for one in pair
    )


_CHECKS: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "public_ref": _text(_REF),
        "joint_ref": _text(_REF_OR_NONE),
        "number": _number(1),
        "host_state": _text(_STATE),
        "incident_quarter": _text(_QUARTER),
        "category": _code("category", without="sexual_violence"),
        "employer": _code("employer", ""),
        "persons": lambda value: value in BANDS,
        "stages": _is_stages,
        "public_status": _code("public_status"),
        "impunity": _code("impunity"),
        "best_reply": lambda value: value in ("", *GRADES),
        "months_since_event": _number(0),
        "flags": _several(lambda one: one in FLAGS, len(FLAGS)),
        "match_tokens": _several(_text(_TOKEN), MAX_TOKENS),
        "definition": _number(DEFINITION, DEFINITION),
        "issued": _text(_MONTH),
        "expires": _text(_MONTH),
    }
)


def _quarter(case: CaseFile) -> str:
    """The quarter in which it happened, where one holds all days that it may have been."""
    if case.incident is None:
        return ""
    first, last = (
        f"{day.year}-Q{(day.month + 2) // 3}" for day in (case.incident.earliest, case.incident.latest)
    )
    return first if first == last else ""


def _employer(case: CaseFile) -> str:
    found = {person.text("employer") for person in case.persons}
    return found.pop() if len(found) == 1 else ""


def _band(persons: int) -> str:
    steps = ((10, "10+"), (5, "5-9"), (2, "2-4"), (1, "1"))
    return next((band for least, band in steps if persons >= least), "")


def _months_since_event(case: CaseFile) -> int:
    last = max(event.known_on for event in case.events if event.kind not in _OURS)
    return max(0, (case.valid_as_of.year - last.year) * 12 + case.valid_as_of.month - last.month)


def _flags(found: Axes) -> tuple[str, ...]:
    return tuple(sorted({flag for court in found.proceedings for flag, _ in court.flags} & FLAGS))


def months_later(day: date, months: int) -> str:
    """The month so many months later, such as 2026-09."""
    years, month = divmod(day.month - 1 + months, 12)
    return f"{day.year + years}-{month + 1:02}"
