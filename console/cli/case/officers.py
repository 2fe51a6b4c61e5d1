"""`tocsin case officer`: who may work on cases, in which roles."""

from typing import Annotated

import typer

from console.cli.case.signing_in import (
    NOBODY,
    OfficerOption,
    beside_the_node,
    desk_of,
    is_remote,
    officer_passphrase,
)
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

officer = typer.Typer(help="Say who works on cases, and in which roles.", no_args_is_help=True)
_STAYS = "keys of officers are made where the node keeps them"
Roles = Annotated[
    list[str],
    typer.Option("--role", metavar="ROLE", help="A role, such as accountability_officer; may be repeated."),
]


@officer.command()
def new(
    name: Annotated[str, typer.Argument(metavar="OFFICER", help="A short id, such as ops-2.")],
    role: Roles,
    home: HomeOption = HERE,
) -> None:
    """Make your own key, and be the first officer of this node.

    Your passphrase opens your key; nobody can give it back to you. Where there are officers already, your key is made
    and you hand the line that is printed to an approver, who admits you.
    """
    from casework.errors import OfficerError
    from console.home import open_home
    from console.office import Office

    _not_recovery(role)
    beside_the_node(_STAYS)
    office = Office(open_home(home))
    unlocked = office.enrol(name, officer_passphrase())
    try:
        office.found(name, frozenset(role), unlocked)
        say(f"{name} is the first officer of this node.")
    except OfficerError:
        keys = f"{unlocked.signer.public_key.hex()}:{unlocked.seal.public_key.hex()}"
        say("An approver admits you with:")
        print(f"tocsin case officer admit {name} --keys {keys} " + " ".join(f"--role {one}" for one in role))


@officer.command()
def admit(
    name: Annotated[str, typer.Argument(metavar="OFFICER", help="Id of the officer.")],
    keys: Annotated[
        str, typer.Option(metavar="KEYS", help="What `officer new` printed on the officer's machine.")
    ] = "",
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role", metavar="ROLE", help="A role; may be repeated. Without, they may do nothing more."
        ),
    ] = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Admit an officer, or give one other roles. Belongs to approvers."""
    admitted = desk_of(home, officer_id).admit(name, frozenset(role or ()), _keys(keys) if keys else None)
    say(f"{admitted.officer_id}: {', '.join(sorted(admitted.roles)) or 'no role any more'}")


@officer.command("list", short_help="Show every officer with their roles.")
def list_officers(
    officer_id: OfficerOption = NOBODY, home: HomeOption = HERE, style: FormatOption = Format.TABLE
) -> None:
    """Show every officer with their roles; beside the node nobody needs to sign in."""
    from console.home import open_home
    from console.office import Office

    if is_remote():
        found = desk_of(home, officer_id).colleagues()
    else:
        found = tuple(Office(open_home(home)).officers().values())
    rows = [(one.officer_id, ", ".join(sorted(one.roles)), one.admitted_by) for one in found]
    show(("officer", "roles", "admitted by"), rows, style)


def _not_recovery(roles: list[str]) -> None:
    """Refuse a recovery key that would lie in a file.

    Raises:
        FieldError: It is the role of one.
    """
    from casework.errors import FieldError
    from casework.officer import RECOVERY

    if RECOVERY in roles:
        raise FieldError("role", "a recovery key is made as shares: `tocsin case recovery new`")


def _keys(text: str) -> tuple[bytes, bytes]:
    try:
        signing, seal = map(bytes.fromhex, text.split(":"))
    except ValueError as error:
        raise typer.BadParameter(
            "copy the whole line that `officer new` printed", param_hint="--keys"
        ) from error
    return signing, seal
