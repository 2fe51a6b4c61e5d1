"""Forms about private totals, numbers and files of a node while a write fails or the process dies."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from console.aggregates import sealed_file
from console.totals import declaration_file
from console.web.roles import Role
from node.agreeing import declare_total
from node.audience import Tier
from node.contributing import Coordinator, give_aggregate
from node.releasing import declare
from node.said import Teller
from tests.support.cubes import yearly
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import SHOOTING
from tests.support.network import NOW, TODAY, Network, on_sqlite_alone, rows_of
from tests.support.pages import pages
from tests.support.sent_forms import (
    Form,
    Maker,
    Reader,
    Seat,
    a_home,
    add_everybody,
    dies_whole,
    fails_whole,
    writes_nothing,
)
from tests.support.totals import KILLED, parties

pytestmark = pytest.mark.slow
DECLARED = """
name = "killed-2024"
measure = "killed"
period = "2024"
areas = ["SDN", "SSD"]
group = ["alpha", "beta", "delta", "epsilon", "gamma", "zeta"]
closes = 2026-12-01T00:00:00Z
servers = ["undss", "forum"]
"""
ASKED = yearly(by=["country"], public=[], purpose="statistics", aggregates=True)


class At(NamedTuple):
    """At whose node a form is filled in."""

    org_id: str
    make: Maker


def declare_one(reader: Reader) -> Form:
    return reader.filled("/totals", "/total/declare", declaration=DECLARED)


def agree(reader: Reader) -> Form:
    return reader.filled("/total?id=injured-2025", "/total/agree")


def take_declaration(reader: Reader) -> Form:
    return reader.filled("/totals", "/total/take")._replace(file=reader.files["declared"])


def look_at_figures(reader: Reader) -> Form:
    return reader.filled("/total/numbers?id=killed-2025", "/total/numbers", n_SSD="9")


def give_figures(reader: Reader) -> Form:
    return reader.form_of(reader.post(look_at_figures(reader)), "/total/give", way="file")


def take_numbers(reader: Reader) -> Form:
    return reader.filled("/release/numbers", "/release/numbers")._replace(file=reader.files["numbers"])


FORMS: Mapping[str, At] = MappingProxyType(
    {
        "/total/declare": At("undss", declare_one),
        "/total/agree": At("forum", agree),
        "/total/take": At("beta", take_declaration),
        "/total/give": At("alpha", give_figures),
        "/release/numbers": At("ocha", take_numbers),
    }
)
LOOKS: Mapping[str, At] = MappingProxyType({"/total/numbers": At("alpha", look_at_figures)})
# Written as it comes over the line: fetched below; what adds up is interrupted at each write in `total_works`.
OVER_THE_LINE = frozenset({"/total/fetch", "/total/sum"})
# The other server is not reached here: what was written stays, and the page says that it goes on when it is sent again.
UNREACHED = frozenset({"/total/declare", "/total/agree"})


def statuses(where: str) -> frozenset[int]:
    return frozenset({422} if where in UNREACHED else {200, 303})


@pytest.fixture(scope="module")
def seats(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Mapping[str, Seat]]:
    """The servers of two totals, of which one is agreed to, and those who may give; and a coordinator who asks."""
    folder, numbers = tmp_path_factory.mktemp("exchange"), count()
    files: list[Path] = []

    def new_url() -> str:
        files.append(folder / f"{len(files)}.db")
        files[-1].write_bytes(migrated_file.read_bytes())
        return f"sqlite:///{files[-1]}"

    network = Network(new_url)
    some = parties(network)
    un, ngo = some.servers
    alpha, beta = (next(one for one in some.members if one.org_id == name) for name in ("alpha", "beta"))
    ocha = network.node("ocha", Tier.COORDINATOR)
    alpha.holds(on=TODAY, a=SHOOTING)
    agreed = some.agreed(known=False)
    some.tells(alpha, agreed)
    other = replace(KILLED, name="injured-2025", measure="injured")
    some.tells(ngo, declare_total(un.store, other, (un.identity, network.directory), some.teller()))
    declare(ocha.store, ASKED, Teller("kb", NOW))
    who = (beta.identity, Coordinator("ocha", Tier.COORDINATOR))
    _, envelope = give_aggregate(beta.store, ASKED, who, TODAY, Teller("kb", NOW), nothing=False)
    brought = {
        "declared": declaration_file(agreed),
        "numbers": sealed_file(network.directory, envelope, "ocha", NOW),
    }
    found = {}
    for node, file in zip((un, ngo, *some.members, ocha), files, strict=True):
        add_everybody(node.store)
        home = a_home(folder, network, node)
        node.store.close()
        found[node.org_id] = Seat(file, home, node.identity, numbers, files=brought)
    yield found
    network.close()


@pytest.mark.parametrize("where", FORMS)
def test_what_fails_leaves_nothing_or_the_whole_and_is_never_written_twice(
    seats: Mapping[str, Seat], where: str
) -> None:
    fails_whole(seats[FORMS[where].org_id], FORMS[where].make, statuses(where))


@pytest.mark.parametrize("where", FORMS)
@pytest.mark.parametrize("flavour", [Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER])
def test_a_process_that_dies_leaves_nothing_or_the_whole(
    seats: Mapping[str, Seat], where: str, flavour: Flavour
) -> None:
    dies_whole(seats[FORMS[where].org_id], FORMS[where].make, flavour, statuses(where))


def test_what_only_shows_figures_writes_nothing(seats: Mapping[str, Seat]) -> None:
    for one in LOOKS.values():
        writes_nothing(seats[one.org_id], one.make)


@on_sqlite_alone
@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
@pytest.mark.parametrize("at", [0, 1])
def test_what_a_server_says_is_kept_once_whatever_fails(
    network: Network, tmp_path: Path, flavour: Flavour, at: int
) -> None:
    some = parties(network)
    un, alpha = some.servers[0], some.members[0]
    some.agreed(known=False)
    with pages(network, alpha, tmp_path / "alpha", un) as at_alpha:
        browser = at_alpha.of(Role.FOCAL_POINT)

        def fetches() -> int:
            return browser.send(browser.get("/totals"), "/total/fetch", server="undss").status

        with failing_at(alpha.store, at, flavour):
            assert fetches() in {303, 422, 500}
        for _ in range(2):
            assert fetches() == 303
        assert len(rows_of(alpha.store)["total"]) == 1
