"""What no published data set tells of is typed and submitted, counted and taken away: accidents, lies, captivity."""

import csv
import json
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from console.home import open_home
from console.submissions import open_form, take_in
from node.intake.rejects import SAFE
from tests.console.command_line import tocsin

FORM = """
name = "form"
title = "What people submit"
whole = false
[columns]
"_uuid" = { is = "id", required = true }
"when" = { is = "date", required = true }
"country" = { is = "country", required = true }
"kind" = { is = "cause", required = true }
"what" = { is = "means", required = true }
"dead" = { is = "killed national" }
"taken" = { is = "abducted national" }
"held" = { is = "detained national" }
"group/bystanders" = { is = "harm civilian_killed" }
"group/breaches" = { is = "harm data_breached" }
"group/lies" = { is = "harm falsehood_spread" }
"end" = { is = "fate" }
"days" = { is = "duration abduction" }
"prison" = { is = "duration detention" }
"sector" = { is = "programme" }
"aid" = { is = "impact" }
"""
TYPED = (
    {
        "What was done": "Road crash",
        "Violence or safety": "safety",
        "Killed: national staff": 1,
        "Civilians killed": 4,
    },
    {
        "What was done": "Disinformation or hate speech",
        "Falsehoods spread": 2,
        "What it did to the aid": "Suspended",
    },
    {"What was done": "Cyber attack or data breach", "Data breaches": 3, "Programme": "Health, Education"},
    {
        "What was done": "Kidnapping",
        "Abducted: national staff": 2,
        "How captivity ended": "Freed or released",
        "Days of abduction": 12,
    },
    {
        "What was done": "Detention or arrest",
        "Detained: national staff": 1,
        "How captivity ended": "Still held",
        "Days of detention": 40,
    },
)
SUBMITTED = (
    {"what": "road_crash", "kind": "safety", "dead": 1, "group/bystanders": 4},
    {"what": "disinformation", "group/lies": 2, "aid": "suspended"},
    {"what": "cyber_attack", "group/breaches": 3, "sector": "health"},
    {"what": "kidnapping", "taken": 2, "end": "freed", "days": 12},
    {"what": "detention_arrest", "held": 1, "end": "still_held", "prison": 40},
)
QUESTIONS = {
    "--by means --measure incidents,civilians_killed --where means=road_crash": ["road_crash,1,4"],
    "--by cause --measure killed --where cause=safety": ["safety,1"],
    "--by means --measure incidents --where means=disinformation,cyber_attack": [
        "cyber_attack,1",
        "disinformation,1",
    ],
    "--by harm --measure harms --where harm=data_breached,falsehood_spread": [
        "data_breached,3",
        "falsehood_spread,2",
    ],
    "--by fate --measure incidents,abducted,detained --where fate=freed,still_held": [
        "freed,1,2,0",
        "still_held,1,0,1",
    ],
    "--by held_for --measure abducted --where means=kidnapping": ["up to a month,2"],
    "--by held_for --measure detained --where means=detention_arrest": ["up to a year,1"],
    "--by impact --measure incidents --where impact=suspended": ["suspended,1"],
    "--by programme --measure incidents --where programme=health": ["health,1"],
}


def filled(template: Path) -> bytes:
    """The workbook of `tocsin template` as a person fills it in."""
    head, tags = CalamineWorkbook.from_path(str(template)).get_sheet_by_index(0).to_python()[:2]
    packed = BytesIO()
    with Workbook(packed, SAFE) as workbook:
        page = workbook.add_worksheet()
        page.write_row(0, 0, head)
        page.write_row(1, 0, tags)
        for at, one in enumerate(TYPED):
            known = {
                "Reference": f"V{at}",
                "Date": "2026-03-14",
                "Country": "South Sudan",
                "Violence or safety": "violence",
            }
            page.write_row(at + 2, 0, [(known | one).get(str(title), "") for title in head])
    return packed.getvalue()


@pytest.mark.slow
def test_what_is_typed_and_what_is_submitted_is_counted_and_taken_away_alike(
    empty_node: Path, tmp_path: Path
) -> None:
    template = tmp_path / "template.xlsx"
    assert tocsin("template", template).code == 0
    (tmp_path / "filled.xlsx").write_bytes(filled(template))
    taken = tocsin("import", tmp_path / "filled.xlsx", "--home", empty_node)
    assert taken.code == 0, taken.err

    (empty_node / "submissions.toml").write_text(FORM)
    assert tocsin("submissions", "token", "--home", empty_node).code == 0
    opened = open_home(empty_node)
    form = open_form(opened, opened.store())
    for at, one in enumerate(SUBMITTED):
        said = {"_uuid": f"s-{at}", "when": "2026-03-14", "country": "SSD", "kind": "violence"} | one
        assert take_in(form, json.dumps(said).encode())

    for source in ("own", "form"):
        for words, rows in QUESTIONS.items():
            asked = tocsin(
                *(
                    "query",
                    *words.split(),
                    "--where",
                    f"source={source}",
                    "--format",
                    "csv",
                    "--home",
                    empty_node,
                )
            )
            assert asked.lines[1:] == rows, (source, words)

    file = tmp_path / "records.csv"
    assert tocsin("incidents", "--out", file, "--home", empty_node).code == 0
    header, tags, *told = csv.reader(file.read_text(encoding="utf-8-sig").splitlines())
    assert dict(zip(header, tags, strict=True)).items() >= {
        ("fate", "#event+fate"),
        ("days_of_abduction", "#indicator+abduction+days"),
        ("programme", "#sector"),
        ("impact", "#impact"),
    }
    by_id = {row[0]: dict(zip(header, row, strict=True)) for row in told}
    for first, rest in (("own:V", ("health", "education")), ("form:s-", ("health",))):
        crash, lie, breach, taken_away, held = (by_id[f"{first}{at}"] for at in range(5))
        assert (crash["cause"], crash["civilian_killed"]) == ("safety", "4")
        assert (lie["falsehood_spread"], lie["impact"]) == ("2", "suspended")
        assert (breach["data_breached"], set(breach["programme"].split(", "))) == ("3", set(rest))
        assert (taken_away["fate"], taken_away["days_of_abduction"], taken_away["days_of_detention"]) == (
            "freed",
            "12",
            "",
        )
        assert (held["fate"], held["days_of_detention"]) == ("still_held", "40")
