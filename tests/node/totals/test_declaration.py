"""What can be declared, in one form; and which totals touch."""

from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from node.errors import FewForTotalError, TotalError, TotalOverlapError
from node.totals.declaration import read_payload, read_total, touches, verify_budget, write_payload
from node.totals.papers import (
    HELD_TYPE,
    SHARE_TYPE,
    Held,
    Share,
    Sum,
    common,
    outcome_of,
    read_paper,
    verify_share_of,
    write_paper,
)
from tests.support.totals import CLOSES, GROUP, KILLED

TEXT = """
name = "killed-2025"
measure = "killed"
period = "2025"
areas = ["SDN", "SSD"]
group = ["alpha", "beta", "delta", "epsilon", "gamma", "zeta"]
closes = 2026-12-01T00:00:00Z
servers = ["undss", "forum"]
"""
SHARE = Share("ab" * 32, "alpha", "undss", 1, "0f" * 16, (1, 2))


def test_a_declaration_is_read_as_it_is_written() -> None:
    assert read_total(TEXT) == KILLED == read_payload(write_payload(KILLED))
    with pytest.raises(TotalError, match="one form"):
        read_payload(write_payload(KILLED) + b" ")
    for broken in (b"", b"{}", b"[]", b"[" * 99_999, b'{"name":1}'):
        with pytest.raises(TotalError):
            read_payload(broken)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("name", "Killed 2025", "name"),
        ("measure", "sexually_assaulted", "measure"),
        ("measure", "affected", "measure"),
        ("period", "2025-13", "period"),
        ("areas", ("SSD", "SDN"), "areas"),
        ("areas", ("SDN", "all"), "areas"),
        ("areas", ("ZZZ",), "areas"),
        ("group", (*GROUP, "zeta"), "group"),
        ("servers", ("undss", "undss"), "servers"),
        ("servers", ("undss", "alpha"), "who adds up gives nothing"),
        ("closes", CLOSES.replace(year=2025), "over by then"),
        ("closes", datetime(2026, 12, 1), "time zone"),  # noqa: DTZ001 - that is what is wrong with it
        ("smallest", 0, "smallest"),
        ("largest", 2**40 + 1, "largest"),
        ("largest", True, "whole numbers"),
    ],
)
def test_what_a_declaration_can_not_be(field: str, value: object, why: str) -> None:
    with pytest.raises(TotalError, match=why):
        read_payload(write_payload(replace(KILLED, **{field: value})))  # type: ignore[arg-type] # on purpose


@pytest.mark.parametrize(("field", "value"), [("contributors", 4), ("group", GROUP[:4])])
def test_few_are_never_added_up(field: str, value: object) -> None:
    with pytest.raises(FewForTotalError):
        read_payload(write_payload(replace(KILLED, **{field: value})))  # type: ignore[arg-type] # likewise


def test_totals_touch_that_count_the_same_anywhere_at_any_time() -> None:
    quarter, year, other = (replace(KILLED, period=one) for one in ("2025-Q4", "2025", "2024-12"))
    month, everywhere = replace(KILLED, period="2025-10"), replace(KILLED, areas=("all",))
    elsewhere, hurt = replace(KILLED, areas=("AFG",)), replace(KILLED, measure="injured")

    assert all(touches(*pair) for pair in product((quarter, year, month, everywhere), repeat=2))
    assert touches(everywhere, elsewhere)
    for apart in (other, elsewhere, hurt):
        assert not touches(apart, quarter)
    assert not touches(month, replace(KILLED, period="2025-11"))


def test_nobody_is_added_up_twice_but_another_group_may_be() -> None:
    later = replace(KILLED, name="again")
    verify_budget(KILLED, [KILLED])
    verify_budget(replace(later, group=("eta", "iota", "kappa", "mu", "nu")), [KILLED])
    for group in (GROUP, GROUP[:5], (*GROUP, "zz"), ("alpha", "w", "x", "y", "z")):
        with pytest.raises(TotalOverlapError):
            verify_budget(replace(later, group=group), [KILLED])


def test_a_paper_is_read_in_its_one_form_alone() -> None:
    wire = write_paper(SHARE)
    assert read_paper(SHARE_TYPE, wire) == SHARE
    assert len(write_paper(SHARE._replace(numbers=(0, 2**64 - 1)))) == len(wire)  # its length tells nothing
    for broken in (wire + b" ", wire[:-1], b"[]", b"7", wire.replace(b"alpha", b"\xff")):
        with pytest.raises(TotalError):
            read_paper(SHARE_TYPE, broken)
    with pytest.raises(TotalError):
        read_paper(HELD_TYPE, wire)


@pytest.mark.parametrize(
    "wrong",
    [
        {"member": "mu"},
        {"server": "mu"},
        {"split": "0F" * 16},
        {"split": 7},
        {"number": 0},
        {"numbers": (1,)},
    ],
)
def test_a_share_that_can_not_be_one_is_refused(wrong: dict[str, Any]) -> None:
    assert verify_share_of(SHARE, KILLED) == SHARE
    with pytest.raises(TotalError):
        verify_share_of(SHARE._replace(**wrong), KILLED)


def test_added_up_is_what_both_hold_of_one_split() -> None:
    un = Held("x", "undss", (("alpha", "1"), ("beta", "1"), ("gamma", "1")))
    ngo = Held("x", "forum", (("alpha", "1"), ("beta", "2"), ("zeta", "1")))

    assert common(un, ngo, KILLED) == (("alpha", "1"),)
    for wrong in ((("alpha", "1"), ("alpha", "2")), (("stranger", "1"),), (("beta", "1"), ("alpha", "1"))):
        with pytest.raises(TotalError):
            common(un, Held("x", "forum", wrong), KILLED)


def test_small_figures_are_hidden_zero_is_not_and_nonsense_is_no_total() -> None:
    group = tuple((one, "1") for one in GROUP)

    def told(*sums: int) -> object:
        both = Sum("x", "undss", group, sums), Sum("x", "forum", group, (0, 0))
        made = outcome_of("x", KILLED, group, both)
        return made.sound, made.figures

    assert told(0, 4) == (True, (("SDN", 0), ("SSD", None)))
    assert told(5, 6_000_000) == (True, (("SDN", 5), ("SSD", 6_000_000)))
    assert told(5, 6_000_001) == (False, ())
    assert outcome_of("x", KILLED, group[:2], None).figures == ()
