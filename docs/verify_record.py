"""Verify a record of Tocsin off-line.

    python verify_record.py FILE SIGNING_KEY LOG_KEY [WITNESS=KEY...]

FILE is a proof that somebody gave you. The keys are those of the organization whose record it is, and of each witness
in the order in which they signed, 64 hexadecimal digits each: ask for them on another way than the file came. Needs
Python 3.10 or newer and the package `pynacl`; nothing of Tocsin.
Prints what the file shows, or REFUSED and why, with exit code 1.
"""

import base64
import io
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


def fields(data, *wanted):
    """Values of each field of a protobuf message, bytes or numbers; exactly the fields that are `wanted`, if any."""
    stream, found = io.BytesIO(data), {}

    def number():
        byte = stream.read(1)[0]
        return byte if byte < 128 else byte - 128 + 128 * number()

    while stream.tell() < len(data):
        tag, value = number(), number()
        content = stream.read(value) if tag % 8 == 2 else b""
        need(tag % 8 == 0 or (tag % 8 == 2 and len(content) == value), "a field is cut short")
        found.setdefault(tag // 8, []).append(content if tag % 8 else value)
    need(not wanted or tuple(found) == wanted, "fields of another message")
    return found


def verify_checkpoint(note, log_key, witnesses):
    """Log, size and root of a checkpoint that the log and then these witnesses have signed, and nobody else."""
    text, _, lines = note.rpartition("\n\n")
    log, size, root = text.split("\n")[:3]
    signers, lines = [(log, log_key), *(one.split("=") for one in witnesses)], lines.split("\n")
    need(len(lines) == len(signers) + 1 and not lines[-1], "signed by others than were named")
    for (name, key), line in zip(signers, lines, strict=False):
        need(line.startswith(f"\N{EM DASH} {name} "), f"{name} has not signed in its place")
        signed, public = unbase64(line.rpartition(" ")[2]), bytes.fromhex(key)
        kind, time = (b"\n\1", b"") if name == log else (b"\n\4", signed[4:12])
        need(signed[:4] == sha256(name.encode() + kind + public).digest()[:4], f"{name} has another key")
        at = b"cosignature/v1\ntime %d\n" % int.from_bytes(time, "big") if time else b""
        VerifyKey(public).verify(at + text.encode() + b"\n", signed[4 + len(time) :])
    return log, int(size), unbase64(root)


def root_of(leaf, index, size, path):
    """Root of the tree of this size in which a leaf has this index (RFC 9162 2.1.3.2)."""
    node, last = sha256(b"\0" + leaf).digest(), size - 1
    for other in path:
        right = index % 2 or index == last
        node = sha256(b"\1" + (other + node if right else node + other)).digest()
        while right and index and not index % 2:
            index, last = index // 2, last // 2
        need(last and len(other) == 32, "the path is none")
        index, last = index // 2, last // 2
    need(last == 0, "the path is too short")
    return node


def opened(uid, heads, message):
    """The finest value shown of each dimension, after its chain was walked back to the head that was signed."""
    (depths,), (salts,), values, (nexts,) = fields(message, 1, 2, 3, 4).values()
    need(depths[-1] and sum(depths) == len(values) and len(salts) == 16 * len(values), "other openings")
    need(len(nexts) == 32 * sum(map(bool, depths)), "other openings")
    for name, head, depth in zip(NAMES, heads, depths, strict=False):
        node, nexts = (nexts[:32], nexts[32:]) if depth else (head, nexts)
        for level in reversed(range(depth)):
            label = uid + bytes([len(name)]) + name.encode() + bytes([level]) + salts[16 * level :][:16]
            size = len(values[level]).to_bytes(4, "big")
            node = sha256(b"slt-ladder/v1\0" + label + size + values[level] + node).digest()
        need(node == head, f"{name}: not what was signed")
        yield name, values[depth - 1].decode() if depth else "not shown"
        salts, values = salts[16 * depth :], values[depth:]


def main(file, signing_key, log_key, *witnesses):
    """Check all of a proof and print what it shows."""
    head, _, note = Path(file).read_bytes().decode().partition("\n\n")
    form, extra, place, *path = head.split("\n")
    index, key = int(place[6:]), bytes.fromhex(signing_key)
    need((form, extra[:6], place) == ("c2sp.org/tlog-proof@v1", "extra ", f"index {index}"), "no proof")
    log, size, root = verify_checkpoint(note, log_key, witnesses)
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
    need(f"{log}/".startswith(f"tocsin/{origin}/log/") and record[5] == [1], "another organization or schema")
    for name, value in opened(record[1][0], record[6], shown):
        print(f"{name}: {value}")
    print(f"signed by {origin}, entry {index} of {size}, cosigned by {len(witnesses)}")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (CryptoError, OSError, ValueError, LookupError, TypeError) as error:
        sys.exit(f"REFUSED: {type(error).__name__}: {error}")
