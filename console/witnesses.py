"""Have the audit log of casework cosigned by other members once a day: they see its name, size and root alone."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import NamedTuple

from casework.auditlog import WITNESSES, growth_proof, is_due, keep_cosignature, make_checkpoint
from casework.errors import CaseworkError
from casework.store.audit import StoredCheckpoint
from console.office import CaseDatabase
from console.serve import Node
from console.surroundings import witness_keys
from crypto.cosignature import cosignatures
from crypto.errors import CryptoError
from node.client import PeerClient
from node.directory import Member, Status, cosigning
from node.errors import NodeError, WitnessBehindError
from node.verify import witness_name
from node.witness import Growth

LOOK_SECONDS = 3600.0  # between two looks whether a day has passed

logger = logging.getLogger(__name__)


class Cosigned(NamedTuple):
    """What came of asking members: the size of the log, who has cosigned it, and what others answered."""

    size: int
    by: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


async def have_cosigned(node: Node, now: datetime) -> Cosigned:
    """Sign how the audit log stands and ask members until two have cosigned it.

    Raises:
        TamperedError: The log no longer is the one of its last checkpoint; nobody is asked.
        NodeError: The directory can not be used.
    """
    database = CaseDatabase(node.store)
    made = await asyncio.to_thread(make_checkpoint, database, node.org_id, node.identity.log)
    directory = node.directory()
    directory.verify_current(now)
    if made is None:
        return Cosigned(0, (), ())
    by = {one.name for one in cosignatures(made.note, witness_keys(directory))}
    refused = []
    for member in directory.members:
        if len(by) >= WITNESSES:
            break
        name = witness_name(member.org_id)
        asks = member.org_id != node.org_id and member.status is Status.ACTIVE and member.endpoints
        if not asks or name in by:
            continue
        try:
            line = await _ask(node, database, member, made)
            cosignatures(made.note + line, {name: cosigning(member)})
            await asyncio.to_thread(keep_cosignature, database, made.size, line)
            by.add(name)
        except (NodeError, CryptoError) as error:
            logger.warning("not cosigned: peer=%s reason=%s", member.org_id, error.reason)
            refused.append((member.org_id, f"{error} [{error.reason}]"))
    return Cosigned(made.size, tuple(sorted(by)), tuple(refused))


async def cosign_daily(node: Node) -> None:
    """Ask again whenever a day has passed, until cancelled."""
    while True:
        try:
            now = datetime.now(UTC)
            others = {
                name: key
                for name, key in witness_keys(node.directory()).items()
                if name != witness_name(node.org_id)
            }
            if await asyncio.to_thread(is_due, CaseDatabase(node.store), others, now):
                await have_cosigned(node, now)
        except (NodeError, CaseworkError, CryptoError) as error:
            logger.warning("audit log not cosigned: reason=%s", error.reason)
        await asyncio.sleep(LOOK_SECONDS)


async def _ask(node: Node, database: CaseDatabase, member: Member, made: StoredCheckpoint) -> bytes:
    async with PeerClient(member, node.own()) as line:
        try:
            return await line.add_checkpoint(Growth(0, (), made.note))
        except WitnessBehindError as behind:
            if behind.size > made.size:  # it has seen more entries than there are
                raise
            proof = await asyncio.to_thread(growth_proof, database, behind.size, made.size)
            return await line.add_checkpoint(Growth(behind.size, proof, made.note))
