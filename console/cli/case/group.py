"""The commands of `tocsin case`."""

import typer

from console.cli.case.access import grant, list_grants, revoke
from console.cli.case.acting import act, list_cases, open_case, show_case, timeline
from console.cli.case.audit import audit
from console.cli.case.checking import check
from console.cli.case.due import calendar, clocks_of, due
from console.cli.case.erasure import erase_case, retention_list, turn_month
from console.cli.case.evidence import evidence
from console.cli.case.figures import board, figures, statistic
from console.cli.case.files import export_cases, import_cases, treaties
from console.cli.case.joint import joint
from console.cli.case.officers import officer
from console.cli.case.papers import letter, report
from console.cli.case.recovery import recovery
from console.cli.case.saying import add_verbs
from console.cli.case.serving import serve
from console.cli.case.status import status
from console.cli.case.tips import tip

case = typer.Typer(help="Follow cases until a host government has answered.", no_args_is_help=True)
case.add_typer(officer, name="officer")
case.add_typer(evidence, name="evidence")
case.add_typer(recovery, name="recovery")
case.add_typer(audit, name="audit")
case.add_typer(status, name="status")
case.add_typer(joint, name="joint")
case.add_typer(tip, name="tip")
case.command("open")(open_case)
case.command("list")(list_cases)
case.command("show")(show_case)
case.command()(timeline)
case.command("import", short_help="Import old cases from a file.")(import_cases)
case.command("export", short_help="Write cases as `import` reads them.")(export_cases)
case.command(short_help="Install the table of treaties.")(treaties)
case.command()(act)
case.command()(due)
case.command("clocks")(clocks_of)
case.command()(calendar)
case.command()(serve)
case.command()(check)
case.command()(grant)
case.command()(revoke)
case.command("grants")(list_grants)
case.command("retention", short_help="Show what is to be erased or reviewed.")(retention_list)
case.command("erase", short_help="Destroy the keys of a case, or of parts of it.")(erase_case)
case.command("turn", short_help="Do what the turn of a month asks for.")(turn_month)
case.command(short_help="Write a letter to a government.")(letter)
case.command(short_help="Write a dossier, a list or figures.")(report)
case.command()(board)
case.command(short_help="Show the indicators I1 to I26.")(figures)
case.command(short_help="Release figures that others can check.")(statistic)
add_verbs(case, evidence=evidence)
