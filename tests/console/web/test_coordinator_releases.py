"""Releases in the console: declared and built by one, audited, published by another; hidden is never zero."""

import json
from collections.abc import Callable

import pytest

from console.releases import plan_lines, release_lines
from console.web.roles import Role
from console.web.visit import Works
from node.published import all_releases, published
from node.releasing import plan
from tests.support.browser import Browser

pytestmark = pytest.mark.slow
DECLARATION = """
name = "yearly"
version = 1
purpose = "statistics"
period = "year"
by = ["country"]
measures = ["incidents", "killed"]
"""


@pytest.fixture
def coordinator(signed_in: Callable[[Role], Browser]) -> Browser:
    return signed_in(Role.COORDINATOR)


def test_a_release_needs_two_people_and_shows_what_is_hidden_as_hidden(
    works: Works, coordinator: Browser, signed_in: Callable[[Role], Browser]
) -> None:
    page = coordinator.get("/releases")
    faulty = coordinator.send(page, "/release/declare", declaration='name = "<script>"')
    assert (faulty.status, "<script" in faulty.text) == (422, False)
    assert "<script>" in faulty.words

    planned = coordinator.follow(coordinator.send(page, "/release/declare", declaration=DECLARATION))
    made = list(plan_lines(plan(works.store, "yearly/1", "alpha", works.clock().date())))
    taken = json.loads(coordinator.get("/release/plan.json?cube=yearly/1").text)["rows"]
    assert [tuple(row.values()) for row in taken] == made
    assert {row["figure"] for row in taken} == {"hidden"}  # one organization alone
    assert "url(#hatch)" in planned.text
    assert all_releases(works.store)[0] == []  # looking changes nothing

    audit = coordinator.follow(coordinator.send(planned, "/release/build"))
    assert "Nothing was found" in audit.words
    assert "so somebody else publishes it" in audit.words
    key = audit.form("/sign-out")["form_key"]
    refused = coordinator.post("/release/publish?cube=yearly/1", {"form_key": key})
    assert (refused.status, "another person" in refused.words) == (422, True)
    assert all_releases(works.store)[0][0].published_at == 0

    approver = signed_in(Role.APPROVER)
    seen = approver.get("/release/audit?cube=yearly/1")
    shown = approver.follow(approver.send(seen, "/release/publish"))
    built = published(works.store, "yearly/1", 1)
    assert (built.built_by, built.published_by) == ("coordinator", "approver")
    assert "published by" in shown.words
    rows = json.loads(approver.get("/release.json?cube=yearly/1&number=1").text)["rows"]
    assert [tuple(row.values()) for row in rows] == list(release_lines(built))
    assert ">0<" not in shown.text.partition("<tbody>")[2]
    assert shown.size < 50_000

    noted = approver.send(
        shown, "/release/correct", reason="numbers were taken back", period=str(rows[0]["year"])
    )
    assert noted.status == 303
    assert len(all_releases(works.store)[1]) == 1

    both = "/release/diff?cube=yearly/1"
    alone = coordinator.get(both)
    assert (alone.status, "nothing to compare" in alone.words) == (422, True)
    coordinator.send(planned, "/release/build")
    approver.send(approver.get("/release/audit?cube=yearly/1"), "/release/publish")
    assert "They tell the same of all" in coordinator.get(both).words
    rows = json.loads(coordinator.get("/release/diff.json?cube=yearly/1&all=1&old=1&new=2").text)["rows"]
    assert {(row["before"], row["now"], row["change"]) for row in rows} == {("hidden", "hidden", "")}
    assert coordinator.get(f"{both}&all=1").text.count('<span class="tag held">hidden') == 2 * len(rows)
    for wrong in ("&old=x", "&new=9"):
        assert coordinator.get(both + wrong).status == 422


def test_what_is_no_release_is_not_there(coordinator: Browser) -> None:
    for page in ("/release?cube=no/1", "/release?cube=yearly/1&number=x", "/release/plan?cube=no/1"):
        assert coordinator.get(page).status == 422
    assert coordinator.get("/release/plan?cube=yearly/1&as-of=soon").status == 422
