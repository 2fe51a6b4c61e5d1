"""`tocsin case grant | revoke | grants`: who is let into a case."""

from datetime import date
from typing import Annotated, Any

import typer

from console.cli.case.acting import CaseArgument
from console.cli.case.filling import needed
from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show

Who = Annotated[str, typer.Argument(metavar="OFFICER", help="Id of the officer.")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="WORDS", help="Why; sealed with the key of the case. [needed]")
]
_WHY = "Why they need to know"
Until = Annotated[Any, day_option("--until", "Last day on which it counts; else until it is taken back.")]


def grant(
    reference: CaseArgument,
    name: Who,
    right: Annotated[
        list[str] | None,
        typer.Option(
            "--right",
            metavar="RIGHT",
            help="read, write, identity, medical, source, evidence or export; may be repeated. [needed]",
        ),
    ] = None,
    reason: Reason = "",
    until: Until = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Let an officer into a case, or change their rights to it.

    You can give what you hold yourself. Keys that they no longer need are taken away, at the latest when they next
    become due.
    """
    desk = desk_of(home, officer_id)
    uid = desk.find(reference)
    asked = needed("--right", ",".join(right or ()), "Which rights, with commas between them", "right")
    rights = frozenset(one.strip() for one in asked.split(",")) | {"read"}
    given = desk.let_in(uid, name, rights, needed("--reason", reason, _WHY), _day(until))
    say(f"{name} may {', '.join(sorted(given.rights))}" + (f" until {given.expires_on}" if until else ""))


def revoke(
    reference: CaseArgument,
    name: Who,
    reason: Reason = "",
    for_good: Annotated[
        bool,
        typer.Option(
            "--knows-the-survivor",
            help="Nobody but a survivor advocate lets them in again; yours to say as one.",
        ),
    ] = False,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Take all rights to a case back, with the keys."""
    desk = desk_of(home, officer_id)
    uid = desk.find(reference)
    desk.shut_out(uid, name, needed("--reason", reason, "Why they no longer need to know"), for_good=for_good)
    say(f"{name} no longer sees the case. What they have read they still know.")


def list_grants(
    reference: CaseArgument,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show who was let into a case, why, and until when."""
    desk = desk_of(home, officer_id)
    rows = [
        (
            one.officer_id,
            ", ".join(sorted(one.rights)) or ("shut out" if one.is_exclusion else "nothing any more"),
            str(one.expires_on or ""),
            one.granted_by,
            one.reason,
        )
        for one in desk.grants(desk.find(reference))
    ]
    show(("officer", "rights", "until", "given by", "reason"), rows, style)


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) or value is None else value.date()
