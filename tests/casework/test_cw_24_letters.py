"""Letters say what the case holds, in the language of the letter, and only what the officer chose and may send (D7)."""

import re
from dataclasses import replace
from datetime import date

import pytest

from casework.casefile import CaseFile
from casework.errors import FieldError, RoleError
from casework.letter import KINDS, Draft, letter, yearly_request
from casework.printing.html import html
from casework.printing.plain import plain
from casework.report.reading import Reading, reading_of
from casework.values import Gap
from casework.vocabulary.deadlines import usual_rules
from casework.vocabulary.words import LANGUAGES, words
from tests.support.casefiles import case_of, detention_case, said

SINGLE = [kind for kind in KINDS if kind != "yearly_request"]
DRAFT = Draft("note_verbale", "First Aid", date(2022, 7, 1), date(2022, 8, 30))


def reading(case: CaseFile | None = None) -> Reading:
    return reading_of(case or detention_case(), usual_rules())


def text_of(draft: Draft = DRAFT, language: str = "en", case: CaseFile | None = None) -> str:
    return plain(letter(reading(case), draft, words(language))).decode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", SINGLE)
def test_every_letter_is_whole_in_every_language(kind: str, language: str) -> None:
    page = letter(reading(), replace(DRAFT, kind=kind), words(language))
    text = plain(page).decode()

    assert page.title == words(language).code("letter", kind)
    assert words(language).state("CMR") in text
    assert words(language).code("authority", "foreign_ministry") in text
    assert "{" not in text
    assert not re.search(r"\b(ask|about|note|letter|to)_[a-z]", text)
    assert "a1b2c3d4" in text
    assert b"<h1>" in html(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_yearly_request_lists_every_case_of_the_state_once(language: str) -> None:
    others = [
        detention_case(),
        case_of(said("opened", "2022-01-01", host_state="SSD", public_ref="zz"), uid="b" * 32),
    ]
    draft = replace(DRAFT, kind="yearly_request")

    text = plain(yearly_request([reading(case) for case in others], "CMR", draft, words(language))).decode()

    assert text.count("a1b2c3d4") == 1
    assert "zz" not in text
    assert "2022/CMR" in text
    assert "177" in text  # days since the letter of 5 January


def test_a_yearly_request_without_a_case_is_refused() -> None:
    with pytest.raises(FieldError, match="no case of 'TCD'"):
        yearly_request([reading()], "TCD", replace(DRAFT, kind="yearly_request"), words("en"))


def test_what_is_asked_for_follows_the_category_and_the_kind() -> None:
    killing = case_of(
        said("opened", "2022-01-01", categories=("death_violence",), host_state="LKA", public_ref="r"),
        said("incident", "2022-01-01"),
        said("person_added", "2022-01-01", person="P1", harm=("dead",), cause="violence", staff="national"),
        said("counterpart_added", "2022-01-01", counterpart="C1", authority="prosecutor", state="LKA"),
    )

    asked = text_of(case=killing)

    assert "investigation that is prompt, full, independent and impartial" in asked
    assert "legal counsel" not in asked
    assert "Sir or Madam" in asked  # a prosecutor gets a letter, not a note in the third person
    assert "legal counsel" in text_of()
    assert "without delay" in text_of(replace(DRAFT, kind="urgent_appeal"))
    assert "by 30 August 2022" in text_of()


def test_a_notice_is_asked_for_without_saying_which_treaty_applies() -> None:
    text = text_of(replace(DRAFT, kind="state_notice"))

    assert "give notice of the measures taken" in text
    assert not re.search(r"1994|2005|[Aa]rticle|Convention", text)


def test_foreigners_are_owed_consular_visits() -> None:
    assert "consular" not in text_of()
    foreign = detention_case(said("person_updated", "2022-06-01", person="P1", nationalities=("SWE",)))
    assert "consular visits" in text_of(case=foreign)


def test_names_place_and_own_words_stand_in_it_only_if_chosen() -> None:
    case = detention_case(
        said("person_updated", "2022-06-01", person="P1", name="Somebody Known"),
        said("incident", "2021-12-26", place="Some Town", account="a source said"),
        said("note", "2022-06-02", text="our own thoughts"),
    )

    plainly = text_of(case=case)
    chosen = text_of(replace(DRAFT, names=True, place=True, text="We met on Monday."), case=case)

    assert not re.search("Somebody|Some Town|source said|thoughts|Monday|P1|officer-1|complicity", plainly)
    assert all(told in chosen for told in ("Somebody Known", "Some Town", "We met on Monday."))
    assert not re.search("source said|thoughts", chosen)


def test_names_need_the_key_of_identities() -> None:
    case = detention_case(said("person_updated", "2022-06-01", person="P1", name=Gap.WITHHELD))

    with pytest.raises(RoleError, match="no key for identities"):
        text_of(replace(DRAFT, names=True), case=case)


def test_survivors_are_never_named() -> None:
    case = detention_case(
        said(
            "person_updated", "2022-06-01", person="P1", harm=("sexually_assaulted",), name="Somebody Known"
        ),
        said("person_updated", "2022-06-01", person="P2", name="Another One"),
    )

    text = text_of(replace(DRAFT, names=True), case=case)

    assert "Somebody" not in text
    assert "Another One" in text


def test_whoever_refused_is_neither_named_nor_counted() -> None:
    case = detention_case(
        said("person_updated", "2022-06-01", person="P1", name="Somebody Known"),
        said("consent_recorded", "2022-06-01", person="P1", purpose="demarche", answer="withdrawn"),
    )

    text = text_of(replace(DRAFT, names=True), case=case)

    assert "Somebody" not in text
    assert re.search(r"Persons affected, number +2\n", text)


def test_there_must_be_something_to_remind_of_and_somebody_to_visit() -> None:
    answered = detention_case(
        said("answer_received", "2022-06-01", answer="R2", kind="reply", letter="L1"),
        said("detention_ended", "2022-06-10", detention="D2", persons=("P3",), outcome="released"),
    )

    for kind in ("reminder", "access_request"):
        with pytest.raises(FieldError):
            text_of(replace(DRAFT, kind=kind), case=answered)
    with pytest.raises(FieldError, match="is none of"):
        text_of(replace(DRAFT, kind="love_letter"))
    with pytest.raises(FieldError, match="no such addressee"):
        text_of(replace(DRAFT, counterpart="C9"))
