"""Verify a release of figures without Tocsin.

    python verify_release.py KEY NEWER.json [OLDER.json]

KEY is the public signing key of the organization that counted, 64 hexadecimal digits, from the directory of the
network. Given an earlier release, it is checked that the newer one follows it and changed only the
periods that it names. Needs Python and pynacl.
"""

import base64
import json
import sys
from hashlib import sha256
from itertools import product
from pathlib import Path

from nacl.signing import VerifyKey

TYPES = {
    "application/vnd.tocsin.cube-release.v1+json",
    "application/vnd.tocsin.cube-release-public.v1+json",
}


def signed_payload(path: str, key: str) -> bytes:
    """Payload of a DSSE file, after its signature was checked."""
    envelope = json.loads(Path(path).read_bytes())
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"]
    assert kind in TYPES, f"{path}: a file of another kind"
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    VerifyKey(bytes.fromhex(key)).verify(message, base64.b64decode(envelope["signatures"][0]["sig"]))
    return payload


def check_sums(figures: dict) -> int:
    """Check every sum of which all parts are shown; gives how many there were."""
    checked = 0
    for place, value in figures.items():
        parts = [
            other
            for other in figures
            if other[0] == place[0]
            and other[-1] == place[-1]
            and "all" not in other[1:-1]
            and all(mine in ("all", theirs) for mine, theirs in zip(place[1:-1], other[1:-1], strict=True))
        ]
        if "all" in place and value is not None and all(figures[one] is not None for one in parts):
            assert value == sum(figures[one] for one in parts), f"{place}: not the sum of its parts"
            checked += 1
    return checked


def main(key: str, newer: str, older: str = "") -> None:
    """Check one release, and another if it was given."""
    release = json.loads(signed_payload(newer, key))
    figures = {tuple(place): value for place, value in release["figures"]}
    sums = 0
    if "rounded_to" not in release:
        sums = check_sums(figures)
    if older:
        payload = signed_payload(older, key)
        before = {tuple(place): value for place, value in json.loads(payload)["figures"]}
        if json.loads(payload)["number"] + 1 == release["number"]:
            assert release["previous"] == sha256(payload).hexdigest(), "it follows another release"
        periods = {place[0] for place in before} - set(release["revised"])
        for place, period in product({*before, *figures}, periods):
            if place[0] == period:
                assert before.get(place, 0) == figures.get(place, 0), f"{place}: changed without a word"
    hidden = sum(value is None for value in figures.values())
    print(
        f"Release {release['number']} of {release['coordinator']} holds:"
        f" {len(figures) - hidden} figures, {hidden} hidden, {sums} sums checked."
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
