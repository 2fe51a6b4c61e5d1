"""`tocsin case due | calendar`: what there is to do, in which case, until when."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.case.acting import CaseArgument
from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of, notice_line, notices_of
from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show

_HEADER = ("case", "clock", "what to do", "due", "when", "whose task", "level", "remark")


def due(
    today: Annotated[bool, typer.Option("--today", help="What is due today.")] = False,
    week: Annotated[bool, typer.Option("--week", help="What is due within seven days.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="What is past its day.")] = False,
    no_next_action: Annotated[
        bool, typer.Option("--no-next-action", help="Open cases in which nothing is ahead.")
    ] = False,
    as_of: Annotated[Any, day_option("--as-of", "As it stood on that day, by what was known then.")] = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show what there is to do.

    Without an option: what is overdue, due today or within seven days, and open cases without a next action. First
    of all stands where the recovery key was used and you have not taken note.
    """
    from casework.casefile import case_name
    from casework.worklist import When, worklist

    desk = desk_of(home, officer_id, tell=False)
    day = as_of or desk.today
    cases = desk.read_all(valid_as_of=as_of, known_as_of=as_of)
    found = worklist(cases, day, desk.rules, _bound(desk, cases))
    chosen = {When.OVERDUE: overdue, When.TODAY: today, When.WEEK: week}
    asked = [when for when, on in chosen.items() if on]
    whens = asked or ([] if no_next_action else list(chosen))
    rows = [
        (
            case_name(one.case),
            "",
            "Take note, `tocsin case recovery seen`: the recovery key opened it",
            str(one.on),
            "now",
            "",
            "",
            f"by {one.by} for {one.to}: {one.reason}",
        )
        for one in notices_of(desk)
    ]
    rows += [
        (
            item.case.name,
            item.clock.key,
            item.clock.text,
            str(item.clock.due),
            str(item.when),
            item.clock.rule.owner,
            item.level,
            item.remark,
        )
        for item in found.within(*whens)
    ]
    if no_next_action or not asked:
        rows += [
            (case.name, "", "Plan the next action: `tocsin case task set`", "", "no next action", "", "", "")
            for case in found.no_next_action
        ]
    show(_HEADER, rows, style, {"as_of": str(day), "cases_without_next_action": len(found.no_next_action)})


def clocks_of(
    reference: CaseArgument,
    as_of: Annotated[Any, day_option("--as-of", "As it stood on that day, by what was known then.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also clocks that were met, waived or cancelled.")
    ] = False,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show the clocks of a case: what is due when, and why.

    With --as-of, also how each stood on that day by what is known today.
    """
    from casework.deadlines import UNDECIDED, clocks
    from casework.vocabulary.deadlines import PLANNING

    desk = desk_of(home, officer_id)
    uid, day = desk.find(reference), as_of or desk.today
    case = desk.read(uid, valid_as_of=as_of, known_as_of=as_of)
    found = clocks(case, day, desk.rules, _bound(desk, (case,))[case.uid])
    now = {}
    if as_of is not None:
        later = desk.read(uid, valid_as_of=as_of)
        now = {clock.key: clock for clock in clocks(later, day, desk.rules, _bound(desk, (later,))[uid])}
    rows = []
    for clock in found:
        if not everything and as_of is None and clock.state not in UNDECIDED:
            continue
        row: list[str] = [
            clock.key,
            clock.text,
            str(clock.due),
            clock.state,
            str(clock.stopped_on or ""),
            clock.reason,
            str(clock.paused) if clock.paused.high else "",
            clock.rule.anchor + (f"; {PLANNING}" if clock.rule.planning else ""),
        ]
        if as_of is not None:
            row.append(now[clock.key].state if clock.key in now else "not running")
        rows.append(row)
    header = ("clock", "what to do", "due", "state", "on", "reason", "days on hold", "anchor")
    show((*header, "as known now") if as_of is not None else header, rows, style, {"as_of": str(day)})


def calendar(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.ics", help="Where to write it.")],
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write what there is to do as a calendar file.

    It holds names of cases, rules and days, and nothing of what a case is about.
    """
    from datetime import UTC, datetime

    from casework.casefile import case_name
    from casework.errors import FieldError
    from casework.feed import calendar as written
    from casework.worklist import worklist

    desk = desk_of(home, officer_id, tell=False)
    cases = desk.read_all()
    items = worklist(cases, desk.today, desk.rules, _bound(desk, cases)).items
    notices = notices_of(desk)
    for one in notices:
        say(notice_line(one))
    broken = {one.event_id: case_name(one.case) for one in notices}
    try:
        out.write_bytes(written(items, datetime.now(UTC), broken))
    except OSError as error:
        raise FieldError("out", f"{error.strerror or 'can not be written'}") from error
    say(f"Wrote {len(items) + len(broken)} days to {out}.")


def _bound(desk: Any, cases: Iterable[Any]) -> dict[str, frozenset[str]]:
    """By case, the States that owe notices under the 1994 Convention, as far as the table of treaties tells (D14)."""
    from casework.legal import bound

    table = desk.treaties
    return {case.uid: bound(table, case) for case in cases}
