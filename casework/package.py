"""The export package: evidence in a folder that a prosecutor verifies off line, with nothing of Tocsin at hand.

    evidence/ID-NAME     content as it was collected
    manifest.json        every item with hash, size and chain of custody; for whom, what for, by whom, when
    manifest.sig         signature over it, hexadecimal
    chain.json           signed headers of all events of the case, in order: digests, no content
    officers.json        who signed, and who admitted whom, back to the first officer

`docs/verify_evidence.py` does it. What it believes is the public key of the first officer, told on another way.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from casework.casefile import CaseFile
from casework.custody import export_items
from casework.desk import Desk
from casework.errors import FieldError, SecondPersonError, TamperedError, VaultError
from casework.evidence import Item
from casework.store.events import case_id_of, events_of
from casework.store.people import officer_versions
from casework.values import Value, write_value
from casework.vault import Vault
from crypto.envelope import pae

PACKAGE_TYPE = "application/vnd.tocsin.evidence-package.v1+json"
FORMAT = "tocsin-evidence/1"
MANIFEST = "manifest.json"
PackageFile: TypeAlias = tuple[str, Iterator[bytes]]
"""A file of a package by its name in it, with its content."""
_FILE = re.compile(r"evidence/[\w.-]+|manifest\.(json|sig)|(chain|officers)\.json")


def release_words(chosen: Iterable[str], recipient: str) -> str:
    """What a second person has to release (`released`, field `what`) before evidence goes to a host government."""
    return f"evidence {' '.join(sorted(chosen))} for {recipient}"


class Leaving(NamedTuple):
    """On what terms evidence leaves: for whom, what for, and whether that is a host government."""

    recipient: str
    purpose: str
    to_host_government: bool


def export(desk: Desk, vault: Vault, uid: str, chosen: tuple[str, ...], folder: Path, terms: Leaving) -> str:
    """Write a package into a new folder, after writing down that it leaves; gives SHA-256 of its manifest.

    Raises:
        FieldError: Recipient or purpose is not said.
        SecondPersonError: It is for a host government, and nobody else has released it.
        CaseworkError: This officer may not, or an item is not what was collected; nothing leaves then.
        VaultError: The folder is there already or can not be written; nothing half written is left.
    """
    return write_package(folder, package_files(desk, vault, uid, chosen, terms))


def package_files(
    desk: Desk, vault: Vault, uid: str, chosen: tuple[str, ...], terms: Leaving
) -> Iterator[PackageFile]:
    """Give every file of a package with its content, in order, after writing down that it leaves.

    Raises:
        CaseworkError: As `export` says.
    """
    for name, words in (("recipient", terms.recipient), ("purpose", terms.purpose)):
        if not words.strip():
            raise FieldError(name, "say it; it is written down and stands in the package")
    if terms.to_host_government:
        _released(desk.read(uid), chosen, terms.recipient, desk.officer.officer_id)
    said: dict[str, Value] = {"to": terms.recipient, "purpose": terms.purpose, "by": desk.officer.officer_id}
    case, contents = export_items(desk, vault, uid, chosen, said)
    files = {item.id: _name(item) for item, _ in contents}
    yield from ((files[item.id], content) for item, content in contents)
    manifest = _manifest(desk, case, [item for item, _ in contents], files, terms)
    yield MANIFEST, iter((manifest,))
    yield "manifest.sig", iter((desk.unlocked.signer.sign(pae(PACKAGE_TYPE, manifest)).hex().encode(),))
    for name, rows in _proofs(desk, uid):
        yield name, iter((json.dumps(rows, indent=1).encode(),))


def write_package(folder: Path, files: Iterable[PackageFile]) -> str:
    """Write the files of a package into a new folder; gives SHA-256 of its manifest.

    Raises:
        VaultError: The folder is there already or can not be written; nothing half written is left.
        TamperedError: A file has no name of a package.
    """
    if folder.exists():
        raise VaultError("{folder} is there already", folder=folder)
    draft, manifest = folder.with_name(f".{folder.name}.part"), sha256()
    try:
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "evidence").mkdir(parents=True, mode=0o700)
        for name, content in files:
            with (draft / _checked(name)).open("xb") as target:
                for part in content:
                    target.write(part)
                    if name == MANIFEST:
                        manifest.update(part)
        for file in draft.rglob("*"):
            if file.is_file():
                _sync(file)
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise VaultError("{folder} can not be written ({why})", folder=folder, why=error.strerror) from error
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return manifest.hexdigest()


def _checked(name: str) -> str:
    """A name that a file of a package can have: whoever sends one chooses no other place for it."""
    if not _FILE.fullmatch(name):
        raise TamperedError("{name!r} is no file of a package", name=name[:40])
    return name


def _released(case: CaseFile, chosen: tuple[str, ...], recipient: str, officer_id: str) -> None:
    wanted = release_words(chosen, recipient)
    for event in case.of("released"):
        if event.text("what") == wanted and event.text("proposed_by") == officer_id != event.recorded_by:
            return
    raise SecondPersonError(
        "an approver releases it first: released what={wanted!r} proposed_by={officer_id} risk=...",
        wanted=wanted,
        officer_id=officer_id,
    )


def _name(item: Item) -> str:
    name = re.sub(r"[^\w.-]+", "_", item.added.text("name")).strip("._")[-80:] or "content"
    return f"evidence/{item.id}-{name}"


def _manifest(desk: Desk, case: CaseFile, chosen: list[Item], files: dict[str, str], terms: Leaving) -> bytes:
    fields = {
        "format": FORMAT,
        "case": case.uid,
        "recipient": terms.recipient,
        "purpose": terms.purpose,
        "exported_by": desk.officer.officer_id,
        "exported_at": desk.clock().isoformat(timespec="seconds"),
        "items": [{**_plain(item), "file": files[item.id]} for item in chosen],
    }
    return json.dumps(fields, indent=1, ensure_ascii=False).encode()


def _plain(item: Item) -> dict[str, Any]:
    said = {
        name: write_value(value)
        for name, value in item.added.fields.items()
        if name not in {"file", "consistency"}
    }
    acts = [
        {
            "event": act.event_id,
            "sequence": act.sequence,
            "when": str(act.when),
            "recorded_by": act.recorded_by,
            **{name: write_value(value) for name, value in act.fields.items() if name != "evidence"},
        }
        for act in item.acts
    ]
    added = {"event": item.added.event_id, "sequence": item.added.sequence, "when": str(item.added.when)}
    return {**said, **added, "size": item.added.count("size").low, "custody": acts}  # type: ignore[union-attr]


def _proofs(desk: Desk, uid: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    with desk.database.read() as connection:
        chain = [one.signed for one in events_of(connection, case_id_of(connection, uid), frozenset())]
        people = officer_versions(connection)
    for name, found in (("chain.json", chain), ("officers.json", people)):
        yield name, [{"payload": one.payload.decode(), "signature": one.signature.hex()} for one in found]


def _sync(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
