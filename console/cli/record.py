"""`tocsin record`: what an organization says about its own records."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show

record = typer.Typer(help="Say what only you know about your own records.", no_args_is_help=True)

RecordArgument = Annotated[
    str, typer.Argument(metavar="RECORD", help="The record by its id, e.g. awsd:4664.")
]

ByOption = Annotated[
    str, typer.Option("--by", metavar="WHO", help="Who says so: initials or a staff number.")
]


@record.command()
def mark(
    name: RecordArgument,
    sensitive: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHOM", help="Whom it concerns: children, survivors or patients. May be repeated."
        ),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Ask a second person to agree that all marks come off.")
    ] = False,
    by: Annotated[str, typer.Option(metavar="WHO", help="With --clear: who asks.", show_default=False)] = "",
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Mark a record that concerns children, survivors or patients.

    A marked record does not leave, whatever is asked for, and a later publication of its source keeps the mark. If it
    left before, the next `tocsin share` calls it back. Marks add up; taking them off takes two persons.
    """
    from console.home import open_home
    from node.mark import ask_to_unmark, mark_record
    from node.model import Sensitive

    known = {one.value: one for one in Sensitive}
    for whom in sensitive or ():
        if whom not in known:
            raise typer.BadParameter(f"{whom!r} is none of {', '.join(known)}", param_hint="--sensitive")
    if bool(sensitive) == clear:
        raise typer.BadParameter("say whom the record concerns, or --clear", param_hint="--sensitive")
    if clear and not by:
        raise typer.BadParameter("say who asks for it", param_hint="--by")
    marks = frozenset(known[whom] for whom in sensitive or ())
    store = open_home(home).store()
    if clear:
        number = ask_to_unmark(store, name, frozenset(Sensitive), by, datetime.now(UTC))
        say(f"Waits for a second person: tocsin record agree {number} --by WHO")
        return
    before = mark_record(store, name, marks)
    show(("record", "marks", "marks before"), [(name, _words(marks | before), _words(before))], style)
    if marks - before:
        say("It does not leave any more. If it left before, `tocsin share --updates` calls it back.")


@record.command()
def agree(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="What `record mark --clear` printed.")],
    by: ByOption,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Agree, as a second person, that marks come off a record."""
    from console.home import open_home
    from node.mark import agree_to_unmark

    name, before = agree_to_unmark(open_home(home).store(), number, by, datetime.now(UTC))
    show(("record", "marks before"), [(name, _words(before))], style)
    say("Look with `tocsin share --dry-run` at what would leave now.")


@record.command()
def consent(
    name: RecordArgument,
    answer: Annotated[
        str, typer.Option(metavar="ANSWER", help="What was answered: yes, no, withdrawn or not_asked.")
    ],
    purpose: Annotated[
        list[str],
        typer.Option(
            "--for",
            metavar="PURPOSE",
            help="For what: staff_safety, analysis, advocacy or statistics.",
        ),
    ],
    by: ByOption,
    on: Annotated[date | None, day_option("--on", "Day of the answer; else today.")] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Write down whether a survivor consents to be counted.

    A record of sexual violence never leaves. In totals for others it counts only for purposes to which the survivor
    said yes. Your own figures count it whatever was answered.
    """
    from console.home import open_home
    from node.audience import Purpose
    from node.consent import Said, record_consent
    from node.sensitive import Consent

    purposes = {str(one): one for one in Purpose}
    for one in purpose:
        if one not in purposes:
            raise typer.BadParameter(f"{one!r} is none of {', '.join(purposes)}", param_hint="--for")
    if answer not in set(Consent):
        raise typer.BadParameter(f"{answer!r} is none of {', '.join(Consent)}", param_hint="--answer")
    now = datetime.now(UTC)
    said = Said(Consent(answer), frozenset(purposes[one] for one in purpose), on or now.date(), by, now)
    found = record_consent(open_home(home).store(), name, said)
    rows = [(name, one, given.answer, str(given.on), given.said_by) for one, given in found.items()]
    show(("record", "purpose", "answer", "on", "by"), rows, style)


@record.command()
def merge(
    names: Annotated[
        list[str], typer.Argument(metavar="RECORD...", help="The first stands for all of them.")
    ],
    by: ByOption,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Let one record stand for several that are one incident.

    The first keeps what it says, and the others count no more from today on; figures as of earlier days stay. All parts
    of a split record together give it back. A later publication of the source does not undo it.
    """
    from console.home import open_home
    from node.said import Teller
    from node.succession import merge_records

    done = merge_records(open_home(home).store(), names, Teller(by, datetime.now(UTC)))
    _show_succession(*done, style)


@record.command()
def split(
    name: RecordArgument,
    by: ByOption,
    into: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Its parts, as rows of a publication.", show_default=False),
    ] = None,
    recount: Annotated[
        bool, typer.Option("--recount", help="The parts may count other persons than the record.")
    ] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Let several records stand for one that is several incidents.

    Without --into the last merge into the record is taken back. Figures as of earlier days stay. What narrowed the
    record, and its marks, hold for the parts, which go to whom it had been released. A later publication of the source
    does not undo it.
    """
    from console.home import open_home, read_file
    from node.errors import SuccessionError
    from node.intake import read_publication
    from node.said import Teller
    from node.succession import split_record

    now = datetime.now(UTC)
    found = read_publication(read_file(into), into.name, now.date(), now.date()) if into is not None else None
    if found is not None and found.rejects:
        (number, _, reasons, _), *_ = found.rejects
        raise SuccessionError(f"--into: row {number} can not be read: {' '.join(reasons)}")
    parts = [row.incident for row in found.rows] if found is not None else []
    done = split_record(open_home(home).store(), name, parts, Teller(by, now), recount=recount)
    _show_succession(*done, style)


def _show_succession(standing: Sequence[str], ended: Sequence[str], style: Format) -> None:
    rows = [(name, "stands") for name in standing] + [(name, "ended") for name in ended]
    show(("record", "now"), rows, style)
    say("`tocsin share --updates` tells it to everybody who has what ended.")


def _words(marks: frozenset[str]) -> str:
    return ", ".join(sorted(marks)) or "none"
