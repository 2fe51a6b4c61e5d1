"""`tocsin holders` and `tocsin disclosures`: who was shown what of this organization's records."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import show


def holders(
    record: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE:KEY", help="Records by their ids; else all that left."),
    ] = None,
    waiting: Annotated[
        bool,
        typer.Option("--waiting", help="Only what was replaced or called back and is not confirmed yet."),
    ] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show who holds what of your records.

    What was sent counts as held, whether it arrived or not. A member confirms with a signed receipt that what you
    corrected or called back is gone from its answers, and destroyed where you asked for that.
    """
    from console.home import open_home
    from console.selection import select_records
    from node.holders import holders as find_holders
    from node.holders import levels_text
    from node.wire import records

    opened = open_home(home)
    store = opened.store()
    chosen = select_records(store, "RECORD", record or [])
    rows = [
        (
            one.record,
            one.revision,
            one.member,
            one.audience,
            levels_text(one.levels),
            _shown(one.since),
            one.state,
            _shown(one.confirmed) if one.confirmed else "not yet" if one.waiting else "",
        )
        for one in find_holders(store, opened.settings.org_id, records, chosen, waiting=waiting)
    ]
    header = ("record", "revision", "member", "tier", "sees", "since", "state", "confirmed")
    show(
        header,
        rows,
        style,
        {"members": len({row[2] for row in rows}), "records": len({row[0] for row in rows})},
    )


def disclosures(
    member: Annotated[
        str, typer.Option(metavar="ORG", help="Only what this member was sent.", show_default=False)
    ] = "",
    first: Annotated[date | None, day_option("--from", "First day on which it was sent, UTC.")] = None,
    last: Annotated[date | None, day_option("--to", "Last day on which it was sent, UTC.")] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Print what was sent to whom.

    The log of disclosures names, for each record that a member was sent, its revision, how finely it was shown, under
    which label and by which rule, and when.
    """
    from console.home import open_home
    from node.holders import disclosures as find_disclosures
    from node.holders import levels_text

    found = find_disclosures(
        open_home(home).store(),
        member=member,
        first=_midnight(first) if first else None,
        before=_midnight(last + timedelta(days=1)) if last else None,
    )
    rows = [
        (
            one.member,
            one.record,
            one.revision,
            one.log_index,
            one.audience,
            levels_text(one.levels),
            one.label.name,
            one.rule,
            _shown(one.first),
            _shown(one.last),
        )
        for one in found
    ]
    header = (
        "member",
        "record",
        "revision",
        "entry",
        "tier",
        "sees",
        "label",
        "rule",
        "first sent",
        "last sent",
    )
    show(header, rows, style)


def _shown(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M UTC")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
