"""`tocsin case check`: verify casework with the keys of an officer."""

import typer

from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import show

_STAYS = "everything is opened where it lies"


def check(
    officer_id: OfficerOption = NOBODY, home: HomeOption = HERE, style: FormatOption = Format.TABLE
) -> None:
    """Verify everything that you can open.

    `tocsin check` verifies the rest, for which nobody needs a key. It ends with exit code 1 if anything does not hold.
    """
    from casework.check import CaseFault, check_desk

    found = list(check_desk(desk_of(home, officer_id, stays=_STAYS)))
    faults = [one for one in found if isinstance(one, CaseFault)]
    verified = sum(one for one in found if isinstance(one, int))
    if faults:
        show(("where", "what"), faults, style, {"verified": verified, "faults": len(faults)})
        raise typer.Exit(1)
    show(("verified", "number"), [("casework", verified)], style, {"faults": "none"})
