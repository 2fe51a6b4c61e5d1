"""`tocsin case serve`: let officers work from other machines."""

from typing import Annotated

import typer

from console.cli.options import HERE, HomeOption, passphrase
from console.cli.output import say


def serve(
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 takes a free one.")
    ] = "127.0.0.1:7444",
    json: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT", help="Also take calls as JSON there, on this machine.", show_default=False
        ),
    ] = "",
    home: HomeOption = HERE,
) -> None:
    """Serve casework to the officers of this organization.

    A process and a port of its own, never that of the peers. An officer elsewhere sets TOCSIN_CASE_SERVER to its
    address and TOCSIN_CASE_CERTIFICATE to a copy of keys/tls.der. With --json the same calls are taken as JSON over
    plain HTTP, from this machine alone; docs/gateway.md describes them.
    """
    from console.home import open_home
    from console.logs import log_to_stderr
    from console.office_server import serve_cases
    from console.web.api.edge import json_beside
    from console.web.listening import read_place

    log_to_stderr()
    serve_cases(
        open_home(home),
        passphrase(home),
        listen,
        lambda address: say(f"Officers reach their cases at {address}"),
        *((json_beside(read_place("--json", json)),) if json else ()),
    )
