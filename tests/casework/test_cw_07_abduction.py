"""CW-07: abductions and how they ended; nothing goes out while somebody is held, and no field asks about money."""

import re
from datetime import date

from casework.abduction import abductions
from casework.needs import is_quiet
from casework.vocabulary import code_lists, kinds
from tests.support.cases import case, event, exactly, opened

TAKEN = event("abduction_started", "2020-01-01", abduction="B1", persons=("P1", "P2"))


def test_days_held_and_outcome_are_each_persons_own() -> None:
    (found,) = abductions(
        case(
            TAKEN,
            event("abduction_claimed", "2020-01-03", abduction="B1", by="a group"),
            event("proof_of_life", "2020-01-05", abduction="B1", persons=("P1",)),
            event("abduction_ended", "2020-01-11", abduction="B1", persons=("P1",), outcome="released"),
            event("abduction_ended", "2020-02", abduction="B1", persons=("P2",), outcome="presumed_dead"),
        )
    )

    assert [(one.who, one.outcome, str(one.days)) for one in found.episodes] == [
        (("P1",), "released", "10"),
        (("P2",), "presumed_dead", "31..59"),
    ]
    assert (len(found.claims), len(found.proofs_of_life), found.ongoing) == (1, 1, False)


def test_nothing_goes_out_while_one_of_them_is_held() -> None:
    one = event("abduction_ended", "2020-01-11", abduction="B1", persons=("P1",), outcome="released")
    other = event("abduction_ended", "2020-01-21", abduction="B1", persons=("P2",), outcome="rescued")

    assert is_quiet(case(opened(), TAKEN))
    assert is_quiet(case(opened(), TAKEN, one))
    assert not is_quiet(case(opened(), TAKEN, one, other))


def test_who_is_missing_is_not_out() -> None:
    missing = event("abduction_ended", "2020-01-11", abduction="B1", persons=("P1", "P2"), outcome="missing")
    (found,) = abductions(case(TAKEN, missing, valid=date(2020, 1, 31)))

    assert found.ongoing
    assert [one.days for one in found.episodes] == [exactly(30), exactly(30)]


def test_no_field_and_no_code_asks_what_was_paid_for_anybody() -> None:
    money = re.compile(r"ransom|paid|pay|price|amount|sum|money|concession|demand", re.IGNORECASE)
    abduction = [
        kind for kind in kinds().values() if "abduction" in kind.fields or kind.name.startswith("abduction")
    ]
    asked = [f"{kind.name}.{name}" for kind in abduction for name in kind.fields if money.search(name)]
    named = [
        f"{listed}.{code}"
        for listed, codes in code_lists().items()
        for code, words in codes.items()
        if re.search(r"ransom", f"{code} {words.label}", re.IGNORECASE)
    ]

    assert len(abduction) == 4
    assert asked == []
    assert named == []
    assert not [
        kind
        for kind, it in kinds().items()
        if re.search(r"ransom", f"{kind} {it.text} {' '.join(it.fields)}", re.IGNORECASE)
    ]
