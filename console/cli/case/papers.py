"""`tocsin case letter | report`: what an officer prints: letters to a government, dossiers, lists and figures."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from casework.report.names import OF_ONE_CASE, Report
from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, HomeOption, day_option
from console.cli.output import say

CaseArgument = Annotated[
    str, typer.Argument(metavar="[CASE]", help="The first signs of its name, e.g. 7K3Q; lists need none.")
]
Language = Annotated[
    str, typer.Option("--language", metavar="en|fr|es|ar|ru|zh", help="Language of what is written.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where to write it; else it is shown.")
]
State = Annotated[
    str, typer.Option("--state", metavar="STATE", help="Host State, a country code of three letters.")
]
AsOf = Annotated[Any, day_option("--as-of", "As it stood on that day, by what is known today.")]
KnownAsOf = Annotated[Any, day_option("--known-as-of", "By what was known on that day.")]


class Form(StrEnum):
    """How a page is written."""

    TABLE = "table"
    CSV = "csv"
    HTML = "html"
    SVG = "svg"
    PDF = "pdf"
    JSON = "json"


class Readers(StrEnum):
    """Who will read a report."""

    INTERNAL = "internal"
    PARTNER = "partner"
    PUBLIC = "public"


def letter(
    reference: CaseArgument = "",
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="note_verbale, reminder, urgent_appeal, ... as in the docs.")
    ] = "note_verbale",
    yearly: Annotated[
        bool, typer.Option("--yearly", help="The one request of the year to a State, with all its cases.")
    ] = False,
    state: State = "",
    language: Language = "en",
    sender: Annotated[
        str, typer.Option(metavar="NAME", help="The organization as it signs; else its id.")
    ] = "",
    counterpart: Annotated[
        str, typer.Option(metavar="ID", help="Addressee; else the first of the case.")
    ] = "",
    names: Annotated[
        bool, typer.Option("--names", help="Name the persons affected. Survivors are never named.")
    ] = False,
    place: Annotated[bool, typer.Option("--place", help="Tell the place of the incident.")] = False,
    text: Annotated[str, typer.Option(metavar="TEXT", help="A paragraph of your own.")] = "",
    days: Annotated[
        int, typer.Option(min=0, help="Within how many days an answer is asked for; 0 is what rule D5 says.")
    ] = 0,
    style: Annotated[Form, typer.Option("--format", help="table is plain text.")] = Form.TABLE,
    out: Out = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write a letter to a government from the facts of a case.

    Nothing is sent. The digest that is printed goes into `tocsin case act CASE letter_sent document=...` once you have
    sent it. Names, the place and words of your own stand in it only if you say so.
    """
    from casework.reports import WantedLetter

    _check_out(style, out)
    desk = desk_of(home, officer_id)
    uid = "" if yearly else desk.find(_needed(reference, "CASE", "it is about one case: name it"))
    to = _needed(state, "--state", "say which host State") if yearly else ""
    wanted = WantedLetter(uid, kind, to, language, sender, counterpart, names, place, text, days)
    content, left_out = desk.letter(wanted, style)
    if left_out:
        say(f"{left_out} open cases of {state} may not stand in it now (on hold, consent, no addressee).")
    _write(content, out)


def report(
    what: Annotated[Report, typer.Argument(metavar="REPORT", help="dossier, timeline, state, worklist, ...")],
    reference: CaseArgument = "",
    level: Annotated[Readers, typer.Option("--level", help="Who will read it.")] = Readers.INTERNAL,
    language: Language = "en",
    state: State = "",
    as_of: AsOf = None,
    known_as_of: KnownAsOf = None,
    first: Annotated[Any, day_option("--from", "For `state`: incidents on that day or later.")] = None,
    last: Annotated[Any, day_option("--to", "For `state`: incidents on that day or earlier.")] = None,
    style: Annotated[Form, typer.Option("--format", help="How to write it.")] = Form.TABLE,
    out: Out = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write a report of a case, or over all of yours.

    For partners and the public only what may leave stands in it; such a report needs the right to export, and the
    public one that two persons released the case.
    """
    from casework.reports import Wanted

    _check_out(style, out)
    desk = desk_of(home, officer_id)
    uid = (
        desk.find(_needed(reference, "CASE", "it is about one case: name it")) if what in OF_ONE_CASE else ""
    )
    if what is Report.STATE:
        _needed(state, "--state", "say which host State")
    wanted = Wanted(what, uid, level, language, state, as_of, known_as_of, first, last)
    _write(desk.report(wanted, style), out)


def _check_out(style: Form, out: Path | None) -> None:
    if style is Form.PDF and out is None:
        raise typer.BadParameter("a PDF needs a file to go to: --out FILE", param_hint="--out")


def _write(content: bytes, out: Path | None) -> None:
    from hashlib import sha256

    from node.errors import UnreadableError

    if out is None:
        print(content.decode("utf-8-sig"), end="")
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UnreadableError(f"{out} can not be written ({error.strerror})") from error
    say(f"Wrote {out}, SHA-256 {sha256(content).hexdigest()}")


def _needed(value: str, name: str, why: str) -> str:
    if not value:
        raise typer.BadParameter(why, param_hint=name)
    return value
