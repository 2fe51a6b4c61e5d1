"""Verify a record of Tocsin off-line.

    python verify_record.py FILE SIGNING_KEY LOG_KEY [WITNESS=KEY...]

FILE is a proof that somebody gave you. The keys are those of the organization whose record it is, 64 hexadecimal digits
each: ask it for them on another way than the file came. A WITNESS is whoever else signed the checkpoint. Needs Python
3.9 or newer and the package `pynacl`; nothing of Tocsin. Prints what the file shows, and ends with exit code 1 if
anything does not hold.
"""

import base64
import sys
from hashlib import sha256
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

RECORD = b"application/vnd.tocsin.incident.v1+protobuf"
NAMES = ("when", "where", "what", "victims", "target", "actor", "certainty")  # of ladder schema 1


def need(holds, what):
    """Refuse the file unless this holds."""
    if not holds:
        raise SystemExit(f"REFUSED: {what}")


def unbase64(text):
    """Bytes of base64 in its one form."""
    data = base64.b64decode(text)
    need(base64.b64encode(data).decode() == text, "base64 in another form")
    return data


def varint(data, at):
    """Read a number of a protobuf message; gives it and the place after it."""
    value = shift = 0
    while data[at] & 128:
        at, value, shift = at + 1, value | (data[at] & 127) << shift, shift + 7
    return value | data[at] << shift, at + 1


def fields(data, *wanted):
    """All values of each field of a protobuf message: bytes or numbers; `wanted` fields must be there and no other."""
    at, found = 0, {}
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        need(tag % 8 in {0, 2}, "a field of an unknown kind")
        if tag % 8 == 2:
            need(at + value <= len(data), "a field is cut short")
            at, value = at + value, data[at : at + value]
        found.setdefault(tag >> 3, []).append(value)
    need(not wanted or tuple(found) == wanted, "fields of another message")
    return found


def checkpoint(note, log_key, witnesses):
    """Log, size, root and number of witnesses of a checkpoint; every signature line is verified."""
    text, _, lines = note.rpartition("\n\n")
    log, size, root = text.split("\n")[:3]
    keys, seen = {log: log_key, **witnesses}, []
    for line in lines.removesuffix("\n").split("\n"):
        dash, name, encoded = line.split(" ")
        need(dash == "\N{EM DASH}" and name in keys and name not in seen, f"{name}: unknown, or signed twice")
        data, witness, seen = unbase64(encoded), name != log, [*seen, name]
        kind, start = (b"\n\4", 12) if witness else (b"\n\1", 4)
        need(data[:4] == sha256(name.encode() + kind + keys[name]).digest()[:4], f"{name}: another key")
        at = b"cosignature/v1\ntime %d\n" % int.from_bytes(data[4:12], "big") if witness else b""
        VerifyKey(keys[name]).verify(at + text.encode() + b"\n", data[start:])
    need(log in seen and note.endswith("\n"), "the log has not signed")
    return log, int(size), unbase64(root), len(seen) - 1


def root_of(leaf, index, size, path):
    """Root of the tree of this size in which a leaf has this index (RFC 9162 2.1.3.2)."""
    node, last = sha256(b"\0" + leaf).digest(), size - 1
    for other in path:
        need(last and len(other) == 32, "the path is none")
        right = index % 2 or index == last
        node = sha256(b"\1" + (other + node if right else node + other)).digest()
        while right and index and not index % 2:
            index, last = index // 2, last // 2
        index, last = index // 2, last // 2
    need(last == 0, "the path is too short")
    return node


def opened(uid, heads, message):
    """Values of each dimension, coarse to fine, after each chain was walked back to its signed head."""
    shown, at = fields(message, 1, 2, 3, 4), 0
    (depths,), (salts,), values, (nexts,) = shown.values()
    need(depths[-1] and sum(depths) == len(values) and len(salts) == 16 * len(values), "other openings")
    for number, depth in enumerate(depths):
        name, node = NAMES[number].encode(), nexts[:32]
        for level in reversed(range(depth)):
            salt, value = salts[16 * (at + level) :][:16], values[at + level]
            label = uid + bytes([len(name)]) + name + bytes([level]) + salt
            node = sha256(b"slt-ladder/v1\0" + label + len(value).to_bytes(4, "big") + value + node).digest()
        need(not depth or node == heads[number], f"{NAMES[number]}: not what was signed")
        yield NAMES[number], b"".join(values[at : at + depth][-1:]).decode() or "not shown"
        at, nexts = at + depth, nexts[32:] if depth else nexts
    need(not nexts, "other openings")


def main(file, signing_key, log_key, *witnesses):
    """Check all of a proof and print what it shows."""
    head, _, note = Path(file).read_bytes().decode().partition("\n\n")
    first, extra, place, *path = head.split("\n")
    index, key = int(place[6:]), bytes.fromhex(signing_key)
    start = (first, extra[:6], place) == ("c2sp.org/tlog-proof@v1", "extra ", f"index {index}")
    need(start, "not the form of a proof")
    known = {name: bytes.fromhex(one) for name, one in (one.split("=") for one in witnesses)}
    log, size, root, cosigned = checkpoint(note, bytes.fromhex(log_key), known)
    (envelope,), (shown,) = fields(unbase64(extra[6:]), 2, 3).values()
    (payload,), (kind,), (signature,) = fields(envelope, 1, 2, 3).values()
    (signature,), (keyid,) = fields(signature, 1, 2).values()
    need(kind == RECORD and keyid == sha256(key).hexdigest()[:16].encode(), "no record of this key")
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    VerifyKey(key).verify(signed, signature)
    leaf = sha256(signed).digest() + signature + sha256(key).digest()
    need(0 <= index < size and root_of(leaf, index, size, map(unbase64, path)) == root, "not in the log")
    record = fields(payload)
    origin = record[2][0].decode()
    need(log == f"tocsin/{origin}/log" and record[5] == [1], "another organization or schema")
    for name, value in opened(record[1][0], record[6], shown):
        print(f"{name}: {value}")
    print(f"signed by {origin}, entry {index} of {size}, cosigned by {cosigned}")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (CryptoError, OSError, ValueError, LookupError, TypeError) as error:
        sys.exit(f"REFUSED: {type(error).__name__}: {error}")
