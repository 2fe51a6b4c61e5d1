"""Each value of a ladder is what the next finer one generalizes to, and nothing else is taken for one."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import ViewError
from node.facts import fact
from node.ladders import (
    ACTOR,
    CERTAINTY,
    DIMENSIONS,
    TARGET,
    VICTIMS,
    WHAT,
    WHEN,
    WHERE,
    Chain,
    Dimension,
    band,
    chains_of,
    read_cells,
    read_target,
    unescape,
    verify_chain,
)
from node.model import (
    Incident,
    PartialDate,
    Place,
)
from tests.support.strategies import incidents, names


@pytest.mark.parametrize(
    ("affected", "name"),
    [(0, "0"), (1, "1-3"), (3, "1-3"), (4, "4-9"), (9, "4-9"), (10, "10-24"), (24, "10-24"), (25, "25+")],
)
def test_bands_have_these_bounds(affected: int, name: str) -> None:
    assert band(affected) == name


@given(incidents())
def test_every_prefix_of_an_incidents_chain_follows_the_schema(incident: Incident) -> None:
    chains = chains_of(incident)

    assert len(chains) == len(DIMENSIONS)
    for dimension, chain in zip(DIMENSIONS, chains, strict=True):
        for length in range(1, len(chain) + 1):
            verify_chain(dimension, chain[:length])


@given(incidents(), st.data())
def test_a_level_that_does_not_follow_from_the_next_is_refused(
    incident: Incident, data: st.DataObject
) -> None:
    dimension = data.draw(st.sampled_from(DIMENSIONS))
    chain = chains_of(incident)[dimension.number]
    if len(chain) < 2:
        return
    level = data.draw(st.integers(0, len(chain) - 2))
    other = data.draw(st.sampled_from([f"{chain[level]}x", chain[level + 1], "2014", "killed=3"]))
    if other == chain[level]:
        return

    with pytest.raises(ViewError):
        verify_chain(dimension, (*chain[:level], other, *chain[level + 1 :]))


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=[one.name for one in DIMENSIONS])
def test_a_chain_has_as_many_levels_as_the_schema_allows(dimension: Dimension) -> None:
    for chain in ((), ("0",) * (len(dimension.levels) + 1)):
        with pytest.raises(ViewError, match="levels where the schema has"):
            verify_chain(dimension, chain)


@given(incidents())
def test_coarser_numbers_are_sums_of_finer_ones(incident: Incident) -> None:
    band_shown, *finer = chains_of(incident)[VICTIMS.number]
    totals = {sum(cell.number for cell in read_cells(value)[0]) for value in finer}

    assert totals == {incident.count()}
    assert band_shown == band(incident.count())


@given(incidents())
def test_affected_persons_of_every_employer_are_counted(incident: Incident) -> None:
    shown = read_target(chains_of(incident)[TARGET.number][-1])

    assert sum(number for _, number in shown) == sum(tally.number for tally in incident.employers)


@given(names, names)
def test_a_name_never_spills_into_another_level(admin1: str, settlement: str) -> None:
    chain = chains_of(Incident(PartialDate(2024), Place("SSD", admin1, "Leer", settlement)))[WHERE.number]

    country, shown, admin2 = chain[2].split("/")
    assert (country, unescape(shown), admin2) == ("SSD", admin1, "Leer")
    if settlement:
        name, _, degrees = chain[3].rpartition("/")[2].partition("@")
        assert (unescape(name), degrees) == (settlement, "")


@given(incidents())
def test_details_and_who_died_in_captivity_are_in_no_value_that_could_leave(incident: Incident) -> None:
    without = replace(incident, details=(), killed_in_captivity=0, killed_in_detention=0)

    assert chains_of(incident) == chains_of(without)


@given(incidents())
def test_the_order_of_tallies_does_not_matter(incident: Incident) -> None:
    turned = Incident(
        incident.when,
        victims=incident.victims[::-1],
        sexes=incident.sexes[::-1],
        employers=incident.employers[::-1],
    )
    straight = Incident(
        incident.when, victims=incident.victims, sexes=incident.sexes, employers=incident.employers
    )

    assert chains_of(turned) == chains_of(straight)


@pytest.mark.parametrize(
    ("dimension", "chain"),
    [
        (WHEN, ("2015-03",)),
        (WHEN, ("2015", "2015-3")),
        (WHEN, ("2015", "2015-13")),
        (WHEN, ("2015", "2015-02", "2015-02-29")),
        (WHEN, ("1815",)),
        (WHEN, ("0000",)),
        (WHEN, ("\N{FULLWIDTH DIGIT TWO}015",)),
        (WHEN, ("",)),
        (WHERE, ("Atlantis",)),
        (WHERE, ("SSD/Unity",)),
        (WHERE, ("SSD", "SSD/Un\0ity")),
        (WHERE, ("SSD", "SSD/Un\x1b[2Jity")),
        (WHERE, ("SSD", "SSD/Un%41ity")),
        (WHERE, ("SSD", "SSD/Un@ity")),
        (WHERE, ("SSD", "SSD/" + "x" * 201)),
        (WHAT, ("war",)),
        (WHAT, ("violence", "violence/magic")),
        (WHAT, ("violence/shooting",)),
        (WHAT, ("violence/shooting", "violence/shooting/ambush", "violence/shooting/ambush/road")),
        (WHAT, ("a/b", "a/b/c", "a/b/c/d", "a/b/c/d/e")),
        (VICTIMS, ("lots",)),
        (VICTIMS, ("1-3", "killed=02")),
        (VICTIMS, ("1-3", "killed=2;killed=1")),
        (VICTIMS, ("1-3", "injured=1;killed=2")),
        (VICTIMS, ("1-3", "killed=~~2")),
        (VICTIMS, ("1-3", "killed=-2")),
        (VICTIMS, ("1-3", "killed=2|male=2")),
        (VICTIMS, ("1-3", "killed=2", "killed=2")),
        (VICTIMS, ("1-3", "killed=2", "killed/national/male=2")),
        (VICTIMS, ("1-3", "killed=2", "killed/national=2", "killed/national=2|male=2")),
        (VICTIMS, ("1-3", "killed=2", "killed/national=2", "killed/national/male/x=2")),
        (VICTIMS, ("1-3", "killed=2", "killed/national=2", "killed/national/male=2|")),
        (VICTIMS, ("1-3", "killed=2", "killed/national=2", "killed/national/male=2|male=1;male=1")),
        (VICTIMS, ("0", "")),
        (TARGET, ("army",)),
        (TARGET, ("un+ngo",)),
        (TARGET, ("0", "")),
        (TARGET, ("ngo", "INGO=2;INGO=3")),
        (TARGET, ("ngo+un", "UN=1;INGO=2")),
        (TARGET, ("ngo", "INGO=2;;NNGO=1")),
        (TARGET, ("other", "ARMY=2")),
        (ACTOR, ("army",)),
        (ACTOR, ("state", "state/armed_group_national")),
        (ACTOR, ("state", "state/host_state", "state/host_state/boredom")),
        (ACTOR, ("state/host_state",)),
        (CERTAINTY, ("sure",)),
        (CERTAINTY, ("confirmed", "confirmed/gossip")),
        (CERTAINTY, ("confirmed/media",)),
    ],
)
def test_a_value_in_another_form_than_the_schemas_is_refused(dimension: Dimension, chain: Chain) -> None:
    chains = list(chains_of(Incident(PartialDate(2024))))
    chains[dimension.number] = chain

    with pytest.raises(ViewError):
        fact(tuple(chains))


def test_nobody_can_claim_more_persons_than_a_number_has_digits() -> None:
    cells = ";".join(["killed/national/male=9999999"] * 300)
    chains = list(chains_of(Incident(PartialDate(2024))))
    chains[VICTIMS.number] = ("25+", "killed=2", "killed/national=2", cells)

    with pytest.raises(ViewError):
        fact(tuple(chains))


hostile = st.text(st.sampled_from("killed/national=;|>~0123456789+-unSSD\0é²@%"), max_size=30) | st.text(
    max_size=20
)


@given(st.sampled_from(DIMENSIONS), st.lists(hostile, min_size=1, max_size=5).map(tuple))
def test_whatever_a_chain_holds_only_our_error_comes_out(dimension: Dimension, chain: Chain) -> None:
    chains: list[Chain] = [("2024",), *[()] * (len(DIMENSIONS) - 1)]
    chains[dimension.number] = chain

    for read in (lambda: verify_chain(dimension, chain), lambda: fact(tuple(chains))):
        with suppress(ViewError):
            read()
