"""`tocsin directory`: who belongs to the network, who may say so, and drafts that several people sign."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import (
    HERE,
    DraftOption,
    Format,
    FormatOption,
    HomeOption,
    new_passphrase,
    passphrase,
    passphrase_of,
)
from console.cli.output import say, show

directory = typer.Typer(
    help="""See who belongs to the network, and sign what changes it.

    The keys of the network lie with several people, each on a stick of their own; enough of them sign each root, which
    names these keys, and each directory, which names the members.""",
    no_args_is_help=True,
)
FileArgument = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="The file of a network, or a draft; else what is held here."),
]
DraftArgument = Annotated[Path, typer.Argument(metavar="DRAFT", help="The draft.")]


def network_key(text: str) -> bytes:
    """A public key as people hand it to each other.

    Raises:
        BadParameter: It is none.
    """
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise typer.BadParameter(f"{text[:70]!r} is not 64 hexadecimal digits")
    return key


@directory.command("key")
def make_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to keep it, for instance on a stick.")],
) -> None:
    """Make a key of the network for one of its keepers.

    Prints the public half, which goes to whoever founds the network or changes its root. The file is sealed under the
    passphrase; keep it off line.
    """
    from console.network import make_network_key

    key = make_network_key(file, new_passphrase())
    say(f"Wrote {file}. Its public half:")
    print(key.hex())


@directory.command()
def sign(
    draft: DraftArgument,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE", help="Your key, if it is not kept at this node.", show_default=False
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: HomeOption = HERE,
) -> None:
    """Look at a draft, and sign it.

    Tells what it changes, adds your signature to the file, and says who else has to sign. When nobody has to, everybody
    takes it over with `tocsin peer join`.
    """
    from console.cli.drafts import missing
    from console.differences import differences
    from console.home import NETWORK, Home, key_file, read_file, write_file
    from console.network import read_draft, signed
    from crypto.keyfile import load_key
    from crypto.signing import Signer
    from node.config import FILE_NAME, load_settings
    from node.wire.network import decode_document, encode_document

    opened = Home(home, load_settings(home)) if (home / FILE_NAME).exists() else None
    held = opened.network() if opened and opened.network_file.exists() else None
    before = read_draft(decode_document(read_file(draft)))
    for line in differences(held, before.document):
        say(line)
    if not yes:
        typer.confirm("Is this what was agreed?", abort=True, err=True)
    file = key or key_file(home, NETWORK)
    signer = Signer(load_key(file, NETWORK, passphrase_of(file, str(file))))
    after = signed(before.document, (signer,))
    write_file(draft, encode_document(after.document))
    if after.lacks:
        say(f"{'Signed already' if after == before else 'Signed'}: {missing(after)}.")
    else:
        say(f"Signed, and enough have. `tocsin peer join {draft}` puts it in force.")


@directory.command()
def root(
    add: Annotated[list[str] | None, typer.Option("--add", metavar="HEX", help="A new keeper's key.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="HEX", help="A key that goes.")
    ] = None,
    threshold: Annotated[
        int,
        typer.Option("--threshold", metavar="N", help="How many have to sign; 0 for as many as now.", min=0),
    ] = 0,
    out: DraftOption = None,
    home: HomeOption = HERE,
) -> None:
    """Change who keeps the keys of the network.

    Enough of the old and enough of the new keepers have to sign. Without changes it only makes the root valid for
    another year.
    """
    from console.cli.drafts import say_what_became
    from console.home import open_home
    from console.network import change_root
    from node.trust import make_role

    opened = open_home(home)
    now = opened.network().root
    going = set(map(network_key, remove or ()))
    coming = set(map(network_key, add or ()))
    roles = [
        make_role({*role.keys, *coming} - going, threshold or role.threshold)
        for role in (now.root, now.directory)
    ]
    say_what_became(change_root(opened, passphrase(home), *roles), out, opened)


@directory.command()
def witnesses(
    needed: Annotated[
        int, typer.Option("--needed", metavar="N", help="How many members have to cosign; 0 is none.", min=0)
    ],
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="ORG", help="Who counts; else every member.", show_default=False),
    ] = None,
    stale: Annotated[
        int,
        typer.Option(
            "--stale-after", metavar="HOURS", help="A log that is silent for so long is stale.", min=0
        ),
    ] = 24,
    out: DraftOption = None,
    home: HomeOption = HERE,
) -> None:
    """Say how many members have to cosign each log.

    A checkpoint that fewer have cosigned is believed by nobody: its entries wait until the others have. With 3 of many,
    one that is off line stops nobody, and whoever would show two logs to two members needs 3 that lie for it.
    """
    from console.cli.drafts import say_what_became
    from console.home import open_home
    from console.network import change_members
    from node.directory import QuorumPolicy, Status

    opened = open_home(home)
    active = {one.org_id for one in opened.directory().members if one.status is Status.ACTIVE}
    among = tuple(sorted(set(witness or ())))
    strange = set(among) - active
    if strange:
        raise typer.BadParameter(f"no active members: {', '.join(sorted(strange))}", param_hint="--witness")
    most = len(among or active) - 1  # who is one of them has to do with the others
    if needed > most:
        raise typer.BadParameter(f"nobody witnesses its own log, so at most {most}", param_hint="--needed")
    policy = QuorumPolicy(needed, among, stale * 3600)
    say_what_became(change_members(opened, passphrase(home), lambda members: members, policy), out, opened)


@directory.command("show")
def show_network(
    file: FileArgument = None, home: HomeOption = HERE, style: FormatOption = Format.TABLE
) -> None:
    """Show every key of the network and of its members."""
    from console.differences import KEY_HEADER, key_lines, open_document
    from console.home import open_home

    shown = open_document(open_home(home), file)
    show(KEY_HEADER, key_lines(shown), style, shown.facts)


@directory.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of a network.")],
    fingerprint: Annotated[
        str,
        typer.Option(
            "--fingerprint", metavar="HEX", help="Else that of the network of this node.", show_default=False
        ),
    ] = "",
    home: HomeOption = HERE,
) -> None:
    """Verify the file of a network without taking it over."""
    from datetime import UTC, datetime

    from console.home import open_home, read_file

    opened = open_home(home)
    try:
        known = bytes.fromhex(fingerprint) if fingerprint else opened.fingerprint()
    except ValueError as error:
        raise typer.BadParameter("not 64 hexadecimal digits", param_hint="--fingerprint") from error
    trusted = opened.verify_network(read_file(file), known)
    assert trusted.directory is not None, "what is trusted has a directory"
    trusted.directory.verify_current(datetime.now(UTC))
    say(
        f"It holds: root {trusted.root.version} and directory {trusted.directory.version} of {trusted.root.network}, "
        f"valid until {min(trusted.directory.expires, trusted.root.expires):%Y-%m-%d}."
    )


@directory.command()
def diff(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of a network, or a draft.")],
    home: HomeOption = HERE,
) -> None:
    """Show what a file changes of what is held here."""
    from console.differences import differences
    from console.home import open_home, read_file
    from node.wire.network import decode_document

    opened = open_home(home)
    held = opened.network() if opened.network_file.exists() else None
    for line in differences(held, decode_document(read_file(file))):
        print(line)
