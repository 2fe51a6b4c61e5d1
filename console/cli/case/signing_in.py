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


def desk_of(home: Path, officer_id: str, *, remote: bool = False, tell: bool = True) -> Any:
    """Sign an officer in and give their `casework.desk.Desk`, whose module is imported late.

    Args:
        home: The node.
        officer_id: Who is working.
        remote: Whether the command also works at a server, with `casework.client.RemoteDesk`.
        tell: Whether to say first where the recovery key was used and they have not taken note.

    Raises:
        CaseworkError: Nobody of that name works on cases here.
        CryptoError: The passphrase is wrong.
        NodeError: There is no node in that folder.
    """
    from casework.errors import OfficerError

    if not officer_id:
        raise OfficerError("say who is working: --as OFFICER, or set TOCSIN_OFFICER")
    server = os.environ.get(SERVER)
    if server and not remote:
        raise OfficerError(f"this works beside the node only; unset {SERVER}")
    desk = _desk_at(server, officer_id) if server else _desk_here(home, officer_id)
    for one in notices_of(desk) if tell else ():
        say(notice_line(one))
    return desk


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


def _desk_here(home: Path, officer_id: str) -> Any:
    from console.home import open_home
    from console.office import Office

    return Office(open_home(home)).desk(officer_id, officer_passphrase())


def _desk_at(server: str, officer_id: str) -> Any:
    import atexit

    from console.office_server import remote_desk

    desk = remote_desk(server, Path(os.environ.get(CERTIFICATE, "")))
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


def officer_named(home: Path, officer_id: str) -> Any:
    """The `casework.officer.Officer` of an id, to hand keys to.

    Raises:
        CaseworkError: Nobody of that name works on cases here, or this is not beside the node.
    """
    from casework.errors import FieldError
    from console.home import open_home
    from console.office import Office

    if os.environ.get(SERVER):
        raise FieldError("owner", "another owner than yourself can be given beside the node only")
    found = Office(open_home(home)).officers().get(officer_id)
    if found is None or not found.roles:
        raise FieldError("owner", f"nobody works on cases here as {officer_id[:40]!r}")
    return found
