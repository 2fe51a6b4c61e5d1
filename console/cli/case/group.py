"""The commands of `tocsin case`."""

import typer

from console.cli.case.access import grant, list_grants, recover, revoke
from console.cli.case.acting import act, list_cases, open_case, show_case, timeline
from console.cli.case.checking import check
from console.cli.case.due import calendar, clocks_of, due
from console.cli.case.erasure import erase_case, retention_list, turn_month
from console.cli.case.officers import officer
from console.cli.case.serving import serve

case = typer.Typer(help="Follow cases until a host government has answered.", no_args_is_help=True)
case.add_typer(officer, name="officer")
case.command("open")(open_case)
case.command("list")(list_cases)
case.command("show")(show_case)
case.command()(timeline)
case.command()(act)
case.command()(due)
case.command("clocks")(clocks_of)
case.command()(calendar)
case.command()(serve)
case.command()(check)
case.command()(grant)
case.command()(revoke)
case.command("grants")(list_grants)
case.command()(recover)
case.command("retention")(retention_list)
case.command("erase")(erase_case)
case.command("turn")(turn_month)
