"""Verify a record of Tocsin off-line: what it says, who signed it, that it stood in their log, and who saw that.

    python verify_record.py FILE SIGNING_KEY LOG_KEY [WITNESS=KEY...]

FILE is a proof (C2SP tlog-proof). Ask the organization for its keys, and each witness for its own, on another way than
the file came; witnesses in the order in which they signed. Needs Python 3.10 or newer and `pynacl`; nothing of Tocsin.
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
    need(base64.b64encode(base64.b64decode(text)).decode() == text, "base64 in another form")
    return base64.b64decode(text)


def number(stream):
    """Read a number of a protobuf message."""
    byte = stream.read(1)[0]
    return byte if byte < 128 else byte - 128 + 128 * number(stream)


def fields(data, *wanted):
    """Values of each field of a protobuf message, bytes or numbers; exactly the fields that are `wanted`, if any."""
    stream, found = io.BytesIO(data), {}
    while stream.tell() < len(data):
        tag, value = number(stream), number(stream)
        found.setdefault(tag // 8, []).append(stream.read(value) if tag % 8 == 2 else value)
        need(tag % 8 == 0 or (tag % 8 == 2 and len(found[tag // 8][-1]) == value), "a field is cut short")
    need(not wanted or tuple(found) == wanted, "fields of another message")
    return list(found.values()) if wanted else found


def verify_signatures(text, lines, signers):
    """Check that these have signed a checkpoint, each once and in this order, and nobody else."""
    need(len(lines) == len(signers), "signed by others than were named")
    for (name, key), line in zip(signers, lines, strict=True):
        blob, public = unbase64(line.removeprefix(f"\N{EM DASH} {name} ")), bytes.fromhex(key)
        kind, time = (b"\n\1", b"") if name == signers[0][0] else (b"\n\4", blob[4:12])  # witnesses say when
        need(blob[:4] == sha256(name.encode() + kind + public).digest()[:4], f"{name} has another key")
        said = b"cosignature/v1\ntime %d\n" % int.from_bytes(time, "big") if time else b""
        VerifyKey(public).verify(said + text.encode() + b"\n", blob[4 + len(time) :])


def root_of(leaf, index, size, path):
    """Root of the tree of this size in which a leaf has this index (RFC 6962 2.1); takes the path, from its end."""
    if size == 1:
        return sha256(b"\0" + leaf).digest()
    split, other = 1 << ((size - 1).bit_length() - 1), path.pop()
    if index < split:
        return sha256(b"\1" + root_of(leaf, index, split, path) + other).digest()
    return sha256(b"\1" + other + root_of(leaf, index - split, size - split, path)).digest()


def opened(uid, heads, message):
    """The finest value shown of each dimension, after its chain was walked back to the head that was signed."""
    (depths,), (salts,), values, (nexts,) = fields(message, 1, 2, 3, 4)
    whole = depths[-1] and sum(depths) == len(values) == len(salts) / 16
    need(whole and len(nexts) == 32 * sum(map(bool, depths)), "other openings")
    for name, head, depth in zip(NAMES, heads, depths, strict=False):
        node, nexts = (nexts[:32], nexts[32:]) if depth else (head, nexts)
        for level in reversed(range(depth)):
            label = uid + bytes([len(name)]) + name.encode() + bytes([level]) + salts[16 * level :][:16]
            value = len(values[level]).to_bytes(4, "big") + values[level]
            node = sha256(b"slt-ladder/v1\0" + label + value + node).digest()
        need(node == head, f"{name}: not what was signed")
        yield f"{name}: {values[depth - 1].decode() if depth else 'not shown'}"
        salts, values = salts[16 * depth :], values[depth:]


def main(file, signing_key, log_key, *witnesses):
    """Check all of a proof and print what it shows."""
    head, _, note = Path(file).read_bytes().decode().partition("\n\n")
    form, extra, place, *path = head.split("\n")
    index, key = int(place[6:]), bytes.fromhex(signing_key)
    need([form, extra[:6], place] == ["c2sp.org/tlog-proof@v1", "extra ", f"index {index}"], "no proof")
    text, _, lines = note.rpartition("\n\n")
    log, size, root = text.split("\n")[:3]
    need(lines.endswith("\n"), "a signature is cut short")
    verify_signatures(text, lines[:-1].split("\n"), [(log, log_key), *(one.split("=") for one in witnesses)])
    (envelope,), (shown,) = fields(unbase64(extra[6:]), 2, 3)
    (payload,), (kind,), (sealed,) = fields(envelope, 1, 2, 3)
    (signature,), (keyid,) = fields(sealed, 1, 2)
    need(kind == RECORD and keyid == sha256(key).hexdigest()[:16].encode(), "no record of this key")
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)  # DSSE v1
    VerifyKey(key).verify(signed, signature)
    leaf, path = sha256(signed).digest() + signature + sha256(key).digest(), [*map(unbase64, path)]
    need(0 <= index < int(size), "an index outside the log")
    need(root_of(leaf, index, int(size), path) == unbase64(root) and not path, "not in the log")
    record = fields(payload)
    origin = record[2][0].decode()
    need(f"{log}/".startswith(f"tocsin/{origin}/log/") and record[5] == [1], "another organization or schema")
    print("\n".join(opened(record[1][0], record[6], shown)))
    print(f"signed by {origin}, entry {index} of {size}, cosigned by {len(witnesses)}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (CryptoError, OSError, ValueError, LookupError, TypeError) as error:
        sys.exit(f"REFUSED: {type(error).__name__}: {error}\n\n{__doc__}")
