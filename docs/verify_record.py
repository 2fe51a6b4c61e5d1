"""Verify a record of Tocsin off-line: what it says, who signed it, that it stood in their log, and who saw that.

    python verify_record.py FILE SIGNING_KEY LOG_KEY [WITNESS=KEY...]

FILE is a proof (C2SP tlog-proof). Ask the organization for its keys, and each witness for its own, on another way than
the file came; witnesses in the order in which they signed. Needs Python 3.10 or newer and `pynacl`; nothing of Tocsin.
"""

import sys
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

from nacl.signing import VerifyKey

FORM, RECORD = b"c2sp.org/tlog-proof@v1", b"application/vnd.tocsin.incident.v1+protobuf"
NAMES = ("when", "where", "what", "victims", "target", "actor", "certainty")  # of ladder schema 1


def need(holds, what):
    """Refuse the file unless this holds."""
    return holds or sys.exit(f"REFUSED: {what}")


def number(left):
    """Read a number of a protobuf message."""
    return byte - 128 + 128 * number(left) if (byte := next(left)) > 127 else byte


def fields(data, *wanted):
    """Values of each field of a protobuf message, bytes or numbers; exactly the fields that are `wanted`, if any."""
    left, seen = iter(data), {}
    for tag in left:
        size = number(left)
        seen.setdefault(tag // 8, []).append(bytes(next(left) for _ in range(size)) if tag % 8 == 2 else size)
    return need(not wanted or tuple(seen) == wanted, "fields of another message") and seen


def verify_signatures(text, lines, *signers):
    """Check that these have signed a checkpoint, each once and in this order, and nobody else."""
    for at, ((name, key), line) in enumerate(zip(signers, lines.splitlines(keepends=True), strict=True)):
        blob, public, kind = b64decode(line.split()[-1]), bytes.fromhex(key), b"\n\4" if at else b"\n\1"
        # A witness says when it signed.
        start = sha256(name.encode() + kind + public).digest()[:4] + blob[4 : 12 if at else 4]
        need(line == f"— {name} {b64encode(start + blob[-64:]).decode()}\n", f"{name} has another key")
        said = b"cosignature/v1\ntime %d\n" % int.from_bytes(start[4:], "big") if at else b""
        VerifyKey(public).verify(said + text + b"\n", blob[-64:])


def root_of(node, index, last, path):
    """Root of the tree, whose last index is `last`, with this node at this index (RFC 6962 2.1); uses up the path."""
    for level in range(last.bit_length()):
        if index >> level & 1 or index >> level < last >> level:  # else nothing stands beside it
            node = sha256(b"\1" + (path.pop(0) + node if index >> level & 1 else node + path.pop(0))).digest()
    return need(not path, "a path that leads on") and node


def opened(uid, heads, message):
    """The finest value shown of each dimension, after its chain was walked back to the head that was signed."""
    (depths,), (salts,), values, (nexts,) = fields(message, 1, 2, 3, 4).values()
    for name, head, depth in zip(NAMES, heads, depths, strict=False):
        node, nexts = (nexts[:32], nexts[32:]) if depth else (head, nexts)
        for level, value in reversed([*enumerate(values[:depth])]):
            label = uid + bytes([len(name), *name.encode(), level]) + salts[16 * level :][:16]
            node = sha256(b"slt-ladder/v1\0" + label + len(value).to_bytes(4, "big") + value + node).digest()
        need(node == head, f"{name}: not what was signed")
        yield f"{name}: {values[depth - 1].decode() if depth else 'not shown'}"
        salts, values = salts[16 * depth :], values[depth:]
    need(depths[-1] and not (salts or values or nexts), "other openings")


def main(file, signing_key, log_key, *witnesses):
    """Check all of a proof and print what it shows."""
    head, text, lines = Path(file).read_bytes().split(b"\n\n")
    key, head, (log, size, root) = bytes.fromhex(signing_key), head.split(b"\n"), text.split(b"\n")[:3]
    at, size, extra, path = int(head[2][6:]), int(size), b64decode(head[1][6:]), [*map(b64decode, head[3:])]
    need(head == [FORM, b"extra " + b64encode(extra), b"index %d" % at, *map(b64encode, path)], "no proof")
    verify_signatures(text, lines.decode(), (log.decode(), log_key), *(one.split("=") for one in witnesses))
    (envelope,), (shown,) = fields(extra, 2, 3).values()
    (payload,), (kind,), (sealed,) = fields(envelope, 1, 2, 3).values()
    (signature,), (keyid,) = fields(sealed, 1, 2).values()
    need(kind == RECORD and keyid == sha256(key).hexdigest()[:16].encode(), "no record of this key")
    signed = VerifyKey(key).verify(b"DSSEv1 43 %s %d %s" % (kind, len(payload), payload), signature)
    leaf = sha256(b"\0" + sha256(signed).digest() + signature + sha256(key).digest()).digest()
    need(0 <= at < size and root_of(leaf, at, size - 1, path) == b64decode(root), "not in the log")
    record = fields(payload)
    need(log.split(b"/")[:3] == [b"tocsin", *record[2], b"log"] and record[5] == [1], "another log or schema")
    print("\n".join(opened(record[1][0], record[6], shown)))
    print(f"signed by {record[2][0].decode()}, entry {at} of {size}, cosigned by {len(witnesses)}")


if __name__ == "__main__":
    sys.excepthook = lambda _kind, error, _trace: sys.stderr.write(f"REFUSED: {error!r}\n\n{__doc__}")
    main(*sys.argv[1:])
