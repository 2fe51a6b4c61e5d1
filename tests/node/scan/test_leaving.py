"""The free words of a record that would leave, and the rule for texts."""

from dataclasses import replace

import pytest
from hypothesis import given

from node.anonymize import anonymize
from node.audience import Tier
from node.errors import TextNotReviewedError, TextRevealsError
from node.ladders import DIMENSIONS, chains_of, unescape
from node.model import Incident, Place, Point
from node.policy import baseline
from node.scan import NO_NAMES, Kind, leaks, may_leave, read_names, words_that_leave
from node.signed import Label
from tests.support.incidents import SHOOTING
from tests.support.strategies import incidents

EVERYTHING = tuple(len(dimension.levels) - 1 for dimension in DIMENSIONS)
WHOLE = replace(
    SHOOTING,
    where=Place("SSD", "Unity", "Leer/West", "Camp@Thonyor", Point(8.3, 30.1)),
    actor_name="Front of the 5%",
)
NAMES = read_names(["Alphaname"])


def test_the_words_that_leave_are_places_and_actors_at_the_levels_that_are_opened() -> None:
    chains = chains_of(WHOLE)

    assert words_that_leave(chains, EVERYTHING) == (
        ("where", "admin1", "Unity"),
        ("where", "admin2", "Leer/West"),
        ("where", "point", "Camp@Thonyor"),
        ("actor", "name", "Front of the 5%"),
    )
    assert words_that_leave(chains, baseline().levels[Tier.PEER]) == (("where", "admin1", "Unity"),)
    assert words_that_leave(chains, baseline().levels[Tier.PUBLIC]) == ()
    assert words_that_leave(chains, (-1,) * len(DIMENSIONS)) == ()


@given(incidents())
def test_every_free_word_of_an_incident_is_among_them(incident: Incident) -> None:
    leaving = {text for _, _, text in words_that_leave(chains_of(incident), EVERYTHING)}
    where = incident.where

    assert leaving == set(filter(None, (where.admin1, where.admin2, where.settlement, incident.actor_name)))


@pytest.mark.parametrize(
    ("place", "actor", "found"),
    [
        (Place("SSD", "Unity", "Leer"), "", []),
        (Place("SSD", "house of Alphaname", "Leer"), "", [("admin1", Kind.NAME)]),
        (Place("SSD", "Unity", "call +000 000 000 001"), "", [("admin2", Kind.PHONE)]),
        (
            Place("SSD", "8.30012,30.14567", "a@example.org"),
            "",
            [("admin1", Kind.COORDINATE), ("admin2", Kind.EMAIL)],
        ),
        (Place("SSD", "Unity"), "men of alphaname", [("name", Kind.NAME)]),
    ],
)
def test_a_word_that_reveals_is_told_with_its_level(
    place: Place, actor: str, found: list[tuple[str, Kind]]
) -> None:
    chains = chains_of(replace(SHOOTING, where=place, actor_name=actor))

    told = leaks(chains, EVERYTHING, NAMES)

    assert [(one.level, one.findings[0].kind) for one in told] == found
    assert leaks(chains, baseline().levels[Tier.PUBLIC], NAMES) == ()


def test_an_actor_who_may_be_a_person_leaves_no_word() -> None:
    chains = anonymize(replace(SHOOTING, actor_type="criminal", actor_name="Alphaname"), rcrc_named=False)

    assert leaks(chains, EVERYTHING, NAMES) == ()


@pytest.mark.parametrize("label", Label)
@pytest.mark.parametrize("reviewed", [False, True])
def test_a_text_leaves_at_amber_or_wider_only_after_somebody_has_reviewed_it(
    label: Label,
    reviewed: bool,  # noqa: FBT001
) -> None:
    text = "Avoid the road to the north."
    if label >= Label.AMBER and not reviewed:
        with pytest.raises(TextNotReviewedError):
            may_leave(text, reviewed=reviewed, label=label, names=NO_NAMES)
    else:
        assert may_leave(text, reviewed=reviewed, label=label, names=NO_NAMES) == text


@pytest.mark.parametrize("label", Label)
def test_a_reviewed_text_that_reveals_does_not_leave_and_the_error_does_not_repeat_it(label: Label) -> None:
    with pytest.raises(TextRevealsError) as refused:
        may_leave("Alphaname, +000 000 000 001", reviewed=True, label=label, names=NAMES)

    assert str(refused.value) == "text: it seems to hold name, phone"


def test_names_are_unescaped_before_they_are_looked_at() -> None:
    chains = chains_of(replace(SHOOTING, where=Place("SSD", "t.me/alphaname")))

    assert unescape(chains[1][-1].partition("/")[2]) == "t.me/alphaname"
    assert [one.findings[0].kind for one in leaks(chains, EVERYTHING, NO_NAMES)] == [Kind.ACCOUNT]
