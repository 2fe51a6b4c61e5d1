"""`tocsin case tip`: anonymous reports, as the officers see them who take reports in."""

from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.case.acting import Fields, When, given_fields
from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

tip = typer.Typer(help="Anonymous reports: read, answer, open cases.", no_args_is_help=True)
TipArgument = Annotated[str, typer.Argument(metavar="TIP", help="First signs of its name, such as T-7F3A.")]


@tip.command("list")
def list_reports(
    officer_id: OfficerOption = NOBODY, home: HomeOption = HERE, style: FormatOption = Format.TABLE
) -> None:
    """Show every anonymous report, and which wait for an answer."""
    rows = [
        (
            one.name,
            one.messages[0].week,
            one.tip.country,
            one.tip.month,
            ", ".join(one.tip.what),
            len(one.messages),
            "waits for you" if one.waits else "answered",
            "opened" if one.has_case else "",
        )
        for one in desk_of(home, officer_id).tips()
    ]
    show(("report", "came in", "country", "month", "what", "messages", "mailbox", "case"), rows, style)


@tip.command("read")
def read_report(
    reference: TipArgument,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Read an anonymous report with all messages."""
    from casework.tip import REPORTER

    report = desk_of(home, officer_id).tip(reference)
    rows = [
        (
            number,
            one.week,
            "reporter" if one.author == REPORTER else one.author,
            one.text,
            f"{len(one.file)} bytes" if one.file else "",
        )
        for number, one in enumerate(report.messages, 1)
    ]
    remarks = {
        "report": report.name,
        "country": report.tip.country,
        "month": report.tip.month,
        "what": ", ".join(report.tip.what),
        "not_reported": ", ".join(report.tip.not_reported),
    }
    show(("message", "week", "by", "text", "file"), rows, style, remarks)


@tip.command()
def answer(
    reference: TipArgument,
    text: Annotated[str, typer.Option("--text", metavar="WORDS", help="Else it is asked for.")] = "",
    request_id: Annotated[
        str, typer.Option("--request-id", metavar="ID", help="The same one writes nothing twice.")
    ] = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Answer a reporter; they are not told who of you wrote."""
    desk = desk_of(home, officer_id)
    desk.answer_tip(reference, text or typer.prompt("Answer", err=True), request_id=request_id)
    say("It waits in the mailbox of the report.")


@tip.command("open")
def open_from(
    reference: TipArgument,
    fields: Fields = None,
    when: When = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Open a case from an anonymous report, and tell the reporter so.

    Categories and host State are those that were told, unless you say others, for example categories=detention.
    Nothing else that was told goes into the case by itself; the report is named as its source.
    """
    import secrets
    from dataclasses import replace

    from casework.casefile import case_name
    from console.saying import make_statement

    desk = desk_of(home, officer_id)
    report = desk.tip(reference)
    given = {
        "sensitivity": "normal",
        "owner": desk.officer.officer_id,
        "public_ref": secrets.token_hex(8),
        "categories": ", ".join(report.tip.what),
        "host_state": report.tip.country,
        **given_fields(fields),
    }
    statement = replace(make_statement("opened", given, when, desk.today, None), sources=(report.name,))
    others = () if given["owner"] == desk.officer.officer_id else (given["owner"],)
    uid = desk.open_from_tip(report.uid, statement, others)
    say(f"Opened case {case_name(uid)}; its source is {report.name}. The mailbox stays open.")


@tip.command(short_help="Write the file of a message to the disk.")
def save(
    reference: TipArgument,
    number: Annotated[int, typer.Argument(metavar="MESSAGE", help="Number of the message.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where to write it; only you can read it.")
    ],
    original: Annotated[
        bool, typer.Option("--original", help="As it came, with everything hidden in it.")
    ] = False,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write the file of a message to the disk: of a picture the copy without what is hidden in it.

    Left out are the place, the camera and whatever else is not the picture itself. Of other kinds of files there is no
    such copy; --original writes them, or a picture, as it came.
    """
    from casework.cleaning import working_copy
    from casework.errors import FieldError
    from console.home import write_file

    messages: Any = desk_of(home, officer_id).tip(reference).messages
    if not 1 <= number <= len(messages) or not messages[number - 1].file:
        raise FieldError("message", f"{number} has no file")
    file = messages[number - 1].file
    copy = file if original else working_copy(file)
    if copy is None:
        raise FieldError("message", f"of the file of {number} no working copy can be made (--original)")
    write_file(out, copy)
    if original:
        say(
            "It is the original, with everything hidden in it, such as place and camera: show it to nobody else."
        )


@tip.command(short_help="Destroy a report, as a second person.")
def erase(
    reference: TipArgument,
    propose: Annotated[
        bool, typer.Option("--propose", help="Say so first: the reporter is told, and can object.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Destroy the keys and messages of an anonymous report that another person proposed to erase.

    One of you proposes; another erases it, 30 days after the week of the proposal, unless the reporter has written
    since. Nobody can undo it. `tocsin case retention` lists what is due.
    """
    desk = desk_of(home, officer_id)
    if propose:
        day = desk.propose_tip_erasure(reference)
        say(f"The reporter is told. Another of you can erase it from {day} on, unless they write.")
        return
    if not yes:
        typer.confirm("Destroy the keys for good?", abort=True, err=True)
    desk.erase_tip(reference)
    say("Destroyed. Backups of this month can be read until the month turns.")
