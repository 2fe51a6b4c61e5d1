"""`tocsin case check`: verify casework with the keys of an officer."""

import typer

from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import show


def check(
    officer_id: OfficerOption = NOBODY, home: HomeOption = HERE, style: FormatOption = Format.TABLE
) -> None:
    """Verify everything that you can open.

    `tocsin check` verifies the rest, for which nobody needs a key. It ends with exit code 1 if anything does not hold.
    """
    found = desk_of(home, officer_id).check()
    if found.faults:
        remarks = {"verified": found.verified, "faults": len(found.faults)}
        show(("where", "what"), found.faults, style, remarks)
        raise typer.Exit(1)
    show(("verified", "number"), [("casework", found.verified)], style, {"faults": "none"})
