"""`tocsin case letter | report`: what an officer prints: letters to a government, dossiers, lists and figures."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

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
Fonts = Annotated[
    list[Path] | None,
    typer.Option("--fonts", metavar="DIR", help="Folder with fonts for a PDF; may be repeated."),
]
AsOf = Annotated[Any, day_option("--as-of", "As it stood on that day, by what is known today.")]
KnownAsOf = Annotated[Any, day_option("--known-as-of", "By what was known on that day.")]


class Report(StrEnum):
    """What can be printed."""

    DOSSIER = "dossier"
    TIMELINE = "timeline"
    STATE = "state"
    WORKLIST = "worklist"
    AGEING = "ageing"
    YEARLY = "yearly"
    DETENTION = "detention"
    CORRECTION = "correction"


class Form(StrEnum):
    """How a page is written."""

    TABLE = "table"
    CSV = "csv"
    HTML = "html"
    SVG = "svg"
    PDF = "pdf"


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
    fonts: Fonts = None,
    out: Out = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write a letter to a government from the facts of a case.

    Nothing is sent. The digest that is printed goes into `tocsin case act CASE letter_sent document=...` once you have
    sent it. Names, the place and words of your own stand in it only if you say so.
    """
    from datetime import timedelta

    from casework.letter import Draft
    from casework.paper import write_letter, write_yearly
    from casework.vocabulary.words import words

    desk = desk_of(home, officer_id)
    draft = Draft(
        "yearly_request" if yearly else kind,
        sender or _organization(home),
        desk.today,
        desk.today + timedelta(days=days or desk.rules["D5"].days["reply"]),
        counterpart,
        names,
        place,
        text,
    )
    if yearly:
        page, left_out = write_yearly(desk, _needed(state, "--state"), draft, words(language))
        if left_out:
            say(f"{left_out} open cases of {state} may not stand in it now (on hold, consent, no addressee).")
    else:
        page = write_letter(desk, desk.find(_needed(reference, "CASE")), draft, words(language))
    _write(page, style, out, tuple(fonts or ()), desk.today)


def report(
    what: Annotated[Report, typer.Argument(metavar="REPORT", help="dossier, timeline, state, worklist, ...")],
    reference: CaseArgument = "",
    level: Annotated[Readers, typer.Option("--level", help="Who will read it.")] = Readers.INTERNAL,
    language: Language = "en",
    state: State = "",
    as_of: AsOf = None,
    known_as_of: KnownAsOf = None,
    style: Annotated[Form, typer.Option("--format", help="How to write it.")] = Form.TABLE,
    fonts: Fonts = None,
    out: Out = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write a report of a case, or over all of yours.

    For partners and the public only what may leave stands in it; such a report needs the right to export, and the
    public one that two persons released the case.
    """
    from casework.erasing import graves
    from casework.figures.gather import facts_of, facts_of_erased
    from casework.figures.tables import ages, funnel, years
    from casework.paper import read_all_for, read_all_to_count, read_for
    from casework.report.counts import ageing
    from casework.report.counts import yearly as yearly_page
    from casework.report.dossier import dossier
    from casework.report.lists import correction, detention_bulletin, state_sheet, timeline_page, work_list
    from casework.report.telling import Level, Telling
    from casework.vocabulary.words import words

    desk = desk_of(home, officer_id)
    telling = Telling(words(language), Level(level))
    if what in {Report.DOSSIER, Report.TIMELINE, Report.CORRECTION}:
        uid = desk.find(_needed(reference, "CASE"))
        read = read_for(desk, uid, telling.level, as_of, known_as_of)
        if what is Report.CORRECTION:
            page = correction(read.case, telling)
        else:
            page = (dossier if what is Report.DOSSIER else timeline_page)(read, telling)
    else:
        read_all = read_all_to_count if what is Report.YEARLY else read_all_for
        found = read_all(desk, telling.level, as_of, known_as_of)
        day = as_of or desk.today

        def facts() -> list[Any]:
            """What each case contributes, and what still counts of those whose keys were destroyed."""
            return [
                *(facts_of(one.case, desk.rules) for one in found),
                *map(facts_of_erased, graves(desk.database)),
            ]

        pages = {
            Report.STATE: lambda: state_sheet(_needed(state, "--state"), found, telling),
            Report.WORKLIST: lambda: work_list(
                desk.officer.officer_id, (due for one in found for due in one.due), telling
            ),
            Report.AGEING: lambda: ageing(ages(facts(), day), funnel(facts()), telling),
            Report.YEARLY: lambda: yearly_page(years(facts()), telling),
            Report.DETENTION: lambda: detention_bulletin(found, telling),
        }
        page = pages[what]()
    _write(page, style, out, tuple(fonts or ()), as_of or desk.today)


def _write(page: Any, style: Form, out: Path | None, fonts: tuple[Path, ...], day: Any) -> None:
    from hashlib import sha256

    content = _printed(page, style, fonts, day)
    if out is not None:
        out.write_bytes(content)
        say(f"Wrote {out}, SHA-256 {sha256(content).hexdigest()}")
    elif style is Form.PDF:
        raise typer.BadParameter("a PDF needs a file to go to: --out FILE", param_hint="--out")
    else:
        print(content.decode("utf-8-sig"), end="")


def _printed(page: Any, style: Form, fonts: tuple[Path, ...], day: Any) -> bytes:
    if style is Form.PDF:
        from console.pdf import pdf

        return pdf(page, day, fonts)
    from casework.printing.html import html
    from casework.printing.plain import plain
    from casework.printing.sheet import sheet
    from casework.printing.svg import svg_of

    return {Form.TABLE: plain, Form.CSV: sheet, Form.HTML: html, Form.SVG: svg_of}[style](page)


def _needed(value: str, name: str) -> str:
    if not value:
        raise typer.BadParameter("this needs it", param_hint=name)
    return value


def _organization(home: Path) -> str:
    from console.home import open_home

    return str(open_home(home).settings.org_id)
