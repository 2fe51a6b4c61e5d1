"""The size of pages follows the line."""

from hypothesis import given
from hypothesis import strategies as st

from node.pace import SIZES, Pace
from node.peer_line import CALL_SECONDS
from node.verify import MAX_ASKED_ENTRIES, MAX_PAGE_ENTRIES

BEYOND = MAX_PAGE_ENTRIES  # what a peer may think fit


def entries(pace: Pace) -> int:
    """As many entries as a page may have that is asked for now."""
    return pace.page_size or BEYOND


def test_on_a_good_line_pages_grow_until_the_peer_chooses() -> None:
    pace = Pace(CALL_SECONDS)
    asked = []
    for _ in range(4):
        asked.append(pace.page_size)
        pace.took(0.2)
    assert asked == [250, 1000, 0, 0]


def test_a_page_that_comes_at_once_is_followed_by_one_that_is_larger_by_two_steps() -> None:
    pace = Pace(CALL_SECONDS)
    pace.took(0.02)
    assert pace.page_size == 0


def test_a_page_that_takes_long_is_followed_by_a_smaller_one() -> None:
    pace = Pace(CALL_SECONDS)
    pace.took(11.0)
    assert pace.page_size == 60
    pace.took(5.0)
    assert pace.page_size == 60


def test_a_page_that_does_not_come_is_asked_for_once_more_as_small_as_can_be() -> None:
    pace = Pace(CALL_SECONDS)
    assert pace.came_too_late()
    assert pace.page_size == min(filter(None, SIZES))
    assert not pace.came_too_late()


@given(st.floats(1e-4, 1.0), st.integers(1, 100))
def test_once_a_page_has_come_through_the_next_ones_come_in_time(
    seconds_of_an_entry: float, pages: int
) -> None:
    """On a line that stays as it is nothing is asked for again and again in vain."""
    pace, late = Pace(CALL_SECONDS), 0
    for _ in range(pages):
        seconds = entries(pace) * seconds_of_an_entry
        if seconds > CALL_SECONDS:
            late += 1
            assert pace.came_too_late()
        else:
            pace.took(seconds)
    assert late <= 1


def test_no_more_is_asked_for_by_number_than_every_member_gives() -> None:
    assert max(SIZES) == MAX_ASKED_ENTRIES
