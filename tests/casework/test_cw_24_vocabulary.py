"""CW-24: every code, kind and field has words in six languages, and maps to the vocabularies that the field knows."""

import csv
import re
from pathlib import Path

import pytest

from casework.vocabulary import code_lists, kinds
from casework.vocabulary.deadlines import usual_rules
from casework.vocabulary.words import LANGUAGES, words

OTHERS = tuple(language for language in LANGUAGES if language != "en")
THESAURI = Path(__file__).parents[3] / "shared/data/huridocs-microthesauri/microthesauri.csv"
# What a list maps to, and its codes that have no like there.
MAPPED: dict[str, tuple[str, frozenset[str]]] = {
    "involvement": ("H18", frozenset()),
    "party_status": ("H26", frozenset({"no_post"})),
    "response": ("H27", frozenset()),
    "attribution": ("H28", frozenset({"reported"})),
    "legal_basis": ("H29", frozenset()),
    "whereabouts": ("H30", frozenset()),
    "court": ("H32", frozenset({"international", "disciplinary"})),
    "reliability": ("H42", frozenset()),
    "paid": ("H47", frozenset()),
    "public_status": ("U", frozenset()),
    "impunity": ("C", frozenset({"not_applicable", "unknown"})),
    "grade": ("R", frozenset()),
}
UNESCO = {"No information received so far", "Ongoing/Unresolved", "Resolved", "Archived"}
CPJ = {"complete impunity", "partial impunity", "full justice"}
SCRIPT = {"ar": r"[\u0600-\u06ff]", "ru": r"[\u0400-\u04ff]", "zh": r"[\u4e00-\u9fff]"}


def missing(language: str) -> list[str]:
    """Everything that a language has no word of its own for, as a path into its file."""
    table, english = words(language).table, words("en").table
    wanted = {f"code.{name}": tuple(codes) for name, codes in code_lists().items()}
    wanted["kind"] = tuple(kinds())
    wanted["rule"] = tuple(usual_rules().by_id)
    wanted |= {section: tuple(table) for section, table in english.items()}
    return [
        f"[{section}] {name}"
        for section, names in wanted.items()
        for name in names
        if not table.get(section, {}).get(name, "").strip()
    ]


@pytest.mark.parametrize("language", OTHERS)
def test_every_code_kind_and_sentence_has_words_in_every_language(language: str) -> None:
    assert missing(language) == []


def test_every_field_and_lane_has_a_human_name_in_english() -> None:
    table = words("en").table

    assert {name for kind in kinds().values() for name in kind.fields} - table["field"].keys() == set()
    assert {kind.lane for kind in kinds().values()} - table["lane"].keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_no_word_is_kept_for_something_that_does_not_exist(language: str) -> None:
    english = words("en").table
    known = {f"code.{name}": set(codes) for name, codes in code_lists().items()}
    known |= {"kind": set(kinds()), "rule": set(usual_rules().by_id)} | {
        section: set(table) for section, table in english.items()
    }
    extra = [
        f"[{section}] {name}"
        for section, table in words(language).table.items()
        for name in table
        if name not in known.get(section, set())
    ]

    assert extra == []


@pytest.mark.parametrize("language", sorted(SCRIPT))
def test_words_are_in_the_script_of_their_language(language: str) -> None:
    foreign = [
        f"[{section}] {name}: {word}"
        for section, table in words(language).table.items()
        for name, word in table.items()
        if not re.search(SCRIPT[language], word) and name not in {"sha256", "pair", "comma", "semicolon"}
    ]

    assert foreign == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_of_one_list_read_differently(language: str) -> None:
    said = words(language)
    for name, codes in code_lists().items():
        labels = [said.code(name, code) for code in codes]
        assert len(set(labels)) == len(labels), name


@pytest.mark.parametrize("name", sorted(MAPPED))
def test_every_code_that_should_map_to_another_vocabulary_does(name: str) -> None:
    target, without = MAPPED[name]
    unmapped = {
        code.code
        for code in code_lists()[name].values()
        if not any(reference.startswith(target) for reference in code.references)
    }

    assert unmapped == without


def test_terms_of_other_vocabularies_are_their_own_words() -> None:
    references = [
        reference
        for codes in code_lists().values()
        for code in codes.values()
        for reference in code.references
    ]

    assert {reference[1:] for reference in references if reference.startswith("U")} == UNESCO
    assert {reference[1:] for reference in references if reference.startswith("C")} == CPJ
    assert {reference[1:] for reference in references if reference.startswith("R")} == set("ABCDE")
    assert all(
        re.fullmatch(r"H[0-9]{2}:[0-9]{8}|[UCR].+", reference) and len(reference) > 1
        for reference in references
    )


@pytest.mark.skipif(not THESAURI.exists(), reason="the micro-thesauri of ../shared/data are not here")
def test_every_huridocs_term_exists() -> None:
    with THESAURI.open(encoding="utf-8") as file:
        terms = {row["term_id"] for row in csv.DictReader(file)}
    named = {
        reference
        for codes in code_lists().values()
        for code in codes.values()
        for reference in code.references
        if reference.startswith("H")
    }

    assert {one for one in named if f"{one[4:]}0000{one[1:3]}" not in terms} == set()


def test_states_are_called_what_the_united_nations_call_them() -> None:
    assert words("en").state("PSE") == "State of Palestine"
    assert words("fr").state("COD") == "République démocratique du Congo"
    assert words("zh").state("SSD") == "南苏丹"
    assert words("ru").state("QQQ") == "QQQ"


def test_a_word_that_a_language_lacks_is_shown_in_english() -> None:
    assert words("fr").code("verdict", "of a newer version") == "of a newer version"
    assert words("fr").kind("of a newer version") == "of a newer version"
