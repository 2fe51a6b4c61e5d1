"""CW-23: old cases come in from a file, each whole or not at all, and go out as they came."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.captivity import episodes
from casework.casefile import CaseFile
from casework.deadlines import clocks
from casework.desk import Desk
from casework.detention import WORDS, days_held
from casework.errors import CaseworkError, FieldError
from casework.importing import Imported, export_cases, import_cases
from casework.intake.mapping import map_case
from casework.intake.rows import COLUMNS, read_rows, write_rows
from casework.intake.words import ids_in
from casework.justice import axes
from casework.lifecycle import State, follow
from casework.persons import affected, toll
from casework.proceedings import unnamed_custody
from casework.span import Range, days_between, parse_span
from casework.vocabulary import imports, kinds
from tests.casework.test_desk import said
from tests.support.cases import exactly
from tests.support.faults import Flavour, failing_at

SignIn = Callable[[str], Desk]
SHARED = Path(__file__).parents[3] / "shared/data/cases/cases.csv"
TODAY = date(2026, 3, 2)


def row(number: int, when: str, kind: str, **cells: str) -> dict[str, str]:
    days = parse_span(when)
    usual = {
        "case_id": "OLD-1",
        "event_no": str(number),
        "date_from": str(days.earliest),
        "date_to": str(days.latest),
        "event_type": kind,
        "state_iso3": "AAA",
        "basis": "read",
        "source": "a paper; a radio",
    }
    return {**usual, **cells}


INCIDENT = row(1, "2010-05", "incident", subjects="P1 nurse (BBB) killed; P2 driver injured", qty="2")
VERDICT = row(
    2,
    "2012-01-10",
    "verdict_first_instance",
    forum="High Court",
    subjects="A1",
    qty="1",
    outcome="prison 10 y",
)


def bring(desk: Desk, *rows: dict[str, str]) -> tuple[Imported, ...]:
    return import_cases(desk, write_rows(rows))


def only(desk: Desk, *rows: dict[str, str]) -> CaseFile:
    (found,) = bring(desk, *rows)
    assert found.problems == ()
    return desk.read(found.uid)


@pytest.fixture
def officer(desk: SignIn) -> Desk:
    return desk("country_focal_point")


def test_partial_dates_and_unknowns_stay_what_they_are(officer: Desk) -> None:
    case = only(
        officer,
        row(1, "2010", "incident", subjects="P1, P2 nurse", outcome="", qty="3..5"),
        row(2, "2010-07", "detention_start", subjects="P3"),
    )

    assert (str(case.incident), case.categories) == ("2010", ("detention",))
    assert toll(affected(case)).dead == Range(0, 2)
    assert [one.harm for one in affected(case)] == [(), (), ("detained",)]
    incident = case.last("incident")
    assert incident is not None
    assert incident.count("number") == Range(3, 5)


def test_what_a_case_is_about_is_seen_at_a_day_long_before_it_was_imported(officer: Desk) -> None:
    uid = only(officer, INCIDENT, VERDICT).uid
    then = officer.read(uid, valid_as_of=date(2011, 1, 1), known_as_of=date(2011, 1, 1))

    assert (then.host_state, follow(then).state) == ("AAA", State.NONE)
    assert axes(then).stage("host").furthest == "unknown"
    assert axes(officer.read(uid)).stage("host").furthest == "first_judgment"


def test_a_second_import_changes_nothing_and_new_rows_are_added(officer: Desk) -> None:
    (first,) = bring(officer, INCIDENT)
    before = officer.read(first.uid)

    (again,) = bring(officer, INCIDENT)
    assert (again.result, again.uid, officer.read(first.uid)) == ("unchanged", first.uid, before)
    (more,) = bring(officer, INCIDENT, VERDICT)
    assert (more.result, more.uid) == ("extended", first.uid)
    assert [one.outcome for court in axes(officer.read(first.uid)).proceedings for one in court.accused] == [
        "convicted"
    ]
    (last,) = bring(officer, INCIDENT, VERDICT)
    assert last.result == "unchanged"


def test_a_colleague_who_holds_the_case_imports_it_no_second_time(desk: SignIn) -> None:
    focal, owner = desk("country_focal_point"), desk("accountability_officer")
    (found,) = bring(focal, INCIDENT)
    with focal.database.write() as connection:
        held = focal.holdings(connection)[found.uid]
        focal.hand_over(
            connection, 1, held.grant._replace(officer_id="accountability-officer"), owner.officer, held.keys
        )

    assert [one.result for one in bring(owner, INCIDENT)] == ["unchanged"]


def test_a_row_that_reads_otherwise_than_before_is_refused(officer: Desk) -> None:
    (first,) = bring(officer, INCIDENT)
    before = officer.read(first.uid)
    (found,) = bring(officer, {**INCIDENT, "note": "now something else"}, VERDICT)

    assert (found.result, [(one.row, one.column) for one in found.problems]) == ("refused", [(2, "row")])
    assert officer.read(first.uid) == before


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"date_from": "2010-02-30"}, "date_from", "no day"),
        ({"date_to": "2009-01-01"}, "date_to", "before date_from"),
        ({"date_from": "2030-01-01", "date_to": "2030-01-01"}, "date_from", "future"),
        ({"known_on": "2009-01-01"}, "known_on", "before it happened"),
        ({"event_no": "0"}, "event_no", "write a number"),
        ({"event_no": "1"}, "event_no", "there twice"),
        ({"event_type": "verdict_fist_instance"}, "event_type", "perhaps verdict_first_instance"),
        ({"event_type": ""}, "event_type", "empty"),
        ({"state_iso3": "Alba"}, "state_iso3", "country code"),
        ({"qty": "many"}, "qty", "no number"),
        ({"basis": "rumour"}, "basis", "read or memory"),
        ({"outcome": "hanged"}, "outcome", "begins with none of"),
        ({"note": "a\x00b"}, "note", "no text"),
        ({"event_type": "detention_end", "subjects": "P1"}, "subjects", "no detention of P1"),
        ({"event_type": "release_provisional", "subjects": ""}, "subjects", "names nobody"),
        ({"event_type": "suspect_arrested", "state_iso3": ""}, "state_iso3", "state"),
        ({"event_type": "verdict", "outcome": "verdict=convicted"}, "forum", "proceeding"),
        (
            {"event_type": "verdict", "outcome": "proceeding=c; instance=first; verdict=hanged"},
            "outcome",
            "choose one of",
        ),
        ({"event_type": "verdict", "outcome": "convicted"}, "outcome", "name=value"),
    ],
)
def test_every_problem_names_row_and_column(cells: dict[str, str], column: str, why: str) -> None:
    (found,) = read_rows(write_rows([INCIDENT, {**VERDICT, **cells}]), TODAY).values()
    problems = [*found.problems, *map_case(found.rows, TODAY).problems]

    (problem,) = (one for one in problems if one.column == column)
    assert problem.row == 3
    assert why in problem.why


def test_what_the_case_itself_refuses_names_its_row_too(officer: Desk) -> None:
    nobody = row(2, "2012-01-10", "verdict", outcome="proceeding=c; instance=first; verdict=convicted")
    (found,) = bring(officer, INCIDENT, nobody)

    assert (found.result, found.problems[0][:2]) == ("refused", (3, "event_type"))
    assert "who (accused), or how many" in found.problems[0].why
    assert officer.read_all() == ()


def test_a_case_with_a_problem_keeps_no_other_case_out(officer: Desk) -> None:
    good = [{**one, "case_id": "OLD-2"} for one in (INCIDENT, VERDICT)]
    found = bring(
        officer, INCIDENT, {**VERDICT, "date_from": "?"}, *good, {**VERDICT, "event_no": "7", "qty": "x"}
    )

    assert {one.case_id: (one.result, len(one.problems)) for one in found} == {
        "OLD-1": ("refused", 2),
        "OLD-2": ("imported", 0),
    }
    assert len(officer.read_all()) == 1


@pytest.mark.parametrize(
    "text", ["", "a,b\n", ",".join(COLUMNS[:-1]) + "\n", write_rows([INCIDENT]).replace("case_id", "case")]
)
def test_another_file_is_refused(officer: Desk, text: str) -> None:
    with pytest.raises(FieldError, match="the first row has to be"):
        import_cases(officer, text)


def test_a_row_with_too_few_cells_and_an_open_quote_are_named(officer: Desk) -> None:
    (found,) = import_cases(officer, write_rows([INCIDENT]) + "OLD-1,2,2010\r\n")
    assert found.problems[0][:2] == (3, "row")
    with pytest.raises(FieldError, match="is no CSV"):
        import_cases(officer, write_rows([INCIDENT]) + 'OLD-1,"2\r\n')


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_whatever_write_of_an_import_goes_wrong_it_can_be_done_again(officer: Desk, flavour: Flavour) -> None:
    store = officer.database.store  # type: ignore[attr-defined]
    with failing_at(store, None, flavour) as writes:
        bring(officer, {**INCIDENT, "case_id": "OLD-0"}, {**VERDICT, "case_id": "OLD-0"})
    for number in sorted({0, 3, len(writes) // 2, len(writes) - 1}):
        name = f"OLD-{number + 1}"
        rows = [{**one, "case_id": name} for one in (INCIDENT, VERDICT)]
        with failing_at(store, number, flavour), pytest.raises(CaseworkError):
            bring(officer, *rows)

        kept = [case for case in officer.read_all() if case.about.text("imported_as") == name]
        assert [one.result for one in bring(officer, *rows)] == ["unchanged" if kept else "imported"]
        assert bool(kept) is (number == len(writes) - 1 and flavour is Flavour.DONE_BUT_REPORTED_AS_FAILED)
    assert len(officer.read_all()) == 5


def test_a_role_that_opens_no_cases_imports_none(desk: SignIn) -> None:
    (found,) = bring(desk("legal_adviser"), INCIDENT)

    assert found.result == "refused"
    assert "opened belongs to" in found.problems[0].why


def test_what_was_added_here_goes_out_and_comes_in_again(desk: SignIn) -> None:
    focal, owner = desk("country_focal_point"), desk("accountability_officer")
    uid = only(focal, INCIDENT, VERDICT).uid
    focal.say(
        uid,
        said("custody_changed", accused=("A1",), status="escaped"),
        said("independent_report", by='a body; "quoted"', finding="line\nline"),
        said("investigation_closed", investigation="I1", outcome="no_charge"),
        said("person_added", person="P3", harm=("injured",), cause="violence", name="never leaves"),
    )
    text, kept_back = export_cases([focal.read(uid)])
    (found,) = import_cases(owner, text)

    assert (kept_back, found.problems) == ((), ())
    assert "never leaves" not in text
    mine, theirs = focal.read(uid), owner.read(found.uid)
    facts = ("custody_changed", "independent_report", "investigation_closed", "verdict", "incident")
    assert [(one.kind, one.when, one.known_on, one.fields) for one in theirs.of(*facts)] == [
        (one.kind, one.when, one.known_on, one.fields) for one in mine.of(*facts)
    ]
    assert axes(theirs).stages == axes(mine).stages
    assert export_cases([theirs])[0] == text


@pytest.mark.slow
def test_sexual_violence_and_who_wants_no_record_do_not_leave(officer: Desk) -> None:
    quiet = only(officer, INCIDENT).uid
    officer.say(quiet, said("consent_recorded", person="P1", purpose="record", answer="withdrawn"))
    loud = only(officer, {**INCIDENT, "case_id": "OLD-2"}).uid
    officer.say(loud, said("person_updated", person="P2", harm=("sexually_assaulted",), cause="violence"))
    text, kept_back = export_cases(officer.read_all())

    assert {case.uid for case in kept_back} == {quiet, loud}
    assert text == write_rows([])


def test_the_follow_up_copes_with_history(desk: SignIn) -> None:
    focal, owner = desk("country_focal_point"), desk("accountability_officer")
    registered = row(3, "2026-03-02", "registered", state_iso3="")
    counterpart = row(
        4, "2011-01-01", "counterpart_added", outcome="counterpart=C1; authority=police; state=AAA"
    )
    uid = only(focal, INCIDENT, VERDICT, registered, counterpart).uid
    with focal.database.write() as connection:
        held = focal.holdings(connection)[uid]
        focal.hand_over(
            connection, 1, held.grant._replace(officer_id="accountability-officer"), owner.officer, held.keys
        )
    sent = {"kind": "letter", "counterpart": "C1", "document": "0" * 64}
    old = [said("letter_sent", "2011-02-01", letter="L1", **sent)]
    old += [
        said(
            "letter_sent",
            f"2011-0{month}-01",
            letter=f"L{month}",
            reminder_of="L1",
            **{**sent, "kind": "reminder"},
        )
        for month in (5, 6, 7)
    ]
    owner.say(uid, *(replace(one, known_on=one.when.latest) for one in old))
    case = owner.read(uid)
    days = [move.on for move in follow(case).moves]

    assert days == sorted(days)
    assert follow(case).state is State.STALLED  # the third reminder of 2011 was never answered
    overdue = {
        clock.key for clock in clocks(case, owner.today, owner.rules) if clock.due.latest < owner.today
    }
    assert not {key for key in overdue if key.startswith(("D8", "D9", "D13"))}


# --- words and files -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("P1-P3 staff; P5", ("P1", "P2", "P3", "P5")),
        ("A-acq1,A-acq2", ("A-acq1", "A-acq2")),
        ("one of P3/P4", ("P3", "P4")),
        ("P9-P2", ("P9", "P2")),
        ("P1-P999999", ("P1", "P999999")),
        ("UN staff, 54 accused", ()),
    ],
)
def test_ids_in_words(text: str, ids: tuple[str, ...]) -> None:
    assert ids_in(text) == ids


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)


@given(st.fixed_dictionaries(dict.fromkeys(("subjects", "outcome", "source", "note", "forum"), CELLS)))
def test_cells_come_back_as_they_were_whatever_is_in_them(cells: dict[str, str]) -> None:
    given_row = {**INCIDENT, **cells, "note": f"a\n{cells['note']}b"}
    (found,) = read_rows(write_rows([given_row]), TODAY).values()

    assert found.problems == []
    assert {name: found.rows[0].cells[name] for name in given_row} == given_row


WORDS_OF_ROWS = st.lists(
    st.sampled_from(
        ["P1-P3", "P2", "A1,A2", "A-acq1", "one of P1/P2", "the other P9", "54 accused, 22 at large", "death=49..51",
         "acquitted=2", "prison_10y=1", "(49) x; (51) y", "some sources: 30 February", "x gives 2010-02-30", ";", "=",
         "killed", "nationals of AAA and BBB", "adjourned to 2010-13-01", "9" * 5000, "tried in absentia", "(AAA)"]
    ),
    max_size=4,
).map(" ".join)  # fmt: skip


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "event_type": st.sampled_from([*imports()["types"], *kinds()]),
                **dict.fromkeys(("subjects", "outcome", "source", "note", "forum"), WORDS_OF_ROWS),
                "qty": st.sampled_from(["", "0", "2", "49..51"]),
                "state_iso3": st.sampled_from(["AAA", "BBB", ""]),
            }
        ),
        max_size=4,
    )
)
@settings(max_examples=50)
def test_whatever_stands_in_a_file_is_said_or_is_a_problem(cells: list[dict[str, str]]) -> None:
    rows = [{**row(number, "2010-05", "incident"), **one} for number, one in enumerate(cells, 1)]
    for found in read_rows(write_rows(rows), TODAY).values():
        for problem in (*found.problems, *map_case(found.rows, TODAY).problems):
            assert problem.row > 1
            assert problem.column in {*COLUMNS, "row"}
            assert problem.why


# --- the five published cases ----------------------------------------------------------------------------------------
@pytest.fixture
def published(officer: Desk) -> dict[str, CaseFile]:
    if not SHARED.exists():
        pytest.skip("the published cases are not here")
    found = import_cases(officer, SHARED.read_text("utf-8"))
    assert [one.result for one in found] == ["imported"] * 5
    return {one.case_id[:2]: officer.read(one.uid) for one in found}


def test_the_published_cases_come_out_as_expected(published: dict[str, CaseFile], officer: Desk) -> None:
    _s1(published["S1"])
    _s2(published["S2"])
    _s3(published["S3"])
    _s4(published["S4"])
    _s5(published["S5"])
    assert {one.result for one in import_cases(officer, SHARED.read_text("utf-8"))} == {"unchanged"}
    assert export_cases(officer.read_all())[0].encode() == SHARED.read_bytes()


def _s1(case: CaseFile) -> None:
    found = axes(case)
    (court,) = found.proceedings
    death = next(one for one in court.accused if one.sentences == ("death",))

    assert case.host_state == "COD"
    assert found.stage("host")[1:] == ("appeal_pending", "appeal_pending")
    assert (found.public_status, found.impunity, found.why) == (
        "ongoing_unresolved",
        "partial",
        "convicted, not yet final",
    )
    assert str(death.number) == "49..51"
    assert {counted.fields["number"] for counted in death.judgments[0].claims} == {exactly(49), exactly(51)}
    assert len(case.conflicts()) == 1
    assert dict(court.flags)["in_absentia"] == exactly(22)
    assert unnamed_custody(case) == (("at_large", exactly(22)),)
    assert found.days_to_judgment(case.incident) == exactly(1784)
    persons = affected(case)
    assert [one.local for one in persons] == [False] * 2 + [True] * 4
    assert [one.harm for one in persons] == [("dead",)] * 2 + [()] * 4
    assert toll(persons).dead == Range(2, 6)


def _s2(case: CaseFile) -> None:
    found = axes(case)
    session = next(one for one in case.of("investigation_moved") if one.text("step") == "inaugural session")

    assert (found.stage("host").current, found.public_status, found.impunity) == (
        "investigation",
        "ongoing_unresolved",
        "full",
    )
    assert (toll(affected(case)).dead, len(list(case.of("described")))) == (exactly(17), 1)
    assert case.incident is not None
    assert days_between(case.incident, session.when) == exactly(283)
    assert [one.text("attribution") for one in case.of("attributed")] == ["reported"]
    assert not list(case.of("investigation_closed"))


def _s3(case: CaseFile) -> None:
    found = axes(case)
    held = [(one.who, str(days_held(case, one)[0]), days_held(case, one)[1]) for one in episodes(case, WORDS)]

    assert (found.public_status, found.impunity, found.staff) == ("resolved", "not_applicable", "cleared")
    assert held == [
        (("P1",), "144", False),
        (("P2",), "144", False),
        (("P3", "P4"), "333..363", False),
        (("P3", "P4"), "274..304", True),
    ]
    assert sum(int(str(one.number)) for court in found.proceedings for one in court.accused) == 5
    assert {one.kind for pair in case.conflicts() for one in pair} == {"detention_started"}


def _s4(case: CaseFile) -> None:
    found = axes(case)

    assert (found.stage("host").furthest, found.stage("other").furthest) == ("none_known", "first_judgment")
    assert (found.public_status, found.foreign_status) == ("no_information", "resolved_in_part")
    assert (found.impunity, found.why) == ("partial", "not judged: A0")


def _s5(case: CaseFile) -> None:
    found = axes(case)
    (court,) = found.proceedings

    assert (found.public_status, found.impunity, found.why) == (
        "ongoing_unresolved",
        "unknown",
        "judged, finality unknown",
    )
    assert found.days_to_judgment(case.incident) == exactly(86)
    assert {"fair_trial_concern", "death_sentence"} <= dict(court.flags).keys()
    assert {str(one.when) for one in court.accused[0].judgments[0].claims} == {"2004-02-10", "2004-04-10"}
