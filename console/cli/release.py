"""`tocsin release`: figures of what all organizations together know, for readers beyond the network."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option, passphrase
from console.cli.output import say, show

release = typer.Typer(
    help="""Release figures of what all organizations together know.

    A cube declares once which figures are released. A release of it is built by one person, audited, published by
    another, and never changes. Figures that rest on too few organizations are hidden, and so many more beside them that
    nobody can work them out, not even all other organizations together.
    """,
    no_args_is_help=True,
)
CubeArgument = Annotated[
    str, typer.Argument(metavar="CUBE", help="NAME/VERSION of a declared cube, e.g. yearly/1.")
]
ByOption = Annotated[
    str, typer.Option("--by", metavar="WHO", help="Who does it: initials or a staff number.")
]
AsOfOption = Annotated[
    date | None, day_option("--as-of", "Count new periods as they were known on this day.")
]


@release.command()
def declare(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The declaration, TOML.")],
    by: ByOption,
    home: HomeOption = HERE,
) -> None:
    """Declare a cube; a change is another version."""
    from console.home import open_home
    from console.releases import read_declaration
    from node.releasing import declare as keep
    from node.said import Teller

    cube = read_declaration(file)
    keep(open_home(home).store(), cube, Teller(by, datetime.now(UTC)))
    say(f"Declared {cube.title}. `tocsin release plan {cube.title}` shows what a release of it would tell.")


@release.command()
def plan(
    cube: CubeArgument,
    as_of: AsOfOption = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show what the next release would tell and hide.

    Nothing is changed.
    """
    from console.home import open_home
    from console.releases import header, plan_lines, plan_remarks
    from node.releasing import plan as work_out

    opened = open_home(home)
    found = work_out(opened.store(), cube, opened.settings.org_id, as_of or datetime.now(UTC).date())
    show(header(found.cube), plan_lines(found), style, plan_remarks(found))


@release.command()
def build(cube: CubeArgument, by: ByOption, as_of: AsOfOption = None, home: HomeOption = HERE) -> None:
    """Build the next release, for another to publish."""
    from console.home import open_home
    from node.releasing import build as make
    from node.said import Teller

    opened = open_home(home)
    now = datetime.now(UTC)
    made = make(opened.store(), cube, opened.settings.org_id, as_of or now.date(), Teller(by, now))
    say(
        f"Built release {made.number} of {cube}: {len(made.hiding.few)} figures are hidden as they rest on too few,"
        f" {len(made.hiding.more)} more beside them. It waits for somebody else: `tocsin release publish {cube}`."
    )


@release.command()
def audit(cube: CubeArgument, home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Attack what was built, with all that was published.

    Exit code 1 if anything is found.
    """
    from console.home import open_home
    from console.releases import AUDIT_HEADER
    from node.releasing import audit_built

    built, found = audit_built(open_home(home).store(), cube)
    show(AUDIT_HEADER, found, style, {"release": f"{built.number} of {cube}"})
    if found:
        say("It can not be published as it stands.")
        raise typer.Exit(1)
    say("Nothing was found: no hidden figure can be worked out more closely than to 3.")


@release.command()
def publish(
    cube: CubeArgument,
    by: ByOption,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write the signed files there as well.")
    ] = None,
    home: HomeOption = HERE,
) -> None:
    """Sign what another built, if the audit finds nothing."""
    from console.home import open_home
    from console.releases import write_release_files
    from node.releasing import publish as sign
    from node.said import Teller

    opened = open_home(home)
    identity = opened.identity(passphrase(home))
    built = sign(opened.store(), cube, identity, Teller(by, datetime.now(UTC)))
    say(f"Published release {built.number} of {cube}.")
    if out is not None:
        for path in write_release_files(built, opened.origin().signing_keys, out):
            say(f"Wrote {path}.")


@release.command("list")
def list_releases(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List what was built and published."""
    from console.home import open_home
    from console.releases import LIST_HEADER, list_lines

    show(LIST_HEADER, list_lines(open_home(home).store()), style)


@release.command("show")
def show_release(
    cube: CubeArgument,
    number: Annotated[int, typer.Option(metavar="N", help="Which one.", show_default="the newest")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write the signed files there instead.")
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show a published release, or write its files.

    Anybody can verify the files with the key of this organization.
    """
    from console.home import open_home
    from console.releases import header, release_lines, remarks, write_release_files
    from node.cubes.document import read_release
    from node.published import published

    opened = open_home(home)
    built = published(opened.store(), cube, number)
    if out is None:
        show(header(built.cube), release_lines(built), style, remarks(read_release(built.payload)))
        return
    for path in write_release_files(built, opened.origin().signing_keys, out):
        say(f"Wrote {path}.")


@release.command()
def diff(
    cube: CubeArgument,
    old: Annotated[int, typer.Argument(metavar="OLD", help="Number of the earlier release.")],
    new: Annotated[int, typer.Argument(metavar="NEW", help="Number of the later one.")],
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show where two published releases differ."""
    from console.home import open_home
    from console.releases import DIFF_HEADER, diff_lines
    from node.cubes.document import read_release
    from node.published import difference, published

    store = open_home(home).store()
    one, other = (read_release(published(store, cube, number).payload) for number in (old, new))
    show(DIFF_HEADER, diff_lines(difference(one, other)), style)


@release.command()
def correct(
    cube: CubeArgument,
    number: Annotated[int, typer.Argument(metavar="N", help="Number of the release.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="One line; never whose numbers they were.")
    ],
    by: ByOption,
    period: Annotated[
        list[str] | None,
        typer.Option("--period", metavar="PERIOD", help="Which, e.g. 2025. May be repeated; default: all."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write all notices on this cube there.")
    ] = None,
    home: HomeOption = HERE,
) -> None:
    """Say, signed, that a release no longer stands.

    The notice names periods and never whose numbers they were.
    """
    from console.home import open_home
    from console.releases import write_notices
    from node.releasing import correct as note
    from node.said import Teller

    opened = open_home(home)
    identity = opened.identity(passphrase(home))
    teller = Teller(by, datetime.now(UTC))
    made = note(opened.store(), cube, number, period or [], reason, (identity, teller))
    say(f"Noted of release {number} of {cube}, for {', '.join(made.periods)}.")
    if out is not None:
        count = write_notices(opened.store(), cube, opened.origin().signing_keys, out)
        say(f"Wrote {count} notices to {out}.")


@release.command()
def asked(
    coordinator: Annotated[str, typer.Argument(metavar="ORG", help="The coordinator.")],
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show for which numbers a coordinator asks.

    Nothing leaves by that.
    """
    from console.cli.giving import show_asked

    show_asked(home, coordinator, style)


@release.command()
def give(
    cube: Annotated[
        str,
        typer.Argument(
            metavar="FILE|CUBE", help="The declaration as a file, or its name as the coordinator tells it."
        ),
    ],
    to: Annotated[str, typer.Option("--to", metavar="ORG", help="The coordinator.")],
    as_of: Annotated[date | None, day_option("--as-of", "As it was known on this day.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Sign them, and write them there.")
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Sign them, and send them over the line.")] = False,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="With --out or --send: who decides.")] = "",
    nothing: Annotated[bool, typer.Option("--nothing", help="Take back what was given before.")] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Give a coordinator numbers, and no records.

    They count what it is not shown as a record, each from the least that you know first-hand to the most that you hold.
    Without --out or --send they are shown, and nothing leaves. The coordinator alone can read them.
    """
    from console.cli.giving import Way, give_numbers

    if send and out is not None:
        raise typer.BadParameter("give them over the line or as a file", param_hint="--send")
    if nothing and out is None and not send:
        raise typer.BadParameter("say where to write that, or --send", param_hint="--out")
    if (send or out is not None) and not by:
        raise typer.BadParameter("say who decides", param_hint="--by")
    give_numbers(home, cube, to, as_of, Way(by, out, send, nothing), style)


@release.command("given")
def list_given(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List the numbers that left, and for whom."""
    from console.aggregates import GIVEN_HEADER, given_lines
    from console.home import open_home

    show(GIVEN_HEADER, given_lines(open_home(home).store()), style)


@release.command()
def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What a member wrote with `give`.")],
    by: ByOption,
    home: HomeOption = HERE,
) -> None:
    """Take in numbers that a member gave.

    They count in the next release, in the place of those that it gave before.
    """
    from console.aggregates import take_file
    from console.home import open_home

    found = take_file(open_home(home), passphrase(home), file, by)
    say(
        f"Took {len(found.ranges)} numbers of {found.organization} for {found.cube.title}, as of {found.as_of}."
    )
