"""CW-17: a report holds what its level lets in and no more, says the same in every form, in the same bytes."""

import csv
import re
import subprocess
import sys
from datetime import date
from hashlib import sha256
from io import StringIO
from xml.etree import ElementTree as ET

import pytest

from casework.casefile import CaseFile
from casework.errors import ConsentError, FieldError
from casework.figures.facts import Facts
from casework.figures.gather import facts_of
from casework.figures.tables import ages, funnel, years
from casework.glass import Notice
from casework.printing.html import html
from casework.printing.plain import plain
from casework.printing.sheet import sheet
from casework.printing.svg import svg_of
from casework.report.counts import HIDDEN, Row, ageing, yearly
from casework.report.dossier import dossier
from casework.report.lists import correction, detention_bulletin, state_sheet, timeline_page, work_list
from casework.report.page import Page, Picture, Prose, Table
from casework.report.reading import Reading, reading_of
from casework.report.telling import Level, Telling
from casework.report.whitelist import PARTNER, PUBLIC
from casework.span import Range
from casework.values import Value
from casework.vocabulary import Field, Form, Group, codes, kinds
from casework.vocabulary.deadlines import usual_rules
from casework.vocabulary.words import LANGUAGES, words
from tests.support.casefiles import case_of, detention_case, event_id, events_of, said

DAY = date(2021, 11, 13)  # of every planted event; a quarter and a month may be known of it outside
OUTSIDE = (Level.PARTNER, Level.PUBLIC)
STATES = {("opened", "responsible_state"): "NRU", ("described", "responsible_state"): "NRU"}


def reading(case: CaseFile | None = None) -> Reading:
    return reading_of(case or detention_case(), usual_rules())


def telling(level: Level = Level.INTERNAL, language: str = "en") -> Telling:
    return Telling(words(language), level)


def facts(one: Reading) -> Facts:
    return facts_of(one.case, usual_rules())


def pages(one: Reading, at: Telling) -> list[Page]:
    """Every report that there is at a level."""
    found = [
        dossier(one, at),
        timeline_page(one, at),
        state_sheet(one.case.host_state, [one], at),
        detention_bulletin([one], at),
        ageing(ages([facts(one)], one.case.valid_as_of), funnel([facts(one)]), at),
        yearly(years([facts(one)]), at),
    ]
    if at.level is Level.INTERNAL:
        found += [work_list("officer-1", one.due, at), correction(one.case, at)]
    return found


def printed(page: Page) -> str:
    drawn = svg_of(page) if any(isinstance(one, Picture) for one in page.sections) else b""
    return b"".join((html(page), plain(page), sheet(page), drawn)).decode()


def canary(kind: str, field: Field) -> Value:
    """A value that stands nowhere else, of the form of the field."""
    name = f"{kind}-{field.name}"
    if field.form in {Form.CODE, Form.CODES}:
        code = next(iter(codes(field.codes)))
        return code if field.form is Form.CODE else (code,)
    plain_values: dict[Form, Value] = {
        Form.TEXT: f"CANARY {name}.",
        Form.ID: f"C.{name}.",
        Form.IDS: (f"C.{name}.",),
        Form.DAY: DAY,
        Form.COUNT: Range(7_654, 7_654),
        Form.STATE: STATES.get((kind, field.name), "TUV"),
        Form.STATES: ("TUV",),
        Form.DIGEST: sha256(name.encode()).hexdigest(),
    }
    return plain_values[field.form]


def planted_case() -> CaseFile:
    """One event of every kind, with a canary in each of its fields; the case stays one that may be drawn."""
    sound = {("opened", "host_state"): "CMR", ("described", "host_state"): "CMR"}
    events = [
        said(
            kind.name,
            str(DAY),
            **{
                name: sound.get((kind.name, name), canary(kind.name, field))
                for name, field in kind.fields.items()
            },
        )
        for kind in kinds().values()
    ]
    return case_of(*events)


def canaries(*groups: Group) -> set[str]:
    """Texts, ids and hashes that were planted in fields which these keys seal."""
    found = set()
    for kind in kinds().values():
        for field in kind.fields.values():
            if field.group in groups and field.form in {Form.TEXT, Form.ID, Form.IDS, Form.DIGEST}:
                value = canary(kind.name, field)
                found.add(str(value[0] if isinstance(value, tuple) else value))
    return found


@pytest.fixture(scope="module")
def planted() -> Reading:
    return reading(planted_case())


def test_what_other_keys_seal_stands_in_no_report_but_hashes_of_evidence(planted: Reading) -> None:
    text = "".join(printed(page) for page in pages(planted, telling()))
    sealed = canaries(Group.IDENTITY, Group.MEDICAL, Group.SOURCE, Group.EVIDENCE)

    assert {one for one in sealed if one in text} == {
        str(canary("evidence_added", kinds()["evidence_added"].fields["sha256"]))
    }


@pytest.mark.parametrize("level", OUTSIDE)
def test_no_text_id_hash_day_number_or_state_leaves(planted: Reading, level: Level) -> None:
    for language in ("en", "zh"):
        text = "".join(printed(page) for page in pages(planted, telling(level, language)))

        assert {one for one in canaries(*Group) if one in text} == set()
        assert not re.search(r"13 November|2021-11-13|11月13日|7[,.]?654|officer-1|S1\b", text)
        assert words(language).state("TUV") not in text
        assert (words(language).state("NRU") in text) == (level is Level.PARTNER)
        assert planted.case.name not in text
        assert planted.case.uid[:8] not in text


def test_only_codes_and_states_of_the_case_itself_are_on_the_lists_of_what_leaves() -> None:
    for table in (PARTNER, PUBLIC):
        for kind, fields in table.items():
            for name in fields:
                field = kinds()[kind].fields[name]
                assert field.group is Group.CASE
                assert field.form in {Form.CODE, Form.CODES, Form.STATE}


def test_the_public_sees_nothing_that_partners_do_not() -> None:
    assert all(kind in PARTNER and fields <= PARTNER[kind] for kind, fields in PUBLIC.items())


def test_names_of_persons_do_not_stand_in_a_dossier_even_where_the_officer_may_read_them() -> None:
    case = detention_case(
        said("person_updated", "2022-06-20", person="P1", name="Somebody Known", contact="+237 7")
    )

    text = printed(dossier(reading(case), telling()))

    assert "P1" in text
    assert "Somebody" not in text
    assert "237" not in text


@pytest.mark.parametrize("level", list(Level))
def test_a_case_of_sexual_violence_is_never_drawn_and_stands_in_no_list_outside(level: Level) -> None:
    case = case_of(
        said("opened", "2022-01-05", categories=("sexual_violence",), host_state="CMR", public_ref="x1y2"),
        said("person_added", "2022-01-05", person="P1", harm=("sexually_assaulted",), cause="violence"),
    )
    one, at = reading(case), telling(level)

    with pytest.raises(ConsentError):
        timeline_page(one, at)
    assert not any(isinstance(section, Picture) for section in dossier(one, at).sections)
    listed = printed(state_sheet("CMR", [one], at))
    assert (at.words.code("category", "sexual_violence") in listed) == (level is Level.INTERNAL)


@pytest.mark.parametrize("level", OUTSIDE)
def test_persons_are_bands_and_small_cells_are_not_shown_outside(level: Level) -> None:
    one, at = reading(), telling(level)
    table = next(
        section for section in yearly(years([facts(one)]), at).sections if isinstance(section, Table)
    )

    assert {row[0]: row[1] for row in table.rows}["Persons affected"] == HIDDEN
    assert "2-4" in plain(dossier(one, at)).decode()


@pytest.mark.parametrize("level", OUTSIDE)
def test_a_small_cell_can_not_be_had_by_subtraction(level: Level) -> None:
    figures = {
        "affected": 60,
        "deaths_violence": 20,
        "injuries_violence": 31,
        "detained": 7,
        "sexual_assault": 2,
    }

    table = yearly((Row("2023", figures),), telling(level)).sections[0]
    inside = yearly((Row("2023", figures),), telling()).sections[0]

    assert isinstance(table, Table)
    assert isinstance(inside, Table)
    assert {row[0] for row in table.rows if row[1] == HIDDEN} == {"Sexual assault", "Arrested and detained"}
    assert not [row for row in inside.rows if row[1] == HIDDEN]


def test_what_was_not_reported_is_no_zero() -> None:
    table = yearly((Row("2015", {"affected": 1819, "abducted": 21}),), telling()).sections[0]

    assert isinstance(table, Table)
    told = {row[0]: row[1] for row in table.rows}
    assert told["Persons affected"] == "1,819"
    assert told["Sexual assault"] == "\N{EN DASH}"


def test_no_cases_is_no_share_of_zero() -> None:
    assert "No cases" in plain(ageing({}, {}, telling())).decode()
    assert "0 %" not in plain(ageing({}, {}, telling())).decode()


@pytest.mark.parametrize("level", list(Level))
def test_every_form_says_the_same(level: Level) -> None:
    for page in pages(reading(), telling(level, "fr")):
        cells = {
            cell
            for section in page.sections
            if isinstance(section, Table)
            for row in section.rows
            for cell in row
        }
        lines = {line for one in page.sections if isinstance(one, Prose) for line in one.lines}
        tree = ET.fromstring(_as_xml(html(page)))  # noqa: S314 - written here
        in_html = {"".join(one.itertext()) for one in tree.iter() if one.tag in {"bdi", "p"}}
        in_csv = {cell for row in csv.reader(StringIO(sheet(page).decode("utf-8-sig"))) for cell in row}
        text = plain(page).decode()

        assert cells | lines <= in_html
        assert cells | lines <= in_csv
        assert all(cell in text for cell in cells | lines)


def _as_xml(document: bytes) -> str:
    """HTML as this printer writes it is XML but for elements that need no end."""
    return re.sub(r"(<meta [^>]*)>", r"\1/>", document.decode().partition("\n")[2])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_needs_nothing_and_runs_nothing(language: str) -> None:
    text = html(dossier(reading(), telling(language=language))).decode()

    assert not re.search(r"<script|https?://|src=|url\(| style=| on[a-z]+=", text)
    assert "default-src 'none'" in text
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in text
    assert "@media print" in text


@pytest.mark.parametrize("language", ["ar", "ru", "zh"])
def test_a_dossier_has_no_latin_words_but_those_of_the_case(language: str) -> None:
    text = plain(dossier(reading(), telling(language=language))).decode()
    own = {"Military", "tribunal", "complicity", "Ask", "for", "the", "reply", "again", "officer"}
    keys = {part for due in reading().due for part in re.findall("[A-Za-z]+", due.key)}

    assert set(re.findall("[A-Za-z]{3,}", text)) - own - keys == {"HWX", "YEMF"}


def _drawn(language: str) -> ET.Element:
    return ET.fromstring(svg_of(timeline_page(reading(), telling(language=language))))  # noqa: S314 - drawn here


def test_bars_run_from_right_to_left_in_arabic() -> None:
    def first_bar(language: str) -> float:
        tree = _drawn(language)
        return float(tree.findall(".//{*}g/{*}rect")[0].attrib["x"])

    assert first_bar("en") + first_bar("ar") == pytest.approx(960 - 6, abs=0.2)


@pytest.mark.parametrize(
    ("level", "text"), [(Level.INTERNAL, "13 November 2021"), (Level.PARTNER, "November 2021")]
)
def test_a_picture_of_a_few_days_says_when_that_was(level: Level, text: str) -> None:
    opening = said("opened", str(DAY), host_state="CMR", categories=("abduction",))
    page = timeline_page(reading(case_of(opening, said("incident", str(DAY)))), telling(level))
    (picture,) = (one for one in page.sections if isinstance(one, Picture))
    assert [said for _, said in picture.ticks] == [text]


def test_a_picture_says_the_same_in_words_and_marks_what_contradicts() -> None:
    tree = _drawn("en")
    description = tree.findtext("{*}desc") or ""

    assert tree.findtext("{*}title") == "Timeline"
    assert "Released provisionally" in description
    assert "19 May 2022" in description
    doubled = [one for one in tree.findall(".//{*}g") if len(one.findall("{*}rect[@fill='none']")) == 1]
    assert len(doubled) == 2


def test_a_correction_names_the_old_value_the_new_one_and_the_event() -> None:
    events = [
        said("opened", "2022-01-01", categories=("detention",), host_state="CMR", public_ref="a1"),
        said("died", "2022-01-05", persons=("P1",), cause="unknown"),
        said("died", "2022-01-06", persons=("P1",), cause="violence"),
    ]
    case = case_of(*events, supersedes=event_id(2))

    table = correction(case, telling()).sections[0]

    assert isinstance(table, Table)
    assert [row[1:5] for row in table.rows] == [
        ("When", "5 January 2022", "6 January 2022", event_id(3)[:8]),
        ("Cause", "Unknown", "Violence", event_id(3)[:8]),
    ]
    assert len(events_of(events)) == 3


def test_work_lists_and_corrections_never_leave() -> None:
    for level in OUTSIDE:
        with pytest.raises(FieldError):
            work_list("officer-1", (), telling(level))
        with pytest.raises(FieldError):
            correction(detention_case(), telling(level))


@pytest.mark.slow
def test_uses_of_the_recovery_key_stand_first_in_a_work_list() -> None:
    notice = Notice(
        "ab" * 16, "e1", date(2026, 3, 2), "recovery-1, shares 1, 2, 3", "ops-2", "the owner has left"
    )
    for language in LANGUAGES:
        told = Telling(words(language), Level.INTERNAL)
        (first, *_) = work_list("officer-1", (), told, (notice,)).sections
        assert isinstance(first, Table)
        assert first.title == words(language).kind("break_glass")
        assert first.rows[0][2:] == (notice.by, notice.to, notice.reason)


def test_a_cell_is_never_a_formula() -> None:
    page = Page("en", False, "=1+1", ("@x",), (Table("-t", ("+a",), (("=cmd()",),)),))

    rows = list(csv.reader(StringIO(sheet(page).decode("utf-8-sig"))))

    assert all(cell[:1] not in {"=", "+", "-", "@"} for row in rows for cell in row)


def test_markup_in_a_case_stays_text() -> None:
    case = detention_case(said("described", "2022-06-20", title='<script>alert("x")</script>&'))

    text = printed(dossier(reading(case), telling()))

    assert "<script>" not in html(dossier(reading(case), telling())).decode()
    assert "&lt;script&gt;" in text


@pytest.mark.slow
def test_bytes_are_the_same_again_in_another_process() -> None:
    program = (
        "from hashlib import sha256; from tests.casework.test_cw_17_reports import *\n"
        "texts = [printed(page) for level in Level for page in pages(reading(), telling(level, 'ar'))]\n"
        "print(sha256(''.join(texts).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".:proto/gen"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(found) == 1
