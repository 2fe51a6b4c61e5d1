"""Every line of the indicators has its words in six languages, and its figures stay what they were."""

from datetime import date

import pytest

from casework.figures.counting import Share, Wait, median
from casework.figures.facts import Answer, EvidenceFact, ForumFact, HeldFact, OverdueFact, PersonFact
from casework.figures.indicators import Line, Scope, measure
from casework.figures.printing import Printed, print_line
from casework.figures.saying import definition, in_words
from casework.figures.unreported import unreported
from casework.span import Range, on
from casework.vocabulary import codes
from casework.vocabulary.words import LANGUAGES, words
from tests.casework.figures.test_cw_15_indicators import LONG_AGO, TODAY, case, letter

LATER = on(date(2024, 3, 1))
ACCESS = tuple((one, 1) for one in codes("access"))


def held(outcome: str, *, abducted: bool) -> HeldFact:
    return HeldFact(abducted, Range(1, 1), LONG_AGO, LATER, outcome, () if abducted else ACCESS, Answer.NO)


EVERYTHING = (
    case(
        demarches=(letter("2025-01-01", "2025-02-01", "C"), letter("2025-03-01", grade="D")),
        forums=(ForumFact("host", investigated=Answer.YES),),
        quality=tuple((name, "met") for name in codes("quality")),
        overdue=tuple(OverdueFact(rule, role, 3) for rule in ("D4", "task") for role in codes("role")),
        evidence=EvidenceFact(2, 1, 1, 0, 1),
        remedies=tuple((paid, "yes") for paid in codes("paid")),
        held=(
            *(held(one, abducted=False) for one in ("", *codes("detention_outcome"))),
            *(held(one, abducted=True) for one in ("", *codes("abduction_outcome"))),
        ),
    ),
    case(persons=(PersonFact(("injured",), "violence", "international", "un"),)),
)


def lines() -> list[Printed]:
    found = (*measure(EVERYTHING, Scope(TODAY, 1_000, 1_000)), *unreported({"afraid": 2}, 3))
    return [print_line(one) for one in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_told_in_the_language_of_its_reader(language: str) -> None:
    said = words(language)
    found = lines()
    told = [in_words(one, said) for one in found]
    assert len(found) > 100
    english = (
        []
        if language == "en"
        else [one for one, before in zip(told, found, strict=True) if one.name == before.name]
    )
    assert english == []
    assert all(one.unit in said.table["unit"].values() for one in told)
    assert [one.n for one in told] == [one.n for one in found]
    assert len({(one.indicator, one.name) for one in told}) == len(
        {(one.indicator, one.name) for one in found}
    )
    assert all(definition(one.indicator, said) in said.table["indicator"].values() for one in told)
    for one in told:
        assert "_" not in one.name, one
        assert not any(word in one.name for word in ("{", "}"))


def test_what_is_no_number_is_told_in_words_too() -> None:
    said = words("fr")
    empty = in_words(print_line(Line("I1", "demarche sent", "cases", Share(0, 0, 0))), said)
    assert empty.figure == "Aucun dossier"
    waits = [Wait(3.0, ended=True), Wait(5.0, ended=False), Wait(9.0, ended=False)]
    told = in_words(print_line(Line("I3", "days to an acknowledgement", "demarches", median(waits))), said)
    assert told.figure == said.say("not_reached")
    assert told.at_most == "3 parmi celles qui ont abouti"
    assert (
        in_words(Printed("I99", "of a newer version", "x", "1", None, None, None), said).name
        == "of a newer version"
    )
