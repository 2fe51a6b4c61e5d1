"""`tocsin rules`: the rules, what they say of a record, and what people say of single records."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

app = typer.Typer(no_args_is_help=True, help="The rules by which records leave, and what they say.")

RecordArgument = Annotated[str, typer.Argument(metavar="RECORD", help="Id of a record, e.g. awsd:4664.")]
ByOption = Annotated[
    str, typer.Option("--by", metavar="WHO", help="Who says so: initials or a staff number.")
]
LevelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--level", metavar="NAME=LEVEL", help="The finest level of a dimension, e.g. where=country."
    ),
]
LabelOption = Annotated[
    str, typer.Option(metavar="LABEL", help="red, amber_strict, amber, green or clear; as narrow as that.")
]
HoldOption = Annotated[bool, typer.Option("--hold/--no-hold", help="Whether nothing of it leaves.")]
CaptivityOption = Annotated[
    bool, typer.Option("--captivity", help="It may leave although somebody is not known to be free (R15).")
]


@app.command("show")
def show_rules(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Print every rule, where it comes from, and what keeps it."""
    from console.cli.explaining import RULE_HEADER, rule_lines
    from console.home import open_home

    policy = open_home(home).policy()
    show(RULE_HEADER, rule_lines(), style)
    say(f"Policy: {policy.name}, version {policy.version}.")


@app.command("check")
def check_policy(file: Annotated[Path, typer.Argument(metavar="FILE", help="A policy, as TOML.")]) -> None:
    """Check a policy before you use it; names every fault."""
    from console.home import read_policy_file

    policy = read_policy_file(file)
    say(f"{file} is a policy: {policy.name}, version {policy.version}.")


@app.command()
def explain(
    record: RecordArgument,
    to: Annotated[str, typer.Option("--to", metavar="TIER|MEMBER", help="Who would see it.")],
    purpose: Annotated[
        str, typer.Option(metavar="PURPOSE", help="What it would be shared for.")
    ] = "staff_safety",
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show what an audience sees of a record, and why."""
    from console.cli.explaining import EXPLAIN_HEADER, consent_lines, explain_lines
    from console.home import open_home
    from console.selection import one_revision
    from console.sharing import make_request, read_audience
    from node.explain import explain as explain_record

    opened = open_home(home)
    store = opened.store()
    request = make_request(opened, (), (), (), purpose)
    found = explain_record(store, one_revision(store, record), read_audience("--to", to, request), request)
    show(EXPLAIN_HEADER, explain_lines(found), style)
    for line in consent_lines(store, found):
        say(line)
    if found.decision.hold is not None:
        hold = found.decision.hold
        say(f"It does not leave: {hold.reason} ({hold.rule}). What would release it: {hold.release}.")
    elif not found.released:
        say(f"Nobody has released it to {to} yet; this is what they would see.")


@app.command()
def narrow(
    record: RecordArgument,
    by: ByOption,
    level: LevelOption = None,
    label: LabelOption = "",
    hold: HoldOption = False,
    home: HomeOption = HERE,
) -> None:
    """Let less of one record leave than the policy allows.

    `tocsin share --updates` then calls back what others see too much of. Whatever was said of the record before is
    replaced; what would be wider than before needs `tocsin rules widen`.
    """
    from console.cli.explaining import say_of_record

    say(say_of_record(home, record, by, level or [], label, held=hold, captivity=False, wider=False))


@app.command()
def widen(
    record: RecordArgument,
    by: ByOption,
    level: LevelOption = None,
    label: LabelOption = "",
    hold: HoldOption = False,
    captivity: CaptivityOption = False,
    home: HomeOption = HERE,
) -> None:
    """Ask for more to leave; it counts when a second person agrees."""
    from console.cli.explaining import say_of_record

    say(say_of_record(home, record, by, level or [], label, held=hold, captivity=captivity, wider=True))


@app.command()
def agree(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="What `tocsin rules said` lists as waiting.")
    ],
    by: ByOption,
    home: HomeOption = HERE,
) -> None:
    """Agree, as a second person, to what somebody wants to widen."""
    from console.cli.explaining import agree_to
    from console.home import open_home

    agree_to(open_home(home).store(), number, by)
    say(f"Number {number} counts from now on; `tocsin share --updates` lets it leave.")


@app.command()
def said(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List what people said of records, and what waits."""
    from console.cli.explaining import SAID_HEADER, said_lines
    from console.home import open_home

    show(SAID_HEADER, said_lines(open_home(home).store()), style)


@app.command()
def history(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List the policies by which something was released."""
    from console.cli.explaining import HISTORY_HEADER, history_lines
    from console.home import open_home

    show(HISTORY_HEADER, history_lines(open_home(home).store()), style)
