"""Every rule with its words, where it comes from, and what keeps it."""

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from node.rules.case import Case
from node.rules.findings import (
    Finding,
    agreed,
    attributed,
    captivity,
    certain,
    labelled,
    located,
    on_request,
    overridden,
    personal,
    purposeful,
    regular_level,
    released,
    sexual_violence,
    timed,
)

Apply: TypeAlias = Callable[[Case], Finding]


class Step(IntEnum):
    """In which order findings count: what the tier may see, what was agreed with a member, what narrows after all."""

    TIER = 1
    AGREEMENT = 2
    RECORD = 3


class Rule(NamedTuple):
    """One rule: its id, what it says in plain words, where it comes from, and who keeps it.

    `apply` decides about a record; where there is none, `kept_by` says what part of Tocsin keeps the rule instead.
    """

    id: str
    text: str
    source: str
    apply: Apply | None = None
    step: Step = Step.RECORD
    kept_by: str = ""


_SLT = "Saving Lives Together, framework of 2015"
_TLP = "Traffic Light Protocol 2.0"
RULES = (
    Rule(
        "R1",
        "Only what this organization released leaves; a new record is shared with nobody.",
        _SLT,
        released,
        Step.TIER,
    ),
    Rule(
        "R2",
        "Records are taken from registered partners alone: admitted, not suspended, in date.",
        _SLT,
        kept_by="the signed directory, at every call and every page",
    ),
    Rule(
        "R3",
        "Every record carries a label and goes no further than it says; without one it is refused.",
        _TLP,
        labelled,
        Step.TIER,
    ),
    Rule(
        "R4",
        "A receiver may narrow a label, and only the originator's signature may widen it.",
        "originator control",
        kept_by="the signature, which covers the label",
    ),
    Rule(
        "R5",
        "Nothing is passed on: RED, AMBER+STRICT and AMBER never, the others by the originator itself.",
        _TLP,
        kept_by="the node, which serves its own log alone",
    ),
    Rule(
        "R6",
        "The organization that reports is named by its broad type only.",
        "practice of the Aid Worker Security Database",
        attributed,
        Step.TIER,
    ),
    Rule(
        "R7",
        "The Red Cross and Red Crescent Movement is named as a class only with its consent.",
        "practice of the Aid Worker Security Database",
        kept_by="anonymizing, before any level is chosen",
    ),
    Rule(
        "R8",
        "No person is named, described or made countable.",
        "ICRC handbook on data protection; HDX",
        personal,
        Step.TIER,
    ),
    Rule(
        "R9",
        "No narrative leaves.",
        "WHO, list of what is not public about attacks on health care",
        kept_by="the form of a record, which has no place for text",
    ),
    Rule(
        "R10",
        "The place is made coarser the wider the audience: district, province, country.",
        "WHO, attacks on health care",
        located,
        Step.TIER,
    ),
    Rule(
        "R11",
        "The time is made coarser the wider the audience: day, month, year; and some audiences wait.",
        "statistical disclosure control",
        timed,
        Step.TIER,
    ),
    Rule(
        "R12",
        "A total of fewer than 5 incidents or 3 organizations is not published.",
        "HDX; GBVIMS",
        kept_by="no totals leave this node but to its own people",
    ),
    Rule(
        "R13",
        "A total of which one organization supplies more than 80 % is not published.",
        "follows from R6",
        kept_by="no totals leave this node but to its own people",
    ),
    Rule(
        "R14",
        "Sexual violence never leaves as a record.",
        "GBVIMS; resolution 71/129, paragraph 10",
        sexual_violence,
    ),
    Rule(
        "R15",
        "While somebody is abducted or detained the record stays here.",
        "resolution 71/129, paragraphs 16 and 17",
        captivity,
    ),
    Rule(
        "R16",
        "Each release names what it is for, in what is signed; receivers use it for nothing else.",
        "ICRC handbook on data protection",
        purposeful,
    ),
    Rule(
        "R17",
        "How sure something is, and from what kind of source, travels with it.",
        "Security Incident Information Management; WHO",
        certain,
        Step.TIER,
    ),
    Rule(
        "R18",
        "A correction or a call-back reaches everybody who has the record.",
        "practice of the Aid Worker Security Database",
        kept_by="the log, and the receipts of members: `tocsin holders`",
    ),
    Rule(
        "R19",
        "What is known about a case with a government is no part of a record.",
        "resolution 79/138, paragraphs 26 and 28",
        kept_by="casework, which peers can not ask",
    ),
    Rule(
        "R20",
        "Whoever is no member is sent to the originator of each record.",
        "GBVIMS",
        kept_by="the directory, and `tocsin query --for outsiders`",
    ),
    Rule(
        "R21",
        "What left is on record: to whom, which revision, how finely, by which policy.",
        "ICRC handbook on data protection",
        kept_by="the disclosure log: `tocsin disclosures`",
    ),
    Rule(
        "R22",
        "When a partner leaves, its old signatures stay verifiable.",
        _SLT,
        kept_by="the directory and the log",
    ),
    Rule(
        "R23",
        "Safety incidents are kept apart from violence.",
        "resolutions 71/129 and 79/138",
        kept_by="the cause, which is the coarsest level of what happened",
    ),
    Rule(
        "R24",
        "An analysis says its sources, its unit, its coverage and as of when.",
        "resolutions 71/129 and 79/138, notes",
        kept_by="`tocsin query`, with every answer",
    ),
    Rule(
        "P1",
        "In a country at the regular level, or for who works there at that level, nobody sees more than it allows.",
        _SLT,
        regular_level,
        Step.TIER,
    ),
    Rule(
        "P2",
        "A member with a bilateral agreement may see finer than its tier.",
        "policy of this organization",
        agreed,
        Step.AGREEMENT,
    ),
    Rule(
        "P3",
        "What was said of one record narrows; it widens only when a second person agrees.",
        "policy of this organization",
        overridden,
    ),
    Rule(
        "P4",
        "A member whose share request was granted sees that record as finely as that; beyond the policy two agreed.",
        "policy of this organization",
        on_request,
        Step.AGREEMENT,
    ),
)
