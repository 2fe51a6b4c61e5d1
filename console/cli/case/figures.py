"""`tocsin case board | figures | statistic`: where all cases stand, what they add up to, and what others may check."""

from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show

AsOf = Annotated[Any, day_option("--as-of", "As things stood on that day.")]
KnownAsOf = Annotated[Any, day_option("--known-as-of", "By what was known on that day.")]
State = Annotated[str, typer.Option("--state", metavar="STATE", help="Only this host State.")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")]


def board(
    state: State = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show where every case of yours stands."""
    from casework.casefile import case_name

    rows = [
        (
            case_name(one.uid),
            ", ".join(one.categories),
            one.host_state,
            str(one.incident or ""),
            one.state,
            str(one.since),
            one.public_status,
            one.impunity,
            one.days_overdue,
            "none" if one.idle else "",
            one.owner,
        )
        for one in desk_of(home, officer_id).board()
        if state in {"", one.host_state}
    ]
    header = ("case", "categories", "host State", "incident", "state", "since", "public status", "impunity")
    show((*header, "days overdue", "next action", "owner"), rows, style)


def figures(
    state: State = "",
    as_of: AsOf = None,
    known_as_of: KnownAsOf = None,
    population: Annotated[int, typer.Option(min=0, help="Inhabitants of the State, for rates.")] = 0,
    staff: Annotated[int, typer.Option(min=0, help="Staff in the State, for rates.")] = 0,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show the indicators I1 to I25 over your cases, and I26 over the reports that you take in.

    A share lies between the two given: as if every unknown were a no, and as if it were a yes. These figures are
    internal: small numbers stand in them as they are.
    """
    from casework.board import Counting
    from casework.figures.printing import HEADER

    desk = desk_of(home, officer_id)
    found = desk.figures(Counting(state, as_of, known_as_of, population, staff))
    remarks = {
        "definition": found.definition,
        "valid_as_of": str(as_of or desk.today),
        "known_as_of": str(known_as_of or desk.today),
        "cases": found.cases,
        "for": "internal use",
    }
    show(HEADER, found.lines, style, remarks)


def statistic(
    out: Out,
    as_of: AsOf = None,
    known_as_of: KnownAsOf = None,
    before: Annotated[
        Path | None,
        typer.Option("--before", metavar="FILE", help="The release before, which this one follows."),
    ] = None,
    approve: Annotated[
        Path | None, typer.Option("--approve", metavar="DRAFT", help="Release what another officer proposed.")
    ] = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Propose figures for release, or release what another officer proposed.

    Without --approve a draft is written, signed with your own key. An approver who is somebody else releases it, signed
    with the key of the organization. docs/verify_statistic.py checks a release without Tocsin.
    """
    from console.cli.options import passphrase
    from console.home import open_home, read_file, write_file
    from console.office import Office
    from console.statistics import propose_statistic, release_statistic

    desk = desk_of(home, officer_id, stays="a release is signed with the key of the organization")
    node = open_home(home)
    if approve is not None:
        others = Office(node).officers().values()
        write_file(out, release_statistic(desk, node.identity(passphrase(home)), read_file(approve), others))
        say(f"{out} holds the release; whoever has it can check the next one against it.")
        return
    origin = node.origin()
    days = (as_of or desk.today, known_as_of or desk.today)
    write_file(out, propose_statistic(desk, origin.org_id, origin.signing_keys[0], days, before))
    say(f"{out} is a draft. An approver who is somebody else releases it with --approve {out}.")
