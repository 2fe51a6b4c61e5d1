"""Go through a comparison with a member over the line, and fetch what it has signed about pairs that we hold."""

import asyncio
import logging
from datetime import UTC, datetime

from node.audience import Audience
from node.client import PeerClient
from node.comparing import conclude, next_move, note_proposed, reveal
from node.directory import Directory, speaker_of
from node.errors import MemberError, PeerError, UnavailableError
from node.judging import keep_verdicts, pairs_with
from node.partaking import Desk
from node.stepup import MAX_TOKENS, STEPS, Proposal, Stop
from node.store.comparisons import Comparison, comparisons
from node.store.database import Store
from node.wire import matching

logger = logging.getLogger(__name__)


async def compare_with(
    store: Store, client: PeerClient, key: int, partner: Audience, desk: Desk, most: int = len(STEPS) + 1
) -> Comparison:
    """Tell a member what we propose and take steps until one of both ends it; where it was cut, it goes on.

    Args:
        store: Ours.
        client: The line to the member.
        key: Of the comparison.
        partner: The member.
        desk: Where we compare.
        most: Steps to take now; one more than there are tells the member of the end, too.

    Raises:
        UnavailableError: The member can not be reached, or refuses.
        PeerError: It answers what is no answer.
        StepError: It did not keep to its commitment; the comparison has ended.
    """
    one = await asyncio.to_thread(_held, store, key)
    if not one.taken_at:
        proposal = Proposal(one.match_id, *one[5:9])
        await client.propose_match(proposal, desk.org_id)
        await asyncio.to_thread(note_proposed, store, key, desk.now)
    for _ in range(most):
        ours = await asyncio.to_thread(next_move, store, key, partner, desk)
        if ours.stop in {Stop.COMPARED, Stop.DIFFERS, Stop.BROKEN}:
            break  # the member has seen the same
        theirs = await client.commit_step(one.match_id, ours)
        if ours.stop is not None:
            break
        shown = await asyncio.to_thread(reveal, store, key, theirs, partner, desk)
        if shown is None:
            break
        answer = await client.reveal_step(one.match_id, ours.number, shown)
        await asyncio.to_thread(conclude, store, key, answer, partner, desk)
    return await asyncio.to_thread(_held, store, key)


async def exchange_verdicts(
    store: Store, client: PeerClient, directory: Directory, org_id: str, now: datetime | None = None
) -> int:
    """Fetch what the peer has signed about pairs that we hold; should that fail, the next contact tries again.

    Gives how many verdicts are new.
    """
    peer_id = client.peer.org_id
    asked = await asyncio.to_thread(pairs_with, store, peer_id, org_id)
    tokens, new = sorted(asked), 0
    moment = now or datetime.now(UTC)
    try:
        for start in range(0, len(tokens), MAX_TOKENS):
            wires = await client.verdicts(tokens[start : start + MAX_TOKENS])
            signer = speaker_of(directory, peer_id, moment)
            new += await asyncio.to_thread(keep_verdicts, store, signer, wires, asked, matching, moment)
    except (PeerError, MemberError, UnavailableError) as error:
        logger.warning("no verdicts learnt: peer=%s reason=%s", peer_id, error.reason)
    return new


def _held(store: Store, key: int) -> Comparison:
    with store.read() as connection:
        (found,) = comparisons(connection, key=key)
    return found
