"""What the demo prints, step by step, while it happens."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill

from console import demo, generator
from console.cells import Cell
from console.cli.options import Format
from console.cli.output import show, steps, working
from console.demo_console import let_in
from console.demo_nodes import Nodes, serving
from console.demo_office import OFFICER, make_office
from console.demo_split import Split, split
from console.home import Home, read_file
from console.remarks import remarks
from node.audience import Audience, Tier
from node.ladders import VICTIMS, WHEN, WHERE
from node.plan import Outgoing
from node.rules import Hold
from node.store.records import Imported
from node.sync import Outcome

_INDENT = " " * 3
_WIDTH = 80
_LOOK_SECONDS = 0.5


def tell(folder: Path, data: Path | None, *, keep: bool) -> bool:
    """Go through the demo in a folder; say whether the coordinator counted just what was released.

    Raises:
        NodeError: A step failed; the nodes have ended by then.
    """
    started = time.monotonic()
    dealt = _deal_out(data)
    network = _form(folder)
    if keep:
        make_office(network.members[0])
    with serving(network.members, network.members[0] if keep else None) as nodes:
        imports = _import(network.members, dealt)
        shares = [_share(home, done) for home, done in zip(network.members, imports, strict=True)]
        _tell_shares(shares)
        nodes.wait()
        pulled = _sync(network.coordinator, shares)
        agrees = _count(network.coordinator, shares)
        _sum_up(network.members, shares, pulled)
        print(f"\nDone in {time.monotonic() - started:.0f} seconds.")
        if keep:
            _open_console(network.members[0])
            _invite(folder)
            _until_stopped(nodes)
    return agrees


def _deal_out(data: Path | None) -> Split:
    today = datetime.now(UTC).date()
    with working("Making up incidents" if data is None else f"Reading {data.name}"):
        if data is None:
            dealt = split(generator.generate(), f"made-up_{generator.PUBLISHED_ON}.csv", today)
            origin = "made-up incidents in the shape of the Aid Worker Security Database"
        else:
            dealt = split(read_file(data), data.name, today)
            origin = f"incidents of {data.name}, published on {dealt.published_on}"
    refused = f" {dealt.refused} rows can not be read as incidents and are left out." if dealt.refused else ""
    _step(
        1,
        f"{dealt.incidents} {origin}. Each goes to the type of organization that employed most of the affected "
        f"persons, national societies and others to the national NGO.{refused}",
    )
    return dealt


def _form(folder: Path) -> demo.Network:
    with working("Making keys"):
        network = demo.make_network(folder)
    _step(2, "Four nodes, each with keys and a database of its own, in one network. Three run as processes:")
    for home in network.members:
        print(f"{_INDENT}{home.settings.org_id:<12}{home.settings.org_type:<6}{home.settings.endpoint}")
    return network


def _import(members: Sequence[Home], dealt: Split) -> list[Imported]:
    imports = []
    for home in members:
        name = f"{home.settings.org_id}_{dealt.published_on}.csv"
        with working(f"Importing at {home.settings.org_id}"):
            imports.append(demo.take_in(home, dealt.parts[home.settings.org_type], name))
    counts = (f"{home.settings.org_id} {done.accepted}" for home, done in zip(members, imports, strict=True))
    _step(3, f"Each imports its own: {', '.join(counts)} records.")
    return imports


def _share(home: Home, imported: Imported) -> demo.Share:
    with steps(f"Signing at {home.settings.org_id}", imported.accepted) as progress:
        return demo.let_out(home, progress)


def _tell_shares(shares: Sequence[demo.Share]) -> None:
    released = sum(one.released for one in shares)
    held: Counter[Hold] = Counter()
    for one in shares:
        held.update(one.held)
    _step(
        4,
        f"Each shares all that it may with peers and coordinators: {released} records leave, anonymized, signed "
        f"and logged; {held.total()} are held.",
    )
    for why, number in held.most_common():
        print(f"{_INDENT}{number:>4} held by rule {why.rule}:")
        print(f"{_INDENT}     {why.reason}")
    example = next((one.example for one in shares if one.example is not None), None)
    if example is not None:
        print(f"{_INDENT}One that leaves, as it lies there and as others get to see it:\n")
        _tell_example(example)
        print()


def _tell_example(one: Outgoing) -> None:
    """Print a record as its organization holds it beside what leaves."""
    views = (one.chains, one.seen_by(Audience(Tier.COORDINATOR)), one.seen_by(Audience(Tier.PEER)))
    rows: list[list[Cell]] = [
        [_INDENT + at.name, *(view[at.number][-1].rstrip("@") for view in views)]
        for at in (WHEN, WHERE, VICTIMS)
    ]
    written = f"{len(one.current.incident.narrative)} characters"
    rows.append([f"{_INDENT}narrative", written, "never", "never"])
    show(("", "at its organization", "for coordinators", "for peers"), rows, Format.TABLE)


def _sync(coordinator: Home, shares: Sequence[demo.Share]) -> list[Outcome]:
    sizes: dict[str, int] = {}
    with steps("Verifying", sum(one.released for one in shares)) as progress:

        def seen(peer: str, done: int, _size: int) -> None:
            sizes[peer] = done
            progress(sum(sizes.values()))

        pulled = demo.collect(coordinator, seen)
    for one in pulled:
        if one.error is not None:
            raise one.error
    _step(5, f"The coordinator pulls their logs and verifies all {sum(sizes.values())} entries.")
    return pulled


def _count(coordinator: Home, shares: Sequence[demo.Share]) -> bool:
    found = demo.count(coordinator)
    _step(6, "It counts what it received:")
    print()
    show(found.header, found.rows, Format.TABLE, remarks(found))
    print()
    released = demo.add_figures([one.figures for one in shares])
    counted = demo.figures_of(found)
    sums = demo.total(list(released.values())), demo.total(list(counted.values()))
    rows: list[list[Cell]] = [
        ["the three released", *sums[0]],
        ["the coordinator has", *sums[1]],
        ["difference", *(theirs - ours for theirs, ours in zip(sums[1], sums[0], strict=True))],
    ]
    show(("", *demo.MEASURES), rows, Format.TABLE)
    years = [str(year) for year in sorted({*released, *counted}) if released.get(year) != counted.get(year)]
    print(f"Not equal in: {', '.join(years)}." if years else "Equal, in every year.")
    return not years


def _sum_up(members: Sequence[Home], shares: Sequence[demo.Share], pulled: Sequence[Outcome]) -> None:
    received = {one.org_id: one for one in pulled}
    rows: list[list[Cell]] = []
    for home, share in zip(members, shares, strict=True):
        state, seen = demo.state_of(home), received[home.settings.org_id]
        here = (
            home.settings.org_id,
            state.records,
            share.released,
            sum(share.held.values()),
            state.log_entries,
        )
        rows.append([*here, seen.verified, seen.received.refused])
    print()
    show(("node", "records", "released", "held", "log size", "verified", "rejected"), rows, Format.TABLE)


def _open_console(home: Home) -> None:
    with working(f"Syncing {home.settings.org_id}"):
        address, people = let_in(home, lambda *_: None)
    print(f"\nThe console of {home.settings.org_id}, in a browser on this machine: {address}")
    print("Each of these links signs in once, within half an hour:\n")
    for one in people:
        print(f"{_INDENT}{one.role.replace('_', ' '):<24}{one.link}")
    print(f"\nThe officer unlocks the cases as `{OFFICER}`, without a passphrase.")
    print(f"Another link: tocsin account link NAME --home {home.path}\n")


def _invite(folder: Path) -> None:
    print("The nodes keep running until Ctrl-C. In another terminal, try:\n")
    coordinator, organization = folder / demo.COORDINATOR, folder / demo.ORGANIZATIONS[0][0]
    for words in (
        f"query --by country --from 2024-01-01 --home {coordinator}",
        f"peer list --home {coordinator}",
        f"check --home {coordinator}",
        f"share --tier public --where means=shooting --dry-run --home {organization}",
        f"sync --home {organization}",
    ):
        print(f"{_INDENT}tocsin {words}")
    print(flush=True)


def _until_stopped(nodes: Nodes) -> None:
    try:
        while True:
            nodes.check()
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        print()


def _step(number: int, text: str) -> None:
    print(fill(text, _WIDTH, initial_indent=f"{number}  ", subsequent_indent=_INDENT), flush=True)
