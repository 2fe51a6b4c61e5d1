"""`tocsin peer`: belong to a network, and see who else does."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, DraftOption, Format, FormatOption, HomeOption, passphrase
from console.cli.output import say, show

peer = typer.Typer(
    help="""Belong to a network of organizations.

    One organization founds it and keeps its directory of members. Each other writes a request, reads its words
    to the keeper by voice, is admitted, and joins with the file that comes back. Where several people keep the keys of
    the network, each change is a draft that enough of them sign (`tocsin directory`).""",
    no_args_is_help=True,
)
OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")]
OrgArgument = Annotated[str, typer.Argument(metavar="ORG", help="Id of the member.")]


@peer.command()
def found(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the network, one word.")],
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="HEX", help="A key of the network; once for each of its keepers."),
    ] = None,
    threshold: Annotated[
        int, typer.Option("--threshold", metavar="N", help="How many of these keys have to sign.")
    ] = 1,
    out: DraftOption = None,
    home: HomeOption = HERE,
) -> None:
    """Start a network, with this node as its first member.

    Without --key this node keeps the network's only key. With the keys of several keepers, whom `tocsin directory key`
    gave one each, --out is a draft that they sign one after the other.
    """
    from console.cli.directory import network_key
    from console.cli.drafts import say_what_became
    from console.home import open_home
    from console.network import found_network
    from node.trust import make_role

    opened = open_home(home)
    role = make_role(map(network_key, key), threshold) if key else None
    draft = found_network(opened, name, passphrase(home), role)
    say_what_became(draft, out, opened)
    say(f"Members join {name} with this fingerprint:")
    print(draft.fingerprint.hex())


@peer.command()
def suspend(
    org: OrgArgument,
    lift: Annotated[bool, typer.Option("--lift", help="Let it take part again.")] = False,
    out: DraftOption = None,
    home: HomeOption = HERE,
) -> None:
    """Suspend a member, who is then refused.

    Whoever holds the new directory refuses the member at its next call.
    """
    _change_status(org, "ACTIVE" if lift else "SUSPENDED", out, home)


@peer.command()
def leave(org: OrgArgument, out: DraftOption = None, home: HomeOption = HERE) -> None:
    """Write down that a member has left (R22).

    It is refused from then on, for good. What it shared stays verifiable; what it wants back it calls back before.
    """
    _change_status(org, "LEFT", out, home)


@peer.command()
def retire(
    org: OrgArgument,
    key: Annotated[str, typer.Option("--key", metavar="HEX", help="The key, or the start of it.")],
    size: Annotated[
        int | None,
        typer.Option(
            "--last-good",
            metavar="SIZE",
            help="Of a signing or log key: size of its log up to which it counts.",
            min=0,
            show_default=False,
        ),
    ] = None,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Somebody else has it, or may have it.")
    ] = False,
    out: DraftOption = None,
    home: HomeOption = HERE,
) -> None:
    """Say that a key of a member is no longer used.

    What a signing key signed before --last-good still counts; whatever stands later in the log under this key is
    refused by everybody, and no longer counted where it was held already. Checkpoints of a log key count up to that
    size. To a seal key nobody seals any more, and a certificate opens no line.
    """
    from console.cli.drafts import say_what_became
    from console.differences import key_names
    from console.home import open_home
    from console.network import change_members, retired
    from node.directory import Retirement, RetirementReason

    opened = open_home(home)
    names = key_names(opened.directory().member(org))
    found = [(use, name) for use, name in names if name.hex().startswith(key.lower())]
    if len(found) != 1:
        told = f"{len(found)} keys of {org} start with {key[:64]!r}; `tocsin directory show` lists them"
        raise typer.BadParameter(told, param_hint="--key")
    ((use, name),) = found
    if size is None and use in {"signing", "log"}:
        raise typer.BadParameter(f"a {use} key counts up to a size of the log", param_hint="--last-good")
    if [one for one, _ in names].count(use) == 1 and use in {"TLS", "log", "sealing"}:
        told = f"it is the only {use} key of {org}: admit another first, or suspend {org}"
        raise typer.BadParameter(told, param_hint="--key")
    reason = RetirementReason.COMPROMISED if compromised else RetirementReason.ROTATED
    change = retired(org, name, Retirement(reason, size or 0))
    say_what_became(change_members(opened, passphrase(home), change), out, opened)


@peer.command()
def clear(
    org: OrgArgument,
    country: Annotated[
        list[str],
        typer.Option("--country", metavar="CODE=LEVEL", help="Such as SSD=enhanced or TCD=regular."),
    ],
    out: DraftOption = None,
    home: HomeOption = HERE,
) -> None:
    """Say for which countries a member is cleared.

    The level is that of Saving Lives Together, regular or enhanced. A member of whom anything is said sees incidents of
    all other countries as at the regular level.
    """
    from console.cli.drafts import say_what_became
    from console.home import open_home
    from console.network import change_members, cleared
    from node.codes import code_list
    from node.directory import Clearance, SltLevel

    opened = open_home(home)
    opened.directory().member(org)
    known = set(code_list("country").codes)
    clearances = []
    for one in country:
        code, _, level = one.partition("=")
        if code not in known or level.upper() not in SltLevel.__members__:
            raise typer.BadParameter(f"{one!r} is not CODE=regular or CODE=enhanced", param_hint="--country")
        clearances.append(Clearance(code, SltLevel[level.upper()]))
    change = cleared(org, clearances)
    say_what_became(change_members(opened, passphrase(home), change), out, opened)


@peer.command()
def renew(out: DraftOption = None, home: HomeOption = HERE) -> None:
    """Sign the directory again before it expires."""
    from console.cli.drafts import say_what_became
    from console.home import open_home
    from console.network import change_members

    opened = open_home(home)
    say_what_became(change_members(opened, passphrase(home), lambda members: members), out, opened)


@peer.command()
def join(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of the network.")],
    fingerprint: Annotated[
        str,
        typer.Option(
            "--fingerprint", metavar="HEX", help="Of the network; needed the first time.", show_default=False
        ),
    ] = "",
    home: HomeOption = HERE,
) -> None:
    """Take over the network's file, or a newer one.

    What keys signed after they were retired no longer counts from then on.
    """
    from console.cli.drafts import say_new_keys
    from console.home import open_home, read_file
    from console.keyring import use_waiting
    from console.network import take_over

    opened = open_home(home)
    try:
        known = bytes.fromhex(fingerprint) if fingerprint else opened.fingerprint()
    except ValueError as error:
        raise typer.BadParameter("not 64 hexadecimal digits", param_hint="--fingerprint") from error
    directory, discredited = take_over(opened, read_file(file), known)
    say_new_keys(use_waiting(opened, directory))
    say(f"Version {directory.version} of {directory.network}: {len(directory.members)} members.")
    if discredited:
        say(f"{discredited} entries no longer count: they were signed with keys after they were retired.")


@peer.command()
def epoch(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `tocsin log epoch` wrote at the member.")
    ],
    by: Annotated[
        str, typer.Option("--by", metavar="WHO", help="Who decides it: initials or a staff number.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: HomeOption = HERE,
) -> None:
    """Follow a member's log into another epoch, or do not.

    A member that lost entries of its log goes on under another name. Whoever follows drops what the member gave up; who
    does not keeps it, and takes in nothing more. Call the member first: a thief of its keys could write such a file.
    """
    from console.home import open_home, read_file
    from node.newepoch import Follower, follow_epoch, read_epoch
    from node.wire import epochs, records

    opened = open_home(home)
    envelope = epochs.decode_envelope(read_file(file))
    who = Follower(opened.settings.org_id, opened.store(), opened.directory(), datetime.now(UTC), epochs)
    said, held = read_epoch(who, envelope)
    say(
        f"{said.org_id} begins epoch {said.epoch} of its log after {said.common_size} entries, as of "
        f"{said.issued:%Y-%m-%d}. Held here: {held}; given up: {max(0, held - said.common_size)}."
    )
    if not yes:
        typer.confirm("Did they tell you by voice what happened, and do you follow?", abort=True, err=True)
    dropped = follow_epoch(who, envelope, by, records)
    say(f"Followed. {dropped} entries were dropped; the next sync takes in what {said.org_id} shares now.")


@peer.command("passed-on")
def passed_on(
    entry: Annotated[
        str, typer.Argument(metavar="PEER:ENTRY", help="A record as `tocsin peer records` lists it.")
    ],
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who says so: initials or a staff number.")],
    to: Annotated[
        str,
        typer.Option(metavar="ORG", help="The member who got it; else somebody outside.", show_default=False),
    ] = "",
    home: HomeOption = HERE,
) -> None:
    """Say that you gave a member's record to somebody.

    What is labelled GREEN may go to other members, what is CLEAR to anybody, all else to nobody. The originator learns
    of it with your next receipt.
    """
    from console.home import open_home
    from node.errors import PassingError
    from node.passing import pass_on
    from node.receipt import PassedOn
    from node.wire import records as codec

    opened = open_home(home)
    origin_id, _, number = entry.rpartition(":")
    if not (number.isdecimal() and len(number) < 19):
        raise PassingError(f"{entry[:80]!r} is no record; write it like alpha:17")
    now = datetime.now(UTC).replace(microsecond=0)
    passed = PassedOn(int(number), to, now)
    pass_on(opened.store(), origin_id, passed, by, opened.bounds().network, codec)
    say(f"Written down; {origin_id} learns of it with the next sync.")


@peer.command()
def records(
    org: Annotated[str, typer.Argument(metavar="PEER", help="Id of the member.")],
    country: Annotated[
        str, typer.Option(metavar="CODE", help="Only records of this country, e.g. SSD.", show_default=False)
    ] = "",
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """List the records that a member shared, as you see them.

    `tocsin request send` asks for finer detail of one.
    """
    from console.home import open_home
    from console.requests import RECORD_HEADER, record_lines

    show(RECORD_HEADER, record_lines(open_home(home).store(), org, country), style)


@peer.command("list")
def list_members(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Show the members, what was verified of each, and when."""
    from console.forks import log_states
    from console.home import open_home
    from node.store.heads import log_heads

    opened = open_home(home)
    directory = opened.directory()
    with opened.store().read() as connection:
        heads = {head.origin_id: head for head in log_heads(connection)}
    states = log_states(opened.store(), directory, opened.settings.org_id, datetime.now(UTC))
    rows: list[list[str | int]] = []
    for member in directory.members:
        head = heads.get(member.org_id)
        heard = (
            datetime.fromtimestamp(head.heard_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
            if head and head.heard_at
            else "never"
        )
        rows.append(
            [
                member.org_id,
                member.type.name,
                member.tier.name.lower(),
                member.status.name.lower(),
                ", ".join(member.endpoints),
                head.frontier.size if head else 0,
                heard if member.org_id != opened.settings.org_id else "this node",
                head.refused_reason if head else "",
                states[member.org_id],
            ]
        )
    show(
        ("member", "type", "tier", "status", "endpoint", "verified", "heard", "refused", "log"),
        rows,
        style,
        {
            "network": directory.network,
            "version": directory.version,
            "expires": f"{directory.expires:%Y-%m-%d}",
        },
    )


@peer.command()
def received(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Show what became of the entries that came from each member."""
    from console.home import open_home
    from node.store.peer_log import fates

    with open_home(home).store().read() as connection:
        rows = [one for one in fates(connection) if one.fate != "own"]
    show(("member", "outcome", "reason", "entries"), rows, style)


def _change_status(org: str, status: str, out: Path | None, home: Path) -> None:
    from console.cli.drafts import say_what_became
    from console.home import open_home
    from console.network import change_members, with_status
    from node.directory import Status

    opened = open_home(home)
    opened.directory().member(org)
    change = with_status(org, Status[status])
    say_what_became(change_members(opened, passphrase(home), change), out, opened)
