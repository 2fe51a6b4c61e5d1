"""Numbers without records as files: signed by who gives them, sealed to the coordinator they are for."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from casework.errors import SummaryError
from casework.signedfile import read_line, write_line
from console.home import Home, read_file, write_file
from console.keyring import seal_keys
from crypto.envelope import Envelope
from crypto.sealing import HEAD_BYTES, Sealer, SealKey, fitting, open_sealed
from node.contributing import Coordinator, given, take_aggregate, taken
from node.cubes.aggregate import Aggregate, read_aggregate
from node.cubes.declaration import Cube
from node.directory import Directory, origin_of, seal_key_of, verify_active
from node.errors import AggregateError, CubeError
from node.said import Teller
from node.store.database import Store

ASKED_HEADER = ("cube", "period", "by", "measures", "purpose", "given")
RANGE_COLUMNS = ("at least", "at most")
GIVEN_HEADER = ("when", "to", "cube", "as of", "numbers", "by")
TAKEN_HEADER = ("cube", "from", "as of", "numbers")
_MOST_BYTES = 32 * 1024 * 1024


def coordinator_of(home: Home, org_id: str) -> Coordinator:
    """The member that numbers are for, as the directory has it.

    Raises:
        NodeError: It is no active member.
    """
    member = home.directory().member(org_id)
    verify_active(member)
    return Coordinator(org_id, member.tier)


def asked_lines(store: Store, org_id: str, cubes: Mapping[str, Cube]) -> Iterator[tuple[str, ...]]:
    """One line per cube for which a coordinator asks for numbers, and when they were given."""
    when = {
        one.cube: f"{datetime.fromtimestamp(one.said_at, UTC):%Y-%m-%d}, by {one.said_by}"
        for one in given(store)
        if one.member == org_id
    }
    for title, cube in cubes.items():
        by, measures = " ".join(cube.by), " ".join(cube.measures)
        yield title, cube.period, by, measures, str(cube.purpose), when.get(title, "not given")


def range_lines(aggregate: Aggregate) -> Iterator[tuple[str | int, ...]]:
    """One line per number."""
    for cell, both in sorted(aggregate.ranges.items()):
        yield (*cell, *both)


def given_lines(store: Store) -> Iterator[tuple[str | int, ...]]:
    """One line per time that numbers left."""
    for one in given(store):
        found = read_aggregate(one.payload)
        when = f"{datetime.fromtimestamp(one.said_at, UTC):%Y-%m-%d %H:%M} UTC"
        yield when, one.member, one.cube, str(found.as_of), len(found.ranges), one.said_by


def taken_lines(store: Store) -> Iterator[tuple[str | int, ...]]:
    """One line per member and cube whose numbers count in the next release."""
    for one in taken(store):
        yield one.cube.title, one.organization, str(one.as_of), len(one.ranges)


def sealed_file(directory: Directory, envelope: Envelope, org_id: str, now: datetime) -> bytes:
    """Numbers as a file that their coordinator alone can read.

    Raises:
        MemberError: It has no seal key, or there is no such member.
    """
    sealer = Sealer(seal_key_of(directory.member(org_id), now))
    return b"".join(sealer.seal([write_line(envelope)]))


def write_sealed(home: Home, envelope: Envelope, org_id: str, path: Path) -> None:
    """Write numbers so that their coordinator alone can read them.

    Raises:
        NodeError: It has no seal key, or the file can not be written.
    """
    write_file(path, sealed_file(home.directory(), envelope, org_id, datetime.now(UTC)))


def take_file(home: Home, passphrase: str | None, path: Path, by: str) -> Aggregate:
    """Read numbers that a member wrote for us, verify and keep them.

    Raises:
        NodeError: They are not for us, or not from an active member.
        CryptoError: They were sealed to another, or are damaged.
    """
    now = datetime.now(UTC)
    keys = seal_keys(home, passphrase, now)
    return take_content(home, home.store(), keys, BytesIO(read_file(path)), Teller(by, now))


def take_content(
    home: Home, store: Store, keys: Sequence[SealKey], content: BinaryIO, teller: Teller
) -> Aggregate:
    """Read the file that a member wrote for us, verify its numbers and keep them.

    Raises:
        NodeError: They are not for us, or not from an active member.
        CryptoError: They were sealed to another, or are damaged.
    """
    head = content.read(HEAD_BYTES)
    line = b"".join(open_sealed(fitting(keys, head), head, content.read))
    try:
        envelope = read_line(line, most=_MOST_BYTES)
        # Nothing of it counts before it is verified: this only says whose key to try.
        claimed = read_aggregate(envelope.payload).organization
    except (SummaryError, CubeError) as error:
        raise AggregateError("the file holds no numbers for a cube") from error
    origin = origin_of(home.directory(), claimed, teller.now)
    return take_aggregate(store, envelope, origin, home.settings.org_id, teller)
