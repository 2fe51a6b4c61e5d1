"""What every command says that changes the network: whether it is in force, or who still has to sign."""

from collections.abc import Collection
from pathlib import Path

from console.cli.output import say
from console.home import Home, write_file
from console.network import Draft
from node.errors import DirectoryError
from node.wire.network import encode_document

_NAMES = {"signing": "signing", "log": "log", "cosign": "cosigning", "seal": "seal", "tls": "TLS"}


def say_new_keys(uses: Collection[str]) -> None:
    """Tell which keys this node has begun to use, and what is to be done then."""
    if not uses:
        return
    names = ", ".join(_NAMES[use] for use in uses)
    say(f"This node uses its new {names} key{'s' * (len(uses) > 1)} from now on.")
    if {"signing", "log", "cosign"}.intersection(uses):
        say("Start `serve` again. Once all have joined, let the old key be retired: `tocsin peer retire`.")
    elif "tls" in uses:
        say(
            "A `serve` that runs shows it with the next connection. Once all have joined, retire the old one."
        )


def say_what_became(draft: Draft, out: Path | None, home: Home) -> None:
    """Tell that a change is in force, or keep the draft for the next one to sign.

    Raises:
        DirectoryError: Others have to sign, and no file was named for the draft; nothing was changed.
    """
    if not draft.lacks:
        version = home.directory().version
        say(f"Version {version} of the directory is in force. Hand {home.network_file} to every member.")
        say_new_keys(draft.new_keys)
        return
    if out is None:
        raise DirectoryError(f"{missing(draft)}; name a file for the draft with --out")
    write_file(out, encode_document(draft.document))
    say(f"Wrote {out}: {missing(draft)}. Each keeper signs it with `tocsin directory sign {out}`.")


def missing(draft: Draft) -> str:
    """How many signatures a draft lacks, in words."""
    parts = ((draft.before, "the root before"), (draft.root, "the root"), (draft.directory, "the directory"))
    return ", ".join(
        f"{count} more {'keys have' if count > 1 else 'key has'} to sign for {what}"
        for count, what in parts
        if count
    )
