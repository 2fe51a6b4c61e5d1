"""Whatever a text holds, the scanner comes to an end, and its findings lie within the text."""

import sys
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.model import MAX_TEXT
from node.scan import NO_NAMES, Names, read_names, scan

NAMES = read_names(["Alphaname", "Alphaname Betaname", "a b c d e f", "阿尔法", "فاطبة بتااسم"])
PARTS = st.sampled_from(
    ["+", "(", ")", "0", "00", "2024", "-", ".", ",", " ", "\n", "@", "°", "'", "/", "a", "AB", "tel", "born", "ب", "٠",
     "８", "岁", "\u200b", "京", "(at)", "(dot)", "Alphaname", "阿", "passport", "plate", "x"]
)  # fmt: skip
texts = st.lists(PARTS | st.characters(exclude_categories=["Cs"]), max_size=60).map("".join)
WORST = [
    "(", "+", "0", "0 ", "0-", "0.", "1.000 ", "1.0000,", "@", "a@", "a.", "a@a.", "(at)", "a(at)", "tel ", "born ",
    "2024 ", "9", "aged 1-", "plate a ", "passport ", "\u200b", "a\u200b", "°", "1°", "阿", "阿尔", "a b c d e f ",
    "Alphaname ", "ب ", "و", "A00", "AA0000", "1/1/", "20240314", "///a.", "١", "\u0301", "ﷺ",
    "x" * 63 + ".", "_", "/", "-", " ", "\n",
]  # fmt: skip


@given(texts, st.sampled_from([NO_NAMES, NAMES]))
def test_findings_lie_within_the_text_in_order_and_none_is_told_twice(text: str, names: Names) -> None:
    found = scan(text, names)

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert list(found) == sorted(found, key=lambda one: (one.start, -one.end, one.kind))
    assert len(set(found)) == len(found)


@given(texts, texts)
def test_what_is_on_another_line_takes_no_finding_away(text: str, other: str) -> None:
    alone = {(one.kind, text[one.start : one.end]) for one in scan(text, NAMES)}
    both = f"{text}\n\n{other}"
    together = [(one.kind, one.start, one.end) for one in scan(both, NAMES)]

    for one in scan(text, NAMES):
        assert any(
            kind is one.kind and start <= one.start and end >= one.end for kind, start, end in together
        ), alone


def lines_run(work: Callable[[], object]) -> int:
    """Lines of the scanner's own code that are run."""
    run = 0

    def trace(frame: object, event: str, _argument: object) -> object:
        nonlocal run
        run += event == "line"
        return trace if "node/scan" in frame.f_code.co_filename else None  # type: ignore[attr-defined] # a frame

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type] # a trace function
    try:
        work()
    finally:
        sys.settrace(before)
    return run


@pytest.mark.slow
@pytest.mark.parametrize("worst", WORST)
def test_twice_the_text_is_twice_the_work(worst: str) -> None:
    scan(worst * 150, NAMES)  # what is remembered of characters is not counted

    small, large = (lines_run(partial(scan, worst * size, NAMES)) for size in (150, 300))

    assert large <= 2.2 * small + 200


@pytest.mark.slow
@pytest.mark.parametrize("worst", WORST)
def test_the_longest_text_that_there_may_be_is_scanned(worst: str) -> None:
    text = (worst * MAX_TEXT)[:MAX_TEXT]

    assert isinstance(scan(text, NAMES), tuple)
