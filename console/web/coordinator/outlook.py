"""What is coming, each figure beside its record of being right: unusual months, forecasts and trends."""

from console.outlooks import (
    FORECAST_HEADER,
    FORECAST_METHOD,
    TREND_HEADER,
    TREND_METHOD,
    UNUSUAL_HEADER,
    forecast_rows,
    header,
    outlook_remarks,
    trend_rows,
    unusual_method,
    unusual_rows,
)
from console.remarks import Say
from console.web.coordinator.asking import read_link
from console.web.languages import translations
from console.web.lists import said_in
from console.web.visit import Answer, Page, Table, Visit
from node.errors import PurposeError, QueryError
from node.foreseeing import look_ahead
from node.outlook.unusual import Method

KINDS = ("unusual", "forecast", "trend")
AHEAD = (1, 3, 6)  # months
MOST = 20  # lines
WAIT = 1  # months that a month needs until it is whole
_OWN = frozenset({"kind", "method", "ahead"})  # parts of the link that are no part of the question


def show_outlook(visit: Visit) -> Answer:
    """The outlook that a link asks for; by country and of incidents unless it says otherwise."""
    try:
        table = _table(visit, lambda text: str(translations(visit.language).gettext(text)))
    except (QueryError, PurposeError) as error:
        return Page("coordinator/outlook.html", {**_form(visit), "table": None, "fault": str(error)}, 422)
    return Page("coordinator/outlook.html", {**_form(visit), "table": table, "fault": ""})


def take_outlook(visit: Visit) -> Answer:
    """The same as a file."""
    return _table(visit, said_in(visit))


def _table(visit: Visit, say: Say = str) -> Table:
    asked = {name: values for name, values in visit.asked.items() if name not in _OWN}
    question = {"by": ("country",), "measure": ("incidents",), **asked}
    query = read_link(question, visit.now.date())
    found = look_ahead(visit.store, query, wait=WAIT)
    kind, method, ahead = _chosen(visit)
    columns: tuple[str, ...]
    if kind == "trend":
        columns, rows, said = TREND_HEADER, trend_rows(found, MOST), TREND_METHOD
    elif kind == "forecast":
        columns, rows, said = FORECAST_HEADER, forecast_rows(found, ahead, MOST), FORECAST_METHOD
    else:
        columns, rows, said = UNUSUAL_HEADER, unusual_rows(found, method, MOST), unusual_method(method)
    notes = outlook_remarks(found, said, MOST, say)
    return Table(kind, header(found, columns), tuple(map(tuple, rows)), notes=notes)


def _chosen(visit: Visit) -> tuple[str, Method, int]:
    """Kind, method and months ahead.

    Raises:
        QueryError: One of them is none.
    """
    kind, method, ahead = (visit.asks(name) for name in ("kind", "method", "ahead"))
    if kind not in {"", *KINDS} or method not in {"", *Method} or ahead not in {"", *map(str, AHEAD)}:
        raise QueryError("there is no such outlook; known are {known}", known=", ".join((*KINDS, *Method)))
    return kind or KINDS[0], Method(method or Method.C2), int(ahead or AHEAD[0])


def _form(visit: Visit) -> dict[str, object]:
    names = ("kind", "method", "ahead", "by", "measure", "from", "as-of", "country", "source")
    return {
        "chosen": {name: visit.asks(name)[:80] for name in names},
        "kinds": KINDS,
        "methods": tuple(Method),
        "months": AHEAD,
        "measures": ("incidents", "affected", "killed", "injured", "abducted", "detained"),
        "groups": ("country", "means", "country,means", "actor_group", "cause"),
    }
