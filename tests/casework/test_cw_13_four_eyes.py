"""CW-13: what one person proposes another person does, and a closed case opens with a new fact only.

That evidence, a state of a case and a statistic leave by two persons stands in the tests of CW-09, CW-18 and CW-20.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from casework.errors import SecondPersonError
from casework.event import Statement
from casework.lifecycle import State, check_action, follow
from casework.span import parse_span
from casework.values import parse_value
from casework.vocabulary import kinds
from tests.casework.story import Story
from tests.casework.test_cw_02_states import (
    APPROVER,
    OWNER,
    _closed,
    _engaged,
    _proposed,
    _registered,
    refusal,
)

TODAY = "2026-01-10"


class Pair(NamedTuple):
    """What is proposed and by what it is done, with what each says."""

    story: Callable[[], Story]
    proposed: str
    proposal: dict[str, str]
    done: str
    doing: dict[str, str]


PAIRS = {
    "closing a case": Pair(
        _engaged,
        "closure_proposed",
        {"reason": "withdrawn", "proof": "x"},
        "closed",
        {"informed": "family"},
    ),
    "no demarche": Pair(
        _registered,
        "no_demarche_proposed",
        {"reason": "staff_safety", "review_on": "2026-02-01"},
        "no_demarche_approved",
        {},
    ),
    "cancelling a clock": Pair(
        _engaged,
        "clock_cancel_proposed",
        {"reason": "staff_safety", "clock": "D5:L1"},
        "clock_cancelled",
        {},
    ),
    "erasing": Pair(
        _engaged, "erasure_proposed", {"groups": "all", "reason": "withdrawn"}, "erased", {"groups": "all"}
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_who_proposed_does_not_do_it_whatever_their_roles(name: str) -> None:
    pair = PAIRS[name]
    story = pair.story()
    one = story.say(pair.proposed, TODAY, by="both", **pair.proposal)
    said = {"proposal": one.event_id} | pair.doing
    table = kinds()[pair.done].fields
    values = {field: parse_value(table[field], text) for field, text in said.items()}
    with pytest.raises(SecondPersonError):
        check_action(
            story.case(TODAY),
            Statement(pair.done, parse_span(TODAY), values),
            "both",
            frozenset({APPROVER, OWNER}),
        )
    assert refusal(story, TODAY, pair.done, "boss", APPROVER, **said) == ""


@pytest.mark.parametrize("name", PAIRS)
def test_nobody_does_what_nobody_proposed(name: str) -> None:
    pair = PAIRS[name]
    story = pair.story()
    opened = story.events[0].event_id
    told = refusal(story, TODAY, pair.done, "boss", APPROVER, proposal=opened, **pair.doing)
    assert told.startswith("ActionError: ")


def test_a_closed_case_opens_again_with_a_new_fact_and_somebody_who_answers_for_it() -> None:
    story = _closed()
    again = {"reason": "new_fact", "fact": "a witness", "owner": "ops-2"}
    assert refusal(story, TODAY, "reopened", "ops-1", OWNER, **again) == ""
    fields = kinds()["reopened"].fields
    assert {name for name, field in fields.items() if field.required} == again.keys()
    story.say("reopened", TODAY, **again)
    assert follow(story.case(TODAY)).state is State.REOPENED
    assert "ActionError" in refusal(_proposed(), TODAY, "reopened", "ops-1", OWNER, **again)
