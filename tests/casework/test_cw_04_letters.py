"""CW-04: who was asked what, what came back, and for how long nobody has answered."""

from datetime import date
from typing import Any

import pytest

from casework.communications import demarches, response, unlinked
from casework.event import Event
from casework.span import on
from tests.support.cases import case, event, exactly, opened


def letter(name: str, when: str, kind: str = "note_verbale", **fields: Any) -> Event:
    return event("letter_sent", when, letter=name, kind=kind, counterpart="C1", document="0" * 64, **fields)


def reminder(name: str, when: str, of: str) -> Event:
    return letter(name, when, "reminder", reminder_of=of)


def answer(name: str, when: str, to: str, kind: str = "reply", **fields: Any) -> Event:
    return event("answer_received", when, answer=name, kind=kind, letter=to, **fields)


def graded(name: str, when: str, grade: str) -> Event:
    return event("answer_graded", when, answer=name, grade=grade)


def test_sent_acknowledged_and_answered_are_three_dates() -> None:
    (found,) = demarches(
        case(
            letter("L1", "2020-01-01"),
            answer("A1", "2020-01-11", "L1", "acknowledgement"),
            answer("A2", "2020-03-01", "L1"),
        )
    )

    assert (found.sent, found.acknowledged, found.answered) == tuple(
        map(on, (date(2020, 1, 1), date(2020, 1, 11), date(2020, 3, 1)))
    )
    assert found.days_to_acknowledge == exactly(10)
    assert found.waiting == exactly(60)


def test_an_acknowledgement_leaves_the_answer_outstanding() -> None:
    (found,) = demarches(
        case(
            letter("L1", "2020-01-01"),
            answer("A1", "2020-01-11", "L1", "acknowledgement"),
            valid=date(2020, 1, 31),
        )
    )

    assert found.acknowledged
    assert found.answered is None
    assert found.waiting == exactly(30)


def test_an_answer_without_an_acknowledgement_is_both() -> None:
    (found,) = demarches(case(letter("L1", "2020-01-01"), answer("A1", "2020-01-21", "L1")))

    assert found.acknowledged == found.answered == on(date(2020, 1, 21))


def test_a_late_acknowledgement_does_not_undo_an_answer() -> None:
    (found,) = demarches(
        case(
            letter("L1", "2020-01-01"),
            answer("A1", "2020-01-21", "L1"),
            answer("A2", "2020-02-21", "L1", "acknowledgement"),
        )
    )

    assert found.answered == on(date(2020, 1, 21))
    assert found.acknowledged == on(date(2020, 1, 21))


@pytest.mark.parametrize("channel", ["telephone", "in_person", "mail"])
def test_an_answer_through_another_channel_counts(channel: str) -> None:
    (found,) = demarches(
        case(letter("L1", "2020-01-01", channel="post"), answer("A1", "2020-01-09", "L1", channel=channel))
    )

    assert found.answered == on(date(2020, 1, 9))


def test_access_that_is_granted_for_a_letter_counts_as_its_answer() -> None:
    (found,) = demarches(
        case(
            letter("L1", "2020-01-01", "access_request"),
            event("access_requested", "2020-01-01", access="X1", detention="D1", kind="medical"),
            event("access_answered", "2020-01-05", access="X1", answer="granted", letter="L1"),
        )
    )

    assert found.answered == on(date(2020, 1, 5))
    assert found.ungraded == ()


def test_an_answer_to_a_reminder_answers_the_demarche() -> None:
    (found,) = demarches(
        case(
            letter("L1", "2020-01-01"),
            reminder("L2", "2020-03-10", "L1"),
            reminder("L3", "2020-04-10", "L2"),
            answer("A1", "2020-04-20", "L3"),
        )
    )

    assert [one.text("letter") for one in found.reminders] == ["L2", "L3"]
    assert found.waiting == exactly(110)


def test_our_own_message_never_stops_or_restarts_their_clock() -> None:
    alone = demarches(case(letter("L1", "2020-01-01"), valid=date(2020, 6, 1)))[0]
    (found, *_) = demarches(
        case(
            letter("L1", "2020-01-01"),
            reminder("L2", "2020-03-10", "L1"),
            letter("L3", "2020-05-10", "letter", in_reply_to="L1"),
            valid=date(2020, 6, 1),
        )
    )

    assert (found.sent, found.answered, found.waiting) == (alone.sent, alone.answered, alone.waiting)


def test_a_joint_demarche_names_its_co_senders() -> None:
    (found,) = demarches(
        case(letter("L1", "2020-01-01", co_senders=("org-b", "org-c")), answer("A1", "2020-01-09", "L1"))
    )

    assert found.co_senders == ("org-b", "org-c")


def test_no_answer_after_the_clock_and_the_last_reminder_is_a_d() -> None:
    sent, again = letter("L1", "2020-01-01"), reminder("L2", "2020-03-10", "L1")

    def grade(*events: Event, day: date) -> str:
        return demarches(case(sent, *events, valid=day))[0].grade

    assert grade(day=date(2020, 12, 1)) == ""  # nobody reminded them
    assert grade(again, day=date(2020, 2, 1)) == ""  # the clock still runs
    assert grade(again, day=date(2020, 3, 24)) == ""  # the reminder does
    assert grade(again, day=date(2020, 3, 25)) == "D"
    assert grade(again, answer("A1", "2020-04-01", "L2"), day=date(2020, 12, 1)) == ""
    receipt = answer("A1", "2020-04-01", "L2", "acknowledgement")
    assert grade(again, receipt, day=date(2020, 12, 1)) == ""
    assert grade(again, receipt, reminder("L3", "2020-05-01", "L1"), day=date(2020, 12, 1)) == "D"


def test_best_and_latest_grade_are_two_things() -> None:
    found = case(
        letter("L1", "2020-01-01"),
        answer("A1", "2020-01-09", "L1"),
        graded("A1", "2020-01-10", "C"),
        graded("A1", "2020-01-12", "B"),
        letter("L2", "2021-01-01"),
        reminder("L3", "2021-04-01", "L2"),
        valid=date(2021, 12, 1),
    )
    summed = response(demarches(found), found.valid_as_of)

    assert (summed.best, summed.latest, summed.unanswered) == ("B", "D", 1)
    assert summed.waiting == exactly(334)


def test_an_answer_that_nobody_graded_is_listed() -> None:
    (found,) = demarches(
        case(
            letter("L1", "2020-01-01"),
            answer("A0", "2020-01-02", "L1", "acknowledgement"),
            answer("A1", "2020-01-09", "L1"),
        )
    )

    assert [one.id for one in found.ungraded] == ["A1"]


def test_an_answer_to_no_letter_is_not_lost() -> None:
    assert len(unlinked(case(letter("L1", "2020-01-01"), answer("A1", "2020-01-09", "L9")))) == 1


def test_reminders_that_go_round_in_a_circle_are_read_all_the_same() -> None:
    found = demarches(case(reminder("L1", "2020-01-01", "L2"), reminder("L2", "2020-02-01", "L1")))

    assert sum(1 + len(one.reminders) for one in found) == 2


def test_what_was_known_earlier_knows_no_answer() -> None:
    events = (
        letter("L1", "2020-01-01"),
        event("answer_received", "2020-01-09", known_on="2020-05-01", answer="A1", kind="reply", letter="L1"),
    )

    (then,) = demarches(case(*events, valid=date(2020, 3, 1), known=date(2020, 3, 1)))
    (now,) = demarches(case(*events))

    assert (then.answered, then.waiting) == (None, exactly(60))
    assert now.answered == on(date(2020, 1, 9))


def test_a_sent_date_within_bounds_gives_days_within_bounds() -> None:
    (found,) = demarches(case(opened(), letter("L1", "2020-01"), answer("A1", "2020-02-01", "L1")))

    assert str(found.waiting) == "1..31"
