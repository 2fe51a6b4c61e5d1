"""What was published, as it is found again: the releases, their signed forms, and how two of them differ."""

from collections.abc import Sequence
from typing import NamedTuple

from crypto.envelope import Envelope, Signature, keyid, verify_envelope
from crypto.errors import CryptoError
from node.cubes.declaration import Cell, Cube
from node.cubes.document import PUBLIC_TYPE, RELEASE_TYPE, Release, read_release, write_public
from node.errors import CubeError
from node.store.cubes import Built, Corrected, cubes, notices, releases
from node.store.database import Store


class Differs(NamedTuple):
    """A place, and what two releases tell of it: a number, `None` for hidden, nothing for a period it does not tell."""

    cell: Cell
    old: int | str | None
    new: int | str | None


def published(store: Store, title: str, number: int = 0) -> Built:
    """A published release; the newest unless a number is named.

    Raises:
        CubeError: There is none.
    """
    with store.read() as connection:
        return find_published(releases(connection, title, published=True), title, number)


def all_releases(store: Store) -> tuple[list[Built], list[Corrected]]:
    """Everything that was built and published, and every notice."""
    with store.read() as connection:
        return releases(connection), notices(connection)


def declared(store: Store) -> dict[str, Cube]:
    """Every declaration, by its title."""
    with store.read() as connection:
        return cubes(connection)


def find_published(found: Sequence[Built], title: str, number: int) -> Built:
    """One of some releases; the newest unless a number is named.

    Raises:
        CubeError: There is none.
    """
    for built in reversed(found):
        if number in {0, built.number}:
            return built
    if number:
        raise CubeError("no such release of {title} was published", title=title[:60])
    raise CubeError("no release of {title} was published", title=title[:60])


def envelopes(built: Built, keys: Sequence[bytes]) -> tuple[Envelope, Envelope]:
    """A published release and its public table, as anybody can verify them.

    Args:
        built: The release.
        keys: Our public signing keys, those of before as well.

    Raises:
        CubeError: It was not signed with any of them, or is not as it was signed.
    """
    public = write_public(read_release(built.payload))
    return (
        signed_again(built.payload, RELEASE_TYPE, built.signature, keys),
        signed_again(public, PUBLIC_TYPE, built.public_signature, keys),
    )


def signed_again(payload: bytes, kind: str, signature: bytes, keys: Sequence[bytes]) -> Envelope:
    """The envelope of what is kept as payload and signature.

    Raises:
        CubeError: The signature is that of none of these keys.
    """
    made = Envelope(payload, kind, (Signature(signature, ""),))
    try:
        key = verify_envelope(made, (kind,), keys)
    except CryptoError as error:
        raise CubeError("it is not as it was signed") from error
    return made._replace(signatures=(Signature(signature, keyid(key)),))


def difference(old: Release, new: Release) -> list[Differs]:
    """Places at which two releases of a cube differ."""
    return [one for one in side_by_side(old, new) if one.old != one.new]


def side_by_side(old: Release, new: Release) -> list[Differs]:
    """Every place that one of two releases of a cube tells or hides, and what each tells of it."""

    def told(release: Release, cell: Cell) -> int | str | None:
        return release.figures[cell] if cell in release.figures else 0 if cell[0] in release.periods else ""

    cells = sorted({*old.figures, *new.figures})
    return [Differs(cell, told(old, cell), told(new, cell)) for cell in cells]
