"""What a focal point does: report, complete, look at what would leave, send or cancel."""

import csv
from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest

from console.selection import one_revision
from console.sharing import make_request, preview_lines
from console.web.roles import Role
from console.web.visit import Works
from node.audience import tiers_of
from node.model import Certainty, Custody, Detail, Outcome, PartialDate, Place, Sex, Staff, Tally
from node.share import preview
from node.store.own_log import released
from node.store.records import Current, current
from tests.support.browser import Browser

EFFECTS = {
    "count0": "3",
    "effect0": "harm.data_breached",
    "count1": "2",
    "effect1": "harm.civilian_injured",
    "count2": "1",
    "effect2": "fate.freed",
    "count3": "1",
    "effect3": "harm.data_breached",
    "count4": "0",
    "detention_days": "12",
    "programme.health": "1",
    "impact.delayed": "1",
}
DETAILS = {
    Detail("harm", "data_breached", 4),
    Detail("harm", "civilian_injured", 2),
    Detail("fate", "freed", 1),
    Detail("duration", "detention", 12),
    Detail("programme", "health"),
    Detail("impact", "delayed"),
}


@pytest.fixture
def browser(signed_in: Callable[[Role], Browser]) -> Browser:
    return signed_in(Role.FOCAL_POINT)


def stored(works: Works, name: str) -> Current:
    revision = one_revision(works.store, name)
    with works.store.read() as connection:
        (found,) = current(connection, [revision])
    return found


def report(browser: Browser, **typed: str) -> str:
    """Report an incident and give the name of its record."""
    fields = {"when": "2026-03", "country": "SSD", "means": "shooting", **typed}
    sent = browser.send(browser.get("/report"), "/report", **fields)
    return sent.header("location").partition("id=")[2].replace("%3A", ":")


def test_three_fields_save_an_incident_and_the_rest_follows(works: Works, browser: Browser) -> None:
    name = report(browser)
    assert stored(works, name).incident.when == PartialDate(2026, 3)
    for group, typed in {
        "place": {"admin1": " Unity ", "settlement": "Leer", "location_type": "road"},
        "people": {"number0": "2", "outcome0": "injured", "staff0": "national", "sex0": "female"},
        "sure": {"certainty": "confirmed", "source_kind": "own_staff"},
        "words": {"narrative": "first line\nsecond line"},
        "effects": EFFECTS,
    }.items():
        page = browser.get(f"/incident/complete?id={name}&group={group}")
        assert browser.send(page, "/incident/complete", **typed).status == 303

    found = stored(works, name).incident

    assert found.where == Place("SSD", "Unity", "", "Leer")
    assert found.victims == (Tally(Outcome.INJURED, Staff.NATIONAL, Sex.FEMALE, 2),)
    assert (found.certainty, found.source_kind, found.means) == (Certainty.CONFIRMED, "own_staff", "shooting")
    assert found.narrative == "first line\nsecond line"
    assert set(found.details) == DETAILS
    assert found.custody is Custody.NONE
    shown = browser.get(f"/incident?id={name}").words
    assert "second line" in shown
    assert "Data of an aid organization read, taken or destroyed: 4" in shown


def test_whoever_is_said_to_be_still_held_keeps_the_record_here_and_bad_numbers_are_told(
    works: Works, browser: Browser
) -> None:
    name = report(browser, means="kidnapping")
    page = browser.get(f"/incident/complete?id={name}&group=effects")
    held = {"count0": "2", "effect0": "fate.still_held", "impact.suspended": "1"}
    assert browser.send(page, "/incident/complete", **held).status == 303
    assert stored(works, name).incident.custody is Custody.ONGOING

    page = browser.get(f"/incident/complete?id={name}&group=effects")
    for typed, told in (
        ({"count0": "two", "effect0": "fate.freed"}, "write a whole number"),
        ({"count0": "2", "effect0": "means.shooting"}, "choose one of the list"),
        ({"abduction_days": "-1"}, "write a whole number"),
    ):
        sent = browser.send(page, "/incident/complete", **typed)
        assert (sent.status, told in sent.words) == (422, True)
    kept = {Detail("fate", "still_held", 2), Detail("impact", "suspended")}
    assert set(stored(works, name).incident.details) == kept


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"when": ""}, "needed"),
        ({"when": "14.3.2026"}, "write it like"),
        ({"when": "2026-13"}, "month 13"),
        ({"country": ""}, "needed"),
        ({"country": "Atlantis"}, "is not a code"),
        ({"means": "x" * 300}, "is not a code"),
    ],
)
def test_what_can_not_be_saved_is_said_and_kept(browser: Browser, typed: dict[str, str], told: str) -> None:
    fields = {"when": "2026-03-14", "country": "SSD", "means": "shooting", **typed}

    sent = browser.send(browser.get("/report"), "/report", **fields)

    assert sent.status == 422
    assert told in sent.words
    assert sent.form("/report")["when"] == fields["when"]


def test_the_second_of_two_who_change_an_incident_is_told(
    works: Works, browser: Browser, signed_in: Callable[[Role], Browser]
) -> None:
    name = report(browser)
    page = f"/incident/complete?id={name}&group=place"
    other = signed_in(Role.FOCAL_POINT)
    mine, theirs = browser.get(page), other.get(page)
    assert other.send(theirs, "/incident/complete", admin1="Jonglei").status == 303

    sent = browser.send(mine, "/incident/complete", admin1="Unity")

    assert sent.status == 422
    assert "somebody else changed this incident" in sent.words
    assert stored(works, name).incident.where.admin1 == "Jonglei"
    assert browser.send(sent, "/incident/complete").status == 303  # they looked, and meant it
    assert stored(works, name).incident.where.admin1 == "Unity"


def test_filters_stand_in_the_link(browser: Browser) -> None:
    shown = browser.get("/incidents?means=looting&country=SDN,SSD")
    assert shown.words.count("awsd:c") == 1
    assert "awsd:b" not in shown.words
    assert "is none of" in browser.get("/incidents?nonsense=1").words
    assert "not a day" in browser.get("/incidents?from=yesterday").words
    assert "No incident is like this." in browser.get("/incidents?country=UKR").words


def test_a_list_is_taken_away_as_it_is_filtered_and_no_cell_is_a_formula(browser: Browser) -> None:
    name = report(browser, means="arson")
    page = browser.get(f"/incident/complete?id={name}&group=place")
    browser.send(page, "/incident/complete", settlement='=HYPERLINK("x";"y")', admin1="Üñ")

    taken = browser.get("/incidents.csv?means=arson")

    assert taken.header("content-disposition") == 'attachment; filename="incidents.csv"'
    assert taken.header("x-content-type-options") == "nosniff"
    header, row = csv.reader(StringIO(taken.text.removeprefix("\ufeff")))
    found = dict(zip(header, row, strict=True))
    assert (found["record"], found["admin1"], found["killed"]) == (name, "Üñ", "0")
    assert found["settlement"] == '\'=HYPERLINK("x";"y")'
    assert len(browser.get("/incidents.csv").text.splitlines()) > 5
    assert browser.get("/incidents.csv?nonsense=1").status == 422


def test_the_sharing_screen_shows_what_the_rules_say_and_nothing_leaves_by_looking(
    works: Works, browser: Browser
) -> None:
    shown = browser.get("/share/preview?id=awsd:a&id=awsd:d&tier=public&tier=peer&tier=coordinator")

    chosen = tuple(one_revision(works.store, name) for name in ("awsd:a", "awsd:d"))
    request = make_request(works.home, chosen, ["public", "peer", "coordinator"], [], "staff_safety")
    lines = list(preview_lines(preview(works.store, request._replace(now=works.clock()))))
    for _, what, _, _, rule, held, seen in lines:
        assert rule in shown.words
        if what == "leaves":
            assert {held, seen} - {"(closed)"} <= set(shown.words.replace("=", "=").split()) | {held, seen}
            assert held in shown.text.replace("&gt;", ">")
            assert seen == "(closed)" or seen in shown.text.replace("&gt;", ">")
    assert "Sexual violence never leaves as a record." in shown.words or "R14" in shown.words
    assert "what only its owner reads" in shown.words  # beside the word that nobody sees it
    with works.store.read() as connection:
        assert released(connection, [stored(works, "awsd:a").record_id]) == {}


def test_what_was_shown_is_what_leaves(works: Works, browser: Browser) -> None:
    name = report(browser)
    shown = browser.get(f"/share/preview?id={name}&tier=peer&for=analysis")

    sent = browser.send(shown, "/share/send")

    assert "1 released" in sent.words
    one = stored(works, name)
    with works.store.read() as connection:
        left = released(connection, [one.record_id])[one.record_id]
    assert tiers_of(left.terms.asked) == tiers_of(["peer"])
    assert left.terms.purpose == "analysis"
    again = browser.send(shown, "/share/send")
    assert again.status == 409  # it left, so sending it once more is something else
    assert "1 left before as they are" in again.words


def test_what_changed_since_somebody_looked_is_shown_again_and_nothing_leaves(
    works: Works, browser: Browser
) -> None:
    name = report(browser)
    shown = browser.get(f"/share/preview?id={name}&tier=coordinator")
    page = browser.get(f"/incident/complete?id={name}&group=place")
    browser.send(page, "/incident/complete", admin1="Jonglei")

    sent = browser.send(shown, "/share/send")

    assert sent.status == 409
    assert "has changed since you looked" in sent.words
    assert "SSD/Jonglei" in sent.words
    with works.store.read() as connection:
        assert released(connection, [stored(works, name).record_id]) == {}
    assert "1 released" in browser.send(sent, "/share/send").words


def test_held_records_say_why_and_what_would_release_them(browser: Browser) -> None:
    shown = browser.get("/held")
    for name, rule in (("awsd:d", "R14"), ("awsd:e", "R15")):
        assert name in shown.words
        assert rule in shown.words
    assert "awsd:a" not in shown.words


def test_published_records_are_not_changed_here(works: Works, browser: Browser) -> None:
    assert browser.get("/incident/complete?id=awsd:a&group=place").status == 404
    assert replace(stored(works, "awsd:a").incident).narrative


@pytest.mark.parametrize(
    "page",
    [
        "/share/preview?id=awsd:a",
        "/share/preview?id=no:such&tier=peer",
        "/share?id=x",
        "/share/preview?id=awsd:a&tier=king",
        "/share/preview?id=awsd:a&tier=peer&for=fun",
    ],
)
def test_a_request_to_share_that_can_not_be_is_told(browser: Browser, page: str) -> None:
    shown = browser.get(page)
    assert shown.status == 422
    assert "That did not work" in shown.words
