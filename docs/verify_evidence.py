"""Verify an evidence package of Tocsin off line.

    python verify_evidence.py FOLDER KEY

FOLDER is the package. KEY is the public key of the first officer of the organization that exported it, 64 hexadecimal
digits: ask the organization for it on another way than the package came. Needs Python 3.9 or newer and the package
`cryptography`; nothing of Tocsin. Prints what holds, and ends with exit code 1 if anything does not.
"""

import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

OFFICER = "application/vnd.tocsin.case-officer.v1+json"
EVENT = "application/vnd.tocsin.case-event.v1+json"
PACKAGE = "application/vnd.tocsin.evidence-package.v1+json"


class Refused(Exception):
    """Something does not hold."""


def pae(kind, payload):
    """What is signed: DSSE v1, pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def check(key, kind, payload, signature, what):
    """Refuse a signature that the key did not make over these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, pae(kind, payload))
    except (InvalidSignature, ValueError):
        raise Refused(f"{what}: the signature does not hold") from None


def officers(folder, first_key):
    """Keys of officers: each entry signed by an approver who was admitted before, the first by themselves."""
    entries = []
    for row in json.loads((folder / "officers.json").read_text("utf-8")):
        entries.append((json.loads(row["payload"]), row))
    entries.sort(key=lambda e: (e[0]["admitted_at"], e[0]["admitted_by"] != e[0]["officer"], e[0]["version"]))
    keys, roles = {}, {}
    for said, row in entries:
        who, by = said["officer"], said["admitted_by"]
        if not keys:
            if said["signing_key"] != first_key or by != who:
                raise Refused(
                    "officers.json: the first officer has another key than the one that you were told"
                )
        elif "approver" not in roles.get(by, ()):
            raise Refused(f"officers.json: {who} was not admitted by an approver")
        key = keys.get(by, first_key)
        check(key, OFFICER, row["payload"].encode(), bytes.fromhex(row["signature"]), f"officer {who}")
        if keys.setdefault(who, said["signing_key"]) != said["signing_key"]:
            raise Refused(f"officers.json: {who} has two keys")
        roles[who] = said["roles"]
    return keys


def chain(folder, keys, case):
    """Event ids by their place; each header names the one before it and is signed."""
    previous, found = bytes(32).hex(), {}
    for number, row in enumerate(json.loads((folder / "chain.json").read_text("utf-8")), 1):
        payload = row["payload"].encode()
        said = json.loads(payload)
        if said["officer"] not in keys:
            raise Refused(f"event {number}: nobody knows {said['officer']}")
        check(keys[said["officer"]], EVENT, payload, bytes.fromhex(row["signature"]), f"event {number}")
        if (said["case"], said["sequence"], said["previous"]) != (case, number, previous):
            raise Refused(f"event {number}: it does not follow the one before it")
        previous = hashlib.sha256(pae(EVENT, payload)).hexdigest()
        found[number] = (said["event"], said["officer"])
    return found


def verify_item(folder, item, events):
    """One item: its content, its place in the chain, and the hashes through its custody."""
    name = item["evidence"]
    content = (folder / item["file"]).read_bytes()
    if hashlib.sha256(content).hexdigest() != item["sha256"] or len(content) != item["size"]:
        raise Refused(f"{name}: the file is not the one that was collected")
    if events.get(item["sequence"], ("",))[0] != item["event"]:
        raise Refused(f"{name}: its event is not in the chain")
    last = item["sequence"]
    for act in item["custody"]:
        where = f"{name}, {act['act']} on {act['when']}"
        if events.get(act["sequence"]) != (act["event"], act["recorded_by"]) or act["sequence"] <= last:
            raise Refused(f"{where}: it is not in the chain, or not in this order")
        if act["before"] != item["sha256"] or act.get("after") != item["sha256"]:
            raise Refused(f"{where}: the hash changed, or was not what was collected")
        last = act["sequence"]
    if (
        not item["custody"]
        or item["custody"][0]["act"] != "collect"
        or item["custody"][-1]["act"] != "export"
    ):
        raise Refused(f"{name}: the chain of custody does not go from collecting to this export")


def verify(folder, first_key):
    """Verify the whole package and give its manifest."""
    raw = (folder / "manifest.json").read_bytes()
    keys = officers(folder, first_key)
    manifest = json.loads(raw)
    if manifest["format"] != "tocsin-evidence/1" or manifest["exported_by"] not in keys:
        raise Refused("manifest.json: unknown format, or nobody knows who exported it")
    signature = bytes.fromhex((folder / "manifest.sig").read_text("ascii"))
    check(keys[manifest["exported_by"]], PACKAGE, raw, signature, "manifest.json")
    events = chain(folder, keys, manifest["case"])
    for item in manifest["items"]:
        verify_item(folder, item, events)
    wanted = {item["file"] for item in manifest["items"]}
    there = {file.relative_to(folder).as_posix() for file in folder.glob("evidence/**/*") if file.is_file()}
    if there != wanted:
        raise Refused(f"files that the manifest does not name, or that are missing: {sorted(there ^ wanted)}")
    return manifest


def main():
    """Run on the command line."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        manifest = verify(Path(sys.argv[1]), sys.argv[2].strip().lower())
    except Refused as error:
        print(f"REFUSED: {error}")
        sys.exit(1)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"REFUSED: the package can not be read ({type(error).__name__})")
        sys.exit(1)
    print(f"Exported by {manifest['exported_by']} on {manifest['exported_at']} for {manifest['recipient']}")
    for item in manifest["items"]:
        print(f"{item['evidence']}: {item['sha256']}, {len(item['custody'])} acts of custody, all hold")


if __name__ == "__main__":
    main()
