"""Which policies decided what left, and what was said of single records."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, select, update

from node.audience import Levels
from node.errors import OverrideError, StoreError
from node.policy import Policy
from node.rules import Override
from node.signed import Label
from node.store.database import insert_many, next_id, portions
from node.tables.incidents import record
from node.tables.releases import override, policy


class UsedPolicy(NamedTuple):
    """A version of the policy by which something was released."""

    policy_id: int
    digest: bytes
    name: str
    version: int
    document: str
    first_used_at: datetime  # aware UTC


class Saying(NamedTuple):
    """What somebody said of one record; `agreed_by` is empty where nobody had to agree, or nobody has yet."""

    saying_id: int
    record: str  # SOURCE:KEY
    override: Override
    said_by: str
    agreed_by: str
    said_at: datetime  # aware UTC
    counts_from: datetime | None  # aware UTC; `None` while it waits for a second person


def policy_id(connection: Connection, used: Policy, now: datetime) -> int:
    """Key of a policy, which is kept from its first use on."""
    found = connection.execute(select(policy.c.id).where(policy.c.digest == used.digest)).scalar()
    if found is not None:
        return int(found)
    key = next_id(connection, policy)
    row = (key, used.digest, used.name, used.version, used.text, int(now.timestamp()))
    insert_many(connection, policy, [row])
    return key


def used_policies(connection: Connection) -> tuple[UsedPolicy, ...]:
    """Every policy that was ever used, in order of first use."""
    rows = connection.execute(select(policy).order_by(policy.c.id))
    return tuple(
        UsedPolicy(key, digest, name, version, document, datetime.fromtimestamp(at, UTC))
        for key, digest, name, version, document, at in rows
    )


def overrides(connection: Connection, record_ids: Sequence[int]) -> dict[int, Override]:
    """What counts of what was said of some records, by record key."""
    found: dict[int, Override] = {}
    for chosen in portions(record_ids):
        agreed = and_(override.c.record_id.in_(chosen), override.c.counts_from > 0)
        rows = connection.execute(_SAYINGS.where(agreed).order_by(override.c.counts_from, override.c.id))
        for row in rows:
            found[row.record_id] = _saying(row).override
    return found


def sayings(connection: Connection) -> tuple[Saying, ...]:
    """Everything that was said of records, in order."""
    return tuple(_saying(row) for row in connection.execute(_SAYINGS.order_by(override.c.id)))


def say(
    connection: Connection, record_id: int, said: Override, by: str, now: datetime, *, waits: bool
) -> Saying:
    """Write down what somebody said of a record; what waits for a second person does not count yet."""
    seconds = int(now.timestamp())
    row = (
        next_id(connection, override),
        record_id,
        int(said.held),
        int(said.label or 0),
        ",".join(map(str, said.levels)),
        int(said.captivity_released),
        by,
        "",
        seconds,
        0 if waits else seconds,
    )
    insert_many(connection, override, [row])
    return _find(connection, row[0])


def agree(connection: Connection, saying_id: int, by: str, now: datetime) -> Saying:
    """Let a second person agree to what waits, so that it counts from now on.

    Raises:
        OverrideError: Nothing of that number waits, or the same person said it.
    """
    waiting = [one for one in sayings(connection) if one.saying_id == saying_id and one.counts_from is None]
    if not waiting:
        raise OverrideError(
            "nothing with the number {saying_id} waits for a second person", saying_id=saying_id
        )
    if waiting[0].said_by.casefold() == by.casefold():
        raise OverrideError("whoever said it can not be the second person")
    this = override.c.id == saying_id
    connection.execute(update(override).where(this).values(agreed_by=by, counts_from=int(now.timestamp())))
    return _find(connection, saying_id)


def _find(connection: Connection, saying_id: int) -> Saying:
    return _saying(connection.execute(_SAYINGS.where(override.c.id == saying_id)).one())


def _saying(row: Row[Any]) -> Saying:
    try:
        levels: Levels = tuple(map(int, row.levels.split(",")))
        label = Label(row.label) if row.label else None
    except ValueError as error:
        raise StoreError("what was said of a record can not be read") from error
    return Saying(
        row.id,
        f"{row.source}:{row.source_key}",
        Override(bool(row.held), label, levels, bool(row.captivity_released)),
        row.said_by,
        row.agreed_by,
        datetime.fromtimestamp(row.said_at, UTC),
        datetime.fromtimestamp(row.counts_from, UTC) if row.counts_from else None,
    )


_SAYINGS = select(override, record.c.source, record.c.source_key).join_from(override, record)
