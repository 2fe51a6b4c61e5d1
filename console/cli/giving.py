"""What `tocsin release give` and `asked` do: numbers without records, as a file or over the line."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from console.aggregates import (
    ASKED_HEADER,
    RANGE_COLUMNS,
    asked_lines,
    coordinator_of,
    range_lines,
    write_sealed,
)
from console.cli.options import Format, passphrase
from console.cli.output import say, show
from console.home import Home, open_home
from console.releases import header, read_declaration
from node.client import PeerClient
from node.collecting import cubes_of, sealed_for, send_aggregate
from node.contributing import foresee_aggregate, give_aggregate
from node.cubes.declaration import Cube
from node.errors import AggregateError
from node.said import Teller

T = TypeVar("T")


class Way(NamedTuple):
    """How numbers leave: who decides, into which file or over the line, and whether what was given is taken back."""

    by: str
    out: Path | None
    send: bool
    nothing: bool


def show_asked(home: Path, org_id: str, style: Format) -> None:
    """Show for which cubes a coordinator asks for numbers, and when they were given.

    Raises:
        NodeError: It can not be reached.
        CryptoError: Our keys can not be read.
    """
    opened = open_home(home)
    cubes = _over_the_line(opened, passphrase(home), org_id, cubes_of)
    show(ASKED_HEADER, asked_lines(opened.store(), org_id, cubes), style)


def give_numbers(home: Path, what: str, org_id: str, as_of: date | None, way: Way, style: Format) -> None:
    """Show numbers for a coordinator, and give them if somebody decides so.

    Raises:
        NodeError: They can not be given.
        CryptoError: Our keys can not be read.
    """
    opened, now, secret = open_home(home), datetime.now(UTC), passphrase(home)
    cube = _cube(opened, secret, what, org_id)
    coordinator, day = coordinator_of(opened, org_id), as_of or now.date()
    if way.out is None and not way.send:
        made = foresee_aggregate(opened.store(), cube, opened.settings.org_id, coordinator, day)
        columns = (*header(cube)[:-2], *RANGE_COLUMNS)
        show(columns, range_lines(made), style, {"for": org_id, "cube": cube.title, "as_of": day})
        say("Nothing has left. With --by, and --out or --send, they are signed and given.")
        return
    who = opened.identity(secret), coordinator
    teller = Teller(way.by, now)
    made, envelope = give_aggregate(opened.store(), cube, who, day, teller, nothing=way.nothing)
    if way.out is not None:
        write_sealed(opened, envelope, org_id, way.out)
        say(
            f"Wrote {len(made.ranges)} numbers for {org_id} to {way.out}; `tocsin release given` lists what left."
        )
        return
    box = sealed_for(opened.directory().member(org_id), envelope, now)
    _over_the_line(opened, secret, org_id, lambda client: send_aggregate(client, box))
    say(f"Gave {len(made.ranges)} numbers to {org_id}; `tocsin release given` lists what left.")


def _cube(home: Home, secret: str | None, what: str, org_id: str) -> Cube:
    """The declaration of a file, or of that title as the coordinator tells it now."""
    if Path(what).exists():
        return read_declaration(Path(what))
    cubes = _over_the_line(home, secret, org_id, cubes_of)
    if what not in cubes:
        raise AggregateError(f"{org_id} asks for no {what[:60]}, and there is no such file")
    return cubes[what]


def _over_the_line(
    home: Home, secret: str | None, org_id: str, do: Callable[[PeerClient], Awaitable[T]]
) -> T:
    async def call() -> T:
        async with PeerClient(home.directory().member(org_id), home.credentials(secret)) as client:
            return await do(client)

    return asyncio.run(call())
