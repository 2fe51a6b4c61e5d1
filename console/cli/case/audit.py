"""`tocsin case audit`: who read what, and whether the log of it still holds."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
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
    from casework.auditing import read_log

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
        for one in read_log(desk_of(home, officer_id), case, officer)
    ]
    show(("entry", "hour", "officer", "did", "cases", "purpose", "fields"), rows, style)


@audit.command(short_help="Hold the log against its checkpoints.")
def verify(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Hold the log against its checkpoints and show who has cosigned them; exit code 1 if it does not hold."""
    from casework.check import CaseFault
    from casework.store.audit import audit_checkpoints
    from console.home import open_home
    from console.office import Office
    from console.witnesses import witness_keys
    from crypto.cosignature import cosignatures
    from node.errors import DirectoryError

    opened = open_home(home)
    office = Office(opened)
    try:
        witnesses = witness_keys(opened.directory())
    except DirectoryError as error:
        witnesses = {}
        say(f"Note: {error}")
    faults = [one for one in office.check(witnesses) if isinstance(one, CaseFault)]
    if faults:
        show(("where", "what"), faults, style, {"faults": len(faults)})
        raise typer.Exit(1)
    with office.database.read() as connection:
        rows = [
            (one.size, ", ".join(f"{by.name} {_time(by.at)}" for by in cosignatures(one.note, witnesses)))
            for one in audit_checkpoints(connection)
        ]
    show(("entries", "cosigned by"), rows, style, {"faults": "none"})


@audit.command("cosign", short_help="Sign how the log stands, and ask for cosignatures.")
def cosign_now(home: HomeOption = HERE) -> None:
    """Sign how the log stands now, and ask members to cosign it; `tocsin serve` does it once a day."""
    import asyncio

    from console.cli.options import passphrase
    from console.home import open_home
    from console.serve import open_node
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
