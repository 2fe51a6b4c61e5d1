"""`tocsin case open | list | show | timeline | act`: what every officer does with a case."""

from typing import Annotated, Any

import typer

from console.cli.case.parts import PARTS, Part
from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption, day_option
from console.cli.output import say, show

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The first signs of its name, e.g. 7K3Q.")]
Fields = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FIELD=VALUE",
        help="What to say of it; ?unknown, ?none, ?not_applicable and ?withheld are values too.",
    ),
]
When = Annotated[
    str,
    typer.Option("--when", metavar="DATE", help="When it happened: 2015, 2015-03, 2015-03-14 or DAY..DAY."),
]
KnownOn = Annotated[Any, day_option("--known-on", "Since when it is known; else today.")]
AsOf = Annotated[Any, day_option("--as-of", "As it stood on that day, by what was known then.")]


def open_case(
    fields: Fields = None,
    when: When = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Open a case.

    Say at least categories=... and host_state=..., for example categories=detention host_state=CMR.
    """
    import secrets

    from casework.casefile import case_name
    from console.saying import make_statement

    desk = desk_of(home, officer_id)
    given = {
        "sensitivity": "normal",
        "owner": desk.officer.officer_id,
        "public_ref": secrets.token_hex(8),
        **given_fields(fields),
    }
    statement = make_statement("opened", given, when, desk.today, None)
    owner = given["owner"]
    uid = desk.open_for(statement, () if owner == desk.officer.officer_id else (owner,))
    say(f"Opened case {case_name(uid)}")


def list_cases(
    officer_id: OfficerOption = NOBODY, home: HomeOption = HERE, style: FormatOption = Format.TABLE
) -> None:
    """Show your cases and where each stands."""
    from casework.lifecycle import follow

    rows = []
    for case in desk_of(home, officer_id).read_all():
        followed = follow(case)
        rows.append(
            (
                case.name,
                ", ".join(case.categories),
                case.host_state,
                str(case.incident or ""),
                followed.state,
                str(followed.since),
                case.about.text("owner"),
            )
        )
    show(("case", "categories", "host State", "incident", "state", "since", "owner"), rows, style)


def show_case(
    reference: CaseArgument,
    part: Annotated[Part, typer.Option("--part", metavar="PART", help=PARTS)] = Part.ABOUT,
    as_of: AsOf = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show what a case is about and where it stands."""
    from casework.lifecycle import follow
    from console.cli.case.showing import show_axes, show_persons
    from console.cli.case.tables import table_of

    desk = desk_of(home, officer_id)
    case = desk.read(desk.find(reference), valid_as_of=as_of, known_as_of=as_of)
    as_of_day = {"as_of": str(case.valid_as_of)}
    if part is not Part.ABOUT:
        header, table = table_of(part, case, desk.treaties)
        show(header, table, style, as_of_day)
        return
    followed = follow(case)
    rows: list[tuple[str, str]] = [("case", case.name), ("state", f"{followed.state} since {followed.since}")]
    rows += [(name, _words(value)) for name, value in _in_order(case.about.values)]
    rows += show_axes(case)
    rows += [(who, _about(values)) for who, values in show_persons(case)]
    rows += [("party " + party.id, _about(party.values, "party")) for party in case.parties]
    show(("what", "value"), rows, style, as_of_day)


def timeline(
    reference: CaseArgument,
    as_of: AsOf = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show every event of a case, by its day."""
    from casework.vocabulary import kinds

    desk = desk_of(home, officer_id)
    case = desk.read(desk.find(reference), valid_as_of=as_of, known_as_of=as_of)
    rows = [
        (
            str(event.when),
            kinds()[event.kind].text if event.kind in kinds() else event.kind,
            _about(event.fields),
            str(event.known_on),
            ", ".join(event.sources),
            event.recorded_by,
        )
        for event in sorted(case.events, key=lambda event: (event.when.earliest, event.sequence))
    ]
    show(("when", "what", "details", "known on", "sources", "written by"), rows, style)


def act(
    reference: CaseArgument,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="[ACTION]", help="What to do; without, everything that you may do now is shown."
        ),
    ] = "",
    fields: Fields = None,
    when: When = "",
    known_on: KnownOn = None,
    source: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE", help="Id of a source; may be repeated.")
    ] = None,
    reliability: Annotated[
        str, typer.Option(metavar="CODE", help="How reliable the sources are.")
    ] = "unknown",
    supersedes: Annotated[
        str, typer.Option(metavar="EVENT", help="Id of the event that this one replaces.")
    ] = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Do something with a case, or show what you may do.

    Without an action, everything that you may do now is shown, with what each needs.
    """
    from dataclasses import replace

    from casework.lifecycle import actions, follow
    from console.saying import make_statement

    desk = desk_of(home, officer_id)
    uid = desk.find(reference)
    if kind:
        said = make_statement(kind, given_fields(fields), when, desk.today, known_on)
        said = replace(said, sources=tuple(source or ()), reliability=reliability, supersedes=supersedes)
        (event_id,) = desk.say(uid, said)
        say(f"Written down as {event_id}. The case is {follow(desk.read(uid)).state}.")
        return
    case = desk.read(uid)
    rows = [
        (
            action.kind.name,
            action.kind.text,
            ", ".join(name + ("" if field.required else "?") for name, field in action.kind.fields.items()),
            "; ".join(action.missing),
        )
        for action in actions(case, desk.officer.officer_id, desk.officer.roles)
    ]
    show(("action", "what it says", "fields (? may be left out)", "needs first"), rows, style)


def given_fields(fields: list[str] | None) -> dict[str, str]:
    """Fields as they were typed, FIELD=VALUE each."""
    given = {}
    for text in fields or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"{text!r} is not of the form FIELD=VALUE", param_hint="FIELD=VALUE")
        given[name.strip()] = value
    return given


def _about(values: Any, *without: str) -> str:
    return "; ".join(f"{name} {_words(value)}" for name, value in _in_order(values) if name not in without)


def _in_order(values: Any) -> list[tuple[str, Any]]:
    """Fields in the order of the table of kinds, in whichever they were said or came over the line."""
    from casework.vocabulary import kinds

    names = dict.fromkeys(name for kind in kinds().values() for name in kind.fields)
    order = {name: at for at, name in enumerate(names)}
    return sorted(values.items(), key=lambda field: (order.get(field[0], len(order)), field[0]))


def _words(value: Any) -> str:
    from casework.span import Range, Span

    return (
        ", ".join(value) if isinstance(value, tuple) and not isinstance(value, Span | Range) else str(value)
    )
