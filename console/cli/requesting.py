"""What `tocsin request` does: previews, grants, and the calls to the members that we ask."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from console.cli.asking import ask_first
from console.cli.options import Format, passphrase
from console.cli.output import say, show
from console.home import open_home
from console.opened import Node, open_node
from console.requests import (
    SIGHT_HEADER,
    STEP_HEADER,
    decider,
    read_levels,
    read_wish,
    sight_lines,
    step_lines,
    wants,
)
from node.asking import ask, cancel_untold, keep_answers
from node.audience import Purpose
from node.client import PeerClient
from node.errors import PeerError, QueryError, UnavailableError
from node.granting import Prospect, find_request, foresee_grant, grant
from node.store.requests import SentRequest, sent_requests


def send_request(
    home: Path,
    entry: str,
    by: str,
    wanted: tuple[Purpose, Mapping[int, int]],
    note: str,
    *,
    reviewed: bool,
) -> None:
    """Keep a request of ours, and tell the member if it can be reached.

    Raises:
        NodeError: It can not be asked.
        CryptoError: Our keys can not be read.
    """
    opened = open_home(home)
    node = open_node(opened, passphrase(home))
    origin_id, wish = read_wish(node.store, entry, *wanted, note, reviewed=reviewed)
    made = ask(node.store, origin_id, wish, opened.names(), asked_by=by, now=datetime.now(UTC))
    ours = made.answer.wish
    say(f"Request {ours.request_id} to {origin_id}: {wants(ours)}.")

    async def tell(client: PeerClient) -> None:
        keep_answers(node.store, origin_id, (await client.ask(ours),))

    try:
        _call(node, origin_id, tell)
    except (PeerError, UnavailableError) as error:
        say(f"{error}. It will be told again at the next sync.")
    else:
        say("It was taken. `tocsin request sent` shows the answer after a sync.")


def cancel_sent(home: Path, text: str) -> None:
    """Take back a request of ours.

    Raises:
        QueryError: There is none of that id.
        UnavailableError: The member can not be reached, or has decided already.
    """
    node = open_node(open_home(home), passphrase(home))
    one = _find_sent(node, text)
    request_id = one.answer.wish.request_id
    if not one.taken_at:
        cancel_untold(node.store, one, datetime.now(UTC))
        say(f"Taken back before {one.origin_id} was told.")
        return

    async def tell(client: PeerClient) -> None:
        keep_answers(node.store, one.origin_id, (await client.cancel(request_id),))

    _call(node, one.origin_id, tell)
    say(f"Taken back; {one.origin_id} knows.")


def show_prospect(home: Path, text: str, levels: Sequence[str], style: Format) -> None:
    """Print what granting a request would do."""
    opened = open_home(home)
    decides = decider(opened, "", passphrase(home))
    prospect = foresee_grant(opened.store(), text, decides, read_levels(levels))
    wish = prospect.stored.request.wish
    show(
        SIGHT_HEADER,
        sight_lines(prospect),
        style,
        {
            "request": wish.request_id,
            "from": prospect.stored.request.member,
            "record": prospect.stored.record,
            "for": wish.purpose,
            "asks for": wants(wish),
            "note": wish.note,
            "nothing_left": "this was a preview",
        },
    )
    for line in _remarks(prospect):
        say(line)


def show_steps(home: Path, text: str, style: Format) -> None:
    """Print everything that was done about a request."""
    store = open_home(home).store()
    with store.read() as connection:
        stored = find_request(connection, text)
    show(STEP_HEADER, step_lines(stored), style)


def grant_request(home: Path, text: str, by: str, levels: Sequence[str], key_phrase: str | None) -> None:
    """Grant a request, in full or down to levels, and say what happens now."""
    opened = open_home(home)
    store, decides = opened.store(), decider(opened, by, key_phrase)
    ask_first(opened, store, key_phrase)
    prospect = grant(store, text, decides, read_levels(levels))
    request = prospect.stored.request
    if prospect.widens:
        say("That is more than your policy lets this member see. A second person has to agree:")
        say(f"  tocsin request agree {request.wish.request_id[:8]} --by WHO")
    else:
        say(f"Granted to {request.member}; it leaves with its next sync.")


def _remarks(prospect: Prospect) -> list[str]:
    if prospect.hold is not None:
        hold = prospect.hold
        return [f"Nothing would leave: {hold.reason} ({hold.rule}). What would release it: {hold.release}."]
    if prospect.outgoing is None:
        return ["The member would see no more than it sees now."]
    return ["More than your policy lets this member see: it takes two people."] if prospect.widens else []


def _find_sent(node: Node, text: str) -> SentRequest:
    with node.store.read() as connection:
        found = [one for one in sent_requests(connection) if one.answer.wish.request_id.startswith(text)]
    if len(found) != 1 or not text:
        raise QueryError(f"{len(found)} requests of ours have an id that begins with {text[:40]!r}")
    return found[0]


def _call(node: Node, origin_id: str, talk: Callable[[PeerClient], Awaitable[None]]) -> None:
    """Open a line to a member and talk."""

    async def over_the_line() -> None:
        async with PeerClient(node.directory().member(origin_id), node.own()) as client:
            await talk(client)

    asyncio.run(over_the_line())
