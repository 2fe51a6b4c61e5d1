"""Marks hold a record, and every hold says why and what would release it."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.document import digest, read_document, write_document
from node.errors import StoreError
from node.facts import fact
from node.ladders import chains_of
from node.model import Incident, Sensitive
from node.sensitive import GROUNDS, grounds
from tests.support.deciding import hold
from tests.support.incidents import ASSAULT, CAPTURE, SHOOTING
from tests.support.strategies import incidents

TODAY = date(2026, 11, 23)


def marked(*marks: Sensitive) -> Incident:
    return replace(SHOOTING, sensitive=frozenset(marks))


@pytest.mark.parametrize("mark", Sensitive)
def test_a_mark_holds_what_would_leave_otherwise(mark: Sensitive) -> None:
    assert hold(SHOOTING, TODAY) is None

    held = hold(marked(mark), TODAY)

    assert held is not None
    assert str(mark) in held.reason
    assert "mark" in held.release


def test_of_several_marks_the_gravest_is_named_first_and_none_is_lost() -> None:
    held = grounds(marked(*Sensitive))

    assert len(held) == len(Sensitive)
    assert held[0] == GROUNDS[Sensitive.SURVIVORS]
    assert grounds(SHOOTING) == ()


@pytest.mark.parametrize("incident", [ASSAULT, CAPTURE, *map(marked, Sensitive)], ids=str)
def test_every_hold_says_why_and_what_would_release_it(incident: Incident) -> None:
    held = hold(incident, TODAY)

    assert held is not None
    assert held.rule.startswith("R")
    assert held.reason
    assert held.release
    assert held.release != held.reason


@given(incidents(), st.frozensets(st.sampled_from(Sensitive)))
def test_a_mark_is_nowhere_in_what_is_shared_or_counted(
    incident: Incident, marks: frozenset[Sensitive]
) -> None:
    remarked = replace(incident, sensitive=marks)

    assert chains_of(remarked) == chains_of(incident)
    assert fact(chains_of(remarked)) == fact(chains_of(incident))


@given(incidents(), st.frozensets(st.sampled_from(Sensitive)))
def test_marks_are_stored_and_no_mark_leaves_a_document_as_it_was(
    incident: Incident, marks: frozenset[Sensitive]
) -> None:
    plain = write_document(replace(incident, sensitive=frozenset()))
    written = write_document(replace(incident, sensitive=marks))

    assert read_document(written).sensitive == marks
    assert '"sensitive":[' not in plain
    assert (digest(written) == digest(plain)) is not bool(marks)


@pytest.mark.parametrize("damaged", ['["adults"]', '"children"', "[1]", '{"a":1}', "[[]]", "7"])
def test_a_stored_mark_that_is_none_is_refused(damaged: str) -> None:
    document = write_document(marked(Sensitive.CHILDREN)).replace('["children"]', damaged)

    with pytest.raises(StoreError):
        read_document(document)
