"""`tocsin log`: how far logs go, and records as evidence for others."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, passphrase
from console.cli.output import say, show

log = typer.Typer(
    help="""Show logs, and prove records to others with them.

    A proof is one file that anybody checks off-line: with `tocsin log verify`, with docs/verify_record.py, or with any
    tool for C2SP tlog-proof.""",
    no_args_is_help=True,
)


@log.command("show")
def show_logs(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Show how far your log and each that you follow go.

    `waiting` are your entries that nobody sees before the next checkpoint.
    """
    from console.home import open_home
    from console.proofs import LOG_HEADER, known_keys, log_lines

    opened = open_home(home)
    show(LOG_HEADER, log_lines(opened.store(), opened.settings.org_id, known_keys(opened)), style)


@log.command()
def cosign(home: HomeOption = HERE) -> None:
    """Ask members to cosign your log now.

    `tocsin serve` does so with each checkpoint; this is for a node that serves nobody.
    """
    import asyncio

    from console.home import open_home
    from console.opened import open_node
    from console.witnesses import have_log_cosigned
    from node.directory import quorum_of

    node = open_node(open_home(home), passphrase(home))
    try:
        done = asyncio.run(have_log_cosigned(node, datetime.now(UTC)))
        needed = quorum_of(node.directory(), node.org_id).needed
    finally:
        node.store.close()
    for member, why in done.refused:
        say(f"{member}: {why}")
    if not needed:
        say("The directory asks for no witnesses; see `tocsin directory witnesses`.")
        return
    say(f"{done.size} entries, cosigned by {len(done.by)} of {needed}: {', '.join(done.by) or 'nobody'}")
    if len(done.by) < needed:
        raise typer.Exit(1)


@log.command()
def prove(
    record: Annotated[
        str,
        typer.Argument(metavar="RECORD", help="SOURCE:KEY of yours, or PEER:ENTRY of a member's."),
    ],
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who gives it: initials or a staff number.")],
    to: Annotated[
        str, typer.Option(metavar="TIER|MEMBER", help="For whom: nothing finer is in it.")
    ] = "public",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it; else it is printed.")
    ] = None,
    home: HomeOption = HERE,
) -> None:
    """Prove to somebody that a record is in a log.

    It is written down as given to whom it is for. A member's record goes where its label lets it: GREEN to members,
    CLEAR to anybody.
    """
    from console.home import open_home, write_file
    from console.proofs import known_keys, script_keys
    from console.proofs import prove as prove_record
    from console.sharing import read_audience
    from crypto.logproof import write_log_proof
    from node.plan import Request
    from node.prove import Giving

    opened = open_home(home)
    now, bounds = datetime.now(UTC).replace(microsecond=0), opened.bounds()
    audience = read_audience("--to", to, Request((), frozenset(), now, bounds))
    giving = Giving(audience, by, now, bounds)
    org_id, proof = prove_record(opened, opened.store(), record, giving)
    file = write_log_proof(proof)
    if out is None:
        sys.stdout.write(file.decode())
    else:
        write_file(out, file)
    say("Written down. Tell them the keys on another way than the file:")
    say(" ".join(("python verify_record.py FILE", *script_keys(known_keys(opened), org_id, proof))))


@log.command()
def confirm(
    alone: Annotated[
        bool, typer.Option("--alone", help="Nobody can be asked, and this is the newest copy there is.")
    ] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Ask the members what they hold of your own log.

    Do so after you restored, copied or moved a node, before anything else. If they hold more than there is here,
    nothing is added to the log any more: restore a newer copy. They show too what was signed here about cases, so that
    no number is given twice.
    """
    import asyncio

    from casework.shown import go_on_alone, nobody_heard
    from console.cli.options import passphrase
    from console.confirming import Asking, ask_members
    from console.for_cases import CaseDatabase
    from console.home import open_home
    from console.opened import open_node
    from console.posts import lost_here
    from node.restored import note_asked, verify_may_write

    node = open_node(open_home(home), passphrase(home))
    who = Asking(node.org_id, node.store, node.own(), node.directory())
    asked = asyncio.run(ask_members(who, datetime.now(UTC), again=True))
    show(("member", "answer"), ((one.org_id, one.error or "told what it holds") for one in asked), style)
    for one in asked:
        if one.of_cases:
            say(f"{one.org_id} has not shown what it holds of yours about cases: {one.of_cases}")
    for line in lost_here((one.org_id, one.regained) for one in asked):
        say(line)
    database = CaseDatabase(node.store)
    if alone:
        note_asked(node.store)
        go_on_alone(database, node.org_id)
    if nobody_heard(database, node.org_id):
        say(
            "Nobody has shown what was signed here about cases: none is signed before somebody has, or --alone."
        )
    verify_may_write(node.store, node.org_id)
    say("Nobody who answered holds more of your log than there is here: go on.")


@log.command()
def epoch(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")],
    by: Annotated[
        str, typer.Option("--by", metavar="WHO", help="Who decides it: initials or a staff number.")
    ],
    common: Annotated[
        int | None,
        typer.Option(
            "--common",
            metavar="SIZE",
            help="Where more was signed since: up to where both stories agree.",
            min=0,
            show_default="as it is here",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: HomeOption = HERE,
) -> None:
    """Go on with your log under another name.

    Only where members hold entries of your log that are lost here for good. What they hold beyond is given up, and each
    member decides with the file whether it follows: `tocsin peer epoch`.
    """
    from console.cli.options import passphrase
    from console.home import open_home, write_file
    from node.newepoch import begin_epoch
    from node.wire import epochs

    opened = open_home(home)
    identity = opened.identity(passphrase(home))
    if sys.stdin.isatty() and not yes:
        typer.confirm(
            "Is there no newer copy anywhere, and do you give up what members hold beyond?", abort=True
        )
    store = opened.store()
    made = begin_epoch(store, identity, common, by, datetime.now(UTC), epochs)
    write_file(out, epochs.encode_envelope(made))
    say(
        f"Wrote {out}. Call every member, tell them what happened, and hand it to them: `tocsin peer epoch {out}`."
    )
    say("Then: tocsin share --updates, and share again what members shall have.")


@log.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A proof of a record.")],
    signing_key: Annotated[
        str,
        typer.Option(metavar="HEX", help="Key of the organization, if it is none of your members."),
    ] = "",
    log_key: Annotated[str, typer.Option(metavar="HEX", help="Key of its log, with --signing-key.")] = "",
    witness: Annotated[
        list[str] | None, typer.Option(metavar="NAME=HEX", help="Log key of whoever cosigned, likewise.")
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Verify a proof of a record, and show what it says.

    With both keys no node is needed. It ends with exit code 1 if anything does not hold, or if this node knows that the
    record no longer stands.
    """
    from console.home import open_home, read_file
    from console.proofs import PROOF_HEADER, given_keys, known_keys, proof_lines
    from crypto.logproof import read_log_proof
    from node.errors import EndedError, MemberError
    from node.proof import origin_in, verify_proof
    from node.prove import Standing, standing_of
    from node.wire import records

    proof = read_log_proof(read_file(file))
    org_id = origin_in(proof)
    opened = None if signing_key or log_key else open_home(home)
    keys = known_keys(opened) if opened else given_keys(org_id, signing_key, log_key, witness or [])
    if org_id not in keys.origins:
        raise MemberError(f"{org_id[:63]!r} is no member of the network; give its keys")
    proven = verify_proof(proof, keys.origins[org_id], keys.witnesses, records)
    standing = Standing.UNKNOWN
    if opened is not None:
        standing = standing_of(opened.store(), opened.settings.org_id, proven, records)
    show(PROOF_HEADER, proof_lines(proven, standing), style)
    if standing not in {Standing.STANDS, Standing.NOT_SHOWN, Standing.UNKNOWN}:
        raise EndedError(standing)


@log.command()
def forks(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A proof that somebody handed you; else what is known."),
    ] = None,
    of: Annotated[
        str, typer.Option("--of", metavar="ORG", help="Whose proof to write.", show_default=False)
    ] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it, with --of.", show_default=False)
    ] = None,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show logs that told two stories, with proof.

    A proof holds two checkpoints that one member signed and that can not both be true. With FILE it is verified, and
    kept if it holds; members tell each other with each sync.
    """
    from console.forks import HEADER, fork_file, fork_lines, take_fork
    from console.home import open_home, read_file, write_file

    if bool(of) != bool(out):
        raise typer.BadParameter("--of ORG and --out FILE go together")
    opened = open_home(home)
    store, directory = opened.store(), opened.directory()
    if file is not None:
        kept = take_fork(store, read_file(file), directory, opened.settings.org_id)
        say(f"It holds, and is kept: {kept}." if kept else "It holds; what is known already says as much.")
    if out is not None:
        write_file(out, fork_file(store, of))
        say(f"Wrote {out}.")
    show(HEADER, fork_lines(store, directory), style)


@log.command()
def given(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List the proofs and records that people here gave to others."""
    from console.home import open_home
    from console.proofs import GIVEN_HEADER, given_lines

    opened = open_home(home)
    show(GIVEN_HEADER, given_lines(opened.store(), opened.settings.org_id), style)
