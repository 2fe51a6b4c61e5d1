"""Who is working: the officer, their passphrase, and their desk."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

PASSPHRASE = "TOCSIN_OFFICER_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret

OfficerOption = Annotated[
    str,
    typer.Option("--as", metavar="OFFICER", envvar="TOCSIN_OFFICER", help="Who is working: an officer's id."),
]
NOBODY = ""


SERVER, CERTIFICATE = "TOCSIN_CASE_SERVER", "TOCSIN_CASE_CERTIFICATE"


def desk_of(home: Path, officer_id: str, *, remote: bool = False) -> Any:
    """Sign an officer in and give their `casework.desk.Desk`, whose module is imported late.

    Args:
        home: The node.
        officer_id: Who is working.
        remote: Whether the command also works at a server, with `casework.client.RemoteDesk`.

    Raises:
        CaseworkError: Nobody of that name works on cases here.
        CryptoError: The passphrase is wrong.
        NodeError: There is no node in that folder.
    """
    from casework.errors import OfficerError
    from console.home import open_home
    from console.office import Office

    if not officer_id:
        raise OfficerError("say who is working: --as OFFICER, or set TOCSIN_OFFICER")
    server = os.environ.get(SERVER)
    if server and not remote:
        raise OfficerError(f"this works beside the node only; unset {SERVER}")
    if server:
        return _desk_at(server, officer_id)
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
