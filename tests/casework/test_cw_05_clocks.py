"""CW-05: clocks D1 to D14 as of any day: intervals, holds, waivers, four eyes, reminders, joint answers, hindsight."""

import re
from datetime import timedelta

import pytest

from casework.deadlines import ClockState, JointAnswer, check_clock, corrections
from casework.errors import FieldError
from casework.event import Statement
from casework.lifecycle import State, follow
from casework.span import Range, on, parse_span
from casework.vocabulary import codes
from casework.vocabulary.deadlines import ORGANIZATION_DEFAULT, PLANNING, read_rules, usual_rules
from tests.casework.story import UID, Story, day, hash_of

OPEN, MET, MISSED, WAIVED, CANCELLED = ClockState


def waiting(story: Story, today: str) -> set[str]:
    return {key for key, clock in story.clocks(today).items() if clock.state in {OPEN, MISSED}}


# --- the table ---------------------------------------------------------------------------------------------------


def test_the_table_holds_every_rule_with_the_days_of_the_specification() -> None:
    rules = usual_rules()

    assert [name for name in rules.by_id if name.startswith("D")] == [f"D{number}" for number in range(1, 15)]
    assert dict(rules["D1"].days) == {"detention": 1, "abduction": 1, "other": 3}
    assert (rules["D4"].days["acknowledgement"], rules["D5"].days["reply"]) == (14, 60)
    assert dict(rules["D6"].days) == {"first": 14, "second": 30, "again": 90}
    assert dict(rules["D8"].days) == {"prepare": 14, "attend": 3, "outcome": 2}
    assert tuple(rules["D10"].percent.values()) == (50, 80)
    assert tuple(rules["D10"].months.values()) == (12, 6, 1)
    assert (rules["D14"].days["measures"], rules["D14"].days["outcome"]) == (90, 30)


def test_what_has_no_anchor_says_so_and_only_appeal_and_limitation_are_for_planning() -> None:
    rules = usual_rules().by_id.values()

    assert {one.id for one in rules if one.anchor == ORGANIZATION_DEFAULT} >= {"D4", "D8", "D11"}
    assert {one.id for one in rules if one.planning} == {"D9", "D10"}
    assert all(one.owner in codes("role") for one in rules)
    assert "not legal advice" in PLANNING


def test_an_organization_changes_what_it_may_change() -> None:
    rules = read_rules(
        '[D4]\nowner = "country_focal_point"\nanchor = "Our own instruction"\n[D4.days]\nacknowledgement = 21\n'
        '[appeal_days]\nCMR = 10\n[delivery.CMR]\nfrom = "08:00"\nuntil = "16:30"\ndays = ["mon", "tue"]\n'
    )
    story = Story().registered()
    story.letter("L1", "2026-01-10")

    assert story.clocks("2026-01-10", rules=rules)["D4:L1"].due == on(day("2026-01-31"))
    assert (rules["D4"].owner, rules["D4"].anchor) == ("country_focal_point", "Our own instruction")
    assert rules.appeal_days == {"CMR": 10}
    assert rules.delivery["CMR"].days == ("mon", "tue")
    assert rules["D5"] == usual_rules()["D5"]


@pytest.mark.parametrize(
    ("text", "field", "why"),
    [
        ("[D4", "deadlines.toml", "is no TOML"),
        ("[D99]", "deadlines.toml: D99", "is none of D1, "),
        ("[D4.days]\nacknowledgement = 0", "deadlines.toml: D4.days.acknowledgement", "1 to 3660"),
        ("[D4.days]\nacknowledgement = true", "deadlines.toml: D4.days.acknowledgement", "whole number"),
        ("[D4.days]\nreplies = 3", "deadlines.toml: D4.days.replies", "is none of acknowledgement"),
        ("[D4]\ndays = 3", "deadlines.toml: D4.days", "must be a table"),
        ("D4 = 3", "deadlines.toml: D4", "must be a table"),
        ('[D4]\nowner = "boss"', "deadlines.toml: D4.owner", "is none of country_focal_point"),
        ('[D4]\nanchor = " "', "deadlines.toml: D4.anchor", "write what"),
        ('[D4]\ntext = "x"', "deadlines.toml: D4.text", "can not be changed"),
        ("[appeal_days]\nfrance = 10", "deadlines.toml: appeal_days.france", "three letters"),
        ("appeal_days = 3", "deadlines.toml: appeal_days", "must be a table"),
        (
            '[delivery.CMR]\nfrom = "17:00"\nuntil = "08:00"',
            "deadlines.toml: delivery.CMR",
            "from before until",
        ),
        (
            '[delivery.CMR]\nfrom = "08:00"\nuntil = "17:00"\ndays = [[]]',
            "deadlines.toml: delivery.CMR.days",
            "mon, tue",
        ),
        ("[delivery.CMR]\nopen = 3", "deadlines.toml: delivery.CMR", "only"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(text: str, field: str, why: str) -> None:
    with pytest.raises(FieldError, match=re.escape(why)) as caught:
        read_rules(text)

    assert caught.value.field == field


# --- D1, D2 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("categories", "register", "demarche"),
    [
        ("detention", "2026-01-06", "2026-01-06"),
        ("death_violence", "2026-01-08", "2026-01-12"),
        ("death_violence,detention", "2026-01-06", "2026-01-06"),
    ],
)
def test_the_most_urgent_category_decides_how_soon(categories: str, register: str, demarche: str) -> None:
    story = Story(categories=categories).registered()
    found = story.clocks("2026-01-05")

    assert found["D1"].due == on(day(register))
    assert found["D1"].state is MET
    assert found["D2"].due == on(day(demarche))
    assert found["D2"].state is OPEN
    story.letter("L1", "2026-01-09")
    assert story.clocks("2026-01-09")["D2"].state is MET


def test_what_was_done_too_late_is_met_and_says_by_how_much() -> None:
    story = Story().registered("2026-01-05")
    assert story.clocks("2026-01-13")["D2"].state is MISSED
    story.letter("L1", "2026-01-15")

    clock = story.clocks("2026-01-15")["D2"]
    assert (clock.state, clock.late) == (MET, Range(3, 3))


def test_an_abduction_waits_for_the_hold_check_and_runs_once_released() -> None:
    story = Story(categories="abduction")
    story.say("abduction_started", "2026-01-04", known="2026-01-05", abduction="A1", persons="P1")
    story.say("registered", "2026-01-05")
    assert "D2" not in story.clocks("2026-01-06")
    assert story.clocks("2026-01-06")["D2:hold"].state is OPEN
    story.say("demarche_released", "2026-01-09")

    found = story.clocks("2026-01-09")
    assert "D2:hold" not in found
    assert found["D2"].due == on(day("2026-01-10"))


def test_no_clock_presses_a_survivor() -> None:
    story = Story(categories="sexual_violence")
    story.say("incident", "2026-01-04", known="2026-01-05")
    story.say("person_added", "2026-01-05", person="P1", harm="sexually_assaulted", cause="violence")
    assert waiting(story, "2026-01-20") == {"D11:2026-01-05"}

    story.say("consent_recorded", "2026-01-20", person="P1", purpose="record", answer="yes")
    assert waiting(story, "2026-01-20") == {"D1", "D11:2026-01-20"}
    story.say("registered", "2026-01-20")
    assert waiting(story, "2026-03-01") == {"D11:2026-01-20"}

    story.say("consent_recorded", "2026-03-01", person="P1", purpose="demarche", answer="yes")
    story.say("demarche_released", "2026-03-01")
    assert story.clocks("2026-03-01")["D2"].due == on(day("2026-03-08"))
    story.letter("L1", "2026-03-02")
    assert story.clocks("2026-04-20")["D4:L1"].state is MISSED

    story.say("consent_recorded", "2026-04-20", person="P1", purpose="demarche", answer="withdrawn")
    assert waiting(story, "2026-04-20") == {"D11:2026-04-20"}
    assert story.clocks("2026-04-20")["D4:L1"].reason == "the survivor has not agreed"


# --- D3 ----------------------------------------------------------------------------------------------------------


def detained(nationalities: str = "CMR") -> Story:
    story = Story(categories="detention", host_state="CMR")
    story.say("detention_started", "2026-01-04", known="2026-01-05", detention="D1", persons="P1")
    story.say(
        "person_added",
        "2026-01-05",
        person="P1",
        harm="detained",
        cause="violence",
        nationalities=nationalities,
    )
    story.say("registered", "2026-01-05")
    return story


def test_access_is_asked_for_every_seven_days_until_granted_then_somebody_visits_every_thirty() -> None:
    story = detained()
    first = story.clocks("2026-01-05")["D3:D1:legal_counsel:1"]
    assert first.due == parse_span("2026-01-05..2026-01-06")  # by what happened, and by when it was known

    story.say("access_requested", "2026-01-06", access="X1", detention="D1", kind="legal_counsel")
    story.say("access_answered", "2026-01-08", access="X1", answer="denied")
    found = story.clocks("2026-01-14")
    assert found["D3:D1:legal_counsel:1"].state is MET
    assert found["D3:D1:legal_counsel:2"].state is MISSED
    assert found["D3:D1:legal_counsel:2"].due == on(day("2026-01-13"))
    assert found["D3:D1:medical:1"].state is MISSED

    story.letter("L1", "2026-01-14", kind="access_request", demands="legal_counsel,medical", persons="P1")
    assert story.clocks("2026-01-14")["D3:D1:legal_counsel:3"].due == on(day("2026-01-21"))
    assert story.clocks("2026-01-14")["D3:D1:medical:2"].state is OPEN
    story.say("access_answered", "2026-01-16", access="X1", answer="granted")
    found = story.clocks("2026-01-30")
    assert found["D3:D1:legal_counsel:3"].state is CANCELLED
    assert found["D3:D1:legal_counsel:visit1"].due == on(day("2026-02-15"))
    story.say("visited", "2026-02-01", access="X1", detention="D1", kind="legal_counsel")
    found = story.clocks("2026-03-10")
    assert found["D3:D1:legal_counsel:visit1"].state is MET
    assert found["D3:D1:legal_counsel:visit2"].state is MISSED
    story.say("detention_ended", "2026-03-11", detention="D1", persons="P1", outcome="released")
    assert not [key for key in waiting(story, "2026-03-11") if key.startswith("D3")]


def test_consular_access_concerns_foreigners_only() -> None:
    assert not [key for key in detained().clocks("2026-01-05") if "consular" in key]
    assert "D3:D1:consular:1" in detained("FRA").clocks("2026-01-05")
    assert "D3:D1:consular:1" not in detained("FRA,CMR").clocks("2026-01-05")


# --- D4, D5, D6 --------------------------------------------------------------------------------------------------


def test_a_letter_of_some_day_in_march_is_due_between_two_days() -> None:
    story = Story().registered()
    story.letter("L1", "2026-03")

    clock = story.clocks("2026-04-10")["D4:L1"]
    assert clock.due == parse_span("2026-03-15..2026-04-14")._replace(basis=clock.due.basis)
    assert (clock.state, clock.overdue(day("2026-04-10"))) == (OPEN, Range(0, 26))
    assert story.clocks("2026-04-14")["D4:L1"].state is OPEN
    assert story.clocks("2026-04-15")["D4:L1"].state is MISSED


def test_acknowledgement_and_answer_are_clocks_of_their_own() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")
    story.answer("A1", "L1", "2026-01-12", "acknowledgement")
    found = story.clocks("2026-01-12")
    assert (found["D4:L1"].state, found["D5:L1"].state) == (MET, OPEN)

    story.letter("L2", "2026-01-20", in_reply_to="A1")
    found = story.clocks("2026-03-12")
    assert (found["D4:L1"].state, found["D5:L1"].state, found["D5:L1"].due) == (
        MET,
        MISSED,
        on(day("2026-03-11")),
    )

    story.answer("A2", "L2", "2026-03-12")
    found = story.clocks("2026-03-12")
    assert (found["D5:L1"].state, found["D5:L2"].state) == (MISSED, MET)
    assert found["D5:A2:grade"].due == on(day("2026-03-26"))
    story.say("answer_graded", "2026-03-13", answer="A2", grade="C")
    assert story.clocks("2026-05-01")["D5:A2:grade"].state is MET


def test_our_own_letters_never_stop_their_clock_and_an_answer_to_a_reminder_does() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")
    story.letter("R1", "2026-02-07", kind="reminder", reminder_of="L1")
    assert story.clocks("2026-03-15")["D4:L1"].state is MISSED
    assert "D4:R1" not in story.clocks("2026-03-15")
    story.answer("A1", "R1", "2026-03-15", "request_for_information")

    found = story.clocks("2026-03-15")
    assert (found["D4:L1"].state, found["D5:L1"].state) == (MET, MET)
    assert not [key for key in waiting(story, "2026-03-15") if key.startswith("D6")]


def test_reminders_follow_after_14_and_30_days_then_every_90_and_the_third_goes_up() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")  # D4 is missed after 24 January
    assert not [key for key in story.clocks("2026-01-24") if key.startswith("D6")]
    assert story.clocks("2026-01-25")["D6:L1:1"].due == on(day("2026-02-07"))
    story.letter("R1", "2026-02-07", kind="reminder", reminder_of="L1")
    assert story.clocks("2026-02-07")["D6:L1:2"].due == on(day("2026-02-23"))
    story.letter("R2", "2026-03-01", kind="reminder", reminder_of="L1")
    assert story.clocks("2026-03-01")["D6:L1:3"].due == on(day("2026-05-30"))  # 90 days after a late second
    story.letter("R3", "2026-05-30", kind="reminder", reminder_of="R2")
    found = story.clocks("2026-06-14")

    assert [found[f"D6:L1:{number}"].state for number in (1, 2, 3, 4)] == [MET, MET, MET, OPEN]
    assert found["D6:L1:2"].late == Range(6, 6)
    assert (found["D6:L1:up"].state, found["D6:L1:up"].level) == (MISSED, 2)
    story.say("escalated", "2026-06-20", to="headquarters", clock="D6:L1:up")
    assert story.clocks("2026-06-20")["D6:L1:up"].state is MET


def test_after_an_acknowledgement_reminders_count_from_the_missing_answer() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")
    story.answer("A1", "L1", "2026-01-12", "acknowledgement")

    assert not [key for key in story.clocks("2026-03-11") if key.startswith("D6")]
    assert story.clocks("2026-03-12")["D6:L1:answer:1"].due == on(day("2026-03-25"))
    story.answer("A2", "L1", "2026-03-20")
    assert story.clocks("2026-06-01")["D6:L1:answer:1"].state is CANCELLED


def test_a_third_reminder_without_an_answer_stalls_the_case() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")
    for number, when in enumerate(("2026-02-07", "2026-02-23", "2026-05-24"), 1):
        story.letter(f"R{number}", when, kind="reminder", reminder_of="L1")

    assert follow(story.case("2026-06-06")).state is State.AWAITING_GOVERNMENT
    assert follow(story.case("2026-06-07")).state is State.STALLED


def test_a_joint_demarche_stops_the_clock_of_every_co_sender() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10", co_senders="aid-b,aid-c")
    story.letter("L2", "2026-01-11", co_senders="aid-b,aid-c", document=hash_of("L1"))  # entered twice
    assert story.clocks("2026-01-12")["D4:L1"].senders == ("aid-b", "aid-c")
    assert "D4:L2" not in story.clocks("2026-01-12")

    elsewhere = (JointAnswer(hash_of("L1"), "reply", parse_span("2026-01-20"), "aid-b"),)
    found = story.clocks("2026-05-01", elsewhere=elsewhere)
    assert (found["D4:L1"].state, found["D5:L1"].state) == (MET, MET)
    assert found["D5:L1"].stopped_on == on(day("2026-01-20"))
    other = (JointAnswer(hash_of("L9"), "reply", parse_span("2026-01-20"), "aid-b"),)
    assert story.clocks("2026-05-01", elsewhere=other)["D5:L1"].state is MISSED

    story.answer("A1", "L2", "2026-01-25")
    assert story.clocks("2026-05-01")["D5:L1"].state is MET


# --- D7 to D14 ---------------------------------------------------------------------------------------------------


def test_the_yearly_request_is_due_on_the_first_of_february() -> None:
    story = Story("2025-01-20").registered("2025-01-20")
    assert "D7:2025" in story.clocks("2025-01-20")
    assert "D7:2026" not in story.clocks("2025-12-31")
    assert story.clocks("2026-01-01")["D7:2026"].due == on(day("2026-02-01"))
    assert story.clocks("2025-03-01")["D7:2025"].state is MISSED
    assert story.clocks("2026-01-02")["D7:2025"].state is CANCELLED
    story.letter("L1", "2026-02-01", kind="yearly_request")
    assert story.clocks("2026-06-01")["D7:2026"].state is MET


def test_a_hearing_is_prepared_attended_and_written_down() -> None:
    story = Story().registered()
    story.say("hearing_set", "2026-02-01", proceeding="J1", hearing="H1", on="2026-03-20")
    found = story.clocks("2026-02-01")
    assert [found[f"D8:H1:{step}"].due.latest.isoformat() for step in ("prepare", "attend", "outcome")] == [
        "2026-03-06",
        "2026-03-17",
        "2026-03-22",
    ]
    story.say("hearing_prepared", "2026-03-05", proceeding="J1", hearing="H1", step="prepare")
    story.say("hearing_held", "2026-03-20", proceeding="J1", hearing="H1", adjourned_to="2026-04-20")
    found = story.clocks("2026-03-20")
    states = [found[f"D8:H1:{step}"].state for step in ("prepare", "attend", "outcome")]
    assert states == [MET, CANCELLED, MET]
    assert found["D8:H1-adjourned1:outcome"].due == on(day("2026-04-22"))
    assert story.clocks("2026-04-23")["D8:H1-adjourned1:outcome"].state is MISSED


def test_a_hearing_at_short_notice_is_to_be_prepared_at_once() -> None:
    story = Story().registered()
    story.say("hearing_set", "2026-03-18", proceeding="J1", hearing="H1", on="2026-03-20")

    found = story.clocks("2026-03-18")
    assert found["D8:H1:prepare"].due == found["D8:H1:attend"].due == on(day("2026-03-18"))


def test_the_appeal_window_is_what_was_entered_else_national_else_the_shortest_known() -> None:
    story = Story().registered()
    story.say("charged", "2026-01-10", proceeding="J1", state="CMR", accused="Q1")
    story.say(
        "verdict",
        "2026-03-01",
        proceeding="J1",
        instance="first",
        accused="Q1",
        verdict="acquitted",
        finality="appealable",
    )
    assert story.clocks("2026-03-01")["D9:J1:first"].due == on(day("2026-03-16"))
    national = read_rules("[appeal_days]\nCMR = 10")
    assert story.clocks("2026-03-01", rules=national)["D9:J1:first"].due == on(day("2026-03-11"))
    assert story.clocks("2026-03-01")["D9:J1:first"].rule.planning
    story.say(
        "verdict",
        "2026-03-01",
        proceeding="J1",
        instance="first",
        accused="Q2",
        verdict="convicted",
        appeal_until="2026-04-01",
    )
    assert story.clocks("2026-03-01")["D9:J1:first:1"].due == on(day("2026-04-01"))
    story.say("appeal_lodged", "2026-03-10", proceeding="J1")
    assert story.clocks("2026-03-20")["D9:J1:first"].state is MET


def test_limitation_warns_five_times_is_moved_by_suspensions_and_never_ends_where_it_never_does() -> None:
    story = Story().registered()
    story.say(
        "limitation_set",
        "2026-01-10",
        limitation="M1",
        offence="murder",
        law="penal code",
        starts_on="2020-01-01",
        ends_on="2030-01-01",
    )
    dues = {
        key.removeprefix("D10:M1:"): clock.due.latest.isoformat()
        for key, clock in story.clocks("2026-01-10").items()
        if key.startswith("D10")
    }
    assert dues == {
        "50%": "2024-12-31",
        "80%": "2028-01-01",
        "12months": "2029-01-01",
        "6months": "2029-07-01",
        "1months": "2029-12-01",
        "end": "2030-01-01",
    }
    story.say("limitation_reviewed", "2026-01-11", limitation="M1", finding="still far")
    found = story.clocks("2026-01-11")
    assert (found["D10:M1:50%"].state, found["D10:M1:80%"].state) == (MET, OPEN)

    story.say("limitation_suspended", "2027-01-01", limitation="M1", from_="2026-06-01", until="2026-06-11")
    found = story.clocks("2027-01-01")
    assert found["D10:M1:end"].due == on(day("2030-01-11"))
    assert found["D10:M1:80%"].due == on(day("2028-01-11"))
    story.say(
        "limitation_set",
        "2027-01-02",
        limitation="M2",
        offence="war crime",
        law="statute",
        starts_on="2020-01-01",
        ends_on="2030-01-01",
        never="met",
    )
    assert not [key for key in story.clocks("2027-01-02") if key.startswith("D10:M2")]


def test_reviews_after_90_days_180_when_stalled_30_on_hold_and_on_each_anniversary() -> None:
    story = Story().registered(incident="2026-01-04")
    assert story.clocks("2026-01-05")["D11:2026-01-05"].due == on(day("2026-04-05"))
    story.letter("L1", "2026-01-10")
    stalled = story.clocks("2026-07-20")
    assert follow(story.case("2026-07-20")).state is State.STALLED
    assert stalled["D11:2026-07-09"].due == on(day("2026-07-09") + timedelta(days=180))
    story.say("hold_set", "2026-08-01", reason="safety", review_on="2026-08-20")
    assert story.clocks("2026-08-01")["D11:2026-08-01"].due == on(day("2026-08-20"))
    story.say("status_checked", "2026-08-20", finding="still unsafe")
    assert story.clocks("2026-08-20")["D11:2026-08-20"].due == on(day("2026-09-19"))

    anniversary = story.clocks("2026-12-10")["D11:anniversary:2027"]
    assert (anniversary.due, anniversary.state) == (on(day("2027-01-04")), OPEN)
    story.say("status_checked", "2026-12-20", finding="no change")
    assert story.clocks("2027-02-01")["D11:anniversary:2027"].state is MET


def test_those_affected_are_contacted_only_if_they_agreed() -> None:
    story = Story().registered()
    story.say("contact_made", "2026-01-10", with_="family")
    assert not [key for key in story.clocks("2026-01-10") if key.startswith("D12")]
    story.say("contact_made", "2026-01-12", with_="family", wants_contact="yes")
    assert story.clocks("2026-01-12")["D12:family:2"].due == on(day("2026-04-12"))
    story.say("contact_made", "2026-05-01", with_="family", wants_contact="withdrawn")
    assert not [key for key in story.clocks("2026-05-01") if key.startswith("D12")]


def test_evidence_is_gathered_in_48_hours_and_verified_every_180_days() -> None:
    story = Story().registered(incident="2026-01-05")
    assert story.clocks("2026-01-05")["D13:checklist"].due == on(day("2026-01-07"))
    for step in codes("checklist"):
        assert story.clocks("2026-01-06")["D13:checklist"].state is OPEN
        story.say("checklist_done", "2026-01-06", step=step)
    assert story.clocks("2026-02-06")["D13:checklist"].state is MET
    story.say(
        "evidence_added",
        "2026-01-06",
        evidence="E1",
        kind="photograph",
        copy="original",
        sha256="0" * 64,
        size="1",
    )
    story.say("custody", "2026-07-01", evidence="E1", act="verify", result="met")
    found = story.clocks("2026-07-01")
    assert (found["D13:E1:1"].state, found["D13:E1:2"].due) == (MET, on(day("2026-12-28")))
    story.say("custody", "2026-07-02", evidence="E1", act="destroy")
    assert story.clocks("2027-07-01")["D13:E1:2"].state is CANCELLED


def test_a_state_party_owes_notices_and_another_does_not() -> None:
    story = Story().registered(incident="2026-01-05")
    assert not [key for key in story.clocks("2026-01-05") if key.startswith("D14")]
    parties = frozenset({"SSD", "FRA"})
    assert story.clocks("2026-01-05", parties=parties)["D14:13:SSD"].due == on(day("2026-04-05"))
    story.say("charged", "2026-02-01", proceeding="J1", state="FRA", accused="Q1")
    story.say("became_final", "2026-06-01", proceeding="J1")
    found = story.clocks("2026-06-01", parties=parties)
    assert found["D14:18:FRA"].due == on(day("2026-07-01"))
    assert "D14:18:SSD" not in found
    story.say("counterpart_added", "2026-06-02", counterpart="C2", authority="foreign_ministry", state="FRA")
    story.letter("L1", "2026-06-02", kind="state_notice", counterpart="C2")
    found = story.clocks("2026-06-02", parties=parties)
    assert (found["D14:18:FRA"].state, found["D14:13:SSD"].state) == (MET, MISSED)


# --- what stops, moves and looks back ------------------------------------------------------------------------------


def test_days_on_hold_are_added_and_shown() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")
    story.say("hold_set", "2026-01-15", reason="safety", review_on="2026-02-10")
    story.say("hold_lifted", "2026-01-25", reason="safe again")

    clock = story.clocks("2026-02-01")["D4:L1"]
    assert (clock.due, clock.paused, clock.state) == (on(day("2026-02-03")), Range(10, 10), OPEN)
    assert story.clocks("2026-02-04")["D4:L1"].state is MISSED


def test_a_hold_does_not_move_what_a_court_or_the_law_fixes() -> None:
    story = Story().registered()
    story.say("hearing_set", "2026-01-10", proceeding="J1", hearing="H1", on="2026-03-20")
    before = story.clocks("2026-01-10")["D8:H1:prepare"].due
    story.say("hold_set", "2026-01-15", reason="safety", review_on="2026-02-10")
    story.say("hold_lifted", "2026-01-25", reason="safe again")

    assert story.clocks("2026-02-01")["D8:H1:prepare"].due == before


def test_a_clock_is_waived_with_a_reason_and_cancelled_by_two() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")
    story.say("clock_waived", "2026-01-12", clock="D4:L1", reason="told by telephone")
    assert (story.clocks("2026-03-01")["D4:L1"].state, story.clocks("2026-03-01")["D4:L1"].reason) == (
        WAIVED,
        "told by telephone",
    )
    proposal = story.say("clock_cancel_proposed", "2026-01-13", clock="D5:L1", reason="wrong addressee")
    assert story.clocks("2026-01-13")["D5:L1"].state is OPEN
    story.say("clock_cancelled", "2026-01-14", proposal=proposal.event_id, by="approver-1")
    assert (story.clocks("2026-01-14")["D5:L1"].state, story.clocks("2026-01-14")["D5:L1"].reason) == (
        CANCELLED,
        "wrong addressee",
    )


def test_only_a_clock_that_runs_can_be_waived() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")
    case, today = story.case("2026-01-10"), day("2026-01-10")

    check_clock(case, Statement("clock_waived", on(today), {"clock": "D4:L1"}), today, usual_rules())
    with pytest.raises(FieldError, match="D4:L1"):
        check_clock(case, Statement("clock_waived", on(today), {"clock": "D4:L7"}), today, usual_rules())


def test_a_back_dated_answer_changes_now_and_not_what_was_known_then() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")
    story.answer("A1", "L1", "2026-01-20", "acknowledgement", known="2026-03-10")

    assert story.clocks("2026-03-03", known="2026-03-03")["D4:L1"].state is MISSED
    assert story.clocks("2026-03-03", known="2026-03-10")["D4:L1"].state is MET
    found = corrections(UID, tuple(story.events), day("2026-03-03"), day("2026-03-10"), usual_rules())
    changed = {(pair.then or pair.now).key: pair for pair in found if pair.then or pair.now}  # type: ignore[union-attr]
    assert changed["D4:L1"].then is not None
    assert changed["D4:L1"].then.state is MISSED
    assert changed["D4:L1"].now is not None
    assert changed["D4:L1"].now.stopped_on == on(day("2026-01-20"))
    assert "D2" not in changed


def test_a_corrected_day_moves_the_clock() -> None:
    story = Story().registered()
    first = story.letter("L1", "2026-01-10")
    story.say(
        "letter_sent",
        "2026-01-20",
        known="2026-01-25",
        replaces=first.event_id,
        letter="L1",
        kind="note_verbale",
        counterpart="C1",
        document=hash_of("L1"),
    )

    assert story.clocks("2026-01-25", known="2026-01-24")["D4:L1"].state is MISSED
    assert story.clocks("2026-01-25")["D4:L1"].due == on(day("2026-02-03"))


def test_a_closed_case_has_nothing_to_do_but_keeps_what_was_missed() -> None:
    story = Story().registered(incident="2026-01-05")
    story.letter("L1", "2026-01-10")
    proposal = story.say("closure_proposed", "2026-02-01", reason="suspects_dead", proof="certificates")
    story.say("closed", "2026-02-02", proposal=proposal.event_id, informed="family")

    found = story.clocks("2027-02-02")
    assert (found["D4:L1"].state, found["D5:L1"].state) == (MISSED, CANCELLED)
    assert found["D5:L1"].reason == "the case was closed"
    assert all(clock.state is not OPEN for clock in found.values())
    story.answer("A1", "L1", "2027-03-01")
    assert story.clocks("2027-03-01")["D11:A1"].state is OPEN


def test_a_void_case_has_no_clocks() -> None:
    story = Story().registered()
    story.say("voided", "2026-01-06", reason="duplicate")

    assert story.clocks("2026-05-01") == {}


def test_the_longer_overdue_the_further_up() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-10")

    levels = [
        story.clocks(today)["D4:L1"].level
        for today in ("2026-01-25", "2026-01-31", "2026-02-01", "2026-02-24")
    ]
    assert levels == [0, 0, 1, 2]
