"""The code lists: complete, unambiguous, and right about every spelling that was ever published."""

import csv
import re
from pathlib import Path

import pytest

from node.codes import DETAIL_LISTS, LIST_NAMES, SCHEMES, code_list, country_from, fold
from node.facts import EMPLOYERS

_CODED = {
    "Means of attack": "means",
    "Attack context": "context",
    "Location": "location_type",
    "Motive": "motive",
    "Actor type": "actor_type",
}
_PUBLISHED = {
    "awsd_security_incidents_2016-10-03.csv": "cp1252",
    "awsd_security_incidents_2025-12-18.csv": "utf-8-sig",
}


@pytest.mark.parametrize("name", [*LIST_NAMES, *DETAIL_LISTS, *SCHEMES])
def test_codes_are_short_words_that_a_query_can_be_typed_with(name: str) -> None:
    form = r"[A-Z]{3}" if name == "country" else r"[a-z][a-z_]{1,24}"
    assert all(re.fullmatch(form, code) for code in code_list(name).codes)
    assert all(code.label for code in code_list(name).codes.values())


@pytest.mark.parametrize("name", [*LIST_NAMES, *DETAIL_LISTS])
def test_no_spelling_means_two_codes(name: str) -> None:
    for source in ("awsd", "sind"):
        seen: dict[str, str] = {}
        for code in code_list(name).codes.values():
            for spelling in {fold(text) for text in (code.label, *getattr(code, source), *code.spellings)}:
                assert seen.setdefault(spelling, code.code) == code.code


@pytest.mark.parametrize("name", sorted({*LIST_NAMES} - {"country", "organization_type"}))
def test_every_descriptive_list_can_say_unknown(name: str) -> None:
    assert code_list(name).find("Unknown") == "unknown"


@pytest.mark.parametrize("name", LIST_NAMES)
def test_a_text_that_nobody_published_has_no_code(name: str) -> None:
    assert code_list(name).find("zzz") is None
    assert code_list(name).find("", "sind") is None


def test_labels_fall_back_to_the_code_itself() -> None:
    assert code_list("means").label("kidnap_killing") == "Kidnap-killing"
    assert code_list("means").label("a_code_of_next_year") == "a_code_of_next_year"


def test_a_list_that_does_not_exist_is_a_programming_mistake() -> None:
    with pytest.raises(RuntimeError):
        code_list("weather")


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("means", "KK", "kidnap_killing"),
        ("means", "VBIED-S ", "vehicle_borne_ied"),
        ("means", "Landmine ", "landmine"),
        ("means", "Rape/sexual assault ", "rape_sexual_assault"),
        ("means", "DETENTION / ARREST", "detention_arrest"),
        ("context", "C", "combat_crossfire"),
        ("location_type", "C", "custody"),
        ("actor_type", "Host State", "host_state"),
        ("actor_type", "Non-state armed group: Global ", "armed_group_global"),
        ("actor_type", "Non\N{EN DASH}state armed group:Regional", "armed_group_regional"),
        ("organization_type", "LNGO/NRCS", "nngo_or_rcrc"),
        ("organization_type", "NRCS and IFRC", "rcrc"),
        ("source_kind", "Offiicial Report", "official_report"),
    ],
)
def test_published_spellings_find_their_code(name: str, text: str, code: str) -> None:
    assert code_list(name).find(text) == code


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("means", "Aerial Bomb: Drone", "aerial_bombardment"),
        ("means", "Firearms", "shooting"),
        ("actor_type", "NSA", "armed_group_unknown"),
        ("organization_type", "Red Cross (Nat Soc)", "rcrc"),
        ("location_type", "IDP Refugee Camp", "camp"),
    ],
)
def test_spellings_of_insecurity_insight_find_their_code(name: str, text: str, code: str) -> None:
    assert code_list(name).find(text, "sind") == code


@pytest.mark.parametrize("scheme", SCHEMES)
def test_crosswalks_lead_to_categories_that_there_are(scheme: str) -> None:
    led = {getattr(code, scheme) for name in ("harm", "means") for code in code_list(name).codes.values()}
    assert led - {""} <= code_list(scheme).codes.keys()


def test_whatever_was_done_to_health_care_has_a_category_at_both_who_count_it() -> None:
    health = {"facility", "transport", "supplies", "patient"}
    done = [code for code in code_list("harm").codes.values() if code.resource in health]
    assert len(done) > 20
    assert all(code.hcid and code.ssa for code in done)


def test_harm_has_no_code_for_sexual_violence_which_the_rules_see_among_the_outcomes_alone() -> None:
    assert not [code for code in code_list("harm").codes if "sex" in code or "rape" in code]


def test_groups_of_actors_are_the_five_that_may_be_shared() -> None:
    groups = {code.group for code in code_list("actor_type").codes.values()}
    assert groups == {"state", "non_state", "criminal", "other", "unknown"}


def test_broad_types_of_organizations_are_the_ones_that_are_counted() -> None:
    assert {code.broad for code in code_list("organization_type").codes.values()} == set(EMPLOYERS)


@pytest.mark.parametrize(
    ("text", "alpha3"),
    [
        ("South Sudan", "SSD"),
        ("SS", "SSD"),
        ("NA", "NAM"),
        ("na", None),
        ("Cote D'Ivoire", "CIV"),
        ("Côte d\N{RIGHT SINGLE QUOTATION MARK}Ivoire", "CIV"),
        ("DR Congo", "COD"),
        ("Congo", "COG"),
        ("Niger", "NER"),
        ("Nigeria", "NGA"),
        ("Libyan Arab Jamahiriya", "LBY"),
        ("Swaziland", "SWZ"),
        ("Occupied Palestinian Territories", "PSE"),
        ("Chechnya", "RUS"),
        ("Kashmir", "XJK"),
        ("XK", "XKX"),
        ("International Waters", "XIW"),
        ("Unspecified", None),
        ("", None),
    ],
)
def test_countries_are_found_by_name_and_code(text: str, alpha3: str | None) -> None:
    assert country_from(text) == alpha3


def test_every_country_has_its_three_codes_or_is_user_assigned() -> None:
    for code in code_list("country").codes.values():
        if not code.code.startswith("X"):
            assert re.fullmatch(r"[A-Z]{2}", code.alpha2)
            assert re.fullmatch(r"\d{3}", code.m49) or code.code == "TWN"
    assert code_list("country").codes["SSD"].m49 == "728"
    assert code_list("country").codes["PSE"].m49 == "275"


@pytest.mark.parametrize("file", _PUBLISHED)
def test_every_value_of_a_published_file_has_a_code(shared: Path, file: str) -> None:
    with (shared / "data" / "incidents" / file).open(encoding=_PUBLISHED[file], newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["Incident ID"].isdigit()]
    values = {(name, row[column]) for row in rows for column, name in _CODED.items() if row.get(column)}
    assert {pair for pair in values if code_list(pair[0]).find(pair[1]) is None} == set()
    assert {
        row["Country"] for row in rows if row["Country"] and country_from(row["Country"]) is None
    } == set()
