"""`tocsin peer request`, `rotate`, `sponsor` and `admit`: how an organization and its keys get into the directory."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, DraftOption, HomeOption, passphrase
from console.cli.output import say
from console.cli.peer import OutOption, peer

__all__ = ["peer"]
_LOOPBACK = ("127.", "localhost:", "[::1]:")


class Use(StrEnum):
    """What a key of a member is for."""

    SIGNING = "signing"
    LOG = "log"
    COSIGN = "cosign"
    SEAL = "seal"
    TLS = "tls"


@peer.command()
def request(
    out: OutOption,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Where peers reach you, if not as in the settings; several are tried in turn.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = HERE,
) -> None:
    """Write a request for membership, for the keeper of the network."""
    from console.home import open_home

    opened = open_home(home)
    reached = tuple(endpoint or opened.settings.endpoints)
    _write_request(out, home, reached, ())
    for one in reached:
        if one.startswith(_LOOPBACK):
            say(f"Note: {one} is this machine alone; for peers elsewhere give --endpoint HOST:PORT.")


@peer.command()
def rotate(
    out: OutOption,
    key: Annotated[
        list[Use] | None,
        typer.Option("--key", help="For what; may be repeated. Else for signing.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="A new key for every use.")] = False,
    home: HomeOption = HERE,
) -> None:
    """Make new keys, and a request for them.

    They are admitted as a new member is, by voice. This node uses them as soon as it has joined the directory in which
    they stand; then `tocsin peer retire` ends the old ones.
    """
    from console.home import open_home

    opened = open_home(home)
    endpoints = opened.directory().member(opened.settings.org_id).endpoints
    _write_request(out, home, endpoints, tuple(Use) if every else tuple(key or (Use.SIGNING,)))


@peer.command()
def sponsor(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A request for membership.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: the words were compared already.")] = False,
    home: HomeOption = HERE,
) -> None:
    """Confirm a request whose words you have heard.

    Your signature is added to the file. Whoever admits the member, and whoever signs the directory, sees that you have.
    """
    from datetime import UTC, datetime

    from console.applications import fingerprint, read_application
    from console.applications import sponsor as sign_for
    from console.home import open_home, write_file

    opened = open_home(home)
    found = read_application(file)
    identity = opened.identity(passphrase(home))
    say(f"{found.member.org_id} ({found.member.type.name}):")
    print(fingerprint(found.member))
    if not yes:
        typer.confirm("Did somebody whom you know read you these words?", abort=True, err=True)
    write_file(file, sign_for(opened, identity, found, datetime.now(UTC)))
    say(f"Signed. Hand {file} to the next sponsor, or to whoever admits {found.member.org_id}.")


@peer.command()
def admit(
    requests: Annotated[list[Path], typer.Argument(metavar="FILE", help="Requests for membership.")],
    tier: Annotated[
        str,
        typer.Option(
            metavar="TIER",
            help="How finely they see: public, peer or coordinator.",
            show_default="peer, or as before",
        ),
    ] = "",
    sponsors: Annotated[
        int,
        typer.Option(
            "--sponsors", metavar="N", help="Refuse a request that fewer members have confirmed.", min=0
        ),
    ] = 0,
    without_old_key: Annotated[
        bool, typer.Option("--without-old-key", help="The member has lost all keys that it had.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: the words were compared already.")] = False,
    out: DraftOption = None,
    home: HomeOption = HERE,
) -> None:
    """Admit members, or new keys of theirs.

    Each reads you twelve words, which you compare with those that are shown here.
    """
    from datetime import UTC, datetime

    from console.applications import admitted, fingerprint, read_application, verify_known
    from console.cli.drafts import say_what_became
    from console.differences import reached_at
    from console.home import open_home
    from console.network import change_members
    from node.audience import Tier
    from node.errors import DirectoryError

    if tier and tier.upper() not in Tier.__members__:
        raise typer.BadParameter(f"{tier!r} is none of public, peer, coordinator", param_hint="--tier")
    opened = open_home(home)
    directory = opened.directory()
    before = {one.org_id: one.tier for one in directory.members}
    members = []
    for found in map(read_application, requests):
        member = found.member
        by = found.sponsors(directory, datetime.now(UTC))
        if len(by) < sponsors:
            told = f"{len(by)} of {sponsors} sponsors have confirmed the request of {member.org_id}"
            raise DirectoryError(f"{told}; hand it to another: `tocsin peer sponsor`")
        if not without_old_key:
            verify_known(found, directory)
        say(f"{member.org_id} ({member.type.name}) at {reached_at(member)}: {fingerprint(member)}")
        say(f"Sponsored by {', '.join(by) or 'nobody'}.")
        if not yes:
            typer.confirm("Did they read you the same words?", abort=True, err=True)
        seen = Tier[tier.upper()] if tier else before.get(member.org_id, Tier.PEER)
        members.append(member._replace(tier=seen, sponsors=by))
    say_what_became(change_members(opened, passphrase(home), admitted(members)), out, opened)


def _write_request(out: Path, home: Path, endpoints: tuple[str, ...], following: tuple[Use, ...]) -> None:
    from console.applications import fingerprint, read_application, request_membership
    from console.home import open_home, write_file

    made = request_membership(open_home(home), passphrase(home), endpoints, tuple(map(str, following)))
    write_file(out, made)
    say(f"Wrote {out}. Read these words to the keeper of the network, and to your sponsors, by voice:")
    print(fingerprint(read_application(out).member))
