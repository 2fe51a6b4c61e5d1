"""What `tocsin match` does: comparisons over the line, and verdicts."""

import asyncio
from pathlib import Path

from console.cli.options import Format, passphrase
from console.cli.output import say, show
from console.comparing import begun, running
from console.home import open_home
from console.matches import STEP_HEADER, chosen_pair, compared_text, decide, desk_of, step_lines
from console.opened import Node, open_node
from node.client import PeerClient
from node.comparing import stop_comparing
from node.errors import PeerError, UnavailableError, UnknownMatchError
from node.judging import Judge
from node.partaking import Desk, partner_of
from node.stepping import compare_with
from node.stepup import Role
from node.store.comparisons import Comparison
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
    held = begun(node.store, chosen_pair(node.store, desk, text), desk, by)
    try:
        done = _go_on(node, held, desk)
    except (PeerError, UnavailableError) as error:
        say(f"{error}. It is kept and goes on when you propose it again.")
        return
    show(STEP_HEADER, step_lines(done), style, {"compared": compared_text(done)})
    say("Now people decide: `tocsin match confirm` or `reject`, at both owners.")


def stop_pair(home: Path, text: str, by: str) -> None:
    """End a comparison that runs, and tell the other owner where it is ours.

    Raises:
        NodeError: None runs.
        CryptoError: Our keys can not be read.
    """
    opened = open_home(home)
    node = open_node(opened, passphrase(home))
    desk = desk_of(opened)
    held = running(node.store, chosen_pair(node.store, desk, text), desk.org_id)
    if held is None:
        raise UnknownMatchError("no comparison of this pair runs")
    done = stop_comparing(node.store, held.key, desk, by)
    if held.role is Role.PROPOSER:
        try:
            done = _go_on(node, held, desk)
        except (PeerError, UnavailableError) as error:
            say(f"{error}. Here it has ended; {held.member} waits for a step that does not come.")
    say(f"Stopped: {compared_text(done)}.")


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


def _go_on(node: Node, held: Comparison, desk: Desk) -> Comparison:
    partner = partner_of(desk.bounds.network, held.member)

    async def over_the_line() -> Comparison:
        async with PeerClient(node.directory().member(held.member), node.own()) as client:
            return await compare_with(node.store, client, held.key, partner, desk)

    return asyncio.run(over_the_line())
