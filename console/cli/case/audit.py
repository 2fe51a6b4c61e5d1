"""`tocsin case audit`: who read what, and whether the log of it still holds."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of, is_remote
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

audit = typer.Typer(help="See who read what, and whether the log of it still holds.", no_args_is_help=True)


@audit.command("list")
def list_entries(
    case: Annotated[str, typer.Option(metavar="CASE", help="Of this case only.")] = "",
    officer: Annotated[str, typer.Option(metavar="OFFICER", help="By this officer only.")] = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show who read or wrote what, in which hour, and what for.

    Auditors see all of it; whoever holds a case sees who read that one. The log holds no content.
    """
    rows = [
        (
            one.number,
            f"{datetime.fromtimestamp(one.entry.at, UTC):%Y-%m-%d %H:00}",
            one.entry.officer,
            one.words,
            ", ".join(one.cases[:5]) + (f" and {len(one.cases) - 5} more" if len(one.cases) > 5 else ""),
            one.entry.purpose,
            ", ".join(one.entry.groups),
        )
        for one in desk_of(home, officer_id).read_log(case, officer)
    ]
    show(("entry", "hour", "officer", "did", "cases", "purpose", "fields"), rows, style)


@audit.command(short_help="Hold the log against its checkpoints.")
def verify(
    officer_id: OfficerOption = NOBODY, home: HomeOption = HERE, style: FormatOption = Format.TABLE
) -> None:
    """Hold the log against its checkpoints and show who has cosigned them; exit code 1 if it does not hold.

    Beside the node nobody needs to sign in; at the office's server auditors do.
    """
    from console.home import open_home
    from console.office import Office

    found = desk_of(home, officer_id).verify_log() if is_remote() else Office(open_home(home)).verdict()
    if found.without_witnesses:
        say(f"Note: {found.without_witnesses}")
    if found.faults:
        show(("where", "what"), found.faults, style, {"faults": len(found.faults)})
        raise typer.Exit(1)
    rows = [(one.size, ", ".join(f"{name} {_time(at)}" for name, at in one.by)) for one in found.checkpoints]
    show(("entries", "cosigned by"), rows, style, {"faults": "none"})


@audit.command("cosign", short_help="Sign how the log stands, and ask for cosignatures.")
def cosign_now(home: HomeOption = HERE) -> None:
    """Sign how the log stands now, and ask members to cosign it; `tocsin serve` does it once a day."""
    import asyncio

    from console.cli.options import passphrase
    from console.home import open_home
    from console.opened import open_node
    from console.witnesses import have_cosigned

    node = open_node(open_home(home), passphrase(home))
    try:
        done = asyncio.run(have_cosigned(node, datetime.now(UTC)))
    finally:
        node.store.close()
    for member, why in done.refused:
        say(f"{member}: {why}")
    say(f"{done.size} entries, cosigned by {', '.join(done.by) or 'nobody'}")
    if not done.by:
        raise typer.Exit(1)


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
