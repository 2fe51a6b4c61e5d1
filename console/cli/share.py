"""`tocsin share`: show what would leave, or let it leave."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option, passphrase
from console.cli.output import say, show, steps


def share(
    tier: Annotated[
        list[str] | None, typer.Option(help="Who is to see it: public, peer or coordinator.")
    ] = None,
    record: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="SOURCE:KEY", help="One record by its id, e.g. awsd:4664."),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only records like this, e.g. means=shooting.")
    ] = None,
    first: Annotated[datetime | None, day_option("--from", "First day of the incidents.")] = None,
    last: Annotated[datetime | None, day_option("--to", "Last day of the incidents.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every record of this organization.")] = False,
    updates: Annotated[
        bool, typer.Option("--updates", help="Nothing new: only what has changed since it left.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print exactly what would leave, and let nothing leave.")
    ] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Release records to a tier, after showing what each tier would see.

    Whatever you ask for: records that left before and have changed are sent again to those who have them, records that
    no longer stand are called back, and sexual violence and ongoing captivity are held.
    """
    from console.cli.selection import select_revisions
    from console.home import open_home
    from node.rules import Tier
    from node.share import Request, preview, release
    from node.wire import records

    names = {one.name.lower(): one for one in Tier}
    unknown = [name for name in tier or () if name not in names]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(names)}", param_hint="--tier")
    if not updates and not tier:
        raise typer.BadParameter("say who is to see it, e.g. --tier peer", param_hint="--tier")
    if not (record or where or first or last or everything or updates):
        raise typer.BadParameter("say which records: --id, --where, --from, --to, --all or --updates")
    opened = open_home(home)
    store = opened.store()
    now = datetime.now(UTC)
    chosen = () if updates else select_revisions(store, record or [], where or [], first, last, now.date())
    request = Request(
        chosen, frozenset(names[name] for name in tier or ()), now, rcrc_named=opened.settings.rcrc_named
    )
    if dry_run:
        _show_preview([line for plan in preview(store, request) for line in _lines(plan)], style)
        return
    identity = opened.identity(passphrase(home))
    left = callbacks = held = unchanged = 0
    with steps("Signing", len(chosen)) as progress:
        for plan in release(store, request, identity, records):
            left, callbacks = left + len(plan.outgoing), callbacks + len(plan.callbacks)
            held, unchanged = held + len(plan.held), unchanged + plan.unchanged
            progress(left + held + unchanged)
    show(("released", "called back", "held", "unchanged"), [(left, callbacks, held, unchanged)], style)
    if held:
        say("Held records do not leave; --dry-run names each with the rule that holds it.")


def _lines(plan: object) -> list[tuple[str, ...]]:
    """One line per record and dimension: what each released tier would see, or why nothing leaves."""
    from node.ladders import DIMENSIONS
    from node.share import Plan

    assert isinstance(plan, Plan)
    lines: list[tuple[str, ...]] = []
    for going in plan.outgoing:
        for one in sorted(going.tiers):
            for dimension, chain in zip(DIMENSIONS, going.seen_by(one), strict=True):
                lines.append(
                    (
                        going.current.key,
                        "leaves",
                        one.name.lower(),
                        dimension.name,
                        chain[-1] if chain else "(closed)",
                    )
                )
    lines += [
        (f"log entry {one.before.log_index}", "called back", "", "", one.reason) for one in plan.callbacks
    ]
    lines += [(one.current.key, "held", "", one.hold.rule, one.hold.reason) for one in plan.held]
    return lines


def _show_preview(lines: list[tuple[str, ...]], style: Format) -> None:
    show(
        ("record", "what", "tier", "dimension", "value"), lines, style, {"nothing_left": "this was a preview"}
    )
