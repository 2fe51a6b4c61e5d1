"""Whether this database may write our log: whoever goes on from an old copy tells two stories and is believed no more.

Two things stop it. Somebody else holds a longer log of ours, or another one, signed with our own key: what is here is
older. Or the database was restored or copied since the log was written last, and no member has said yet what it holds.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from node.errors import LogBehindError, LogKeyError, LogUnconfirmedError
from node.gossip import suspect
from node.store.database import Store, Transaction
from node.store.forks import all_heard, fork_of
from node.store.heads import log_head
from node.store.peer_log import past_frontier
from node.store.places import Place, last_place, put_place
from node.verify import Origin, epoch_in, first_line, owner_of, read_checkpoint


def verify_writable(connection: Transaction, org_id: str) -> None:
    """Check that nothing speaks against adding to our log.

    Raises:
        LogBehindError: Members hold entries of it that are not here.
        LogUnconfirmedError: This is a copy, and nobody was asked.
    """
    place = last_place(connection)
    if place is not None and place.unasked:
        raise LogUnconfirmedError(
            "this node was restored, copied or moved, and nobody has said yet what they hold of its log; "
            "`tocsin log confirm` asks the members"
        )
    head, found = log_head(connection, org_id), fork_of(connection, org_id)
    size = head.frontier.size if head else 0
    for one in all_heard(connection):
        if one.origin_id != org_id or one.agrees:
            continue
        held = epoch_in(first_line(one.note))
        if head is not None and held > epoch_in(head.name):
            raise LogBehindError(
                "members follow epoch {held} of our log, and here is epoch {epoch}: this is an old copy; "
                "restore a newer one (docs/ceremonies.md)",
                held=held,
                epoch=epoch_in(head.name),
            )
        if one.size > size:
            raise LogBehindError(
                "members hold {size} entries of our log and here are {held}: this is an old copy, and "
                "whatever it signed would be a second story; restore a newer one (docs/ceremonies.md)",
                size=one.size,
                held=size,
            )
        if head is not None and past_frontier(connection, head.log_id, one.size).root != one.root:
            raise LogBehindError(
                "members hold another log of ours with {size} entries; nothing more is added to this one "
                "(docs/ceremonies.md)",
                size=one.size,
            )
    if found is not None:
        raise LogBehindError(
            "our log has told two stories that part after entry {common_size}; nothing more is added "
            "to it (docs/ceremonies.md)",
            common_size=found.common_size,
        )


def verify_may_write(store: Store, org_id: str) -> None:
    """Check, before anything is begun, that nothing speaks against adding to our log.

    Raises:
        LogBehindError: As of `verify_writable`.
        LogUnconfirmedError: Likewise.
    """
    with store.read() as connection:
        verify_writable(connection, org_id)


def note_place(
    store: Store,
    org_id: str,
    mark: str,
    *,
    seen: int,
    in_network: bool,
    restored_too: Callable[[Transaction], None] = lambda _connection: None,
) -> int:
    """Compare where the database is with where it was, and write that down; gives how long our log is.

    Args:
        store: Of this node.
        org_id: Of this node.
        mark: Of the folder that it was opened from; another one in every copy.
        seen: How long our log was when it was last opened from there.
        in_network: Whether there are members to be asked.
        restored_too: What else is to be written down, in the same transaction, where it was restored or copied.
    """
    with store.read() as connection:
        before, head = last_place(connection), log_head(connection, org_id)
    size = head.frontier.size if head else 0
    # A database that nobody has looked at is of an older version, or is new in the place of one that was lost.
    elsewhere = head is None if before is None else before.mark != mark
    restored = elsewhere or size < seen
    if before is None or restored:
        unasked = in_network and (restored or (before is not None and before.unasked))
        with store.write() as connection:
            put_place(connection, Place(mark, unasked))
            if restored and in_network:
                restored_too(connection)
    return size


def hear_of_own(store: Store, told: Iterable[bytes], own: Origin, now: datetime) -> None:
    """Keep what members hold of our own log in an epoch that is not known here yet; the rest is kept as any other log.

    Args:
        store: Of this node.
        told: Checkpoints of all logs as a member told them.
        own: Our own keys, as the directory has them.
        now: Aware UTC.
    """
    with store.read() as connection:
        head = log_head(connection, own.org_id)
    for note in told:
        name = first_line(note)
        if head is None or owner_of(name) != own.org_id or epoch_in(name) <= epoch_in(head.name):
            continue
        with suppress(LogKeyError):  # nobody but us signs for us
            suspect(store, note, read_checkpoint(note, own), own.org_id, now)


def note_asked(store: Store) -> None:
    """Write down that members have said what they hold of our log, or that somebody has decided without them."""
    with store.read() as connection:
        place = last_place(connection)
    if place is not None and place.unasked:
        with store.write() as connection:
            put_place(connection, place._replace(unasked=False))
