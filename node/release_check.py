"""Verify again what was published, what was said of it, and the numbers that members gave for it."""

from collections.abc import Iterator, Mapping

from node.cubes.aggregate import AGGREGATE_TYPE
from node.cubes.document import NOTICE_TYPE, digest_of, read_release
from node.errors import CubeError
from node.published import envelopes, signed_again
from node.store.cubes import aggregates, cubes, notices, releases
from node.store.database import Store
from node.verify import Origin


def release_faults(store: Store, org_id: str, members: Mapping[str, Origin]) -> Iterator[tuple[str, str]]:
    """(where, what does not hold) of releases, notices and numbers without records.

    Args:
        store: Of this node.
        org_id: Of this node.
        members: Keys of this node and of every member, whether they are still valid or not.
    """
    keys = members[org_id].signing_keys
    with store.read() as connection:
        published, said = releases(connection, published=True), notices(connection)
        given = {title: aggregates(connection, title) for title in cubes(connection)}
    before: dict[str, str] = {}
    for built in published:
        title = built.cube.title
        where = f"release {built.number} of {title}"
        try:
            envelopes(built, keys)
            if read_release(built.payload).previous != before.get(title, ""):
                yield where, "the release before is not the one that it follows"
        except CubeError as error:
            yield where, str(error)
        before[title] = digest_of(built.payload)
    for notice in said:
        try:
            signed_again(notice.payload, NOTICE_TYPE, notice.signature, keys)
        except CubeError as error:
            yield f"notice {notice.key}", str(error)
    for title, by_member in given.items():
        for member, taken in by_member.items():
            try:
                whose = members[member].signing_keys if member in members else ()
                signed_again(taken.payload, AGGREGATE_TYPE, taken.signature, whose)
            except CubeError as error:
                yield f"numbers of {member} for {title}", str(error)
