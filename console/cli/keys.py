"""`tocsin keys`: which keys a node has, for what, until when and how they are sealed; a copy of them in shares."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, new_passphrase, passphrase
from console.cli.output import say, show
from console.cli.shares import ShareFiles, collect_shares, hand_out

keys = typer.Typer(
    help="""See this node's keys, and keep a copy in shares.

    The copy is one sealed file; it opens with so many of its shares, each of which another person keeps.""",
    no_args_is_help=True,
)


@keys.command("show")
def show_keys(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """Show every key: for what, until when, how it is sealed."""
    from datetime import UTC, datetime

    from console.home import open_home
    from console.keylist import KEY_HEADER, key_lines

    show(KEY_HEADER, key_lines(open_home(home), datetime.now(UTC)), style)


@keys.command()
def backup(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the sealed file.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--shares", metavar="DIR", help="A folder for one file each; else they are shown in turn."
        ),
    ] = None,
    count: Annotated[int, typer.Option("--of", metavar="N", help="How many shares there are.")] = 5,
    needed: Annotated[int, typer.Option("--needed", metavar="K", help="How many of them open the file.")] = 3,
    home: HomeOption = HERE,
) -> None:
    """Write all keys into a sealed file, and make its shares.

    Do it anew after each `peer rotate`. Keep the file where you keep copies of the database; give each share to another
    person. The keys of the months are not in it: once destroyed they are to be gone.
    """
    from console.backup import KIND, make_backup
    from console.home import open_home, write_file
    from console.shares import write_shares
    from console.unfinished import note_printed

    made = make_backup(open_home(home), passphrase(home), needed, count)
    if folder is not None:
        for file in write_shares(folder, made.shares, KIND):
            say(f"Wrote {file}")
    else:
        hand_out(made.shares, KIND)
    write_file(out, made.content)
    note_printed(home)
    say(f"Wrote {out}: any {needed} of {count} shares of set {made.shares[0].set_id} open it.")
    say(f"Try it now: tocsin keys restore {out} --check")


@keys.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `tocsin keys backup` wrote.")],
    share: ShareFiles = None,
    check: Annotated[bool, typer.Option("--check", help="Only see that it opens; write nothing.")] = False,
    home: HomeOption = HERE,
) -> None:
    """Put the keys back into the folder of a node, with the shares.

    The folder may be new, or hold a database that was copied. No key that is there is replaced. You are asked for a new
    passphrase.
    """
    from console.backup import open_backup, restore_keys
    from console.home import read_file

    contents = open_backup(read_file(file), collect_shares(share or []))
    names = ", ".join(sorted(Path(name).stem for name in contents.keys))
    if check:
        say(f"It opens: {len(contents.keys)} keys of {contents.org_id} ({names}).")
        return
    restore_keys(contents, home, new_passphrase())
    say(f"The keys of {contents.org_id} are in {home / 'keys'}: {names}.")
    say(
        "Next, before anything else is done with this node: `tocsin log confirm` asks the members what they hold of it."
    )


@keys.command("destroy-old")
def destroy_old(home: HomeOption = HERE) -> None:
    """Destroy seal keys of before whose time is over.

    Bundles that were sealed to them open no more. Until then they lie beside the one in use.
    """
    from datetime import UTC, datetime

    from console.home import open_home
    from console.keyring import destroy_past_seal_keys

    say(f"Destroyed: {destroy_past_seal_keys(open_home(home), datetime.now(UTC))}.")


@keys.command("make-file")
def make_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, for instance on a stick.")],
) -> None:
    """Make a file that opens keys instead of a passphrase.

    Name it with TOCSIN_PASSPHRASE_FILE when keys are made and whenever they are used. Whoever has it and the keys needs
    no passphrase: never keep both in one place.
    """
    import secrets

    from console.shares import write_private

    write_private(file, secrets.token_hex(32).encode() + b"\n")
    say(f"Wrote {file}. From now on: TOCSIN_PASSPHRASE_FILE={file}")


@keys.command("backup-key")
def backup_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, for instance on a stick.")],
) -> None:
    """Make a key to seal backups to, and print its public half.

    With the public half in the settings (`backup_key`), `tocsin backup` asks nobody, and the node can not open what it
    wrote. Without FILE no such backup opens: keep two copies, neither of them on the machine of the node.
    """
    from console.archive import make_key
    from console.cli.options import backup_passphrase

    public_key = make_key(file, backup_passphrase(new=True, what="this key"))
    print(public_key.hex())
    say(f"Wrote {file}. Put the line above into the settings as backup_key.")
