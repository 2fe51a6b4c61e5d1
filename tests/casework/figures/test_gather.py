"""What a case contributes follows from its events, is kept sealed, and is made again when something changes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from casework.board import board
from casework.desk import Desk
from casework.errors import TamperedError
from casework.figures.facts import Answer
from casework.figures.gather import facts_of
from casework.span import Range
from casework.tables import case_facts
from casework.vocabulary.deadlines import usual_rules
from tests.casework.conftest import Clock
from tests.casework.story import Story
from tests.casework.test_desk import opening, said

SignIn = Callable[[str], Desk]
RULES = usual_rules()


def judged(state: str = "SSD", **about: str) -> Story:
    story = Story(**about).registered()
    story.say("counterpart_added", "2026-01-06", counterpart="C1", authority="foreign_ministry", state="SSD")
    story.say(
        "letter_sent", "2026-01-07", letter="L1", kind="note_verbale", counterpart="C1", document="0" * 64
    )
    story.say("answer_received", "2026-01-20", answer="R1", kind="reply", letter="L1")
    story.say("answer_graded", "2026-01-21", answer="R1", grade="B")
    story.say("investigation_opened", "2026-01-22", investigation="I1", body="police", state=state)
    story.say("charged", "2026-02-01", proceeding="T1", state=state, accused="A1", court="civilian")
    story.say(
        "verdict",
        "2026-03-01",
        proceeding="T1",
        instance="first",
        state=state,
        accused="A1",
        verdict="convicted",
        finality="appealable",
        court="civilian",
        persons="P1",
    )
    story.say("custody_changed", "2026-03-02", accused="A1", status="escaped", proceeding="T1")
    return story


def test_letters_and_courts_of_the_host_state() -> None:
    facts = facts_of(judged().case("2026-06-01"), RULES)

    (letter,) = facts.demarches
    host = facts.forum("host")
    assert (str(letter.sent), str(letter.answered), letter.grade) == ("2026-01-07", "2026-01-20", "B")
    assert {host.investigated, host.charged, host.tried, host.convicted} == {Answer.YES}
    assert host.convicted_finally is Answer.NO
    assert facts.persons[0].covered is Answer.YES
    assert facts.convicted == (Range(1, 1), Range(1, 1))


def test_a_conviction_abroad_leaves_the_host_state_where_it_was() -> None:
    facts = facts_of(judged("USA").case("2026-06-01"), RULES)

    assert facts.forum("host").convicted is not Answer.YES
    assert facts.forum("other").convicted is Answer.YES


def test_what_is_not_agreed_to_counts_in_totals_only() -> None:
    story = judged()
    story.say("consent_recorded", "2026-03-03", person="P1", purpose="statistics", answer="withdrawn")

    assert not facts_of(story.case("2026-06-01"), RULES).counted
    assert facts_of(story.case("2026-03-02"), RULES).counted


def test_detention_and_evidence_are_counted() -> None:
    story = Story(categories="detention").registered()
    story.say("detention_started", "2026-01-05", detention="D1", persons="P1")
    story.say("access_requested", "2026-01-06", access="A1", detention="D1", kind="medical")
    story.say("visited", "2026-01-08", access="A1", detention="D1", kind="medical")
    story.say("grounds_communicated", "2026-01-09", detention="D1")
    story.say(
        "evidence_added",
        "2026-01-07",
        evidence="E1",
        kind="document",
        copy="original",
        sha256="0" * 64,
        size="5",
    )
    story.say("custody", "2026-01-08", evidence="E1", act="verify", result="met")

    facts = facts_of(story.case("2026-02-01"), RULES)

    (held,) = facts.held
    assert (held.access, held.grounds, held.end) == ((("medical", 3),), Answer.YES, None)
    assert (facts.evidence.items, facts.evidence.secured_early, facts.evidence.good) == (1, 1, 1)


def test_the_board_is_kept_sealed_and_follows_every_change(desk: SignIn, clock: Clock) -> None:
    focal, other = desk("country_focal_point"), desk("survivor_advocate")
    uid = focal.open_case(opening())

    first = board(focal)
    focal.say(uid, said("incident"))
    changed = board(focal)
    clock.now += timedelta(days=1)
    later = board(focal)

    assert [one.incident is None for one in (first[0], changed[0])] == [True, False]
    assert changed == board(
        focal, valid_as_of=focal.today - timedelta(days=1), known_as_of=focal.today - timedelta(days=1)
    )
    assert later[0].incident == changed[0].incident
    assert board(other) == ()
    with focal.database.read() as connection:
        (row,) = connection.execute(select(case_facts))
    assert row.day == focal.today.toordinal()
    assert b"detention" not in row.sealed
    assert b"CMR" not in row.sealed


def test_changed_facts_do_not_open(desk: SignIn) -> None:
    focal = desk("country_focal_point")
    focal.open_case(opening())
    board(focal)
    with focal.database.write() as connection:
        (row,) = connection.execute(select(case_facts))
        connection.execute(case_facts.update().values(sealed=row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])))

    with pytest.raises(TamperedError, match="facts do not open"):
        board(focal)


def test_the_second_look_opens_no_event(desk: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    focal = desk("country_focal_point")
    focal.open_case(opening())
    first = board(focal)
    monkeypatch.setattr(Desk, "events", None)

    assert board(focal) == first
