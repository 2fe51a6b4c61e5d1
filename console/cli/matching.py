"""What `tocsin match` does: comparisons over the line, and verdicts."""

import asyncio
from pathlib import Path
from uuid import uuid4

from console.cli.options import Format, passphrase
from console.cli.output import say, show
from console.home import open_home
from console.matches import (
    STEP_HEADER,
    chosen_pair,
    compared_text,
    decide,
    desk_of,
    sides_of,
    step_lines,
)
from console.serve import open_node
from node.client import PeerClient
from node.errors import PeerError, UnavailableError, UnknownMatchError
from node.judging import Judge
from node.partaking import partner_of
from node.proposing import propose
from node.signed import RecordName
from node.stepping import compare_with
from node.store.comparisons import Comparison, comparisons
from node.store.database import Store
from node.store.matched import Place, all_places
from node.wire import matching


def compare_pair(home: Path, text: str, by: str, style: Format) -> None:
    """Compare a pair with the other owner and print every step.

    Raises:
        NodeError: It can not be compared, or the member can not be reached.
        CryptoError: Our keys can not be read.
    """
    opened = open_home(home)
    node = open_node(opened, passphrase(home))
    desk = desk_of(opened)
    mine, theirs = sides_of(chosen_pair(node.store, desk, text), desk.org_id)
    partner = partner_of(desk.bounds.network, theirs.origin_id)
    held = _running(node.store, mine, theirs)
    if held is None:
        ours, other = _places(node.store, mine, theirs)
        match_id = str(uuid4())
        propose(node.store, ours, (partner, theirs, other), match_id, desk, by=by)
        held = _running(node.store, mine, theirs)
        assert held is not None, "it was kept"
    key = held.key

    async def over_the_line() -> Comparison:
        async with PeerClient(node.directory().member(theirs.origin_id), node.own()) as client:
            return await compare_with(node.store, client, key, partner, desk)

    try:
        done = asyncio.run(over_the_line())
    except (PeerError, UnavailableError) as error:
        say(f"{error}. It is kept and goes on when you propose it again.")
        return
    show(STEP_HEADER, step_lines(done), style, {"compared": compared_text(done)})
    say("Now people decide: `tocsin match confirm` or `reject`, at both owners.")


def judge_pair(home: Path, text: str, by: str, judgement: str, ground: str) -> None:
    """Sign what somebody decided about a pair.

    Raises:
        NodeError: It is not ours to decide, or a record does not take part.
        CryptoError: Our keys can not be read.
    """
    opened = open_home(home)
    store, desk = opened.store(), desk_of(opened)
    pair = chosen_pair(store, desk, text)
    identity = opened.identity(passphrase(home))
    done = decide(store, pair, (judgement, ground), Judge(by, identity, desk, matching))
    say(
        f"Signed: {done.judgement.name}, number {done.number}. {done.other.origin_id} learns of it with its next sync."
    )


def _running(store: Store, mine: RecordName, theirs: RecordName) -> Comparison | None:
    with store.read() as connection:
        found = comparisons(connection, member=theirs.origin_id)
    pair = (mine.uid, theirs.uid)
    return next(
        (one for one in found if one.stop is None and one.said_by and (one.own_uid, one.other_uid) == pair),
        None,
    )


def _places(store: Store, mine: RecordName, theirs: RecordName) -> tuple[int, int]:
    """Key of our record, and the newest entry of the member's."""
    with store.read() as connection:
        ours: list[Place] = all_places(connection, mine)
        others: list[Place] = all_places(connection, theirs)
    record_ids = [one.record_id for one in ours if one.record_id is not None]
    indexes = [one.log_index for one in others if one.log_index is not None]
    if not record_ids or not indexes:
        raise UnknownMatchError("nobody knows any more where the two records are")
    return record_ids[-1], max(indexes)
