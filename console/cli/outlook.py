"""`tocsin outlook`: see what is coming, with how often that was right before."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from console.cells import DASH
from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import show
from console.cli.query import Whom

outlook = typer.Typer(
    help="""See what is coming, and how often that was right.

    Every figure stands beside its record: the same was worked out for each month of the past, from what came before it,
    and compared with what came. Where it is no better than the naive forecast, it says so; with too few data it says
    nothing.""",
    no_args_is_help=True,
)
ByOption = Annotated[
    str,
    typer.Option("--by", metavar="NAMES", help="One line for each, e.g. country,means; all: one for all."),
]
MeasureOption = Annotated[str, typer.Option("--measure", metavar="NAME", help="What to count, e.g. killed.")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="NAME=VALUE", help="Only incidents like this. May be repeated."),
]
FirstOption = Annotated[date | None, day_option("--from", "Leave out what happened before this day.")]
AsOfOption = Annotated[date | None, day_option("--as-of", "As it was known on this day.")]
PurposeOption = Annotated[str, typer.Option("--purpose", metavar="CODE", help="What the answer is for.")]
WhomOption = Annotated[Whom, typer.Option("--for", help="Who will read it; for outsiders own records count.")]
WaitOption = Annotated[
    int, typer.Option("--wait", metavar="N", help="Months that a month needs until it is whole.")
]
TopOption = Annotated[int, typer.Option("--top", metavar="N", min=1, help="Lines at most.")]
BY, MEASURE, PURPOSE, WAIT, TOP = "country", "incidents", "staff_safety", 1, 20


@outlook.command("trend")
def show_trend(
    by: ByOption = BY,
    measure: MeasureOption = MEASURE,
    where: WhereOption = None,
    first: FirstOption = None,
    as_of: AsOfOption = None,
    purpose: PurposeOption = PURPOSE,
    whom: WhomOption = Whom.OURSELVES,
    wait: WaitOption = WAIT,
    top: TopOption = TOP,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show whether there is more from year to year.

    The change is in percent, with the bounds between which it lies in 95 of 100 such cases.
    """
    from console.outlooks import TREND_HEADER, TREND_METHOD, trend_rows

    found = _look(home, by, measure, where, first, as_of, purpose, whom, wait)
    _show(found, TREND_HEADER, trend_rows(found, top), TREND_METHOD, top, style)


@outlook.command("forecast")
def show_forecast(
    by: ByOption = BY,
    measure: MeasureOption = MEASURE,
    where: WhereOption = None,
    first: FirstOption = None,
    as_of: AsOfOption = None,
    ahead: Annotated[
        int, typer.Option("--ahead", metavar="N", min=1, max=6, help="Months after the last whole one.")
    ] = 1,
    purpose: PurposeOption = PURPOSE,
    whom: WhomOption = Whom.OURSELVES,
    wait: WaitOption = WAIT,
    top: TopOption = TOP,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Forecast the next months, with how wrong such forecasts were.

    Four of five months like these came between low and high; `kept` says how many really did.
    """
    from console.outlooks import FORECAST_HEADER, FORECAST_METHOD, forecast_rows

    found = _look(home, by, measure, where, first, as_of, purpose, whom, wait)
    _show(found, FORECAST_HEADER, forecast_rows(found, ahead, top), FORECAST_METHOD, top, style)


@outlook.command("unusual")
def show_unusual(
    by: ByOption = BY,
    measure: MeasureOption = MEASURE,
    where: WhereOption = None,
    first: FirstOption = None,
    as_of: AsOfOption = None,
    method: Annotated[
        str, typer.Option("--method", metavar="NAME", help="ears-c1, ears-c2, ears-c3 or farrington.")
    ] = "ears-c2",
    purpose: PurposeOption = PURPOSE,
    whom: WhomOption = Whom.OURSELVES,
    wait: WaitOption = WAIT,
    top: TopOption = TOP,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show where the last month had more than expected.

    `right` and `wrong` count earlier warnings, `missed` rises that came without one.
    """
    from console.outlooks import UNUSUAL_HEADER, unusual_method, unusual_rows
    from node.errors import QueryError
    from node.outlook.unusual import Method

    if method not in set(Method):
        raise QueryError(f"--method: {method!r} is none of {', '.join(Method)}")
    found = _look(home, by, measure, where, first, as_of, purpose, whom, wait)
    rows = unusual_rows(found, Method(method), top)
    _show(found, UNUSUAL_HEADER, rows, unusual_method(Method(method)), top, style)


def _look(
    home: Path,
    by: str,
    measure: str,
    where: list[str] | None,
    first: date | None,
    as_of: date | None,
    purpose: str,
    whom: Whom,
    wait: int,
) -> Any:
    from console.home import open_home
    from node.foreseeing import look_ahead
    from node.measures import EVERYTHING, make_query

    names = [name for name in by.split(",") if name and by != EVERYTHING]
    asked = make_query(
        names,
        [measure],
        where or [],
        as_of=as_of or datetime.now(UTC).date(),
        first=first,
        own_only=whom is Whom.OUTSIDERS,
        purpose=purpose,
    )
    return look_ahead(open_home(home).store(), asked, wait=wait)


def _show(found: Any, columns: Any, rows: Any, method: str, top: int, style: Format) -> None:
    from console.outlooks import header, outlook_remarks

    if style is Format.TABLE:
        rows = [[DASH if cell is None else cell for cell in row] for row in rows]
    show(header(found, columns), rows, style, outlook_remarks(found, method, top))
