"""A profile is checked as a whole, and a file is read by what it says and by nothing else."""

import csv
import json
from datetime import date
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import ColumnsError, IntakeError, NotATableError, ProfileError
from node.intake import Profile, Publication, built_in, read_profile, read_publication
from node.intake.profile import MAX_PROFILE_BYTES
from node.model import Cause, Certainty, Custody, Detail, EmployerTally, Outcome, Point, Sex, Staff
from tests.node.intake.tables import TODAY

FORM = """
name = "field"
title = "What our field offices send"
whole = false
dates = "day first"
rest = "unknown"

[always]
cause = "violence"

[words.means]
"shot at" = "shooting"

[columns]
"_uuid" = { is = "id", required = true }
"when" = { is = "date", required = true }
"where/country" = { is = "country" }
"where/spot" = { is = "point" }
"what" = { is = "means", separator = " ", several = "complex_attack" }
"dead" = { is = "killed", required = true }
"dead_local" = { is = "killed national" }
"dead_women" = { is = "killed female" }
"dead_held" = { is = "killed_in_captivity" }
"taken" = { is = "abducted" }
"taken_local" = { is = "abducted national" }
"fate" = { is = "fate", separator = " " }
"org" = { is = "employer", separator = " " }
"aid" = { is = "programme", separator = " " }
"ambulance" = { is = "harm transport_stolen" }
"flood" = { is = "driver hazard", yes = ["oui"] }
"days" = { is = "duration abduction" }
"text" = { is = "narrative" }
"""


@pytest.fixture(scope="module")
def profile() -> Profile:
    return read_profile(FORM)


def submitted(profile: Profile, *answers: dict[str, object]) -> Publication:
    sound = {"_uuid": "uuid:1f2e", "when": "2026-03-14", "dead": "0"}
    data = json.dumps({"count": len(answers), "results": [sound | one for one in answers]}).encode()
    return read_publication(data, "export.json", None, TODAY, profile)


def test_everything_that_a_profile_can_say_is_read(profile: Profile) -> None:
    answers = {
        "when": "14/03/2026",
        "where": {"country": "SSD", "spot": "8.3 30.14 410 5"},
        "what": "shot at",
        "dead": 3,
        "dead_local": 1,
        "dead_women": 2,
        "dead_held": 2,
        "taken": 4,
        "taken_local": 3,
        "fate": "freed still_held",
        "org": "ingo",
        "aid": "health food",
        "ambulance": "2",
        "flood": "oui",
        "days": 12,
        "text": "what happened",
        "_attachments": [{"name": "photo.jpg"}],
    }
    (row,) = submitted(profile, answers).rows
    incident = row.incident

    assert (row.key, str(incident.when), incident.where.country) == ("1f2e", "2026-03-14", "SSD")
    assert incident.where.point == Point(8.3, 30.14)
    assert (incident.cause, incident.means, incident.custody) == (Cause.VIOLENCE, "shooting", Custody.ONGOING)
    assert incident.certainty is Certainty.SUSPECTED
    assert (incident.count(Outcome.KILLED), incident.count(Outcome.ABDUCTED)) == (3, 2)
    assert incident.killed_in_captivity == 2
    assert {(tally.outcome, tally.staff, tally.number) for tally in incident.victims} == {
        (Outcome.KILLED, Staff.NATIONAL, 1),
        (Outcome.KILLED, Staff.UNKNOWN, 2),
        (Outcome.ABDUCTED, Staff.NATIONAL, 2),
    }
    assert {tally.sex: tally.number for tally in incident.sexes} == {Sex.FEMALE: 2, Sex.UNKNOWN: 3}
    assert incident.employers == (EmployerTally("ingo", 5),)
    assert {*incident.details} == {
        Detail("harm", "transport_stolen", 2),
        Detail("driver", "hazard"),
        Detail("duration", "abduction", 12),
        *(Detail("fate", code) for code in ("freed", "still_held")),
        *(Detail("programme", code) for code in ("health", "food")),
    }
    assert incident.narrative == "what happened"


def test_what_a_part_says_is_known_today(profile: Profile) -> None:
    publication = submitted(profile, {})

    assert (publication.published_on, publication.published_from, publication.whole) == (
        TODAY,
        "today",
        False,
    )


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"_uuid": ""}, "_uuid is empty."),
        ({"_uuid": "a b"}, "_uuid: 'a b' is not a number or a short name."),
        ({"when": "14 March"}, "when: '14 March' is not a date such as 2016-10-03."),
        ({"when": "2026-02-30"}, "The date is impossible: day 30 is not between 1 and 28."),
        (
            {"when": "2027-01-01"},
            "The date 2027-01-01 is later than 2026-11-23, the last day that this file can speak of.",
        ),
        ({"dead": "-1"}, "dead: '-1' is negative."),
        ({"dead": 1.5}, "dead: '1.5' is not a whole number."),
        ({"days": True}, "days: 'TRUE' is not a whole number."),
        ({"ambulance": "2000000"}, "ambulance: 2000000 is more than 1000000."),
    ],
)
def test_an_answer_that_can_not_be_believed_refuses_the_submission(
    answers: dict[str, object], why: str, profile: Profile
) -> None:
    (reject,) = submitted(profile, answers).rejects

    assert reject.reasons == (why,)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"what": "magic"}, "what: 'magic' is not a known value; it counts as unknown."),
        ({"flood": "perhaps"}, "flood: 'perhaps' is not a known value"),
        ({"dead": 1, "dead_local": 2}, "The parts of dead add up to more than it; they were left out."),
        (
            {"dead": 1, "dead_women": 2},
            "The numbers by gender are more than the persons affected; they were left out.",
        ),
        ({"dead": 1, "dead_held": 2}, "More persons were killed in captivity than killed"),
        ({"dead": 1, "dead_held": 1}, "Somebody was killed in captivity whom no column counts as taken."),
        ({"dead": 1, "org": "ingo un"}, "Several organizations are named, and not how many persons of each."),
        ({"where": {"country": "Atlantis"}}, "The country is not in the list; its text was kept."),
    ],
)
def test_what_is_left_open_is_told(answers: dict[str, object], said: str, profile: Profile) -> None:
    (row,) = submitted(profile, answers).rows

    assert any(said in warning for warning in row.warnings)


def test_several_values_of_one_code_are_that_code_and_of_several_the_one_that_the_profile_names(
    profile: Profile,
) -> None:
    rows = submitted(
        profile,
        {"_uuid": "a", "what": "shooting S"},
        {"_uuid": "b", "what": "shooting unknown"},
        {"_uuid": "c", "what": "shooting arson"},
    ).rows

    assert [row.incident.means for row in rows] == ["shooting", "shooting", "complex_attack"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "field"', 'name = "Field Offices"', "name: string should match pattern"),
        ("whole = false", 'whole = "no"', "whole: input should be a valid boolean"),
        ('rest = "unknown"', 'rest = "ignore"', "rest: input should be"),
        ('title = "What', 'titel = "What', "titel: extra inputs are not permitted"),
        ('cause = "violence"', 'cause = "war"', "always.cause: 'war' is none of"),
        ('cause = "violence"', 'colour = "red"', "always.colour: is no list and no field"),
        ('"shot at" = "shooting"', '"shot at" = "shoting"', "words.means: 'shoting' is none of"),
        ('is = "date"', 'is = "day of week"', "'day of week' is nothing that a column can say"),
        (
            '"harm transport_stolen"',
            '"harm transport_lost"',
            "'transport_lost' is not a code of the list harm",
        ),
        ('"killed female"', '"killed female male"', "is nothing that a column can say"),
        ('several = "complex_attack"', 'several = "both"', "'both' is not a code of means"),
        ('{ is = "point" }', '{ is = "country" }', "country is said by 'where/country' already"),
        ('"text" = {', '"DEAD" = {', "'DEAD' is a spelling of 'dead' too"),
        (
            '{ is = "killed", required = true }',
            '{ is = "killed", required = "yes" }',
            "input should be a valid boolean",
        ),
    ],
)
def test_what_is_wrong_with_a_profile_is_told_with_its_line(old: str, new: str, said: str) -> None:
    text = FORM.replace(old, new)
    with pytest.raises(ProfileError) as refused:
        read_profile(text)

    told = next(line for line in str(refused.value).splitlines() if said in line)
    number = int(told.removeprefix("line ").partition(":")[0])
    assert text != FORM
    near = text.splitlines()[number - 1]
    assert new.split(" = ", maxsplit=1)[0].strip("{ ") in near or near.startswith("[") or new in near


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "not TOML"),
        ("", "name: field required"),
        ("#" * (MAX_PROFILE_BYTES + 1), "longer than"),
        (FORM.replace('is = "id"', 'is = "narrative"').replace('"text" =', '#"text" ='), "no column is id"),
        (FORM.replace('is = "date"', 'is = "month"'), "no column is date or year"),
    ],
)
def test_what_is_no_profile_is_refused(text: str, said: str) -> None:
    with pytest.raises(ProfileError, match=said):
        read_profile(text)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"[1, 2]", NotATableError),
        (b'{"count": 1, "results": ["a"]}', NotATableError),
        (b'{"count": 9, "next": "page 2", "results": [{"_uuid": "a"}]}', NotATableError),
        (b'{"@odata.context": "x", "@odata.nextLink": "y", "value": [{"_uuid": "a"}]}', NotATableError),
        (b'[{"a": 1, "a": 2}]', NotATableError),
        (b"[]", IntakeError),
        (b"{}", IntakeError),
        (b"[" * 100_000, IntakeError),
        (b'{"a":' * 30 + b"1" + b"}" * 30, NotATableError),
        (b'[{"_uuid": "a", "when": "2026-01-01"}]', ColumnsError),
        (b'[{"_uuid": ', IntakeError),
    ],
)
def test_json_that_is_no_list_of_incidents_is_refused(
    data: bytes, kind: type[Exception], profile: Profile
) -> None:
    with pytest.raises(kind):
        read_publication(data, "export.json", None, TODAY, profile)


def table(profile: Profile) -> str:
    """One row under the header of a profile, each cell a zero but for id, date and year."""
    kinds = {"id": "7", "date": "2015-03-14", "year": "2015", "country": "Sudan", "month": "", "day": ""}
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.title for column in profile.columns])
    numbers = {"count", "captive", "employer"}
    writer.writerow(
        [
            kinds.get(column.says.kind, "0" if column.says.code or column.says.kind in numbers else "")
            for column in profile.columns
        ]
    )
    return text.getvalue()


@pytest.mark.parametrize("profile", built_in(), ids=lambda one: one.name)
def test_each_built_in_profile_knows_its_own_table_and_refuses_a_damaged_one(profile: Profile) -> None:
    text = table(profile)
    publication = read_publication(text.encode(), "table.csv", None, TODAY)
    assert (publication.source, len(publication.rows), publication.rejects) == (profile.name, 1, ())

    header, line = text.splitlines()
    titles, cells = header.split(","), next(csv.reader([line]))
    required = [column.title for column in profile.columns if column.required]
    for title in required:
        without = ",".join("Lost" if one == title else one for one in titles)
        with pytest.raises(ColumnsError, match="expected and not found"):
            read_publication(f"{without}\n{line}\n".encode(), "table.csv", None, TODAY, profile)
    numbers = [at for at, column in enumerate(profile.columns) if column.says.kind == "count"]
    for bad in ("-1", "some", "1000001"):
        spoilt = [bad if at == numbers[0] else cell for at, cell in enumerate(cells)]
        damaged = f"{header}\n{','.join(spoilt)}\n"
        publication = read_publication(damaged.encode(), "table.csv", None, TODAY)
        assert (len(publication.rows), len(publication.rejects)) == (0, 1)


_ANSWER = st.dictionaries(
    st.sampled_from([*read_profile(FORM).by_spelling.values()]).map(lambda column: column.title),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 5),
        st.text(max_size=8),
        st.sampled_from(["freed", "S", "oui"]),
    ),
)


@given(st.lists(_ANSWER, min_size=1, max_size=4))
def test_any_answers_are_taken_in_or_refused_with_reasons(answers: list[dict[str, object]]) -> None:
    data = json.dumps(
        [{"_uuid": str(at), "when": "2026-01-01", "dead": 0} | one for at, one in enumerate(answers)]
    )
    try:
        publication = read_publication(
            data.encode(), "export.json", date(2026, 5, 1), TODAY, read_profile(FORM)
        )
    except IntakeError:
        return
    assert len(publication.rows) + len(publication.rejects) == len(answers)
    assert all(reject.reasons for reject in publication.rejects)
