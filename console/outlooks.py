"""An outlook as rows: trends, forecasts and unusual months, each with its record, for the command line and for pages.

Where nothing is said the cells are empty, and the last column says why.
"""

from collections.abc import Iterable, Sequence

from console.cells import Cell
from console.remarks import Say, remarks
from crypto.sentence import Sentence
from node.foreseeing import YEAR, Outlook
from node.outlook.backtest import (
    AFTER,
    BEFORE,
    MOST,
    RISE,
    Missed,
    Turned,
    added,
    added_trends,
    foretold,
    turned,
    warned,
)
from node.outlook.forecast import LEAST_COUNT, LEAST_MONTHS
from node.outlook.history import History, label
from node.outlook.trend import trend
from node.outlook.unusual import LEAST_COUNT as LEAST_RECENT
from node.outlook.unusual import Method, judge

TREND_HEADER = (
    "last_year",
    "yearly_change",
    "at_least",
    "at_most",
    "peak",
    "swing",
    "right",
    "wrong",
    "naive_right",
    "then",
    "verdict",
)
FORECAST_HEADER = (
    "month",
    "forecast",
    "low",
    "high",
    "error",
    "naive_error",
    "seasonal_error",
    "kept",
    "forecasts",
    "then",
    "verdict",
)
UNUSUAL_HEADER = (
    "month",
    "number",
    "expected",
    "bound",
    "unusual",
    "right",
    "wrong",
    "missed",
    "quiet",
    "naive_right",
    "naive_wrong",
    "then",
    "verdict",
)
REFUSED = "too few data: nothing is said"
EVERYTHING = "all together"

Row = tuple[Cell, ...]
_EMPTY: Row = (None,) * 9


def header(found: Outlook, columns: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns: those of the groups before the others."""
    return (*_names(found), *columns)


def trend_rows(found: Outlook, top: int) -> list[Row]:
    """One row a group: change from year to year in percent with its 95 % interval, season, and record.

    The last row adds up the records of all groups, shown or not.
    """
    records = [turned(one) for one in found.histories]
    rows = [
        (*_group(one), *_trend(one, record))
        for one, record in zip(found.histories[:top], records, strict=False)
    ]
    whole = added_trends(records)
    return [*rows, (*_together(found), *_EMPTY[:6], *whole, whole.verdict)]


def forecast_rows(found: Outlook, ahead: int, top: int) -> list[Row]:
    """For each group one row a month, up to so many after the last whole one: forecast, 80 % interval, record."""
    return [
        (*_group(one), label(found.last + step), *_forecast(one, step))
        for one in found.histories[:top]
        for step in range(1, ahead + 1)
    ]


def unusual_rows(found: Outlook, method: Method, top: int) -> list[Row]:
    """One row a group: the last whole month, unusual ones first, and how often such warnings were right.

    The last row adds up the records of all groups, shown or not.
    """
    judged = [(one, judge(one.counts, method), warned(one, method)) for one in found.histories]
    judged.sort(key=lambda each: not each[1].unusual)
    rows = []
    for one, judgement, record in judged[:top]:
        said: Row = (None, None, judgement.refused)
        if not judgement.refused:
            said = (
                round(judgement.expected, 1),
                round(judgement.bound, 1),
                "yes" if judgement.unusual else "no",
            )
        rows.append((*_group(one), label(found.last), judgement.number, *said, *record, record.verdict))
    whole = added(record for _, _, record in judged)
    return [*rows, (*_together(found), *_EMPTY[:5], *whole, whole.verdict)]


def outlook_remarks(found: Outlook, said: str, top: int, say: Say = str) -> dict[str, object]:
    """What must stand beside: how it was worked out, and what stands beside every figure (R24)."""
    months = {"first": label(found.first), "last": label(found.last)}
    notes: dict[str, object] = {
        "method": said,
        "record": say(
            "of up to %(number)s months of the past; `then` of them from what was known at that time, the others"
            " from what is known now, which flatters"
        )
        % {"number": MOST},
        "whole_months": say("%(first)s to %(last)s; later ones are not whole yet, see --wait") % months,
    }
    if len(found.histories) > top:
        notes["not_shown"] = say("%(number)s more groups") % {"number": len(found.histories) - top}
    if found.undated:
        notes["without_a_month"] = say("%(number)s left out") % {"number": found.undated}
    asked = found.answer.query
    if len(found.answer.sources) > 1 and "source" not in dict(asked.where):
        notes["sources_differ"] = say(
            "several sources are added up, each over its own years: name one with --where"
        )
    beside = remarks(found.answer, say)
    del beside["incidents"]
    return notes | beside


TREND_METHOD: str = Sentence(
    "quasi-Poisson regression over 5 years on time and one wave a year; right and wrong: once a year, of trends that"
    " were sure of their direction, whether the next year had more or less than the last, as they said"
)
FORECAST_METHOD: str = Sentence(
    "simple exponential smoothing, refused under {months} months or {least} counted; errors: mean"
    " distance from what came, beside that of the last month, and of the same month a year before, taken again",
    months=LEAST_MONTHS,
    least=LEAST_COUNT,
)


def unusual_method(method: Method) -> str:
    """How months are judged, in a sentence."""
    return Sentence(
        "{method}, refused under {least} in the last 4 months; right: after a warning the next {after} months"
        " had at least {rise} times the mean of the {before} before, and one a month more; the naive warning: a month"
        " with more than each of the {before} before",
        method=str(method),
        least=LEAST_RECENT,
        after=AFTER,
        rise=RISE,
        before=BEFORE,
    )


def _names(found: Outlook) -> tuple[str, ...]:
    return found.answer.query.by[:-1] or ("group",)


def _group(one: History) -> Iterable[Cell]:
    return one.group or (EVERYTHING,)


def _together(found: Outlook) -> Iterable[Cell]:
    return tuple(EVERYTHING for _ in _names(found))


def _trend(one: History, record: Turned) -> Row:
    found = trend(one.counts, one.start)
    last = sum(one.counts[-YEAR:])
    told = (record.right, record.wrong, record.naive_right, record.then)
    if found is None:
        return (last, *_EMPTY[:5], *told, REFUSED)
    season: Row = (found.peak, round(found.swing, 1)) if found.peak else ("none seen", None)
    return (last, round(found.yearly), round(found.low), round(found.high), *season, *told, record.verdict)


def _forecast(one: History, ahead: int) -> Row:
    forecast, record = foretold(one, ahead)
    if forecast is None:
        return (*_EMPTY, REFUSED)
    said = (round(forecast.level, 1), _rounded(forecast.low), _rounded(forecast.high))
    return (*said, *_missed(record))


def _missed(record: Missed | None) -> Row:
    if record is None:
        return (*_EMPTY[:6], REFUSED)
    errors = (round(record.error, 2), round(record.naive, 2), round(record.seasonal, 2))
    return (*errors, _rounded(record.kept), record.forecasts, record.then, record.verdict)


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)
