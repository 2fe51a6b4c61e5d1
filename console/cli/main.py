"""The command `tocsin` and how its errors are told.

Exit codes: 0 done, 1 refused or failed for the reason on standard error, 2 wrong use.
"""

import sys
from functools import cache, cached_property
from typing import Any

import typer
from typer.core import TyperGroup
from typer.models import TyperInfo

from console.cli.account import account
from console.cli.alert import alert
from console.cli.applying import peer
from console.cli.areas import areas
from console.cli.audience import audience
from console.cli.backup import backup, restore
from console.cli.bundle import bundle
from console.cli.case.group import case
from console.cli.check import check
from console.cli.codes import codes
from console.cli.demo import demo
from console.cli.directory import directory
from console.cli.doctor import doctor
from console.cli.holders import disclosures, holders
from console.cli.import_ import import_file, template
from console.cli.incidents import incidents
from console.cli.init import init
from console.cli.keys import keys
from console.cli.log import log
from console.cli.match import match
from console.cli.outcomes import outcomes
from console.cli.outlook import outlook
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
from console.cli.total import total
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
app.command()(serve)
app.command()(sync)
app.command()(query)
app.command()(incidents)
app.command()(yearly)
app.command()(staff)
app.command()(areas)
app.command()(holders)
app.command()(outcomes)
app.command()(disclosures)
app.command()(check)
app.command()(backup)
app.command()(restore)
app.command()(doctor)
app.command()(demo)


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version

    print(installed_version(NAME))


PARTS = {
    "rules": rules,
    "audience": audience,
    "request": request,
    "record": record,
    "match": match,
    "outlook": outlook,
    "peer": peer,
    "log": log,
    "directory": directory,
    "keys": keys,
    "bundle": bundle,
    "submissions": submissions,
    "alert": alert,
    "case": case,
    "report": report,
    "release": release,
    "total": total,
    "account": account,
}


class Part(TyperGroup):
    """A group of commands that is put together when somebody asks for what is in it, as that takes its time."""

    def __init__(self, name: str, part: typer.Typer) -> None:
        super().__init__(name=name, help=part.info.help, no_args_is_help=True, rich_markup_mode=None)
        self._part = part
        del self.commands  # of which there are none yet

    @cached_property
    def commands(self) -> Any:  # type: ignore[override] # nobody sets it
        """The commands of the group by name."""
        whole = typer.main.get_group_from_info(
            TyperInfo(self._part), pretty_exceptions_short=True, rich_markup_mode=None, suggest_commands=True
        )
        return whole.commands


@cache
def command_line() -> Any:
    """Build the command: once, as it takes longer than most commands do."""
    root: Any = typer.main.get_command(app)
    for name, part in PARTS.items():
        root.add_command(Part(name, part))
    return root


def main() -> None:
    """Run the command line; what goes wrong is told in one sentence with its reason."""
    from console.memory import collect_seldom

    collect_seldom()
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
