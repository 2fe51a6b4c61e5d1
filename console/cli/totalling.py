"""What `tocsin total` does over the line."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from console.cli.options import Format, passphrase
from console.cli.output import say, show
from console.home import Home, open_home
from console.opened import Node, open_node
from console.totals import (
    FIGURE_HEADER,
    OWN_HEADER,
    adder_of,
    chosen_figures,
    figure_lines,
    own_lines,
    read_declaration,
    remarks,
    write_declaration,
    write_shares,
)
from node.agreeing import agree_to_total, declare_total, named_total
from node.client import PeerClient
from node.errors import UnavailableError
from node.said import Teller
from node.splitting import Giver, give, own_figures
from node.store.totals import HeldTotal
from node.totalling import fetch_totals, give_share, settle, tell_total
from node.wire import totals as codec


def declare_or_agree(
    home: Path, by: str, out: Path | None, *, file: Path | None = None, text: str = ""
) -> None:
    """Sign a declaration, our own or the other server's, and tell the other server.

    Raises:
        NodeError: It can not be signed.
        CryptoError: Our keys can not be read.
    """
    node = open_node(open_home(home), passphrase(home))
    who, teller = (node.identity, node.directory()), Teller(by, datetime.now(UTC))
    if file is not None:
        held = declare_total(node.store, read_declaration(file), who, teller)
    else:
        held = agree_to_total(node.store, named_total(node.store, text), who, teller)
    say(f"Signed {held.total.name}, {held.digest[:16]}.")
    if out is not None:
        write_declaration(held, out)
        say(f"Wrote {out}.")
        return
    other = held.total.other(node.org_id)
    failed = _over_the_line(node, [other], lambda client: tell_total(client, held))
    again = "`tocsin total declare` or `agree` again tells it" if failed else "knows"
    say(f"{other}: {failed[other]}; {again}." if failed else f"{other} knows.")


def fetch(home: Path, servers: Sequence[str]) -> None:
    """Fetch declarations and outcomes.

    Raises:
        NodeError: A server can not be reached, or what it says does not hold.
        CryptoError: Our keys can not be read.
    """
    node = open_node(open_home(home), passphrase(home))
    who, teller = (node.org_id, node.directory()), Teller("", datetime.now(UTC))

    async def one(client: PeerClient) -> None:
        kept, refused = await fetch_totals(client, node.store, who, teller)
        more = f", and {refused} that do not hold" if refused else ""
        say(f"Totals of {client.peer.org_id}: {kept}{more}.")

    _say_failed(_over_the_line(node, servers, one))


def give_total(
    home: Path, text: str, by: str, numbers: Sequence[str], out: Path | None, style: Format
) -> None:
    """Show what would be given; with somebody who decides, give it to both servers.

    Raises:
        NodeError: It can not be given.
        CryptoError: Our keys can not be read.
    """
    opened, now = open_home(home), datetime.now(UTC)
    held, org = named_total(opened.store(), text), (opened.settings.org_id, opened.settings.org_type)
    found = own_figures(opened.store(), held.total, org, now.date())
    figures = chosen_figures(found, numbers)
    show(OWN_HEADER, own_lines(found, figures), style, remarks(opened.store(), held, now))
    if not by:
        say("Nothing has left. With --by it is split, sealed and given; --number AREA=N says otherwise.")
        return
    node = open_node(opened, passphrase(home))
    giver = Giver(node.identity, node.directory(), Teller(by, now), codec, secrets.token_bytes)
    given = give(node.store, held.digest, figures, giver)
    if out is not None:
        for path in write_shares(held, given.boxes, out):
            say(f"Wrote {path}.")
        return
    failed = _over_the_line(node, held.total.servers, lambda client: give_share(client, held, given))
    _say_failed(failed, "Give it again: until both servers have it, it does not count.")
    say(f"Given, number {given.number}. Each server holds noise; only both sums together are a total.")


def sum_total(home: Path, text: str, style: Format) -> None:
    """Add up with the other server and show what came out.

    Raises:
        NodeError: It is open still, or the other server can not be reached.
        CryptoError: Our keys can not be read.
    """
    opened, secret = open_home(home), passphrase(home)
    node = open_node(opened, secret)
    held = named_total(node.store, text)
    adder = adder_of(opened, secret, node.identity, node.directory())
    other = held.total.other(node.org_id)
    failed = _over_the_line(node, [other], lambda client: settle(client, node.store, held.digest, adder))
    _say_failed(failed, "Add up again: what was said is said again.")
    show_total(opened, held, style)


def show_total(home: Home, held: HeldTotal, style: Format) -> None:
    """Show a total as far as it is known here."""
    store = home.store()
    show(FIGURE_HEADER, figure_lines(store, held), style, remarks(store, held, datetime.now(UTC)))


def _over_the_line(
    node: Node, members: Sequence[str], do: Callable[[PeerClient], Awaitable[None]]
) -> dict[str, str]:
    """Do something with some members; gives why it failed, by member that can not be reached or refuses."""
    failed: dict[str, str] = {}

    async def each() -> None:
        for org_id in members:
            async with PeerClient(node.directory().member(org_id), node.own()) as client:
                try:
                    await do(client)
                except UnavailableError as error:
                    failed[org_id] = str(error)

    asyncio.run(each())
    return failed


def _say_failed(failed: dict[str, str], then: str = "") -> None:
    for why in failed.values():
        say(f"{why}. {then}".strip())
    if failed:
        raise typer.Exit(1)
