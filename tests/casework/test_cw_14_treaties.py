"""CW-14: where a State stood with a treaty on a day; nothing is concluded, what the table can not know is unknown."""

from datetime import date
from pathlib import Path

import pytest

from casework.errors import FieldError
from casework.justice import axes
from casework.legal import (
    CONVENTION,
    NO_TREATIES,
    Treaties,
    bound,
    expected_notices,
    members,
    panel,
    read_treaties,
    status_on,
)
from tests.support.cases import case, event, opened

SHARED = Path(__file__).parents[3] / "shared/data/treaty-status"
HEAD = "treaty,state_name,iso3,action,date,source,basis\n"
AS_OF = "treaty,as_of,note\nCSUNAP-1994,2024-12-09,\nCSUNAP-OP-2005,2013-07-06,\nROME-1998,2026-06-02,\n"
ROWS = """CSUNAP-1994,,AAA,signature,1998-01-01,,
CSUNAP-1994,,AAA,ratification,1998-06-01,,
CSUNAP-1994,,BBB,accession,2010-05-10,,
CSUNAP-1994,,CCC,signature,1995-01-01,,
CSUNAP-OP-2005,,AAA,ratification,2008-01-01,,
CSUNAP-OP-2005,,BBB,accession,2016-01-01,,
ROME-1998,,AAA,ratification,2001-01-15,,
ROME-1998,,AAA,withdrawal_effective,2026-06-02,,
ROME-1998,,BBB,accession,2010-11-15,,
"""
TABLE = read_treaties(HEAD + ROWS, AS_OF)


@pytest.mark.parametrize(
    ("treaty", "state", "day", "status"),
    [
        (CONVENTION, "AAA", "1997-12-31", "not_party"),
        (CONVENTION, "AAA", "1998-12-31", "signatory"),  # the treaty itself was not in force
        (CONVENTION, "AAA", "1999-01-15", "party"),
        (CONVENTION, "BBB", "2010-06-08", "not_party"),
        (CONVENTION, "BBB", "2010-06-09", "party"),  # 30 days after the deposit
        (CONVENTION, "CCC", "2024-12-09", "signatory"),
        (CONVENTION, "DDD", "2024-12-09", "not_party"),
        (CONVENTION, "DDD", "2024-12-10", "unknown"),
        (CONVENTION, "AAA", "2024-12-10", "unknown"),
        ("csunap_op_2005", "AAA", "2010-08-18", "not_party"),
        ("csunap_op_2005", "AAA", "2010-08-19", "party"),
        ("csunap_op_2005", "AAA", "2013-07-07", "unknown"),
        ("csunap_op_2005", "BBB", "2013-07-06", "not_party"),
        ("csunap_op_2005", "BBB", "2016-01-31", "party"),  # a later row tells
        ("csunap_op_2005", "DDD", "2013-07-06", "not_party"),
        ("csunap_op_2005", "DDD", "2013-07-07", "unknown"),
        ("rome_1998", "AAA", "2002-06-30", "not_party"),
        ("rome_1998", "AAA", "2002-07-01", "party"),
        ("rome_1998", "AAA", "2026-06-01", "party"),
        ("rome_1998", "AAA", "2026-06-02", "withdrawn"),
        ("rome_1998", "BBB", "2011-01-31", "not_party"),
        ("rome_1998", "BBB", "2011-02-01", "party"),  # the month after the 60th day
        ("rome_1998", "", "2011-02-01", "unknown"),
    ],
)
def test_where_a_state_stood(treaty: str, state: str, day: str, status: str) -> None:
    assert status_on(TABLE, treaty, state, date.fromisoformat(day)) == status


def test_without_a_table_everything_is_unknown() -> None:
    assert status_on(NO_TREATIES, CONVENTION, "AAA", date(2000, 1, 1)) == "unknown"
    assert bound(NO_TREATIES, case(opened(), event("incident", "2000-01-01"))) == frozenset()


@pytest.mark.parametrize(
    ("actions", "as_of", "named"),
    [
        ("treaty,iso3,date\n", AS_OF, "treaties: there is no column action"),
        (HEAD + "CSUNAP-1994,,AAA,signed,1998-01-01,,\n", AS_OF, "row 2, action: 'signed' is none of"),
        (HEAD + "CSUNAP-1994,,AAA,signature,1998-13-01,,\n", AS_OF, "row 2, date: '1998-13-01' is no day"),
        (HEAD + "CSUNAP-1994,,Albania,signature,1998-01-01,,\n", AS_OF, "row 2, iso3: 'Albania'"),
        (
            HEAD + ROWS,
            "treaty,as_of\nCSUNAP-1994,2024-12-09\n",
            "no day up to which the table of csunap_op_2005",
        ),
    ],
)
def test_a_table_that_can_not_be_read_names_row_and_column(actions: str, as_of: str, named: str) -> None:
    with pytest.raises(FieldError, match=named):
        read_treaties(actions, as_of)


def test_the_panel_lists_possibilities_and_concludes_nothing() -> None:
    found = case(
        opened(host="AAA"),
        event("described", "2011-01-01", seat_state="CCC"),
        event("incident", "2026-06-01..2026-06-02"),
        event(
            "person_added",
            "2011-01-01",
            person="P1",
            harm=("dead",),
            cause="violence",
            nationalities=("BBB",),
        ),
        event("charged", "2027-01-01", proceeding="court", state="BBB", accused=("A1",)),
        event(
            "basis_assessed", "2027-02-01", treaty="rome_1998", state="AAA", applies="contested", text="why"
        ),
    )
    listed = {(one.jurisdiction, one.state): one for one in panel(found, axes(found), TABLE)}

    assert set(listed) == {
        ("territory", "AAA"),
        ("nationality_of_victim", "BBB"),
        ("seat", "CCC"),
        ("universal", ""),
        ("referral", ""),
    }
    assert dict(listed["territory", "AAA"].statuses)["rome_1998"] == ("party", "withdrawn")
    assert listed["territory", "AAA"].opinions == (("rome_1998", "contested"),)
    assert listed["nationality_of_victim", "BBB"].proceedings == ("court",)
    assert listed["seat", "CCC"].opinions == ()


def test_states_that_were_bound_owe_notices() -> None:
    found = case(
        opened(host="AAA"),
        event("incident", "2011-01-01", event_id="happened"),
        event("charged", "2012-01-01", proceeding="court", state="BBB", accused=("A1",)),
        event("became_final", "2013-01-01", proceeding="court", event_id="over"),
    )

    assert expected_notices(found, frozenset()) == ()
    assert expected_notices(found, bound(TABLE, found)) == (
        ("13", "AAA", "happened"),
        ("13", "BBB", "happened"),
        ("18", "BBB", "over"),
    )


@pytest.fixture(scope="module")
def published() -> Treaties:
    if not SHARED.exists():
        pytest.skip("the published table of treaty actions is not here")
    return read_treaties((SHARED / "treaty_actions.csv").read_text(), (SHARED / "as_of.csv").read_text())


def test_the_published_table_gives_the_counts_of_its_depositary(published: Treaties) -> None:
    assert [len(members(published, treaty)) for treaty in (CONVENTION, "csunap_op_2005", "rome_1998")] == [
        95,
        30,
        124,
    ]


@pytest.mark.parametrize(
    ("treaty", "state", "day", "status"),
    [
        ("rome_1998", "HUN", "2026-06-01", "party"),
        ("rome_1998", "HUN", "2026-06-02", "withdrawn"),
        ("rome_1998", "BDI", "2017-10-26", "party"),
        ("rome_1998", "BDI", "2017-10-27", "withdrawn"),
        ("rome_1998", "PHL", "2019-03-16", "party"),
        ("rome_1998", "PHL", "2019-03-17", "withdrawn"),
        ("csunap_op_2005", "SSD", "2014-01-01", "unknown"),
        ("csunap_op_2005", "SSD", "2013-01-01", "not_party"),
    ],
)
def test_withdrawals_of_the_published_table(
    published: Treaties, treaty: str, state: str, day: str, status: str
) -> None:
    assert status_on(published, treaty, state, date.fromisoformat(day)) == status
