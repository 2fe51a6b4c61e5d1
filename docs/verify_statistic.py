"""Verify a release of figures without Tocsin.

    python verify_statistic.py KEY NEWER.json [OLDER.json [OPENING.json]]

KEY is the organization's public signing key, 64 hexadecimal digits, from the directory of the network. Given the
release before, it is checked that the newer one only adds to it or openly corrects it. Given an opening, it is checked
that the case in it was counted. Needs Python and pynacl.
"""

import base64
import json
import sys
from hashlib import sha256
from pathlib import Path

from nacl.signing import VerifyKey

TYPE = "application/vnd.tocsin.case-statistic.v1+json"


def signed_payload(path: str, key: str) -> bytes:
    """Payload of a DSSE file, after its signature was checked."""
    envelope = json.loads(Path(path).read_bytes())
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"]
    assert kind == TYPE, f"{path}: a file of another kind"
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    VerifyKey(bytes.fromhex(key)).verify(message, base64.b64decode(envelope["signatures"][0]["sig"]))
    return payload


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962 tree: a leaf is hashed behind a 0, two subtrees behind a 1, the left one as large as can be."""
    if len(leaves) < 2:
        return sha256(b"\0" + leaves[0]).digest() if leaves else sha256(b"").digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + root(leaves[:left]) + root(leaves[left:])).digest()


def main(key: str, newer: str, older: str = "", opening: str = "") -> None:
    """Check one release, and what else was given."""
    statistic = json.loads(signed_payload(newer, key))
    commitments = [bytes.fromhex(one) for one in statistic["commitments"]]
    assert root(commitments).hex() == statistic["root"], "the root is not that of the commitments"
    gone = [old for old, _ in statistic["corrections"]]
    assert len(set(gone)) == len(gone), "something is corrected twice"
    if older:
        payload = signed_payload(older, key)
        before = json.loads(payload)
        assert statistic["previous"] == sha256(payload).hexdigest(), "it follows another release"
        assert statistic["commitments"][: len(before["commitments"])] == before["commitments"], (
            "something was dropped"
        )
        assert statistic["corrections"][: len(before["corrections"])] == before["corrections"], (
            "a correction was taken back"
        )
    if opening:
        opened = json.loads(Path(opening).read_bytes())
        hidden = b"tocsin-statistic/1\0" + bytes.fromhex(opened["salt"]) + opened["contribution"].encode()
        place = commitments.index(sha256(hidden).digest())
        assert place not in gone, "the case was counted so, and corrected since"
    print(
        f"Release {statistic['number']} of {statistic['organization']} holds: {len(commitments) - len(gone)} cases."
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
