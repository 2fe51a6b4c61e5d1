"""Reports and letters as files, in a language of their own; and the joint board of a case."""

from collections.abc import Mapping

from casework.casefile import case_name
from casework.client.desk import RemoteDesk
from casework.errors import CaseInputError, NotFoundError, RefusedError, SessionError
from casework.joint import Claim
from casework.letter import KINDS
from casework.report.names import OF_ONE_CASE, Report
from casework.report.telling import Level
from casework.reports import YEARLY, Wanted, WantedLetter
from casework.vocabulary.words import LANGUAGES, Words, words
from console.web.languages import LANGUAGES as NAMES
from console.web.officer.opening import at_desk, kept_of
from console.web.visit import Answer, Document, Page, Visit

_TYPES: Mapping[str, str] = {
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
    if style not in _TYPES:
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
    return Document(f"{what}-{of}-{language}.{style}", _TYPES[style], content)


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
        "styles": [one for one in _TYPES if one != "svg"],
        "values": values,
        "fault": fault,
        "words": said,
    }
    return Page("officer/papers.html", facts, status)


@at_desk
def joint(visit: Visit, desk: RemoteDesk) -> Answer:
    """What each organization signed of a joint case; or, where it is none, which cases may be of the same incident."""
    said, case = words(visit.language), desk.read(visit.asks("id"))
    facts: dict[str, object] = {"case": case, "words": said, "board": None, "found": [], "why": ""}
    try:
        board = desk.joint_board(case.uid)
        differ = {name.partition(".")[0] for name in board.contradictions}
        rows = [_claim(one, said) for one in board.claims]
        facts |= {"board": board, "rows": rows, "differ": differ}
    except RefusedError as error:
        if error.reason in {SessionError.reason, NotFoundError.reason}:
            raise
        facts |= {"why": str(error)}
        try:
            facts |= {
                "found": [
                    (_claim(one.claim, said), one.by_us, one.by_them)
                    for one in desk.joint_candidates(case.uid)
                ]
            }
        except RefusedError as also:
            facts |= {"why": str(also)}
    return Page("officer/joint.html", facts)


def _claim(claim: Claim, said: Words) -> tuple[tuple[str, str, str], ...]:
    """(field, its words, value) of what one organization signed."""
    one = claim.summary
    return (
        ("origin", "", claim.origin),
        ("host_state", said.field("host_state"), said.state(one.host_state)),
        ("incident_quarter", said.word("say", "incident_date"), one.incident_quarter),
        ("category", said.word("say", "category"), said.code("category", one.category)),
        ("persons", said.word("say", "persons_number"), one.persons),
        *(
            (
                "stages",
                said.pair(said.word("say", "stage"), said.code("forum", forum)),
                said.code("stage", str(current)),
            )
            for forum, (_, current) in one.stages.items()
        ),
        ("public_status", said.word("say", "public_status"), said.code("public_status", one.public_status)),
        ("impunity", said.word("say", "impunity"), said.code("impunity", one.impunity)),
        ("best_reply", said.word("say", "best_grade"), one.best_reply),
    )
