"""Roots, and a whole network as one file, as bytes."""

from node.directory import ALGORITHM
from node.errors import DirectoryError, PayloadError
from node.trust import Document, Role, Root, verify_role
from node.wire.membership import decode_directory
from node.wire.parsing import HASH_BYTES, from_stamp, parse, sized, to_stamp
from node.wire.records import envelope_message, envelope_of
from tocsin.node.v1 import network_pb2

MAX_ROOTS = 1_000  # in one file

__all__ = ["decode_directory", "decode_document", "decode_root", "encode_document", "encode_root"]


def encode_root(root: Root) -> bytes:
    """Payload of a root."""
    return network_pb2.Root(
        network=root.network,
        version=root.version,
        issue_time=to_stamp(root.issued),
        expire_time=to_stamp(root.expires),
        root=_role_message(root.root),
        directory=_role_message(root.directory),
    ).SerializeToString()


def decode_root(payload: bytes) -> Root:
    """Read the payload of a root.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
        RootError: A role can not be filled.
    """
    message = parse(network_pb2.Root(), payload)
    return Root(
        message.network,
        message.version,
        from_stamp("issue_time", message.issue_time),
        from_stamp("expire_time", message.expire_time),
        _role(message.root),
        _role(message.directory),
    )


def encode_document(document: Document) -> bytes:
    """A network as a file."""
    return network_pb2.NetworkDocument(
        roots=map(envelope_message, document.roots),
        directory=None if document.directory is None else envelope_message(document.directory),
    ).SerializeToString()


def decode_document(wire: bytes) -> Document:
    """Read a network from a file; nothing of it is believed yet.

    Raises:
        DirectoryError: It is no such file.
    """
    try:
        message = parse(network_pb2.NetworkDocument(), wire)
    except PayloadError as error:
        raise DirectoryError("the file is not that of a network") from error
    if len(message.roots) > MAX_ROOTS:
        raise DirectoryError(
            "{count} roots, at most {most} are looked at", count=len(message.roots), most=MAX_ROOTS
        )
    directory = envelope_of(message.directory) if message.HasField("directory") else None
    return Document(tuple(map(envelope_of, message.roots)), directory)


def _role_message(role: Role) -> network_pb2.Role:
    keys = [network_pb2.NetworkKey(public_key=key, alg=ALGORITHM) for key in role.keys]
    return network_pb2.Role(keys=keys, threshold=role.threshold)


def _role(message: network_pb2.Role) -> Role:
    for key in message.keys:
        if key.alg != ALGORITHM:
            raise PayloadError("alg: {alg!r} is not {algorithm}", alg=key.alg[:20], algorithm=ALGORITHM)
    keys = tuple(sized("public_key", key.public_key, HASH_BYTES) for key in message.keys)
    role = Role(keys, message.threshold)
    verify_role(role)
    return role
