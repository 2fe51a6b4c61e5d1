"""Six languages: each says all that the pages and the codes say, keeps what stands in for figures, and goes its way."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from sqlalchemy import update

from casework.tip import CASE_OPENED, COPIED, ERASURE_PROPOSED, LOST, NO_COPY, WHAT_NEXT
from console.outlooks import unusual_method
from console.web.entries import CHOICES
from console.web.languages import LANGUAGES, SOURCE, choose, translations
from console.web.pages import STYLE, environment
from console.web.roles import Role
from console.web.tables import account
from console.web.visit import Works
from console.web.wording import in_html
from console.web.words import choices, country, in_words, said_cell
from crypto.sentence import Sentence
from node.codes import SCHEMES, code_list
from node.dimensions import DIMENSIONS, MEASURES, Unit, values_of
from node.outlook.unusual import Method
from node.rules import RULES
from tests.support.browser import Browser
from tests.support.catalogues import catalogue
from tests.test_docs import ROOT

OTHERS = tuple(one for one in LANGUAGES if one != SOURCE)
LISTS = ("means", "context", "location_type", "motive", "actor_type", "source_kind")
TOLD = ("harm", "programme", "impact", "driver", "fate", *SCHEMES)
PAGES = (
    "/",
    "/report",
    "/incidents",
    "/held",
    "/holders",
    "/holders?id=awsd:a",
    "/alerts?all=1",
    "/alert/new?id=awsd:a",
    "/requests?all=1",
    "/audiences",
    "/audience/new",
    "/bundle",
    "/records",
    "/outcomes",
    "/disclosures",
    "/recall?id=awsd:a",
    "/recall/preview?id=awsd:a&because=withdrawn",
    "/import",
    "/network",
    "/numbers",
    "/totals",
    "/explore?by=country&measure=incidents,killed&compare=2026-01-01",
    "/matches",
    "/outlook?measure=affected",
    "/explore/changes?by=year&measure=incidents&compare=2026-01-01",
    "/cases/unlock",
    "/account",
    "/account/keys",
    "/account/passkey",
    "/share?id=awsd:a",
    "/share/preview?id=awsd:a&tier=public",
    "/incident?id=own:x",
    "/incident/complete?id=own:x&group=people",
)


def said() -> Iterator[str | tuple[str, ...]]:
    """Everything that the console says in words of its own, as it stands in the code."""
    found = extract_from_dir(
        ROOT / "console" / "web" / "templates",
        method_map=[("**.html", "jinja2.ext:babel_extract")],
        options_map={"**.html": {"extensions": "jinja2.ext.i18n"}},
    )
    yield from (one[2] for one in found)
    spoken = {"gettext": None, "say": None}
    for folder in (ROOT / "console" / "web", ROOT / "console"):
        files = (
            [("remarks.py", "python"), ("outlooks.py", "python")]
            if folder.name == "console"
            else [("**.py", "python")]
        )
        yield from (one[2] for one in extract_from_dir(folder, method_map=files, keywords=spoken))
    yield from (name.replace("_", " ") for name in (*DIMENSIONS, *MEASURES, *Unit))
    yield from (code.label for name in TOLD for code in code_list(name).codes.values())
    yield from (
        value.replace("_", " ")
        for name in ("actor_group", "resource", "delay", "victims", "held_for", "staff", "sex", "cause")
        for value in values_of(name)
    )
    yield from (rule.text for rule in RULES if rule.apply is not None)
    yield from (code.label for name in LISTS for code in code_list(name).codes.values())
    yield from (*WHAT_NEXT, COPIED, NO_COPY, LOST, CASE_OPENED, ERASURE_PROPOSED)
    yield from (code.replace("_", " ") for codes in CHOICES.values() for code in codes)


SAID = tuple(dict.fromkeys(said()))


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_out_of_a_catalogue(language: str) -> None:
    known = catalogue(language)
    missing = [one for one in SAID if one not in known or not known[one].string]
    assert len(SAID) > 200
    assert missing == []
    for message in known:
        if not message.id:
            continue
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        wanted = set(re.findall(r"%\(\w+\)s", message.id if isinstance(message.id, str) else message.id[1]))
        assert all(strings)
        for text in strings:
            assert set(re.findall(r"%\(\w+\)s", text)) <= wanted, message.id
        assert wanted <= set(re.findall(r"%\(\w+\)s", strings[-1])), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_the_console_says_what_another_reader_of_catalogues_reads(language: str) -> None:
    ours, compiled = translations(language), BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    theirs = Translations(compiled)
    for message in catalogue(language):
        if not isinstance(message.id, str):
            one, many = message.id
            for number in range(120):
                assert ours.ngettext(one, many, number) == theirs.ngettext(one, many, number)
        elif message.id:
            assert ours.gettext(message.id) == theirs.gettext(message.id) != ""


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_stands_in_two_parts_of_a_catalogue(language: str) -> None:
    said: list[object] = []
    for part in (ROOT / "console" / "web" / "locale").iterdir():
        with (part / f"{language}.po").open("rb") as file:
            said += [message.id for message in read_po(file, locale=language) if message.id]
    assert len(said) == len(set(said))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_in_the_language_of_its_reader(
    language: str, works: Works, signed_in: Callable[[Role], Browser]
) -> None:
    with works.store.write() as connection:
        connection.execute(update(account).values(language=language))
    browser = signed_in(Role.FOCAL_POINT)
    for page in PAGES:
        shown = browser.get(page)
        way = "rtl" if language == "ar" else "ltr"
        assert shown.status == 200
        assert f'<html lang="{language}" dir="{way}">' in shown.text
        assert translations(language).gettext("Leave this page") in shown.words
        if language != SOURCE:
            assert "Leave this page" not in shown.words
    with works.store.write() as connection:
        connection.execute(update(account).values(language=""))


def test_before_signing_in_the_browser_says_the_language(port: int) -> None:
    shown = Browser(port, headers={"Accept-Language": "de, ar-EG;q=0.9, en;q=0.5"}).get("/sign-in")
    assert '<html lang="ar" dir="rtl">' in shown.text
    assert "تسجيل الدخول" in shown.words


def test_what_stands_beside_figures_is_in_the_language_of_the_page() -> None:
    beside = environment("ar").from_string("{{ note | sentence | isolated }}")
    assert "naive" not in beside.render(note=unusual_method(Method.C2))
    assert beside.render(note=()) == translations("ar").gettext("none") != "none"
    assert beside.render(note="published 2026-03-14") == "published \u20662026-03-14\u2069"


def test_languages_are_chosen_with_care() -> None:
    assert choose("xx", "fr", accepted="ru") == "fr"
    assert choose(accepted="zh-Hant-TW;q=0.3,es;q=bad,ru;q=0.7") == "ru"
    assert choose(accepted="") == choose(accepted="*" * 500) == SOURCE


def test_values_are_said_in_words() -> None:
    place = in_words("en", "where", "SSD/Unity/Leer/Leer@8.30,30.14")
    assert re.sub("<[^>]+>", "", place) == "Leer, Leer, Unity, South Sudan"
    assert in_words("fr", "victims", "killed/national/female=1") == "1 tué (national, femme)"
    assert in_words("en", "victims", "1-3") == "1-3 affected"
    assert [country(one, "PSE") for one in ("en", "es")] == ["State of Palestine", "Estado de Palestina"]
    assert country("ru", "SSD") == "Южный Судан"


def test_the_sign_of_a_number_stays_before_it() -> None:
    assert [said_cell(one, "change", -1234) for one in ("en", "ar")] == ["-1,234", "\u2066-1,234\u2069"]
    assert said_cell("ar", "change", 1234) == "1,234"


def test_names_of_places_keep_their_order_beside_each_other() -> None:
    place = in_words("ar", "where", "SSD/Unity/<b>Leer")
    assert place == "<bdi>&lt;b&gt;Leer</bdi>، <bdi>Unity</bdi>، <bdi>جنوب السودان</bdi>"
    assert in_words("ar", "when", "2026-03") == "<bdi>2026-03</bdi>"
    assert in_words("ar", "victims", "killed=1;injured=2") == "1 قُتل؛ 2 جُرح"
    assert in_words("en", "target", "NNGO=1;UN=2") == "National NGO: 1; UN agency, fund or programme: 2"
    assert in_words("ar", "target", "ngo+un").count(" + ") == 1
    assert not re.search("[a-z]", in_words("ar", "target", "NNGO=1;RCRC=2;ngo_or_rcrc"))


@pytest.mark.parametrize("language", OTHERS)
def test_every_country_has_its_name_as_the_united_nations_writes_it(language: str) -> None:
    codes = code_list("country").codes
    names = {code: country(language, code) for code in codes}
    script = {"ar": "ARABIC", "ru": "CYRILLIC", "zh": "CJK"}.get(language, "LATIN")
    assert len(codes) >= 249
    assert len(set(names.values())) == len(codes)
    assert all(script in unicodedata.name(name[0]) and name == name.strip() for name in names.values())
    assert country(language, "ZZZ") == "ZZZ"


def test_countries_are_listed_as_people_look_for_them() -> None:
    listed = {language: [name for _, name in choices(language, "country")] for language in LANGUAGES}
    french, chinese = listed["fr"], listed["zh"]
    assert (
        french.index("Dominique")
        < french.index("Égypte")
        < french.index("El Salvador")
        < french.index("Espagne")
    )
    assert (
        listed["en"].index("Albania")
        > listed["en"].index("Åland Islands")
        > listed["en"].index("Afghanistan")
    )
    assert chinese.index("阿富汗") < chinese.index("巴西") < chinese.index("中非共和国")
    assert country("fr", "COD") == "République démocratique du Congo"
    assert country("zh", "TUR") == "土耳其"


def test_the_style_knows_no_left_and_no_right() -> None:
    assert not re.search(rb"-left|-right|[;{](?:left|right):|text-align:(?:left|right)", STYLE)


@pytest.mark.slow
def test_a_refusal_is_in_the_language_of_its_reader(
    works: Works, signed_in: Callable[[Role], Browser]
) -> None:
    browser = signed_in(Role.FOCAL_POINT)
    refused = {
        "/explore?by=year&measure=incidents&country=%3Ci%3E": Sentence(
            "--where: {value!r} is not a country; use its three-letter code, e.g. SSD", value="<i>"
        ),
        "/disclosures?from=%3Ci%3E": Sentence("{text!r} is not a day; write it like 2026-03-14", text="<i>"),
        "/share?id=%3Ci%3E": Sentence("there is no record {text!r}; ids look like awsd:4664", text="<i>"),
    }
    for language in LANGUAGES:
        with works.store.write() as connection:
            connection.execute(update(account).values(language=language))
        for page, sentence in refused.items():
            shown = browser.get(page)
            assert (page, language, in_html(language, sentence) in shown.text) == (page, language, True)
            assert "<i>" not in shown.text
    with works.store.write() as connection:
        connection.execute(update(account).values(language=""))
