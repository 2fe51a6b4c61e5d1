"""Pages that reach another member: comparing step by step, numbers without records, private totals."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from console.web.roles import Role
from node.adding_up import take_share
from node.agreeing import named_total
from node.audience import Tier
from node.client import PeerClient
from node.contributing import given, taken
from node.errors import UnavailableError
from node.model import PartialDate, Place
from node.proposing import take_proposal
from node.releasing import declare
from node.said import Teller
from node.stepup import STEPS, Stop
from tests.support.browser import Browser, Shown
from tests.support.cubes import yearly
from tests.support.incidents import ASSAULT, SHOOTING
from tests.support.matches import (
    DAY_AND_DISTRICT,
    as_partner,
    compares,
    desk_of,
    exchange,
    last_comparison,
    only_pair,
    proposes,
    with_policy,
)
from tests.support.network import NOW, TODAY, Network, Node, on_sqlite_alone, rows_of
from tests.support.pages import pages
from tests.support.totals import AFTER, parties

pytestmark = [pytest.mark.slow, on_sqlite_alone]
THEIRS = replace(SHOOTING, when=PartialDate(2024, 3, 15), where=Place("SSD", "UNITY", "Leer County"))
CUBE = yearly(by=["country"], public=[], purpose="statistics", aggregates=True)


@pytest.fixture
def pair(network: Network) -> tuple[Node, Node]:
    """Two members that report one event, a day apart, and have seen each other's report."""
    alpha, beta = (with_policy(network.node(name), DAY_AND_DISTRICT) for name in ("alpha", "beta"))
    for node, incident in ((alpha, SHOOTING), (beta, THEIRS)):
        node.holds(on=TODAY, a=incident)
        node.shares("a", tiers=frozenset({Tier.PEER}))
    exchange(network, alpha, beta)
    return alpha, beta


def open_pair(browser: Browser) -> tuple[str, Shown]:
    """The page on which the only pair is compared."""
    browser.follow(browser.send(browser.get("/matches"), "/matches/look"))
    (row,) = json.loads(browser.get("/matches.json").text)["rows"]
    page = f"/match/compare?id={row['pair']}"
    return page, browser.get(page)


def test_a_pair_is_compared_step_by_step_after_seeing_what_each_would_show(
    network: Network, pair: tuple[Node, Node], tmp_path: Path
) -> None:
    alpha, beta = pair
    with pages(network, alpha, tmp_path, beta) as some:
        browser = some.of(Role.FOCAL_POINT)
        page, shown = open_pair(browser)
        assert "14" in shown.words  # the day that a step would show, before anything is shown
        assert shown.words.count("not shown before") == 2  # the day and the district
        assert rows_of(alpha.store)["comparison"] == ()

        some.reached.clear()
        cut = browser.send(shown, "/match/compare", steps="one")
        assert (cut.status, "What was kept stays" in cut.words) == (422, True)
        assert len(rows_of(alpha.store)["comparison"]) == 1
        some.reached.add("beta")

        went = browser.follow(browser.send(browser.get(page), "/match/compare", steps="one"))
        assert (last_comparison(alpha).done, last_comparison(beta).done) == (1, 1)
        assert "agrees" in went.words
        stale = browser.post(
            page, browser.get(page).form("/match/compare") | {"seen": "0" * 64, "steps": "all"}
        )
        assert stale.status == 409
        done = browser.follow(browser.send(browser.get(page), "/match/compare", steps="all"))
        assert last_comparison(alpha).stop is last_comparison(beta).stop is Stop.COMPARED
        assert len(rows_of(alpha.store)["comparison"]) == 1  # what was cut went on, and began once
        assert done.words.count("agrees") + done.words.count("open: it may be so or not") == len(STEPS)


def test_what_we_proposed_is_stopped_and_the_other_owner_learns_of_it(
    network: Network, pair: tuple[Node, Node], tmp_path: Path
) -> None:
    alpha, beta = pair
    with pages(network, alpha, tmp_path, beta) as some:
        browser = some.of(Role.COORDINATOR)
        page, shown = open_pair(browser)
        browser.send(shown, "/match/compare", steps="one")
        stopped = browser.follow(browser.send(browser.get(page), "/match/stop"))
        assert "stopped by coordinator" in stopped.words
        assert last_comparison(alpha).stop is last_comparison(beta).stop is Stop.RULE_OF_PROPOSER
        again = browser.post(page.replace("compare", "stop"), browser.get(page).form("/sign-out"))
        assert (again.status, "no comparison of this pair runs" in again.words) == (422, True)


def test_what_came_in_is_stopped_and_its_proposer_learns_of_it(
    network: Network, pair: tuple[Node, Node], tmp_path: Path
) -> None:
    alpha, beta = pair
    proposal = proposes(network, beta, only_pair(network, beta))
    take_proposal(alpha.store, proposal, as_partner(network, alpha, "beta"), desk_of(network, alpha))
    with pages(network, alpha, tmp_path) as some:
        browser = some.of(Role.FOCAL_POINT)
        page, shown = open_pair(browser)
        assert "The other owner goes on with it" in shown.words
        assert 'name="steps"' not in shown.text
        assert "stopped by focal-point" in browser.follow(browser.send(shown, "/match/stop")).words
        assert "How it was compared" in browser.get(page.replace("/compare", "")).words
    assert compares(network, beta, alpha).stop is Stop.RULE_OF_RESPONDER
    assert last_comparison(beta).done == 0


def test_numbers_are_asked_for_looked_at_given_and_taken_back(network: Network, tmp_path: Path) -> None:
    alpha, ocha = network.node("alpha"), network.node("ocha", Tier.COORDINATOR)
    declare(ocha.store, CUBE, Teller("kb", NOW))
    alpha.holds(on=TODAY, a=SHOOTING, b=replace(SHOOTING, source_kind="media"), assault=ASSAULT)
    with pages(network, alpha, tmp_path / "alpha", ocha) as some:
        browser = some.of(Role.FOCAL_POINT)
        asked = browser.get("/numbers/asked?of=ocha")
        assert "yearly/1" in asked.words
        seen = browser.send(asked, "/numbers/preview")
        assert "2024 South Sudan" in seen.words
        assert given(alpha.store) == []

        stale = browser.post("/numbers/send", seen.form("/numbers/send") | {"seen": "0" * 64})
        assert (stale.status, given(alpha.store)) == (409, [])
        some.reached.clear()
        cut = browser.send(seen, "/numbers/send", way="line")
        assert (cut.status, "It did not arrive" in cut.words, taken(ocha.store)) == (422, True, [])
        some.reached.add("ocha")
        assert "They were given" in browser.follow(browser.send(cut, "/numbers/send", way="line")).words
        (held,) = taken(ocha.store)
        assert (held.organization, len(given(alpha.store))) == ("alpha", 1)  # written down once

        sealed = browser.send(seen, "/numbers/send", way="file").content
        typed = browser.post(
            "/numbers/preview",
            seen.form("/numbers/send") | {"cube": "", "declaration": "name = 7"},
        )
        assert (typed.status, "name = 7" in typed.text) == (422, True)
        back = browser.send(seen, "/numbers/preview", nothing="1", **{"as-of": str(TODAY)})
        assert "there are none any more" in back.words
        browser.send(back, "/numbers/send", way="line")
        assert [len(one.ranges) for one in taken(ocha.store)] == [0]

    with pages(network, ocha, tmp_path / "ocha") as some:
        browser = some.of(Role.COORDINATOR)
        shown = browser.get("/release/numbers")
        key = shown.form("/release/numbers")
        for content, said in ((sealed, "were replaced already"), (b"nothing", "Nothing was taken in")):
            sent = browser.upload("/release/numbers", key, [("file", "numbers.sealed", content)])
            assert (sent.status, said in sent.words) == (422, True)
        assert "alpha" in browser.get("/release/numbers.csv").text


def test_a_total_is_agreed_to_given_to_and_added_up(network: Network, tmp_path: Path) -> None:
    some = parties(network)
    (un, ngo), (alpha, *others) = some.servers, some.members
    alpha.holds(on=TODAY, a=SHOOTING)
    declaration = """
name = "killed-2025"
measure = "killed"
period = "2025"
areas = ["SDN", "SSD"]
group = ["alpha", "beta", "delta", "epsilon", "gamma", "zeta"]
closes = 2026-12-01T00:00:00Z
servers = ["undss", "forum"]
"""
    with (
        pages(network, un, tmp_path / "un", ngo) as at_un,
        pages(network, ngo, tmp_path / "ngo", un) as at_ngo,
    ):
        first, second = (one.of(Role.COORDINATOR) for one in (at_un, at_ngo))
        wrong = first.send(first.get("/totals"), "/total/declare", declaration="name = 7")
        assert (wrong.status, "name = 7" in wrong.text) == (422, True)
        told = first.follow(first.send(wrong, "/total/declare", declaration=declaration))
        assert "waits for forum" in told.words
        agreed = second.send(second.get("/total?id=killed-2025"), "/total/agree")
        held = named_total(un.store, "killed-2025")
        assert (agreed.status, held.agreed) == (303, True)
        file = first.get("/total/declaration?id=killed-2025").content

        with pages(network, alpha, tmp_path / "alpha", un, ngo) as at_alpha:
            giver = at_alpha.of(Role.FOCAL_POINT)
            page = giver.get("/totals")
            took = giver.upload("/total/take", page.form("/total/take"), [("file", "killed.json", file)])
            assert "killed-2025" in giver.follow(took).words
            asked = giver.get("/total/numbers?id=killed-2025")
            wrong = giver.send(asked, "/total/numbers", n_SSD="many")
            assert (wrong.status, 'value="many"' in wrong.text) == (422, True)
            seen = giver.send(asked, "/total/numbers", n_SSD="9")
            assert rows_of(alpha.store)["total_given"] == ()
            at_alpha.reached.discard("forum")
            cut = giver.send(seen, "/total/give")
            assert (cut.status, "Not everybody was reached" in cut.words) == (422, True)
            at_alpha.reached.add("forum")
            assert giver.send(seen, "/total/give").status == 303
            assert len(rows_of(alpha.store)["total_given"]) == 1  # the very same shares went again
            assert giver.get("/total/share?id=killed-2025&server=undss").size > 50
            assert giver.get("/total/share?id=killed-2025&server=beta").status == 422
        for node in others:
            some.tells(node, held)
            share = some.gives(node, held, 1, 9)
            for server, box in zip(some.servers, share.boxes, strict=True):
                take_share(server.store, box, some.adder(server), node.org_id)
        network.now = AFTER  # and the sessions of before have ended
        first, second = (one.of(Role.COORDINATOR) for one in (at_un, at_ngo))
        summed = first.follow(first.send(first.get("/total?id=killed-2025"), "/total/sum"))
        assert "South Sudan 54" in summed.words  # nine of each of six
        assert json.loads(first.get("/total.json?id=killed-2025").text)["rows"][1]["figure"] == 54
        assert "South Sudan 54" in second.get("/total?id=killed-2025").words


def test_a_member_without_an_address_can_not_be_reached(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    away = network.directory.member(beta.org_id)._replace(endpoints=())
    with pytest.raises(UnavailableError, match="beta has no address in the directory"):
        PeerClient(away, alpha.credentials)
