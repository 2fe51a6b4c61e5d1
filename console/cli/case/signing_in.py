"""Who is working: the officer, their passphrase, and their desk."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.output import say

PASSPHRASE = "TOCSIN_OFFICER_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret

OfficerOption = Annotated[
    str,
    typer.Option("--as", metavar="OFFICER", envvar="TOCSIN_OFFICER", help="Who is working: an officer's id."),
]
NOBODY = ""


SERVER, CERTIFICATE = "TOCSIN_CASE_SERVER", "TOCSIN_CASE_CERTIFICATE"


def desk_of(home: Path, officer_id: str, *, stays: str = "", signs: bool = False, tell: bool = True) -> Any:
    """Sign an officer in and give their `casework.workplace.Workplace`, or `casework.client.desk.RemoteDesk`.

    Both answer the same calls, and their modules are imported late.

    Args:
        home: The node.
        officer_id: Who is working.
        stays: Why this is done beside the node only; empty where it is not.
        signs: Whether something is said in the name of the organization: beside the node the passphrase of its keys is
            asked for, elsewhere the case server has it.
        tell: Whether to say first where the recovery key was used and they have not taken note.

    Raises:
        LocalOnlyError: A server is set, and this is done beside the node only.
        CaseworkError: Nobody of that name works on cases here.
        CryptoError: The passphrase is wrong.
        NodeError: There is no node in that folder.
    """
    from casework.errors import OfficerError

    beside_the_node(stays)
    if not officer_id:
        raise OfficerError("say who is working: --as OFFICER, or set TOCSIN_OFFICER")
    server = os.environ.get(SERVER)
    desk = _desk_at(server, officer_id) if server else _desk_here(home, officer_id, signs=signs)
    for one in notices_of(desk) if tell else ():
        say(notice_line(one))
    return desk


def beside_the_node(why: str) -> None:
    """Refuse what is done beside the node only where a server is set.

    Args:
        why: Why it stays there; nothing is refused without.

    Raises:
        LocalOnlyError: A server is set.
    """
    from casework.errors import LocalOnlyError

    if why and is_remote():
        raise LocalOnlyError(f"{why}; run this beside the node, with {SERVER} unset")


def is_remote() -> bool:
    """Whether officers work at a server from here."""
    return bool(os.environ.get(SERVER))


def notices_of(desk: Any) -> tuple[Any, ...]:
    """Each `casework.glass.Notice` of a use of the recovery key that an officer has taken no note of.

    Raises:
        AuditError: That they are read could not be written down.
    """
    from casework.desk import Desk
    from casework.recovering import notices_for

    return notices_for(desk) if isinstance(desk, Desk) else tuple(desk.notices)


def notice_line(notice: Any) -> str:
    """Who used the recovery key in which case, when, for whom and why, in one line."""
    from casework.casefile import case_name

    name = case_name(notice.case)
    return (
        f"Recovery key: case {name} was opened on {notice.on} by {notice.by} for {notice.to or 'nobody named'}: "
        f"{' '.join(notice.reason.split())} (`tocsin case recovery seen {name}`)"
    )


def _desk_here(home: Path, officer_id: str, *, signs: bool) -> Any:
    from console.cli.options import passphrase
    from console.home import open_home
    from console.office import Office

    opened = open_home(home)
    office = Office(opened, passphrase=passphrase(home) if signs else None)
    return office.desk(officer_id, officer_passphrase())


def _desk_at(server: str, officer_id: str) -> Any:
    import atexit

    from casework.errors import FieldError
    from console.office_server import remote_desk

    certificate = os.environ.get(CERTIFICATE)
    if not certificate:
        raise FieldError(
            CERTIFICATE, "set it to a copy of keys/tls.der of the node, which says whom to believe"
        )
    desk = remote_desk(server, Path(certificate))
    desk.sign_in(officer_id, officer_passphrase() or "")
    atexit.register(desk.close)
    return desk


def officer_passphrase() -> str | None:
    """An officer's own passphrase: from the environment, or asked for where somebody sits at the keyboard."""
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given or None
    if not sys.stdin.isatty():
        return None
    return str(typer.prompt("Your passphrase", hide_input=True, err=True)) or None
