"""Reports and letters as files, in a language of their own."""

from collections.abc import Mapping

from casework.casefile import case_name
from casework.client.desk import RemoteDesk
from casework.errors import CaseInputError, NotFoundError, RefusedError, SessionError
from casework.letter import KINDS
from casework.report.names import OF_ONE_CASE, Report
from casework.report.telling import Level
from casework.reports import YEARLY, Wanted, WantedLetter
from casework.vocabulary.words import LANGUAGES, words
from console.web.languages import LANGUAGES as NAMES
from console.web.officer.opening import at_desk, kept_of
from console.web.visit import Answer, Document, Page, Visit

TYPES: Mapping[str, str] = {
    "html": "text/html",
    "csv": "text/csv",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
}


@at_desk
def show(visit: Visit, desk: RemoteDesk) -> Answer:
    """What can be written: of one case, where the link names one, or over all of them."""
    return _page(visit, desk, {"language": visit.language, **kept_of(visit, desk)}, "", 200)


@at_desk
def write(visit: Visit, desk: RemoteDesk) -> Answer:
    """A report or a letter as a file; nothing is sent."""
    values = {name: given[0] for name, given in visit.form.items()}
    try:
        return _written(desk, visit.asks("id"), values)
    except (CaseInputError, RefusedError) as error:
        if error.reason in {SessionError.reason, NotFoundError.reason}:
            raise
        return _page(visit, desk, values, str(error), 422)


def _written(desk: RemoteDesk, uid: str, values: Mapping[str, str]) -> Document:
    style, language = values.get("style", "html"), values.get("language", "en")
    if style not in TYPES:
        style = "html"
    state = values.get("state", "")
    if values.get("letter"):
        wanted = WantedLetter(
            uid,
            values["letter"],
            "" if uid else state,
            language,
            values.get("sender", ""),
            text=values.get("text", "").replace("\r\n", "\n").strip(),
            names=values.get("names") == "yes",
            place=values.get("place") == "yes",
        )
        what, (content, _) = values["letter"], desk.letter(wanted, style)
    else:
        what = values.get("report", "")
        one = what in OF_ONE_CASE
        content = desk.report(
            Wanted(what, uid if one else "", values.get("level", Level.INTERNAL), language, state), style
        )
    of = case_name(uid) if uid else state or "all"
    return Document(f"{what}-{of}-{language}.{style}", TYPES[style], content)


def _page(visit: Visit, desk: RemoteDesk, values: Mapping[str, str], fault: str, status: int) -> Answer:
    said, uid = words(visit.language), visit.asks("id")
    case = desk.read(uid) if uid else None
    reports = [one for one in Report if (one in OF_ONE_CASE) == bool(uid)]
    letters = [kind for kind in KINDS if (kind != YEARLY) == bool(uid)]
    facts = {
        "case": case,
        "page": visit.page,
        "reports": [(one, said.word("report", one)) for one in reports],
        "letters": [(kind, said.code("letter", kind)) for kind in letters],
        "levels": [(one, said.word("level", one)) for one in Level],
        "written_in": [(code, NAMES[code]) for code in LANGUAGES],
        "styles": [one for one in TYPES if one != "svg"],
        "values": values,
        "fault": fault,
        "words": said,
    }
    return Page("officer/papers.html", facts, status)
