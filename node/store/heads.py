"""How far each log is known here: this organization's own, and its peers' as far as they were verified."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, exists, not_, select, update

from crypto.checkpoint import stated_size
from crypto.errors import CheckpointError, ProofError
from crypto.merkle import Frontier
from node.errors import BusyError, StoreError
from node.store.alerts import UNSETTLED
from node.store.database import insert_many, next_id
from node.tables.alerts import alert
from node.tables.logs import log
from node.tables.witnesses import fork, heard
from node.verify import first_line, log_name


class LogHead(NamedTuple):
    """How far a log is known here; `heard_at` is seconds since 1970, 0 for never: of our own, when it was signed."""

    log_id: int
    origin_id: str
    frontier: Frontier
    checkpoint: bytes
    heard_at: int
    refused_reason: str

    @property
    def name(self) -> str:
        """Origin line of its checkpoints: it tells the epoch that is held."""
        return first_line(self.checkpoint) or log_name(self.origin_id)

    @property
    def committed(self) -> int:
        """Number of entries that the newest checkpoint commits to: of our own log, all that anybody may see.

        Raises:
            StoreError: The checkpoint is damaged.
        """
        try:
            return stated_size(self.checkpoint) if self.checkpoint else 0
        except CheckpointError as error:
            raise StoreError(
                "the checkpoint of the log of {origin_id} is damaged", origin_id=self.origin_id
            ) from error


def log_head(connection: Connection, origin_id: str) -> LogHead | None:
    """Find what is known of an organization's log."""
    return _found(connection, _HEAD, origin_id)


def resting_head(connection: Connection, origin_id: str) -> LogHead | None:
    """What `log_head` finds, in one statement, where nothing else is to be known of a peer's log.

    That is: it told one story, nobody was shown more of it than is held, and no promise to log an alert is unsettled.
    """
    return _found(connection, _RESTING, origin_id)


def log_heads(connection: Connection) -> tuple[LogHead, ...]:
    """Every log that this node knows, its own among them, by origin."""
    return tuple(_head(*row) for row in connection.execute(_HEADS.order_by(log.c.origin_id)))


def log_origins(connection: Connection) -> tuple[str, ...]:
    """Whose logs this node knows, its own among them, in order."""
    return tuple(connection.execute(select(log.c.origin_id).order_by(log.c.origin_id)).scalars())


def open_log(connection: Connection, origin_id: str) -> LogHead:
    """Find a log, or start to follow it from its first entry."""
    head = log_head(connection, origin_id)
    if head is None:
        key = next_id(connection, log)
        insert_many(connection, log, [(key, origin_id, 0, b"", b"", 0, "")])
        head = LogHead(key, origin_id, Frontier(), b"", 0, "")
    return head


def advance_log(
    connection: Connection, head: LogHead, frontier: Frontier, checkpoint: bytes, heard_at: int
) -> None:
    """Move a log's head on, if nobody else has meanwhile.

    Raises:
        BusyError: The head is no longer `head`.
    """
    now = {
        "log_id": head.log_id,
        "held": head.frontier.size,
        "held_frontier": head.frontier.to_bytes(),
        "new_size": frontier.size,
        "new_frontier": frontier.to_bytes(),
        "new_checkpoint": checkpoint,
        "new_heard_at": heard_at,
    }
    moved = connection.execute(_ADVANCE, now)
    if moved.rowcount != 1:
        raise BusyError("the log has grown meanwhile; try again")


def put_checkpoint(connection: Connection, head: LogHead, checkpoint: bytes) -> None:
    """Keep a checkpoint with more signature lines in the place of the same one."""
    connection.execute(update(log).where(log.c.id == head.log_id).values(checkpoint=checkpoint))


def note_contact(connection: Connection, origin_id: str, heard_at: int, refused_reason: str) -> None:
    """Write down when a peer was last heard and, if its answer did not hold, why."""
    head = open_log(connection, origin_id)
    connection.execute(
        update(log).where(log.c.id == head.log_id).values(heard_at=heard_at, refused_reason=refused_reason)
    )


def _found(connection: Connection, heads: Select[Any], origin_id: str) -> LogHead | None:
    row = connection.execute(heads, {"origin_id": origin_id}).one_or_none()
    return _head(*row) if row is not None else None


def _head(log_id: int, origin_id: str, size: int, frontier: bytes, *rest: Any) -> LogHead:
    try:
        return LogHead(log_id, origin_id, Frontier.from_bytes(size, frontier), *rest)
    except ProofError as error:
        raise StoreError(
            "the head of the log of {origin_id} does not fit its size", origin_id=origin_id
        ) from error


_HEADS = select(
    log.c.id,
    log.c.origin_id,
    log.c.size,
    log.c.frontier,
    log.c.checkpoint,
    log.c.heard_at,
    log.c.refused_reason,
)
_HEAD = _HEADS.where(log.c.origin_id == bindparam("origin_id"))
_FORKED = exists().where(fork.c.origin_id == log.c.origin_id)
_HEARD = heard.c.origin_id == log.c.origin_id, heard.c.agrees == 0, heard.c.size > log.c.size
_PROMISED = exists().where(alert.c.origin_id == log.c.origin_id, UNSETTLED)
_RESTING = _HEAD.where(not_(_FORKED), not_(exists().where(*_HEARD)), not_(_PROMISED))
_ADVANCE = (
    update(log)
    .where(
        log.c.id == bindparam("log_id"),
        log.c.size == bindparam("held"),
        log.c.frontier == bindparam("held_frontier"),
    )
    .values(
        size=bindparam("new_size"),
        frontier=bindparam("new_frontier"),
        checkpoint=bindparam("new_checkpoint"),
        heard_at=bindparam("new_heard_at"),
        refused_reason="",
    )
)
