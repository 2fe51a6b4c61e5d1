"""Ask a member which checkpoints of all logs it was shown, and look into what differs from what was shown to us."""

import asyncio
import logging
from datetime import datetime
from typing import NamedTuple

from node.client import PeerClient
from node.contain import Codecs, Search, keep_fork, story_of, unclear
from node.directory import Directory
from node.errors import (
    DirectoryError,
    ForkProofError,
    MemberError,
    PayloadError,
    PeerError,
    TwoDirectoriesError,
    UnavailableError,
)
from node.gossip import Doubt, hear, known_digests
from node.store.database import Store
from node.trust import Document, Trusted, directory_digest
from node.wire import network, records, witness

MOST_ANSWERS = 20  # of one member at a time, each of some 300 logs
CODECS = Codecs(witness, records)

logger = logging.getLogger(__name__)


class Hearing(NamedTuple):
    """Who hears it, what it trusts, and when, aware UTC."""

    org_id: str
    store: Store
    directory: Directory
    now: datetime


async def compare_network(held: Trusted, client: PeerClient) -> None:
    """Hold the directory that a member has against ours: who is behind, or shows what does not hold, is passed over.

    Raises:
        TwoDirectoriesError: Enough keepers have signed another one of the same version.
        UnavailableError: The member does not answer.
    """
    peer_id = client.peer.org_id
    try:
        wire = await client.network(directory_digest(held.document))
        if not wire:
            return
        after = await asyncio.to_thread(held.after, _newer(network.decode_document(wire), held), network)
    except TwoDirectoriesError as error:
        logger.warning("two directories: peer=%s reason=%s", peer_id, error.reason)
        raise
    except (DirectoryError, PayloadError) as error:
        logger.info("directory not followed: peer=%s reason=%s", peer_id, error.reason)
    else:
        assert after.directory is not None, "what is trusted has a directory"
        logger.warning("a newer directory is to be had: peer=%s version=%d", peer_id, after.directory.version)


def _newer(document: Document, held: Trusted) -> Document:
    """A document without the roots up to our newest; who joined earlier begins with older ones than we do."""
    payloads = [one.payload for one in document.roots]
    newest = held.document.roots[-1].payload
    return document._replace(
        roots=document.roots[payloads.index(newest) + 1 :] if newest in payloads else document.roots
    )


async def hear_from(who: Hearing, client: PeerClient, doubtful: bytes = b"") -> frozenset[str]:
    """Hear what a member was shown of all logs; gives the ids of those that were found now to have told two stories.

    Whatever it says wrong is passed over: it proves nothing. A `doubtful` checkpoint that it has shown is looked into
    with what it tells.

    Raises:
        UnavailableError: It does not answer.
    """
    known, forked = await asyncio.to_thread(known_digests, who.store), set[str]()
    for _ in range(MOST_ANSWERS):
        try:
            told = await client.checkpoints(known)
        except PayloadError as error:
            logger.warning("nothing heard: peer=%s reason=%s", client.peer.org_id, error.reason)
            break
        for wire in told.forks:
            forked |= await _keep(who, client, wire)
        shown = (doubtful, *told.checkpoints)
        doubts = await asyncio.to_thread(hear, who.store, shown, who.directory, client.peer.org_id, who.now)
        for doubt in doubts:
            forked |= await _look_into(who, client, doubt)
        known |= told.digests
        if not told.more:
            break
    for doubt in await asyncio.to_thread(unclear, who.store, who.directory, witness):
        await _look_into(who, client, doubt)
    return frozenset(forked)


async def _look_into(who: Hearing, client: PeerClient, doubt: Doubt) -> frozenset[str]:
    """Find what both stories share, as far as the member can prove it, and make the proof that there are two."""
    story = await asyncio.to_thread(story_of, who.store, doubt.origin_id)
    if story is None or not story.doubts(doubt.checkpoint):
        return frozenset()
    search = Search(story, doubt)
    own = "" if doubt.origin_id == client.peer.org_id else doubt.origin_id
    try:
        while size := search.asks:
            proof = await client.consistency_proof(size, doubt.checkpoint.size, own)
            search.answered(proof)
    except (PeerError, UnavailableError) as error:
        logger.warning("beginning not proven: peer=%s reason=%s", client.peer.org_id, error.reason)
    return await _keep(who, client, witness.encode_fork(search.fork()))


async def _keep(who: Hearing, client: PeerClient, wire: bytes) -> frozenset[str]:
    teller = client.peer.org_id
    try:
        kept = await asyncio.to_thread(
            keep_fork, who.store, wire, who.directory, who.org_id, CODECS, told_by=teller, now=who.now
        )
    except (ForkProofError, MemberError, PayloadError) as error:
        logger.warning("no fork: peer=%s reason=%s", teller, error.reason)
        return frozenset()
    if kept is None:
        return frozenset()
    logger.warning("fork: log=%s peer=%s", kept, teller)
    return frozenset((kept,))
