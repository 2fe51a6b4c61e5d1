"""Every verb of `tocsin case` that says something of a case: which kind of event it is, and what it fills in by itself.

What an event needs, who may say it and when stands in the table of kinds; here stands only what people call it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Verb(NamedTuple):
    """One verb.

    Attributes:
        words: What people type behind `tocsin case`: a verb, or a group and a verb.
        kind: The kind of event.
        help: What it does, in one short line.
        new: Field and letter of an id that it gives where none is given, such as `letter:L` for L1, L2...
        fixed: Fields that it fills in.
        proposal: The kind of the proposal that it speaks of; the last one, where none is named.
    """

    words: tuple[str, ...]
    kind: str
    help: str
    new: str = ""
    fixed: Mapping[str, str] = _NOTHING
    proposal: str = ""


GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "person": "Persons affected: who, their consent, contact with them.",
        "party": "Those said to be responsible.",
        "counterpart": "Authorities to whom letters go.",
        "demarche": "Letters to the government, and its answers.",
        "no-demarche": "Not to approach the government for now.",
        "investigation": "Investigations and commissions.",
        "proceeding": "Courts: complaint, charge, trial, appeal.",
        "hearing": "Hearings: set, prepare, hold.",
        "detention": "Arrest and detention.",
        "access": "Access to those detained.",
        "abduction": "Abduction.",
        "remedy": "Compensation and other remedies.",
        "support": "Support to persons and families.",
        "limitation": "When an offence can no longer be prosecuted.",
        "hold": "Put a case on hold.",
        "legal-hold": "Keep a case from being erased.",
        "close": "Close a case: propose, assent, agree.",
        "clock": "Waive or cancel a clock.",
        "task": "Plan the next action.",
    }
)

VERBS: tuple[Verb, ...] = (
    Verb(("incident",), "incident", "Say when and where it happened."),
    Verb(("link",), "incident_linked", "Link with an incident record."),
    Verb(("describe",), "described", "Describe the case anew."),
    Verb(("register",), "registered", "Register a draft."),
    Verb(("note",), "note", "Write a note."),
    Verb(("review",), "status_checked", "Say that you looked at it."),
    Verb(("escalate",), "escalated", "Say that it was taken further up."),
    Verb(("source",), "source_named", "Name a source; who it is stays sealed.", "source:S"),
    Verb(("verdict",), "verdict", "Enter a verdict."),
    Verb(("reopen",), "reopened", "Reopen a closed case on a new fact."),
    Verb(("void",), "voided", "Make a draft or registered case void."),
    Verb(("person", "add"), "person_added", "Add a person affected.", "person:P"),
    Verb(("person", "update"), "person_updated", "Correct or add to what is known."),
    Verb(("person", "consent"), "consent_recorded", "Record consent to a purpose."),
    Verb(("person", "contact"), "contact_made", "Record a contact."),
    Verb(("person", "died"), "died", "Record that a person died."),
    Verb(("party", "add"), "party_added", "Add an alleged party.", "party:Q"),
    Verb(("party", "update"), "party_updated", "Correct or add to what is known."),
    Verb(("party", "attribute"), "attributed", "Record who says who did it."),
    Verb(("party", "arrested"), "suspect_arrested", "Record an arrest."),
    Verb(("counterpart", "add"), "counterpart_added", "Add an authority.", "counterpart:C"),
    Verb(("demarche", "send"), "letter_sent", "Record a letter that went out.", "letter:L"),
    Verb(
        ("demarche", "acknowledge"),
        "answer_received",
        "Record an acknowledgement.",
        "answer:A",
        MappingProxyType({"kind": "acknowledgement"}),
    ),
    Verb(
        ("demarche", "answer"),
        "answer_received",
        "Record an answer in substance.",
        "answer:A",
        MappingProxyType({"kind": "reply"}),
    ),
    Verb(
        ("demarche", "remind"),
        "letter_sent",
        "Record a reminder that went out.",
        "letter:L",
        MappingProxyType({"kind": "reminder"}),
    ),
    Verb(("demarche", "grade"), "answer_graded", "Grade an answer from A to E."),
    Verb(("demarche", "release"), "demarche_released", "Let letters go out, as the advocate."),
    Verb(("no-demarche", "propose"), "no_demarche_proposed", "Propose it, with a reason."),
    Verb(
        ("no-demarche", "agree"),
        "no_demarche_approved",
        "Agree, as a second person.",
        proposal="no_demarche_proposed",
    ),
    Verb(("investigation", "open"), "investigation_opened", "Record that one was opened.", "investigation:I"),
    Verb(("investigation", "step"), "investigation_moved", "Record a step of it."),
    Verb(("investigation", "close"), "investigation_closed", "Record how it ended."),
    Verb(("investigation", "assess"), "investigation_assessed", "Assess how good it is."),
    Verb(("proceeding", "complain"), "complaint_filed", "Record a complaint.", "proceeding:J"),
    Verb(("proceeding", "charge"), "charged", "Record charges.", "proceeding:J"),
    Verb(("proceeding", "trial"), "trial_opened", "Record that the trial opened."),
    Verb(("proceeding", "plea"), "plea", "Record a plea."),
    Verb(("proceeding", "sentence"), "sentenced", "Record a sentence."),
    Verb(("proceeding", "appeal"), "appeal_lodged", "Record an appeal."),
    Verb(("proceeding", "blocked"), "appeal_blocked", "Record that an appeal is blocked."),
    Verb(("proceeding", "final"), "became_final", "Record that it became final."),
    Verb(("proceeding", "flag"), "proceeding_flagged", "Note something about it."),
    Verb(("proceeding", "custody"), "custody_changed", "Say where an accused person is."),
    Verb(("hearing", "set"), "hearing_set", "Record the day of a hearing.", "hearing:H"),
    Verb(("hearing", "prepare"), "hearing_prepared", "Record a step before it."),
    Verb(("hearing", "held"), "hearing_held", "Record what came of it."),
    Verb(("detention", "start"), "detention_started", "Record an arrest.", "detention:D"),
    Verb(("detention", "update"), "detention_updated", "Record place, basis, whereabouts."),
    Verb(("detention", "grounds"), "grounds_communicated", "Record that grounds were given."),
    Verb(("detention", "end"), "detention_ended", "Record how it ended."),
    Verb(("access", "ask"), "access_requested", "Record that access was asked for.", "access:X"),
    Verb(("access", "answer"), "access_answered", "Record the answer."),
    Verb(("access", "visit"), "visited", "Record a visit."),
    Verb(("abduction", "start"), "abduction_started", "Record an abduction.", "abduction:B"),
    Verb(("abduction", "claim"), "abduction_claimed", "Record a claim."),
    Verb(("abduction", "alive"), "proof_of_life", "Record a proof of life."),
    Verb(("abduction", "end"), "abduction_ended", "Record how it ended."),
    Verb(("evidence", "step"), "checklist_done", "Tick a step of the first 48 hours."),
    Verb(("remedy", "order"), "remedy_ordered", "Record a remedy.", "remedy:R"),
    Verb(("remedy", "paid"), "remedy_paid", "Record what was paid."),
    Verb(("support", "offer"), "support_offered", "Record support offered."),
    Verb(("support", "accept"), "support_accepted", "Record support accepted."),
    Verb(("limitation", "set"), "limitation_set", "Enter a limitation.", "limitation:M"),
    Verb(("limitation", "suspend"), "limitation_suspended", "Enter a suspension of it."),
    Verb(("limitation", "review"), "limitation_reviewed", "Say that you looked at it."),
    Verb(("hold", "set"), "hold_set", "Put the case on hold."),
    Verb(("hold", "lift"), "hold_lifted", "Take it off hold."),
    Verb(("legal-hold", "set"), "legal_hold_set", "Set it."),
    Verb(("legal-hold", "lift"), "legal_hold_lifted", "Lift it."),
    Verb(("close", "propose"), "closure_proposed", "Propose to close, with reason and proof."),
    Verb(("close", "assent"), "closure_assented", "Assent, as legal adviser.", proposal="closure_proposed"),
    Verb(("close", "refuse"), "closure_refused", "Refuse, with a reason.", proposal="closure_proposed"),
    Verb(("close", "agree"), "closed", "Agree, as a second person.", proposal="closure_proposed"),
    Verb(("clock", "waive"), "clock_waived", "Waive a clock, with a reason."),
    Verb(("clock", "cancel"), "clock_cancel_proposed", "Propose to cancel a clock."),
    Verb(
        ("clock", "agree"),
        "clock_cancelled",
        "Agree, as a second person.",
        proposal="clock_cancel_proposed",
    ),
    Verb(("task", "set"), "task_set", "Plan what is to be done, and when."),
    Verb(("task", "done"), "task_done", "Say that it is done."),
)
