"""`tocsin match`: find out which records of different organizations are one event, so that it counts once."""

from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import show

match = typer.Typer(
    help="""Find records that are one event, so that it counts once.

    Pairs are found by what both owners see already, and weighed. The other owner's node compares with yours, step by
    step. People decide: only when both owners say the same, two records are one event.""",
    no_args_is_help=True,
)
PairArgument = Annotated[
    str,
    typer.Argument(
        metavar="PAIR", help="Id of a pair, or how it begins; or both records: awsd:4664=beta:17."
    ),
]
ByOption = Annotated[
    str, typer.Option("--by", metavar="WHO", help="Who decides: initials or a staff number.")
]


@match.command("list")
def list_pairs(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were decided.")] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Look for pairs that may be one event, and list them.

    Among your own records that you shared, those that members shared with you, and between two members.
    """
    from console.home import open_home
    from console.matches import LIST_HEADER, desk_of, look, pair_lines

    opened = open_home(home)
    show(LIST_HEADER, pair_lines(look(opened.store(), desk_of(opened)), everything=everything), style)


@match.command("show")
def show_pair(pair: PairArgument, home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Show how a pair was compared, and every verdict about it."""
    from console.home import open_home
    from console.matches import (
        STEP_HEADER,
        VERDICT_HEADER,
        chosen_pair,
        compared_text,
        desk_of,
        known,
        proposed_text,
        step_lines,
        verdict_lines,
    )

    opened = open_home(home)
    store = opened.store()
    desk = desk_of(opened)
    chosen = chosen_pair(store, desk, pair)
    compared = known(store, desk).compared.get(chosen)
    if compared is not None:
        remarks = {"compared": compared_text(compared), "proposed by": proposed_text(compared)}
        show(STEP_HEADER, step_lines(compared), style, remarks)
    show(VERDICT_HEADER, verdict_lines(store, chosen), style)


@match.command()
def propose(
    pair: PairArgument,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who proposes: initials or a staff number.")],
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Compare a pair with the other owner, level by level.

    Neither shows more than its rules let the other see. It stops where something differs, or where a rule of one side
    does not allow the next level. What was cut goes on when you propose again.
    """
    from console.cli.matching import compare_pair

    compare_pair(home, pair, by, style)


@match.command()
def stop(
    pair: PairArgument,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who stops it: initials or a staff number.")],
    home: HomeOption = HERE,
) -> None:
    """End a comparison that runs, whoever proposed it.

    Nothing more is shown; what was shown stays shown.
    """
    from console.cli.matching import stop_pair

    stop_pair(home, pair, by)


@match.command()
def confirm(
    pair: PairArgument,
    by: ByOption,
    ground: Annotated[
        str,
        typer.Option(
            "--ground",
            metavar="GROUND",
            help="What your own record stands on: own_staff, witnessed, forwarded or third_party.",
        ),
    ],
    home: HomeOption = HERE,
) -> None:
    """Sign that the two records are one event.

    It counts once when the other owner signs that too. own_staff: your people were there, and the record counts your
    own staff alone. witnessed: your people were there, and it counts everybody. forwarded: a report that somebody else
    made. third_party: from media, officials or a data set.
    """
    from console.cli.matching import judge_pair

    judge_pair(home, pair, by, "same", ground)


@match.command()
def reject(
    pair: PairArgument,
    by: ByOption,
    unsure: Annotated[
        bool, typer.Option("--unsure", help="Sign that nobody can tell; it also takes back what you signed.")
    ] = False,
    home: HomeOption = HERE,
) -> None:
    """Sign that the two records are different events.

    From then on nothing joins them, whatever others sign.
    """
    from console.cli.matching import judge_pair

    judge_pair(home, pair, by, "unsure" if unsure else "distinct", "")
