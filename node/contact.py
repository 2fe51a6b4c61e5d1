"""What is known of a peer's log when it is asked for what is new, and what is written down of a contact.

Most contacts find nothing new. Those cost one look at the database for each thing that has to be known, and write
nothing.
"""

import logging
from datetime import datetime
from typing import NamedTuple

from crypto.checkpoint import Checkpoint, stated_size
from crypto.errors import CheckpointError
from node.contain import refuse_forked
from node.errors import ForkedError, NodeError, RolledBackError
from node.gossip import heard_beyond, most_shown
from node.inbox import settled_promises
from node.quorum import Quorum
from node.receive import follow
from node.store.alerts import Promise, set_promise
from node.store.database import Store
from node.store.forks import Heard
from node.store.heads import LogHead, log_head, note_contact, resting_head
from node.store.receipts import Told, told
from node.verify import Origin, first_line, verify_head

logger = logging.getLogger(__name__)
HEARD_SECONDS = 60  # for so long a contact that found nothing new is not written down again


class Known(NamedTuple):
    """How far a peer's log is held, whether it told two stories, and what of it others were shown beyond that.

    `rests` says that there is no more to know of it: no promise waits for it either. `told` is what we told the peer.
    """

    head: LogHead
    forked: ForkedError | None = None
    beyond: tuple[Heard, ...] = ()
    rests: bool = False
    told: Told = Told()

    def is_beyond(self, note: bytes) -> bool:
        """Whether more of the log is held here, or was shown to others, than a checkpoint says that there is."""
        try:
            size = stated_size(note)
        except CheckpointError:
            return False
        return size < max(self.head.frontier.size, most_shown(self.beyond, first_line(note)))

    def verify_shown(self, note: bytes, origin: Origin, quorum: Quorum) -> Checkpoint:
        """Check a checkpoint against what is held of the log, and against what others were shown of it.

        Raises:
            RolledBackError: The log has become shorter than it was, here or there.
            PeerError: As of `verify_head`.
        """
        head = self.head
        checkpoint = verify_head(note, origin, head.frontier, quorum, head.name if head.checkpoint else "")
        shown = most_shown(self.beyond, checkpoint.origin)
        if checkpoint.size < shown:
            raise RolledBackError(
                "the log has shown {shown} entries to others, and {size} to us",
                shown=shown,
                size=checkpoint.size,
            )
        return checkpoint


def what_is_known(store: Store, org_id: str, own_id: str = "") -> Known:
    """Find what is known of a peer's log, starting to follow it when it is new.

    Args:
        store: Of this node.
        org_id: Of the peer.
        own_id: Of this node, where it matters what the peer was told.
    """
    with store.glance() as connection:
        resting = resting_head(connection, org_id)
        said = told(connection, org_id, own_id) if own_id else Told()
    if resting is not None:
        return Known(resting, rests=True, told=said)
    beyond: tuple[Heard, ...] = ()
    forked: ForkedError | None = None
    with store.read() as connection:
        head = log_head(connection, org_id)
        try:
            refuse_forked(connection, org_id)
            beyond = heard_beyond(connection, org_id)
        except ForkedError as error:
            forked = error
    return Known(head or follow(store, org_id), forked, beyond, told=said)


def is_noted(head: LogHead, error: NodeError | None, now: datetime) -> bool:
    """Whether a contact that ended alike is written down, and was just now."""
    reason = error.reason if error else ""
    return head.refused_reason == reason and 0 <= int(now.timestamp()) - head.heard_at < HEARD_SECONDS


def note_heard(store: Store, head: LogHead, asked: datetime, now: datetime, error: NodeError | None) -> None:
    """Write down a contact and what became of promises, unless nothing did and it is noted.

    Writing takes longer than asking. Promises are judged by what the log held when it was asked for.

    Args:
        store: Of this node.
        head: The peer's log as it is held now.
        asked: Aware UTC time at which the checkpoint was asked for.
        now: Aware UTC.
        error: What ended the contact.
    """
    org_id = head.origin_id
    with store.read() as connection:
        settled = () if error else settled_promises(connection, org_id, asked)
    if not settled and is_noted(head, error, now):
        return
    with store.write() as connection:
        for one, promise in settled:
            set_promise(connection, one.alert_id, promise)
        note_contact(connection, org_id, int(now.timestamp()), error.reason if error else "")
    for one, promise in settled:
        if promise is Promise.BROKEN:
            logger.warning("promise broken: peer=%s alert=%s", org_id, one.uid.hex())
