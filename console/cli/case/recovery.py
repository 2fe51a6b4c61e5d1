"""`tocsin case recovery`: the key that opens cases when nobody else can, of which there are shares only."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.case.acting import CaseArgument
from console.cli.case.signing_in import NOBODY, OfficerOption, beside_the_node, desk_of, notices_of
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show
from console.cli.shares import ShareFiles, collect_shares, hand_out, read_share_file, typed_share

recovery = typer.Typer(help="The key that opens cases when nobody else can.", no_args_is_help=True)
_STAYS = "the recovery key is made and used beside the node and travels over no line"


@recovery.command(short_help="Make a recovery key, in shares.")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A short id, such as recovery-2026.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="A folder for one file each; else they are shown in turn."),
    ] = None,
    shares: Annotated[int, typer.Option(metavar="N", help="How many shares there are.")] = 5,
    needed: Annotated[int, typer.Option(metavar="K", help="How many of them open cases.")] = 3,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Make a recovery key, give each share to another person, and seal your cases to it. Belongs to approvers.

    The key itself is kept nowhere: what is shown or written now is all there ever is of it.
    """
    from casework.enrol import check_admits
    from casework.errors import OfficerError
    from casework.officer import RECOVERY
    from casework.recovering import seal_to_recovery
    from console.home import open_home
    from console.office import Office, check_officer_id
    from console.recovery import KIND, make_recovery_key
    from console.shares import write_shares

    desk = desk_of(home, officer_id, stays=_STAYS)
    office = Office(open_home(home))
    check_admits(desk.officer)
    check_officer_id(name)
    if name in office.officers():
        raise OfficerError(f"{name} was admitted before; choose another id")
    made = make_recovery_key(needed, shares)
    if out is not None:
        for file in write_shares(out, made.shares, KIND):
            say(f"Wrote {file}")
    else:
        hand_out(made.shares, KIND)
    office.admit(desk, name, frozenset({RECOVERY}), made.keys)
    sealed = seal_to_recovery(desk)
    say(
        f"{name} is a recovery key: any {needed} of {shares} shares of set {made.shares[0].set_id} open cases."
    )
    say(
        f"It opens every new case, and of yours: {sealed}. Others run `tocsin case recovery seal` for theirs."
    )


@recovery.command(short_help="Seal your cases to the recovery key.")
def seal(officer_id: OfficerOption = NOBODY, home: HomeOption = HERE) -> None:
    """Seal the cases that you hold to every recovery key that does not open them yet."""
    from casework.recovering import seal_to_recovery

    say(f"Cases sealed to it now: {seal_to_recovery(desk_of(home, officer_id, stays=_STAYS))}.")


@recovery.command(short_help="Say which share it is, and whether it is intact.")
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Files with a share each; else one is asked for."),
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Say of which set and number a share is, and whether it was copied rightly; nothing is opened.

    Without a node in that folder, whose key it belongs to is not said.
    """
    from casework.officer import RECOVERY
    from console.home import open_home
    from console.office import Office
    from console.recovery import owner_of
    from node.errors import ConfigError

    try:
        people = Office(open_home(home)).officers()
    except ConfigError:
        people = None
    rows = []
    for share in [read_share_file(file) for file in files or ()] or [typed_share("Share")]:
        owner = owner_of(people or {}, share)
        known = "" if people is None else "no key of this office"
        if owner is not None:
            known = owner.officer_id + ("" if RECOVERY in owner.roles else ", which counts no more")
        rows.append((share.set_id, share.number, share.of, share.needed, "intact", known))
    show(("set", "share", "of", "needed", "copy", "belongs to"), rows, style)


@recovery.command(short_help="Open cases for an officer.")
def use(
    references: Annotated[
        list[str] | None, typer.Argument(metavar="CASE", help="The first signs of their names or uids.")
    ] = None,
    to: Annotated[str, typer.Option("--for", metavar="OFFICER", help="Who goes on with them.")] = "",
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="WORDS", help="Why nobody else can open them; no names of persons."),
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="All cases that the key opens.")] = False,
    share: ShareFiles = None,
    home: HomeOption = HERE,
) -> None:
    """Open cases for an officer with the recovery key, when nobody else can.

    Those who keep shares put them in one after the other, from files or at the keyboard, where nothing is shown. What
    was done stands in each case and in the audit log, and who answers for the case is told until they take note.
    """
    from casework.casefile import case_name, find_case
    from casework.enrol import working
    from casework.errors import FieldError, NotFoundError
    from casework.recovering import recover, recoverable
    from console.home import open_home
    from console.office import Office
    from console.recovery import recovery_desk

    for option, value in (("for", to), ("reason", reason)):
        if not value.strip():
            raise FieldError(option, "is missing")
    if bool(references) == everything:
        raise FieldError("case", "name some, or say --all")
    beside_the_node(_STAYS)
    office = Office(open_home(home))
    working(office.officers(), to)
    shares = collect_shares(share or [])
    desk = recovery_desk(office, shares)
    known = recoverable(desk)
    if not known:
        raise NotFoundError("this recovery key opens no case; see `tocsin case recovery seal`")
    uids = known if everything else tuple(find_case(known, one) for one in references or ())
    numbers = ", ".join(str(one.number) for one in sorted(shares, key=lambda one: one.number))
    done = recover(desk, uids, to, reason, f"shares {numbers} of set {shares[0].set_id}")
    say(f"{to} may now do everything in {', '.join(map(case_name, done.opened))}.")
    if done.shut:
        say(f"Not in {', '.join(map(case_name, done.shut))}: the survivor's advocate has shut {to} out.")


@recovery.command(short_help="Take note of a use of the key.")
def seen(reference: CaseArgument, officer_id: OfficerOption = NOBODY, home: HomeOption = HERE) -> None:
    """Take note of how the recovery key was used in a case; you are then told no more of it."""
    from casework.errors import NotFoundError
    from casework.glass import taken_note

    desk = desk_of(home, officer_id, tell=False)
    uid = desk.find(reference)
    waiting = [one for one in notices_of(desk) if one.case == uid]
    if not waiting:
        raise NotFoundError("in that case nothing waits for you to take note of")
    desk.say(uid, *(taken_note(one, desk.today) for one in waiting))
    say("Noted in the case.")
