"""What each move still needs, of the case and of what is said: in words, and where a field can say it, by its name."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from casework.abduction import abductions
from casework.casefile import CaseFile
from casework.consent import blocked, survivors
from casework.errors import CaseInputError, ConsentError, RoleError, SecondPersonError
from casework.event import Statement
from crypto.sentence import Sentence

MAX_HOLD = timedelta(days=30)  # until a hold is looked at again (casework 3.3)
LEGAL_CLOSURES = frozenset({"final_conviction", "no_crime", "suspects_dead", "archived"})


class By(NamedTuple):
    """Who says something: an officer's id and their roles."""

    officer: str
    roles: frozenset[str]


Needed: TypeAlias = Callable[[CaseFile, Statement | None, By], str]
"""What a case, or what is to be said of it, still lacks, in words, or nothing; the last argument is who says it."""


def _described(case: CaseFile, _said: Statement | None, _by: By) -> str:
    missing = [name for name in ("categories", "host_state", "owner") if not case.about.values.get(name)]
    return " and ".join(missing)


def _dated(case: CaseFile, _said: Statement | None, _by: By) -> str:
    return (
        ""
        if case.incident
        else Sentence("when it happened (incident, abduction_started or detention_started)")
    )


def _somebody(case: CaseFile, _said: Statement | None, _by: By) -> str:
    premises = "premises_attack" in case.categories
    return (
        ""
        if case.persons or premises
        else Sentence("at least one person affected (person_added), or premises_attack")
    )


def _linked(case: CaseFile, _said: Statement | None, _by: By) -> str:
    linked = case.last("incident_linked") or case.about.text("no_incident")
    return (
        ""
        if linked
        else Sentence("a link with an incident record (incident_linked), or why there is none (no_incident)")
    )


def _asked(case: CaseFile, _said: Statement | None, _by: By) -> str:
    """A decision on consent must be there; every answer is one, also that it was not asked."""
    decided = {
        event.text("person") for event in case.of("consent_recorded") if event.text("purpose") == "record"
    }
    silent = [person for person in survivors(case) if person not in decided]
    return (
        Sentence("a decision on consent to keep a record, for {silent}", silent=", ".join(silent))
        if silent
        else ""
    )


def _agreed(case: CaseFile, said: Statement | None, _by: By) -> str:
    """Whoever refused or withdrew is in no letter; a survivor of sexual violence must have agreed to any letter."""
    refused = blocked(case, "demarche")
    asked = [person for person in refused if person in survivors(case)]
    if asked:
        return Sentence("consent to take it up with the government, of {asked}", asked=", ".join(asked))
    named = said.fields.get("persons") if said else None
    meant = set(named) if isinstance(named, tuple) else {person.id for person in case.persons}
    left = [person for person in refused if person in meant]
    return (
        Sentence("to be about those who agreed (persons), without {left}", left=", ".join(left))
        if left
        else ""
    )


def is_quiet(case: CaseFile) -> bool:
    """Whether nothing goes out unless the survivor advocate releases it.

    So it is for sexual violence, while somebody is abducted, and while a negotiation keeps the case quiet.
    """
    abducted = any(episode.ongoing for episode in abductions(case))
    held = case.last("hold_set", "hold_lifted")
    quiet = held is not None and held.kind == "hold_set" and held.text("reason") == "negotiation"
    return case.is_sexual_violence or abducted or quiet


def _advocated(case: CaseFile, _said: Statement | None, _by: By) -> str:
    if not is_quiet(case) or case.last("demarche_released"):
        return ""
    return Sentence("a release by the survivor advocate (demarche_released)")


def _addressed(case: CaseFile, said: Statement | None, _by: By) -> str:
    known = {event.text("counterpart") for event in case.of("counterpart_added")}
    named = said.fields.get("counterpart") if said else None
    if not named:
        return "" if known and named is None else Sentence("an addressee (counterpart_added)")
    return (
        "" if named in known else Sentence("counterpart {named} to be known (counterpart_added)", named=named)
    )


def _proposed(kind: str) -> Needed:
    def need(case: CaseFile, said: Statement | None, _by: By) -> str:
        found = [event.event_id for event in case.of(kind)]
        named = said.fields.get("proposal") if said else (found[-1] if found else None)
        return "" if named in found else Sentence("a proposal ({kind})", kind=kind)

    return need


def _second_person(kind: str) -> Needed:
    def need(case: CaseFile, said: Statement | None, by: By) -> str:
        named = said.fields.get("proposal") if said else None
        proposals = [event for event in case.of(kind) if named in {None, event.event_id}]
        if proposals and proposals[-1].recorded_by == by.officer:
            return Sentence("another person than who proposed it")
        return ""

    return need


def _assented(case: CaseFile, _said: Statement | None, _by: By) -> str:
    proposal = case.last("closure_proposed")
    if proposal is None or not {proposal.text("reason"), proposal.text("justice_reason")} & LEGAL_CLOSURES:
        return ""
    assents = {event.text("proposal") for event in case.of("closure_assented")}
    return "" if proposal.event_id in assents else Sentence("the legal adviser's assent (closure_assented)")


def _told(_case: CaseFile, said: Statement | None, _by: By) -> str:
    if said is None:
        return ""
    told = {"informed", "not_informed_reason"} & said.fields.keys()
    return (
        ""
        if told
        else Sentence("whom of those affected was informed (informed), or why not (not_informed_reason)")
    )


def _review(_case: CaseFile, said: Statement | None, _by: By) -> str:
    day = said.fields.get("review_on") if said else None
    if said is None or not isinstance(day, date) or said.when.latest <= day <= said.when.latest + MAX_HOLD:
        return ""
    return Sentence("review_on at most {days} days later", days=MAX_HOLD.days)


def _own_role(_case: CaseFile, said: Statement | None, by: By) -> str:
    named = said.fields.get("role") if said else None
    return (
        "" if named is None or named in by.roles else Sentence("a role of your own, not {named}", named=named)
    )


def _same_role(case: CaseFile, _said: Statement | None, by: By) -> str:
    """Who set a hold lifts it, or somebody in the same role, or an approver."""
    held = case.last("hold_set")
    if held is None or held.recorded_by == by.officer or by.roles & {"approver", held.text("role")}:
        return ""
    return Sentence(
        "who set the hold, {who} or an approver",
        who=held.text("role") or Sentence("the same person"),
    )


def _other_case(reason: str, field: str, what: str) -> Needed:
    def need(_case: CaseFile, said: Statement | None, _by: By) -> str:
        if said is None or said.fields.get("reason") != reason or field in said.fields:
            return ""
        return Sentence("{what} ({field})", what=what, field=field)

    return need


def _justice_closed(_case: CaseFile, said: Statement | None, _by: By) -> str:
    if said is None or said.fields.get("reason") != "found":
        return ""
    closed = said.fields.get("justice_reason")
    fits = closed in LEGAL_CLOSURES | {"withdrawn"}
    return "" if fits else Sentence("how the justice part closed (justice_reason)")


def _no_legal_hold(case: CaseFile, _said: Statement | None, _by: By) -> str:
    last = case.last("legal_hold_set", "legal_hold_lifted")
    return Sentence("the end of the legal hold") if last is not None and last.kind == "legal_hold_set" else ""


def _who(name: str) -> Needed:
    def need(_case: CaseFile, said: Statement | None, _by: By) -> str:
        named = said is None or {name, "number"} & said.fields.keys()
        return "" if named else Sentence("who ({name}), or how many (number)", name=name)

    return need


_HANDLED_BY = _other_case("another_handles", "handled_by", Sentence("who handles it"))
_OTHER_CASE = _other_case("duplicate", "other_case", Sentence("of which case it is a duplicate"))
_ACCUSED, _PARTIES = _who("accused"), _who("parties")
_SECOND_NO_DEMARCHE = _second_person("no_demarche_proposed")
_SECOND_CLOSURE = _second_person("closure_proposed")
_SECOND_CANCEL = _second_person("clock_cancel_proposed")
_SECOND_ERASURE = _second_person("erasure_proposed")
NEEDS: Mapping[str, tuple[Needed, ...]] = MappingProxyType(
    {
        "registered": (_described, _dated, _somebody, _linked, _asked),
        "letter_sent": (_addressed, _agreed, _advocated),
        "no_demarche_approved": (
            _proposed("no_demarche_proposed"),
            _SECOND_NO_DEMARCHE,
        ),
        "no_demarche_proposed": (_HANDLED_BY,),
        "voided": (_OTHER_CASE,),
        "hold_set": (_review, _own_role),
        "hold_lifted": (_same_role,),
        "closure_proposed": (_justice_closed,),
        "closure_assented": (_proposed("closure_proposed"),),
        "closure_refused": (_proposed("closure_proposed"),),
        "closed": (
            _proposed("closure_proposed"),
            _SECOND_CLOSURE,
            _assented,
            _told,
        ),
        "clock_cancelled": (
            _proposed("clock_cancel_proposed"),
            _SECOND_CANCEL,
        ),
        **dict.fromkeys(("charged", "plea", "verdict", "sentenced", "custody_changed"), (_ACCUSED,)),
        **dict.fromkeys(("suspect_arrested", "suspect_transferred"), (_PARTIES,)),
        "erased": (
            _proposed("erasure_proposed"),
            _SECOND_ERASURE,
            _no_legal_hold,
        ),
    }
)
REFUSALS: Mapping[Needed, type[CaseInputError]] = MappingProxyType(
    {
        _SECOND_NO_DEMARCHE: SecondPersonError,
        _SECOND_CLOSURE: SecondPersonError,
        _SECOND_CANCEL: SecondPersonError,
        _SECOND_ERASURE: SecondPersonError,
        _agreed: ConsentError,
        _own_role: RoleError,
        _same_role: RoleError,
    }
)
_ANSWERED_BY: Mapping[Needed, tuple[str, ...]] = MappingProxyType(
    {
        _HANDLED_BY: ("handled_by",),
        _OTHER_CASE: ("other_case",),
        _ACCUSED: ("accused", "number"),
        _PARTIES: ("parties", "number"),
        _justice_closed: ("justice_reason",),
        _told: ("informed", "not_informed_reason"),
    }
)


def answers(case: CaseFile, said: Statement, by: By) -> tuple[tuple[str, ...], ...]:
    """Fields by which a statement could say what it still needs here; of each group one field is enough."""
    needs = NEEDS.get(said.kind, ())
    return tuple(_ANSWERED_BY[need] for need in needs if need in _ANSWERED_BY and need(case, said, by))
