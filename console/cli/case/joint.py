"""`tocsin case joint`: one incident that hit several organizations."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.case.acting import CaseArgument
from console.cli.case.signing_in import NOBODY, OfficerOption, beside_the_node, desk_of
from console.cli.case.status import (
    CLAIM,
    EXCHANGED,
    SIGNED,
    OutOption,
    claim_row,
    new_file,
    our_side,
    show_outcomes,
)
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

joint = typer.Typer(help="Cases of several organizations about one incident.", no_args_is_help=True)
MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="The other organization.")]
RefOption = Annotated[
    str, typer.Option("--ref", metavar="REF", help="Public reference of its case, where there are several.")
]


@joint.command(short_help="Make the key of a group, or take over theirs.")
def key(
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="The key of a member's group.", exists=True),
    ] = None,
    home: HomeOption = HERE,
) -> None:
    """Make the key by which members of a group find joint incidents, or take over theirs.

    Hand network/joint.key.hex to the other members yourself, in person or sealed: whoever holds it can work out
    in which week an incident was.
    """
    from console.home import open_home
    from console.joint import keep_group_key

    beside_the_node("the key of the group lies with the node")
    keep_group_key(open_home(home), source)
    say("network/joint.key.hex holds the key of the group")


@joint.command(short_help="Show cases that may be of the same incident.")
def find(
    reference: CaseArgument,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show cases of members that may be about the same incident."""
    desk = desk_of(home, officer_id)
    found = desk.joint_candidates(desk.find(reference))
    rows = [
        (*claim_row(one.claim), "yes" if one.by_us else "no", "yes" if one.by_them else "no") for one in found
    ]
    show((*CLAIM, "confirmed by us", "by them"), rows, style)


@joint.command(short_help="Confirm that a member's case is of one incident.")
def confirm(
    reference: CaseArgument,
    member: MemberArgument,
    member_ref: RefOption = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Confirm that a case and a member's are about one incident; the member confirms it too."""
    desk = desk_of(home, officer_id, signs=True)
    joint_ref = desk.confirm_joint(desk.find(reference), member, member_ref)
    say(f"Confirmed as {joint_ref}. {member} learns it with its next sync; it is joint once both confirmed.")


@joint.command(short_help="Take back such a confirmation.")
def withdraw(
    reference: CaseArgument,
    member: MemberArgument,
    member_ref: RefOption = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Take back that a case and a member's are about one incident: they are on no common board any more."""
    desk = desk_of(home, officer_id, signs=True)
    number = desk.withdraw_joint(desk.find(reference), member, member_ref)
    say(
        f"Taken back as number {number} to {member}, as it learns with its next sync. What you publish "
        "next no longer bears the joint reference."
    )


@joint.command(short_help="Show the joint board of a case.")
def board(
    reference: CaseArgument,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show what each organization signed of a joint case, where they differ, and who sends the next demarche."""
    desk = desk_of(home, officer_id)
    found = desk.joint_board(desk.find(reference))
    remarks = {
        "joint_ref": found.joint_ref,
        "contradictions": ", ".join(found.contradictions) or "none",
        "sends_the_next_demarche": found.sends_next,
    }
    show(CLAIM, [claim_row(one) for one in found.claims], style, remarks)


@joint.command("write", short_help="Write answers to joint demarches for co-senders.")
def write_notices(
    reference: CaseArgument, out: OutOption, officer_id: OfficerOption = NOBODY, home: HomeOption = HERE
) -> None:
    """Write the same to a file where there is no line; hand it to co-senders alone."""
    from casework.answering import notices

    desk = desk_of(home, officer_id, stays=SIGNED)
    content = notices(desk, desk.find(reference), our_side(home))
    new_file(out, content)
    say(f"Answers in {out}: {len(content.splitlines())}")


@joint.command("send", short_help="Tell co-senders what came in for joint demarches.")
def send_notices(
    reference: CaseArgument, officer_id: OfficerOption = NOBODY, home: HomeOption = HERE
) -> None:
    """Sign what came in for joint demarches of a case; each co-sender fetches with its next sync what is for it."""
    from casework.answering import send

    desk = desk_of(home, officer_id, stays=SIGNED)
    new = send(desk, desk.find(reference), our_side(home))
    members = ", ".join(dict.fromkeys(one.member for one in new))
    say(f"New answers: {len(new)}" + (f", for {members} to fetch" if new else ""))


@joint.command("read", short_help="Take answers that came in at a co-sender.")
def read_notices(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="File of a member; else what was synced.", exists=True, dir_okay=False
        ),
    ] = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Take what came in at co-senders, as synced or from a file: it is written down in your cases, and stops clocks."""
    from casework.answering import take_fetched, take_notices
    from console.for_cases import DirectoryMembers
    from console.home import open_home

    desk, opened = desk_of(home, officer_id, stays=EXCHANGED), open_home(home)
    org_id = opened.settings.org_id
    if file is None:
        outcomes = take_fetched(desk, org_id)
    else:
        outcomes = take_notices(desk, DirectoryMembers(opened.directory), org_id, file.read_bytes())
    show_outcomes(outcomes, style)
