"""`tocsin request`: ask members for finer detail, and decide about what they ask."""

from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, passphrase
from console.cli.output import say, show

request = typer.Typer(
    help="""Ask members for finer detail of a record.

    A member that was shown a record may ask its owner to see more of it, for a purpose. The owner sees what that would
    open, and grants it, grants a part of it, or rejects it with a reason.""",
    no_args_is_help=True,
)
IdArgument = Annotated[str, typer.Argument(metavar="REQUEST", help="Id of a request, or how it begins.")]
ByOption = Annotated[
    str, typer.Option("--by", metavar="WHO", help="Who decides: initials or a staff number.")
]
BecauseOption = Annotated[
    str,
    typer.Option(
        "--because",
        metavar="REASON",
        help="too_sensitive, not_needed, purpose_not_allowed, nothing_finer, granted_in_error or no_longer_needed.",
    ),
]
LevelOption = Annotated[
    list[str] | None,
    typer.Option("--level", metavar="NAME=LEVEL", help="How finely, e.g. when=day. May be repeated."),
]


@request.command()
def send(
    entry: Annotated[
        str, typer.Argument(metavar="PEER:ENTRY", help="A record as `tocsin peer records` lists it.")
    ],
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who asks: initials or a staff number.")],
    purpose: Annotated[
        str,
        typer.Option("--for", metavar="PURPOSE", help="staff_safety, analysis, advocacy or statistics."),
    ] = "staff_safety",
    level: LevelOption = None,
    note: Annotated[
        str, typer.Option(metavar="TEXT", help="One line on why; no names, numbers or addresses.")
    ] = "",
    reviewed: Annotated[bool, typer.Option("--reviewed", help="A second person has read the note.")] = False,
    home: HomeOption = HERE,
) -> None:
    """Ask the owner of a record to see it more finely.

    Without --level it is left to the owner's policy. A member that can not be reached now is told at the next sync.
    """
    from console.cli.requesting import send_request
    from console.requests import read_levels
    from console.sharing import read_purpose

    send_request(home, entry, by, (read_purpose(purpose), read_levels(level or [])), note, reviewed=reviewed)


@request.command()
def sent(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List what you asked of members, and their answers.

    As of the last `tocsin sync`.
    """
    from console.home import open_home
    from console.requests import SENT_HEADER, sent_lines

    show(SENT_HEADER, sent_lines(open_home(home).store()), style)


@request.command()
def cancel(request_id: IdArgument, home: HomeOption = HERE) -> None:
    """Take back what you asked, while nothing is decided."""
    from console.cli.requesting import cancel_sent

    cancel_sent(home, request_id)


@request.command("list")
def list_requests(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were decided.")] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """List what members ask of you and nobody has decided."""
    from console.home import open_home
    from console.requests import LIST_HEADER, request_lines

    show(LIST_HEADER, request_lines(open_home(home).store(), everything=everything), style)


@request.command("show")
def show_request(
    request_id: IdArgument,
    level: LevelOption = None,
    history: Annotated[
        bool, typer.Option("--history", help="Instead: everything that was done about it.")
    ] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show what a member would see if you granted its request.

    Beside it stand what you hold and what the member sees now, and the rule that decides each value. With --level: if
    you granted no more than that.
    """
    from console.cli.requesting import show_prospect, show_steps

    if history:
        show_steps(home, request_id, style)
    else:
        show_prospect(home, request_id, level or [], style)


@request.command()
def accept(request_id: IdArgument, by: ByOption, home: HomeOption = HERE) -> None:
    """Grant a request as it was asked.

    What is finer than your policy lets this member see waits for a second person: `tocsin request agree`.
    """
    from console.cli.requesting import grant_request

    grant_request(home, request_id, by, [], passphrase(home))


@request.command()
def narrow(request_id: IdArgument, by: ByOption, level: LevelOption = None, home: HomeOption = HERE) -> None:
    """Grant less than was asked: no more than --level says.

    Dimensions that you do not name are granted as they were asked.
    """
    from console.cli.requesting import grant_request

    if not level:
        raise typer.BadParameter("say how finely, e.g. --level when=month", param_hint="--level")
    grant_request(home, request_id, by, level, passphrase(home))


@request.command()
def agree(request_id: IdArgument, by: ByOption, home: HomeOption = HERE) -> None:
    """Agree, as a second person, to grant more than the policy."""
    from console.cli.asking import ask_first
    from console.home import open_home
    from console.requests import decider
    from node.granting import agree_to_grant

    opened, secret = open_home(home), passphrase(home)
    store = opened.store()
    ask_first(opened, store, secret)
    done = agree_to_grant(store, request_id, decider(opened, by, secret))
    say(f"Granted to {done.request.member}; it leaves with its next sync.")


@request.command()
def reject(request_id: IdArgument, by: ByOption, because: BecauseOption, home: HomeOption = HERE) -> None:
    """Reject a request; the member is told the reason, no more."""
    from console.home import open_home
    from console.requests import decider, read_reason
    from node.granting import reject as reject_request

    opened = open_home(home)
    reason = read_reason(because)
    done = reject_request(opened.store(), request_id, decider(opened, by, passphrase(home)), reason)
    say(f"Rejected; {done.request.member} learns of it with its next sync.")


@request.command()
def revoke(request_id: IdArgument, by: ByOption, because: BecauseOption, home: HomeOption = HERE) -> None:
    """Close again what granting a request has opened.

    `tocsin holders` shows whether the member has confirmed that.
    """
    from console.cli.asking import ask_first
    from console.home import open_home
    from console.requests import decider, read_reason
    from node.granting import revoke as revoke_request

    opened, secret = open_home(home), passphrase(home)
    store, reason = opened.store(), read_reason(because)
    ask_first(opened, store, secret)
    done = revoke_request(store, request_id, decider(opened, by, secret), reason)
    say(f"Revoked; what it opened to {done.request.member} is closed with its next sync.")
