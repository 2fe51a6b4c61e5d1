"""What members hold and why is in the words of the page, on the screen and on paper; files keep their codes."""

import re
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest

from console.web.languages import LANGUAGES, SOURCE, translations
from console.web.lists import take_away
from console.web.pages import write_page
from console.web.roles import Role
from console.web.visit import Page, Table, Visit, Works
from node.audience import ALL_CLOSED, FINEST, Tier
from node.holders import levels_text, read_levels
from node.ladders import DIMENSIONS
from node.plan import Request
from node.recall import call_back
from node.share import release
from node.signed import Reason
from node.store.records import record_ids_by_key, revisions_by_key
from node.wire import records
from tests.support.browser import Browser
from tests.support.incidents import ROBBERY, SHOOTING
from tests.support.matches import exchange
from tests.support.network import NOW, TODAY, Network, Node, on_sqlite_alone
from tests.support.network import SOURCE as REPORTS
from tests.support.pages import pages

LISTS = {  # a few words of ours that stand in each
    "/holders": ("called back", "not yet", "stands"),
    "/outcomes": ("taken back", "by name", "was sent", "not yet"),
    "/disclosures": ("by name",),
}
CODES = re.compile(r"\b(released|by name|peer|admin1|month|waiting|stands|called|not yet)\b")
# What is the same in every language: names of records, members and policies, labels, rules and moments.
NAMES = re.compile(r"reports:[ab]|alpha|beta|gamma|SLT baseline|R\d+|GREEN|UTC|[AP]M|\b[ap]\.\s?m\.")
OTHERS = tuple(one for one in LANGUAGES if one != SOURCE)


@pytest.fixture
def shared(network: Network) -> Node:
    """A member that gave one record to its peers, of whom one came for it, and took another back."""
    alpha, beta, _ = (network.node(name) for name in ("alpha", "beta", "gamma"))
    alpha.holds(on=TODAY, a=SHOOTING, b=ROBBERY)
    with alpha.store.read() as connection:
        revisions = tuple(revisions_by_key(connection, REPORTS, ["a", "b"]).values())
        (lost,) = record_ids_by_key(connection, REPORTS, ["b"]).values()
    who = Request(revisions, frozenset({Tier.PEER}), NOW, alpha.bounds(network), frozenset({"beta"}))
    list(release(alpha.store, who, alpha.identity, records))
    exchange(network, alpha, beta)
    call_back(alpha.store, (lost,), Reason.SHARED_IN_ERROR, alpha.identity, records, now=NOW)
    return alpha


def cells(browser: Browser, page: str) -> list[str]:
    """Texts of the cells of a list, as one reads them."""
    found = re.findall(r"<td[^>]*>(.*?)</td>", browser.get(page).text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", "", one)).split()) for one in found]


@pytest.mark.slow
@on_sqlite_alone
def test_who_holds_what_and_why_is_in_the_language_of_the_page(
    network: Network, shared: Node, tmp_path: Path
) -> None:
    with pages(network, shared, tmp_path) as some:
        browser = some.of(Role.FOCAL_POINT)
        files = {page: browser.get(f"{page}.json").text for page in LISTS}
        assert "when month, where admin1" in files["/holders"]
        assert '"rule": "R1: released to @beta (peer, by name), by SLT baseline 1"' in files["/disclosures"]
        assert '"by": "peer, by name"' in files["/outcomes"]
        for language in OTHERS:
            say = translations(language).gettext
            browser.send(browser.get("/account"), "/account/language", language=language)
            told = " ".join(f"{say('Where')}{say(': ')}{say('province or state')}".split())
            for page, words in LISTS.items():
                assert browser.get(f"{page}.json").text == files[page]
                for kind in ("", ".print"):
                    found = cells(browser, page + kind)
                    assert any(told in one for one in found), (page, kind)
                    shown = browser.get(page + kind).text
                    assert not re.search('dir="auto">R1[^8<]', shown)  # or it would go from left to right
                    foreign = CODES if language in {"fr", "es"} else re.compile("[a-z]{2}")
                    assert [one for one in found if foreign.search(NAMES.sub("", one))] == [], (page, kind)
                    for word in words:
                        assert any(say(word) in one for one in found), (page, kind, word)


@pytest.mark.parametrize("language", LANGUAGES)
def test_paper_says_what_the_screen_says(works: Works, language: str) -> None:
    say = translations(language).gettext
    told = {
        ("holders", "state"): {"replaced": "replaced by a newer one", "called back": "called back"},
        ("holders", "audience"): {"peer": "Peers", "@peer": "@peer"},
        ("holders", "confirmed"): {"not yet": "not yet", "12:00 UTC": "12:00 UTC"},
        ("outcomes", "outcome"): {"waiting": "waits for the member", "sent": "was sent"},
        ("outcomes", "sees"): {"": "nothing"},
        ("requests", "state"): {"asked": "waits for a decision", "granted": "granted"},
        ("requests", "wants"): {"as the policy lets it": "as your policy lets it"},
        ("requests_sent", "wants"): {"as the policy lets it": "as their policy lets it"},
        ("requests_sent", "reason"): {"too_sensitive": "too sensitive", "": ""},
    }
    for (name, column), words in told.items():
        table = Table(name, (column,), tuple((code,) for code in words))
        page = take_away(Visit(works, f"/{name}.print", "", {}, {}, language), table)
        assert isinstance(page, Page)
        shown = write_page(Visit(works, f"/{name}.print", "", {}, {}, language), page)
        found = [unescape(one) for one in re.findall(r"<td[^>]*>(.*?)</td>", shown)]
        assert found == [say(one) if one else "" for one in words.values()]
    groups = take_away(
        Visit(works, "/audiences.print", "", {}, {}, language),
        Table("audiences", ("audience",), (("peer",),)),
    )
    assert isinstance(groups, Page)
    shown = write_page(Visit(works, "/audiences.print", "", {}, {}, language), groups)
    assert ">peer</td>" in shown  # what somebody calls a group of theirs


def test_levels_are_read_as_they_were_written() -> None:
    finer = [tuple(min(at, top) for top in FINEST) for at in range(max(FINEST) + 1)]
    for levels in (ALL_CLOSED, *finer):
        opened = zip(DIMENSIONS, levels, strict=True)
        assert read_levels(levels_text(levels)) == [
            (one.name, one.levels[level]) for one, level in opened if level >= 0
        ]
    assert all(one < other for one, other in pairwise(finer))
    for text in ("peer", "as the policy lets it", "when month, somebody typed this", ""):
        assert read_levels(text) == []
