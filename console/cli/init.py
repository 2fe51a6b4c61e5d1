"""`tocsin init`: make a new node."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import new_passphrase
from console.cli.output import say


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder for the node.")],
    org: Annotated[
        str,
        typer.Option(
            "--org",
            metavar="ID",
            help="Short name for your organization: a-z, 0-9 and hyphens. It can not be changed later.",
        ),
    ],
    org_type: Annotated[
        str,
        typer.Option("--type", metavar="TYPE", help="What kind of organization: UN, INGO, NNGO, RCRC or IO."),
    ],
    database_url: Annotated[
        str,
        typer.Option(
            "--database", metavar="URL", help="A PostgreSQL server, postgresql://...; else a file in DIR."
        ),
    ] = "",
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where `tocsin serve` listens; port 0 takes a free one.")
    ] = "127.0.0.1:7443",
    endpoint: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where peers reach you, if elsewhere.")
    ] = "",
) -> None:
    """Make a new node: its folder, its keys, its empty log.

    You are asked for a passphrase that protects the keys; TOCSIN_PASSPHRASE answers instead.
    """
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
