"""`tocsin case status`: tell members how a case stands, take it back, read what they tell."""

from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.case.acting import CaseArgument
from console.cli.case.signing_in import NOBODY, OfficerOption, beside_the_node, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption, passphrase
from console.cli.output import say, show

status = typer.Typer(help="Tell members how a case stands, and read theirs.", no_args_is_help=True)
SIGNED = "it is signed with the key of the organization"
EXCHANGED = "what members are told and tell lies with the node"
OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="New file to write.", dir_okay=False)]
InArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="File of a member.", exists=True, dir_okay=False)
]


@status.command(short_help="Propose to tell members how a case stands.")
def propose(reference: CaseArgument, officer_id: OfficerOption = NOBODY, home: HomeOption = HERE) -> None:
    """Propose to tell members how a case stands; an approver who is another person publishes it."""
    from casework.publishing import propose

    desk = desk_of(home, officer_id)
    event_id = propose(desk, desk.find(reference))
    say(f"Proposed as {event_id}. An approver publishes it: tocsin case status publish CASE --risk WORDS")


@status.command(short_help="Sign how a case stands, as a second person.")
def publish(
    reference: CaseArgument,
    risk: Annotated[
        str,
        typer.Option(
            "--risk", metavar="WORDS", help="Risk to staff, family, programme, source, negotiation."
        ),
    ],
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Sign how a case stands, instead of what was published of it before. Belongs to approvers.

    Every value that leaves is printed. Members fetch it with their next sync; `write` makes a file of it.
    """
    from casework.publishing import publish
    from casework.summary import write_summary

    desk = desk_of(home, officer_id, stays=SIGNED)
    summary = publish(desk, desk.find(reference), our_side(home), risk)
    print(write_summary(summary).decode())
    say(f"Number {summary.number} of {summary.public_ref}, until {summary.expires}")


@status.command(short_help="Take back what was published of a case.")
def revoke(reference: CaseArgument, officer_id: OfficerOption = NOBODY, home: HomeOption = HERE) -> None:
    """Take back at once what was published of a case; members learn it with their next sync, or from a file."""
    from casework.publishing import revoke

    desk = desk_of(home, officer_id, stays=SIGNED)
    revocation = revoke(desk, desk.find(reference), our_side(home))
    say(
        f"Taken back as number {revocation.number} of {revocation.public_ref}, as members learn with their next sync"
    )


@status.command("list", short_help="Show how cases stand, as they were signed.")
def list_statuses(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Show how cases stand, our own and members', as they were signed."""
    from datetime import UTC, datetime

    from casework.publishing import statuses
    from console.home import open_home
    from console.office import Office

    beside_the_node(EXCHANGED)
    found = statuses(Office(open_home(home)).database, datetime.now(UTC).date())
    show(CLAIM, [claim_row(one) for one in found], style)


@status.command(short_help="Write our signed documents to a file.")
def write(out: OutOption, officer_id: OfficerOption = NOBODY, home: HomeOption = HERE) -> None:
    """Write our signed documents to a file for members: summaries, revocations, confirmations of joint cases.

    A summary stays behind where you may not read its case, or nothing may be told of the case any more.
    """
    from casework.publishing import outgoing
    from console.home import open_home

    desk = desk_of(home, officer_id, stays=EXCHANGED)
    content, left = outgoing(desk, open_home(home).settings.org_id)
    new_file(out, content)
    say(f"Documents in {out}: {len(content.splitlines())}")
    for public_ref in left:
        say(f"{public_ref} stays behind: revoke it, or let somebody write the file who may read its case")


@status.command(short_help="Take a file of a member.")
def read(file: InArgument, home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Take a file of a member: each document is verified against the directory, the newest counts."""
    from datetime import UTC, datetime

    from casework.taking import take
    from console.for_cases import DirectoryMembers
    from console.home import open_home
    from console.office import Office

    beside_the_node(EXCHANGED)
    opened = open_home(home)
    office, today = Office(opened), datetime.now(UTC).date()
    outcomes = take(
        office.database, DirectoryMembers(opened.directory), opened.settings.org_id, file.read_bytes(), today
    )
    show_outcomes(outcomes, style)


CLAIM = (
    "organization",
    "public ref",
    "joint ref",
    "issued",
    "host State",
    "quarter",
    "category",
    "persons",
    "furthest",
    "current",
    "public status",
    "impunity",
    "best reply",
    "months since event",
)


def claim_row(claim: Any) -> tuple[str | int, ...]:
    """One signed summary as a row under `CLAIM`; the stages are those of all classes of forum."""
    one = claim.summary
    furthest, current = (
        ", ".join(f"{forum} {pair[at]}" for forum, pair in one.stages.items()) for at in (0, 1)
    )
    return (
        claim.origin,
        one.public_ref,
        one.joint_ref,
        one.issued,
        one.host_state,
        one.incident_quarter,
        one.category,
        one.persons,
        furthest,
        current,
        one.public_status,
        one.impunity,
        one.best_reply,
        one.months_since_event,
    )


def show_outcomes(outcomes: Any, style: Format) -> None:
    """Show what became of each document; ends with exit code 1 where one was refused."""
    rows = [(one.origin, one.what, one.subject, one.number, one.refused or "taken") for one in outcomes]
    show(("organization", "what", "about", "number", "outcome"), rows, style)
    if any(one.refused for one in outcomes):
        raise typer.Exit(1)


def our_side(home: Path) -> Any:
    """The `casework.publishing.Us` of a node, which signs."""
    from console.home import open_home
    from console.joint import us_of

    return us_of(open_home(home), passphrase(home))


def new_file(file: Path, content: bytes) -> None:
    """Write a file that was not there.

    Raises:
        UnreadableError: It is there, or can not be written.
    """
    from node.errors import UnreadableError

    try:
        with file.open("xb") as target:
            target.write(content)
    except OSError as error:
        raise UnreadableError(f"{file} can not be written ({error.strerror})") from error
