"""Reports tell of as many events as their parts add up to, by what all reports show of how many tell the same."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest

from node.candidates import Beside, Pair
from node.likeness import Found
from node.signed import RecordName
from node.tellers import surplus

ALIKE: Found = (("when", "same_day"), ("where", "same_admin2"), ("what", "same_means"))
ELSEWHERE: Found = (("when", "same_day"), ("where", "other_admin1"), ("what", "same_means"))
UNLIKE: Found = (("when", "farther"), ("where", "other_admin1"), ("what", "other_means"))
CHANCE = {ALIKE: 0.9, ELSEWHERE: 0.2, UNLIKE: 0.001}
BEFORE = 0.04
A, B, C, D, OTHER = (
    RecordName(org_id, at * 16) for org_id, at in zip("abcdb", (b"1", b"2", b"3", b"4", b"5"), strict=True)
)


def more(looks: Mapping[tuple[RecordName, RecordName], Found], sure: Sequence[Pair] = ()) -> float:
    """How many more reports there are than events, where pairs look so."""
    return surplus(beside(looks), sure, CHANCE, BEFORE)


def beside(looks: Mapping[tuple[RecordName, RecordName], Found]) -> Beside:
    found: dict[RecordName, dict[str, Counter[Found]]] = {}
    for (one, other), look in looks.items():
        for mine, theirs in ((one, other), (other, one)):
            found.setdefault(mine, {}).setdefault(theirs.origin_id, Counter())[look] += 1
    return found


def quads(number: int, *, lone: bool = False) -> dict[tuple[RecordName, RecordName], Found]:
    """Events of which each of four organizations tells; of each the first may name another province than the others."""
    found = {}
    for event in range(number):
        names = [RecordName(org_id, event.to_bytes(16, "big")) for org_id in "abcd"]
        for at, one in enumerate(names):
            for other in names[at + 1 :]:
                found[one, other] = ELSEWHERE if lone and at == 0 and event < number // 20 else ALIKE
    return found


def test_reports_that_are_one_event_by_what_was_signed_are_one() -> None:
    assert more({}) == 0
    assert more({}, [(A, B)]) == pytest.approx(1)
    assert more({}, [(A, B), (A, C), (B, C)]) == pytest.approx(2)
    assert more({(C, D): UNLIKE}, [(A, B)]) == pytest.approx(1, abs=0.01)


def test_a_pair_that_is_likely_is_about_as_much_of_an_event_as_it_is_likely() -> None:
    assert more({(A, B): ALIKE}) == pytest.approx(0.9, abs=0.05)
    assert more({(A, B): UNLIKE}) == pytest.approx(0, abs=0.01)


def test_one_organization_has_one_report_of_an_event() -> None:
    both = more({(A, B): ALIKE, (A, OTHER): ALIKE})

    # A has one of the two for a partner, and either of them sees nobody but A.
    assert both < 2 * more({(A, B): ALIKE}) - 0.3
    assert more({(A, OTHER): ALIKE}, [(A, B)]) < 1 + more({(A, B): ALIKE})


def test_how_many_tell_the_same_is_learned_from_all_reports() -> None:
    few, many = more(quads(3)) / 3, more(quads(300)) / 300

    assert few < many  # each pair by itself is not that sure
    assert many == pytest.approx(3, abs=0.05)


def test_a_report_that_looks_like_none_of_its_partners_may_be_off_by_itself() -> None:
    assert more(quads(400, lone=True)) / 400 == pytest.approx(3, abs=0.05)
