"""`tocsin backup` and `tocsin restore`: a copy of the whole node while it works, and the node from the copy."""

from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.check import check
from console.cli.options import HERE, HomeOption, backup_passphrase, passphrase
from console.cli.output import say, working


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE|DIR]", help="Where to; else `backup_folder` of the settings.", show_default=False
        ),
    ] = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            help="Seal it to this public key; else `backup_key`, or a passphrase.",
            show_default=False,
        ),
    ] = "",
    home: HomeOption = HERE,
) -> None:
    """Copy the whole node into one sealed file, while it works.

    In it are the database, sealed evidence, settings, rules and the keys of officers; not the keys of the node
    (`tocsin keys backup`) and not the keys of the months. This node signs it. Beside it goes the list of what was
    erased (ORG.erased). Try it out before you need it: restore it on another machine.
    """
    from datetime import UTC, datetime

    from console.archive import lock_to, lock_under
    from console.erased import write_erased
    from console.errors import BackupError
    from console.home import open_home
    from console.saving import file_name, save

    opened, now = open_home(home), datetime.now(UTC)
    settings = opened.settings
    if target is None and not settings.backup_folder:
        raise BackupError("say where to: a file, a folder, or backup_folder in the settings")
    place = target or opened.path / settings.backup_folder
    path = place / file_name(settings.org_id, now) if place.is_dir() else place
    signer = opened.identity(passphrase(home)).signing
    sealed_to = _public_key(to or settings.backup_key)
    lock = lock_to(sealed_to) if sealed_to else lock_under(backup_passphrase(new=True) or "")
    with working("Copying"):
        saved = save(opened, signer, path, lock, now)
        write_erased(opened, opened.store(), path.parent)
    rows = sum(rows for rows, _ in saved.manifest["tables"].values())
    say(
        f"Wrote {saved.path}: {rows} rows, {len(saved.manifest['evidence'])} sealed files, {saved.size} bytes."
    )
    if saved.lacking:
        say(
            f"{len(saved.lacking)} sealed files are missing or damaged and are not in it: `tocsin check` names them."
        )
        raise typer.Exit(1)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `tocsin backup` wrote.")],
    key: Annotated[
        Path | None,
        typer.Option(metavar="KEYFILE", help="Of the key to which it is sealed.", show_default=False),
    ] = None,
    erased: Annotated[
        list[Path] | None,
        typer.Option("--erased", metavar="LIST", help="A newer list of what was erased; may be repeated."),
    ] = None,
    erased_unknown: Annotated[
        bool, typer.Option("--erased-unknown", help="Go on although nobody knows what was erased since.")
    ] = False,
    signer: Annotated[
        str,
        typer.Option(
            metavar="KEY", help="Public key that signed it, where the node has none.", show_default=False
        ),
    ] = "",
    home: HomeOption = HERE,
) -> None:
    """Put a node back from a backup, and check all of it.

    First put its keys back (`tocsin keys restore`), as they say whose backup is believed. Everything is read, verified
    and made again before anything is put in place; no file and no database that is there is replaced. What was erased
    after the backup is erased again. Then ask the members (`tocsin log confirm`) before anything else.
    """
    from datetime import UTC, datetime

    from console.archive import PURPOSE, Key, needs_passphrase
    from console.restoring import BESIDE, Wanted
    from console.restoring import restore as put_back
    from crypto.keyfile import is_protected, load_key

    if needs_passphrase(file):
        opens = Key(passphrase=backup_passphrase(new=False))
    elif key is None:
        opens = Key()
    else:
        opens = Key(
            secret=load_key(key, PURPOSE, backup_passphrase(new=False) if is_protected(key) else None)
        )
    wanted = Wanted(file, opens, erased or (), _public_key(signer), erased_unknown)
    with working("Reading, and making it again"):
        done = put_back(wanted, home)
    made = datetime.fromtimestamp(done.manifest["made_at"], UTC)
    say(f"The backup of {made:%Y-%m-%d %H:%M} UTC is whole, signed by this node, and in {home}.")
    for name in done.kept:
        say(f"{name} was there already and was kept; compare it with that of the backup, {name}{BESIDE}.")
    for month in done.months:
        say(
            f"Cases lie under the key of {month}: put epoch-{month}.key into {home / 'keys'}, or they do not open."
        )
    say("Now `tocsin log confirm`, before anything else is done with this node. Checking all of it:")
    check(home=home)


def _public_key(text: str) -> Any:
    """The bytes of a public key that somebody typed, none for nothing."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b"?"
    if len(found) not in {0, 32}:
        raise typer.BadParameter("a public key is 64 hexadecimal digits")
    return found or None
