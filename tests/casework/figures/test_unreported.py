"""I26 gives the shares of the study whose list of reasons it took over."""

import pytest

from casework.figures.counting import Share
from casework.figures.unreported import unreported

# Of 164 answers: the only small number of whom all five shares round to those that were published for Karachi.
COUNTS = {
    "not_important": 75,
    "useless": 51,
    "afraid": 22,
    "did_not_know_whom": 10,
    "ashamed_or_guilty": 5,
    "other": 1,
}
PUBLISHED = (45.7, 31.1, 13.4, 6.1, 3.0)


def test_the_shares_are_those_of_karachi() -> None:
    lines = unreported(COUNTS, 164)
    shares = [line.figure.low for line in lines if isinstance(line.figure, Share)]

    assert [line.name.partition(": ")[2] for line in lines] == list(COUNTS)
    assert [round(100 * one, 1) for one in shares if one is not None][:5] == list(PUBLISHED)


def test_without_an_answer_is_unknown_and_widens_the_bounds() -> None:
    first = unreported({**COUNTS, "no_answer": 36}, 200)[0].figure

    assert isinstance(first, Share)
    assert (first.n, first.unknown) == (200, 36)
    assert first.low == pytest.approx(75 / 200)
    assert first.high == pytest.approx(111 / 200)


def test_of_no_reports_there_is_no_share() -> None:
    assert all(line.figure == (0, 0, 0) for line in unreported({}, 0))
