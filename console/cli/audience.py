"""`tocsin audience`: groups of members that records are shared with."""

from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, passphrase
from console.cli.output import say, show

audience = typer.Typer(
    help="""Keep lists of members to share with.

    `tocsin share --audience NAME` shares with one. Nobody belongs to an audience but those whom you name, and one
    without members shows nothing to anybody. Who joins gets what you share from then on; of what left before they get
    what you say.""",
    no_args_is_help=True,
)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the audience, one word.")]
ByOption = Annotated[
    str, typer.Option("--by", metavar="WHO", help="Who decides: initials or a staff number.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Print exactly what would leave, and change nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before anything leaves.")]


@audience.command("new")
def make(
    name: NameArgument,
    by: ByOption,
    member: Annotated[
        list[str] | None, typer.Option("--member", metavar="ORG", help="Who belongs to it. May be repeated.")
    ] = None,
    tier: Annotated[
        str | None,
        typer.Option(
            metavar="TIER",
            help="All members of this tier or a finer one belong; nobody below it ever counts.",
            show_default=False,
        ),
    ] = None,
    country: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Only records of this country, e.g. SSD. May be repeated."),
    ] = None,
    purpose: Annotated[
        list[str] | None,
        typer.Option("--for", metavar="PURPOSE", help="Only records shared for this. May be repeated."),
    ] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Members do not learn of each other.")] = False,
    home: HomeOption = HERE,
) -> None:
    """Make an audience; nothing is shared with it yet."""
    from console.audiences import author
    from console.home import open_home
    from console.sharing import read_purpose, read_tier
    from node.audiences import Scope, new_audience

    opened = open_home(home)
    who = author(opened, by, passphrase(home))
    finest = read_tier("--tier", tier) if tier else None
    named = frozenset(member or ())
    if finest is not None:
        named |= {one for one, seen in who.bounds.network.items() if seen >= finest}
    purposes = frozenset(read_purpose(one) for one in purpose or ())
    scope = Scope(finest, frozenset(country or ()), purposes, hidden)
    charter = new_audience(opened.store(), name, named, scope, who)
    say(f"Made the audience {name}. Share with it: tocsin share --audience {name} ...")
    show(("member",), [(one,) for one in sorted(charter.members)], Format.TABLE)
    if not charter.members:
        say("Nobody belongs to it yet, so nobody would see anything.")


@audience.command()
def add(
    name: NameArgument,
    member: Annotated[list[str], typer.Argument(metavar="ORG...", help="Members who join.")],
    back_fill: Annotated[
        str,
        typer.Option(
            "--back-fill",
            metavar="all|none|YYYY-MM-DD",
            help="What they get of the records that were shared with it before: all of them, none, or those of"
            " incidents on or after a day. You have to say it.",
        ),
    ],
    by: ByOption,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Let members join, and decide what they get of old records.

    The decision is kept: `tocsin audience show` tells who made it and when.
    """
    from console.cli.grouping import change_members
    from node.audiences import Change
    from node.charter import read_back_fill

    decided = read_back_fill(back_fill)
    change = Change(dict.fromkeys(member, decided))
    change_members(home, name, change, by, style, dry_run=dry_run, yes=yes)


@audience.command()
def remove(
    name: NameArgument,
    member: Annotated[list[str], typer.Argument(metavar="ORG...", help="Members who leave.")],
    by: ByOption,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Let members leave, and take back what they saw.

    They keep what they may see without the audience; `tocsin holders` shows who has confirmed the rest. A record that
    nobody is left to see is called back: share it again when somebody is. Who comes back is decided about anew.
    """
    from console.cli.grouping import change_members
    from node.audiences import Change

    change_members(home, name, Change(leaving=frozenset(member)), by, style, dry_run=dry_run, yes=yes)


@audience.command()
def hide(
    name: NameArgument,
    by: ByOption,
    show_members: Annotated[
        bool, typer.Option("--undo", help="Let members learn of each other again.")
    ] = False,
    home: HomeOption = HERE,
) -> None:
    """Let members no longer learn of each other."""
    from console.cli.grouping import change_members
    from node.audiences import Change

    change = Change(hidden=not show_members)
    change_members(home, name, change, by, Format.TABLE, dry_run=False, yes=True)


@audience.command("list")
def list_audiences(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List your audiences."""
    from console.audiences import LIST_HEADER, audience_lines
    from console.home import open_home

    show(LIST_HEADER, audience_lines(open_home(home).store()), style)


@audience.command("show")
def show_audience(
    name: NameArgument,
    history: Annotated[
        bool, typer.Option("--history", help="Instead: each version, who decided it, who joined and left.")
    ] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show who belongs to an audience, and how they joined."""
    from console.audiences import HISTORY_HEADER, MEMBER_HEADER, history_lines, member_lines
    from console.home import open_home

    opened = open_home(home)
    if history:
        show(HISTORY_HEADER, history_lines(opened.store(), name), style)
        return
    lines = member_lines(opened.store(), name, opened.bounds().network)
    show(MEMBER_HEADER, lines, style)
    if not lines:
        say("Nobody belongs to it, so nobody sees anything.")


@audience.command()
def mine(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List the audiences of other members to which you belong.

    As of the last `tocsin sync`.
    """
    from console.audiences import MINE_HEADER, mine_lines
    from console.home import open_home

    opened = open_home(home)
    show(MINE_HEADER, mine_lines(opened.store(), opened.settings.org_id), style)
