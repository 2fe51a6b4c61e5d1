"""`tocsin init`: make a new node."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import new_passphrase
from console.cli.output import say


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder for the node.")],
    org: Annotated[
        str, typer.Option("--org", help="Id of your organization: lower-case letters, digits, hyphens.")
    ],
    org_type: Annotated[str, typer.Option("--type", help="UN, INGO, NNGO, RCRC or IO.")],
    database_url: Annotated[
        str,
        typer.Option("--database", help="postgresql://... for a server; nothing for SQLite in the folder."),
    ] = "",
    listen: Annotated[
        str, typer.Option(help="host:port to listen on; port 0 takes a free one.")
    ] = "127.0.0.1:7443",
    endpoint: Annotated[str, typer.Option(help="host:port under which peers reach you.")] = "",
) -> None:
    """Make a new node: its folder, its keys, its empty log."""
    from console.home import make_home
    from node.config import new_settings

    settings = new_settings(
        org_id=org,
        org_type=org_type.upper(),
        database_url=database_url,
        listen=listen,
        endpoint=endpoint or listen,
    )
    make_home(folder, settings, new_passphrase())
    say(
        f"Made the node of {org} in {folder}. Its keys are in {folder / 'keys'}: keep a copy in a safe place."
    )
    say(f"Next: tocsin import FILE --home {folder}")
