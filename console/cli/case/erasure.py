"""`tocsin case retention | erase | turn`: how long cases are kept, and destroying their keys."""

from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.case.acting import CaseArgument
from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show


def retention_list(
    officer_id: OfficerOption = NOBODY, home: HomeOption = HERE, style: FormatOption = Format.TABLE
) -> None:
    """Show which of your cases and reports are to be erased, or identities looked at, and when.

    Time erases nothing: propose it with `tocsin case act CASE erasure_proposed groups=all reason=...`, for an anonymous
    report with `tocsin case tip erase TIP --propose`.
    """
    rows = []
    for name, one in desk_of(home, officer_id).endings():
        left = "due" if one.warning == 0 else f"within {one.warning} days"
        rows.append((name, one.what, str(one.on), left, "legal hold" if one.blocked else ""))
    show(("case", "what", "on", "when", "blocked by"), rows, style)


def erase_case(
    reference: CaseArgument,
    proposal: Annotated[str, typer.Argument(metavar="PROPOSAL", help="Id of the event erasure_proposed.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Destroy the keys of a case, or of some groups of its fields, that another person proposed to destroy.

    Belongs to approvers, 30 days after the proposal, and not under a legal hold. Nobody can undo it. Older backups can
    be read until the month turns.
    """
    desk = desk_of(home, officer_id)
    uid = desk.find(reference)
    if not yes:
        typer.confirm("Destroy the keys for good?", abort=True, err=True)
    groups = desk.erase(uid, proposal)
    say(f"Destroyed: {', '.join(sorted(groups))}. Backups of this month can be read until the month turns.")


def turn_month(home: HomeOption = HERE) -> None:
    """Do what the turn of a month asks for: move keys to this month's, destroy those of the months before.

    It happens by itself whenever an officer signs in. Run it on the first day of a month where nobody may.
    """
    gone = _office(home).turn()
    say(f"Destroyed the key of {', '.join(gone)}." if gone else "There is no key of another month.")


def _office(home: Path) -> Any:
    from console.home import open_home
    from console.office import Office

    return Office(open_home(home))
