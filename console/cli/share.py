"""`tocsin share`: show what would leave, or let it leave."""

import sys
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option, passphrase
from console.cli.output import say, show


def share(
    tier: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIER", help="Who is to see them: public, peer or coordinator. May be repeated."
        ),
    ] = None,
    member: Annotated[
        list[str] | None,
        typer.Option(
            "--member", metavar="MEMBER", help="One member by name, whatever its tier. May be repeated."
        ),
    ] = None,
    audience: Annotated[
        list[str] | None,
        typer.Option("--audience", metavar="NAME", help="The members of an audience. May be repeated."),
    ] = None,
    purpose: Annotated[
        str,
        typer.Option(
            "--for", metavar="PURPOSE", help="What for: staff_safety, analysis, advocacy or statistics."
        ),
    ] = "staff_safety",
    record: Annotated[
        list[str] | None,
        typer.Option(
            "--id", metavar="SOURCE:KEY", help="One record by its id, e.g. awsd:4664. May be repeated."
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Only records like this, e.g. means=shooting."),
    ] = None,
    first: Annotated[date | None, day_option("--from", "First day of the incidents.")] = None,
    last: Annotated[date | None, day_option("--to", "Last day of the incidents.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every record of this organization.")] = False,
    updates: Annotated[
        bool, typer.Option("--updates", help="Nothing new: only what has changed since it left.")
    ] = False,
    narrow_to: Annotated[
        str | None,
        typer.Option(
            "--narrow-to",
            metavar="TIER",
            help="Take records that left back from everybody below this tier.",
            show_default=False,
        ),
    ] = None,
    call_back: Annotated[
        list[str] | None,
        typer.Option("--call-back", metavar="SOURCE:KEY", help="Call this record back. May be repeated."),
    ] = None,
    purge: Annotated[
        bool, typer.Option("--purge", help="With --call-back: peers are to destroy what they hold of it.")
    ] = False,
    because: Annotated[
        str,
        typer.Option(metavar="REASON", help="With --call-back: shared_in_error or withdrawn."),
    ] = "shared_in_error",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print exactly what would leave, and let nothing leave.")
    ] = False,
    uniqueness: Annotated[
        int | None,
        typer.Option(
            metavar="K", min=2, help="Show how many stand alone, or with fewer than K alike; nothing leaves."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before anything leaves.")] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Let records leave, or show what would leave (--dry-run).

    On a terminal you are asked before anything leaves. Say who is to see it, and which records: --all, or those that
    --id, --where, --from and --to name.

    --call-back takes a record back from everybody, for good or until you share it again; --narrow-to takes records back
    from some. `tocsin holders` shows who has confirmed that.

    Whatever you ask for: records that left before and have changed are sent again to those who have them, records that
    no longer stand are called back, and sexual violence and ongoing captivity are held.
    """
    from console.cli.asking import ask_first
    from console.cli.recall import recall, say_when
    from console.cli.sharing import let_leave
    from console.cli.uniqueness import show_uniqueness
    from console.home import open_home
    from console.selection import select_revisions
    from console.sharing import (
        PREVIEW_HEADER,
        make_request,
        preview_lines,
        read_audiences,
        read_tier,
        totals,
    )
    from node.share import preview

    if call_back:
        recall(home, call_back, because, style, purge=purge, dry_run=dry_run, yes=yes)
        return
    narrowest = read_tier("--narrow-to", narrow_to) if narrow_to else None
    asked = bool(tier or member or audience)
    for wrong, told, option in (
        (purge, "only goes with --call-back", "--purge"),
        (narrowest and asked, "either share with more or narrow, not both", "--narrow-to"),
        (not (updates or asked or narrowest), "say who is to see it, e.g. --tier peer", "--tier"),
        (uniqueness is not None and (updates or not tier), "say which records and tiers", "--uniqueness"),
    ):
        if wrong:
            raise typer.BadParameter(told, param_hint=option)
    if not (record or where or first or last or everything or updates):
        raise typer.BadParameter("say which records: --id, --where, --from, --to, --all or --updates")
    opened = open_home(home)
    store = opened.store()
    today = datetime.now(UTC).date()
    chosen = () if updates else select_revisions(store, record or [], where or [], first, last, today)
    request = make_request(opened, chosen, tier or [], member or [], purpose)._replace(
        narrow_to=narrowest, audiences=read_audiences(store, audience or [])
    )
    if uniqueness is not None:
        show_uniqueness(store, request, uniqueness, style)
        return
    if dry_run:
        lines = preview_lines(preview(store, request))
        show(PREVIEW_HEADER, lines, style, {"nothing_left": "this was a preview"})
        return
    if sys.stdin.isatty() and not yes:
        say(", ".join(f"{number} {name}" for name, number in totals(preview(store, request)).items()))
        typer.confirm("Let these leave? (--dry-run shows every value)", abort=True, err=True)
    secret = passphrase(home)
    ask_first(opened, store, secret)
    identity = opened.identity(secret)
    left = let_leave(store, request, identity)
    show(tuple(left), [tuple(left.values())], style)
    say_when(identity)
    if left["held"]:
        say("Held records do not leave; --dry-run names each with the rule that holds it.")
