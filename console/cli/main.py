"""The command `tocsin` and how its errors are told.

Exit codes: 0 done, 1 refused or failed for the reason on standard error, 2 wrong use.
"""

import sys
from functools import cache
from typing import Any

import typer

from console.cli.account import account
from console.cli.alert import alert
from console.cli.applying import peer
from console.cli.audience import audience
from console.cli.bundle import bundle
from console.cli.case.group import case
from console.cli.check import check
from console.cli.codes import codes
from console.cli.demo import demo
from console.cli.directory import directory
from console.cli.holders import disclosures, holders
from console.cli.import_ import import_file, template
from console.cli.init import init
from console.cli.keys import keys
from console.cli.log import log
from console.cli.match import match
from console.cli.outcomes import outcomes
from console.cli.query import query
from console.cli.record import record
from console.cli.release import release
from console.cli.report import report
from console.cli.request import request
from console.cli.rules import app as rules
from console.cli.run import serve, sync
from console.cli.share import share
from console.cli.staff import staff
from console.cli.submissions import submissions
from console.cli.yearly import yearly

NAME = "tocsin"
app = typer.Typer(
    name=NAME,
    help="Share security incidents among aid organizations: anonymized, signed and provable.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help starts twice as fast and reads well on any terminal
)
app.command()(init)
app.command("import")(import_file)
app.command()(template)
app.command()(codes)
app.command()(share)
app.add_typer(rules, name="rules")
app.add_typer(audience, name="audience")
app.add_typer(request, name="request")
app.add_typer(record, name="record")
app.add_typer(match, name="match")
app.add_typer(peer, name="peer")
app.add_typer(log, name="log")
app.add_typer(directory, name="directory")
app.add_typer(keys, name="keys")
app.add_typer(bundle, name="bundle")
app.add_typer(submissions, name="submissions")
app.add_typer(alert, name="alert")
app.add_typer(case, name="case")
app.add_typer(report, name="report")
app.add_typer(release, name="release")
app.add_typer(account, name="account")
app.command()(serve)
app.command()(sync)
app.command()(query)
app.command()(yearly)
app.command()(staff)
app.command()(holders)
app.command()(outcomes)
app.command()(disclosures)
app.command()(check)
app.command()(demo)


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version

    print(installed_version(NAME))


@cache
def command_line() -> Any:
    """Build the command with all its parts, which takes longer than most commands do."""
    return typer.main.get_command(app)


def main() -> None:
    """Run the command line; what goes wrong is told in one sentence with its reason."""
    from casework.errors import CaseworkError
    from console.errors import ConsoleError
    from crypto.errors import CryptoError
    from node.errors import NodeError

    try:
        command_line()(prog_name=NAME)
    except (NodeError, CaseworkError, ConsoleError, CryptoError) as error:
        print(f"tocsin: {error} [{error.reason}]", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
