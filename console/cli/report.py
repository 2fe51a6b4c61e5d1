"""`tocsin report`: tell something anonymously, and come back with the receipt.

For a helper at a desk, or what stands behind a form: everything is asked for on standard error and read line by line
from standard input. A receipt is no option, as options stay in the history of a shell and in lists of processes.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

report = typer.Typer(help="Report something anonymously, and read the answer.", no_args_is_help=True)
FileOption = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="Attach it; kept sealed as it is, without its name."),
]
RequestOption = Annotated[
    str, typer.Option("--request-id", metavar="ID", help="The same one writes nothing twice.")
]


@report.command()
def new(
    file: FileOption = None,
    again: Annotated[
        bool, typer.Option("--again", help="A first try was cut off: ask for the receipt that was shown.")
    ] = False,
    home: HomeOption = HERE,
) -> None:
    """Tell what happened. Shows a receipt, once; without it nobody can read the answer."""
    from casework.reporting import new_receipt
    from casework.tip import NO_ANSWER, WHAT_NEXT, Tip, about_file

    intake = _intake(home)
    attached = _bytes(file)
    tip = Tip(
        _ask("What happened, in your own words and one line"),
        _ask("Country, three letters such as CMR").upper(),
        _ask("Month, such as 2026-03"),
        _pick("What kind of thing it was, one or more codes", "category"),
        _pick("Why it was not reported before, one or more codes", "not_reported", NO_ANSWER),
    )
    intake.look_at(tip, attached)
    receipt = _ask("Receipt") if again else new_receipt()
    if not again:
        print(receipt)
        say(
            "This is the receipt. Write it down and keep it safe: it is shown once, and a lost one can not be restored."
        )
    intake.tell(receipt, tip, attached)
    say(" ".join(("Your report has arrived. What happens next:", *WHAT_NEXT, about_file(attached))))


@report.command()
def read(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Read the mailbox of a receipt."""
    from casework.tip import REPORTER, WHAT_NEXT

    messages = _intake(home).read(_ask("Receipt"))
    rows = [
        (one.week, "you" if one.author == REPORTER else "office", one.text, "yes" if one.file else "")
        for one in messages
    ]
    show(("week", "by", "text", "file"), rows, style)
    if all(one.author == REPORTER for one in messages):
        say(" ".join(("Nobody has answered yet. What happens next:", *WHAT_NEXT)))


@report.command()
def write(file: FileOption = None, request_id: RequestOption = "", home: HomeOption = HERE) -> None:
    """Write one more message into the mailbox of a receipt."""
    from casework.tip import about_file

    attached = _bytes(file)
    _intake(home).write(_ask("Receipt"), _ask("Message"), attached, request_id)
    say(f"Your message has arrived. {about_file(attached)}".strip())


@report.command("serve", short_help="Serve the form to browsers, also as an onion service.")
def serve_form(
    listen: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT", help="Where to listen, on this machine alone; port 0 takes a free one."
        ),
    ] = "127.0.0.1:7445",
    home: HomeOption = HERE,
) -> None:
    """Serve the anonymous form to browsers, in six languages and without any script.

    A process of its own, which needs no passphrase and opens no key of the node. It keeps and logs nothing of who asks.
    docs/reporting.md says how to make it an onion service.
    """
    from console.home import open_home
    from console.logs import log_to_stderr
    from console.tips_server import serve_reports

    log_to_stderr()
    serve_reports(open_home(home), listen, lambda address: say(f"People report at http://{address}"))


def _intake(home: Path) -> Any:
    from console.home import open_home
    from console.office import Office

    return Office(open_home(home)).intake()


def _ask(what: str) -> str:
    """Ask on standard error; a prompt of typer would leave a blank beside the receipt on standard output."""
    typer.echo(f"{what}: ", nl=False, err=True)
    line = sys.stdin.readline()
    if not line:
        raise typer.Abort
    return line.strip()


def _pick(what: str, codes_of: str, usual: str = "") -> tuple[str, ...]:
    from casework.vocabulary import codes

    for code in codes(codes_of).values():
        typer.echo(f"  {code.code}: {code.label}", err=True)
    answer = _ask(f"{what} [{usual}]" if usual else what) or usual
    return tuple(part.strip() for part in answer.split(",") if part.strip())


def _bytes(file: Path | None) -> bytes:
    from casework.errors import FieldError

    try:
        return file.read_bytes() if file is not None else b""
    except OSError as error:
        raise FieldError("file", f"can not be read: {error.strerror}") from error
