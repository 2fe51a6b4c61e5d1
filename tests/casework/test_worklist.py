"""CW-05: the work list sorts what is to be done and forgets no open case; a calendar tells days and nothing else."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.feed import calendar, escaped, folded
from casework.vocabulary.deadlines import PLANNING, usual_rules
from casework.worklist import When, Worklist, worklist
from tests.casework.story import Story, day

NOW = datetime(2026, 1, 12, 8, 30, tzinfo=UTC)
SECRET = "Nobody must read this"


def listed(story: Story, today: str) -> Worklist:
    return worklist([story.case(today)], day(today), usual_rules())


def keys(found: Worklist, when: When) -> set[str]:
    return {item.clock.key for item in found.within(when)}


def test_what_is_due_is_sorted_into_overdue_today_week_and_later() -> None:
    story = Story().registered()  # D2 is due on 12 January, D11 in April

    assert keys(listed(story, "2026-01-05"), When.WEEK) >= {"D2"}
    assert keys(listed(story, "2026-01-12"), When.TODAY) == {"D2"}
    assert keys(listed(story, "2026-01-13"), When.OVERDUE) >= {"D2"}
    assert keys(listed(story, "2026-01-13"), When.LATER) == {"D11:2026-01-05", "D7:2026"}
    assert [item.remark for item in listed(story, "2026-01-14").items if item.clock.key == "D2"] == [
        "2 days overdue"
    ]


def test_what_can_be_due_between_two_days_is_on_the_list_from_the_first() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01", known="2026-01-18")

    (item,) = [item for item in listed(story, "2026-01-20").items if item.clock.key == "D4:L1"]
    assert (item.when, item.remark) == (When.TODAY, "perhaps overdue")


def test_an_open_case_in_which_nothing_is_ahead_is_on_the_alarm_list() -> None:
    story = Story(no_incident="not_recorded")
    story.say("note", "2026-01-05", text="x")

    assert listed(story, "2026-04-05").no_next_action == ()
    (alarmed,) = listed(story, "2026-04-06").no_next_action
    assert alarmed.name == story.case("2026-04-06").name
    story.say("task_set", "2026-04-06", task="Call the ministry", due="2026-04-20")
    assert listed(story, "2026-04-06").no_next_action == ()
    assert {"Call the ministry"} <= {item.clock.text for item in listed(story, "2026-04-06").items}


def test_closed_and_void_cases_are_on_no_list() -> None:
    story = Story().registered()
    story.letter("L1", "2026-01-06")
    proposal = story.say("closure_proposed", "2026-03-01", reason="withdrawn", proof="letter")
    story.say("closed", "2026-03-02", proposal=proposal.event_id, informed="family")

    assert listed(story, "2026-06-01") == Worklist((), ())


def unfolded(text: bytes) -> list[str]:
    return text.decode().replace("\r\n ", "").split("\r\n")


def test_the_calendar_tells_case_rule_and_day_and_nothing_else() -> None:
    story = Story(title=SECRET).registered()
    story.say("task_set", "2026-01-06", task=SECRET, due="2026-01-20")
    story.say(
        "limitation_set",
        "2026-01-10",
        limitation="M1",
        offence=SECRET,
        law=SECRET,
        starts_on="2020-01-01",
        ends_on="2030-01-01",
    )
    items = listed(story, "2026-01-12").items
    lines = unfolded(calendar(items, NOW))

    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tocsin//casework//EN"]
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert lines.count("BEGIN:VEVENT") == len(items)
    name = story.case("2026-01-12").name
    words = {line.removeprefix("SUMMARY:") for line in lines if line.startswith("SUMMARY")}
    assert words == {f"{name} {rule}" for rule in ("D2", "D7", "D11", "D13", "task")} | {
        f"{name} D10 ({PLANNING})".replace(",", "\\,")
    }
    assert SECRET not in "".join(lines)
    at = lines.index(f"SUMMARY:{name} D2")
    assert "DTSTART;VALUE=DATE:20260112" in lines[at - 4 : at]
    assert "DTEND;VALUE=DATE:20260113" in lines[at - 4 : at]
    assert "DTSTAMP:20260112T083000Z" in lines


def test_entries_keep_their_id_when_written_again() -> None:
    story = Story().registered()
    ids = [
        {line for line in unfolded(calendar(listed(story, today).items, NOW)) if line.startswith("UID")}
        for today in ("2026-01-06", "2026-01-07")
    ]

    assert ids[0] == ids[1]
    assert len(ids[0]) == len(listed(story, "2026-01-06").items)


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_no_line_is_longer_than_75_octets_and_nothing_is_lost(text: str) -> None:
    parts = list(folded(escaped(text)))

    assert all(len(part.encode()) <= 75 for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == escaped(text)


def test_signs_with_a_meaning_are_escaped() -> None:
    assert escaped("a;b,c\\d\r\ne\nf\rg") == "a\\;b\\,c\\\\d\\ne\\nf\\ng"
