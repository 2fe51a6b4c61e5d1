"""What `tocsin total` shows, and declarations and shares as files."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from casework.errors import SummaryError
from casework.signedfile import read_line, write_file, write_line
from console.home import Home, read_file
from console.home import write_file as replace_file
from console.live import LiveSealKeys
from node.adding_up import Adder, take_share
from node.agreeing import declaration, settled, take_declaration
from node.directory import Directory
from node.errors import TotalError
from node.logbook import Identity
from node.said import Teller
from node.splitting import Own
from node.store.database import Store
from node.store.totals import HeldTotal, gave, papers, shares, totals
from node.totals.declaration import MAX_DECLARATION, TOTAL_TYPE, Total, read_total
from node.totals.papers import Share
from node.wire import totals as codec

LIST_HEADER = ("total", "id", "measure", "period", "servers", "group", "closes", "state", "gave")
OWN_HEADER = ("area", "of our own staff", "at most")
FIGURE_HEADER = ("area", "figure")
HIDDEN = "hidden: it is small"


def read_declaration(path: Path) -> Total:
    """The total that a file declares.

    Raises:
        TotalError: It declares none.
        UnreadableError: It can not be read.
    """
    try:
        return read_total(read_file(path).decode())
    except UnicodeDecodeError as error:
        raise TotalError("the declaration is no text") from error


def write_declaration(held: HeldTotal, path: Path) -> None:
    """Write a declaration with its signatures, as every DSSE tool reads it.

    Raises:
        UnreadableError: The file can not be written.
    """
    replace_file(path, declaration_file(held))


def declaration_file(held: HeldTotal) -> bytes:
    """A declaration with its signatures as a file that every DSSE tool reads."""
    return write_file([write_line(declaration(held))])


def write_shares(held: HeldTotal, boxes: Sequence[bytes], folder: Path) -> list[Path]:
    """Write each share into a file that its server alone can read.

    Raises:
        UnreadableError: The folder can not be written to.
    """
    paths = [folder / f"{held.total.name}-for-{server}.share" for server in held.total.servers]
    for path, box in zip(paths, boxes, strict=True):
        replace_file(path, box)
    return paths


def take_file(home: Home, passphrase: str | None, path: Path) -> str:
    """Take in a declaration or a share that came as a file; says what it was.

    Raises:
        NodeError: It is none, or does not hold.
        CryptoError: Our keys can not be read.
    """
    adder, store = adder_of(home, passphrase, home.identity(passphrase), home.directory()), home.store()
    took = take_content(store, read_file(path), adder)
    if isinstance(took, Share):
        return f"Took the share of {took.member}, number {took.number}."
    return f"Took the declaration of {took.total.name}, {state_of(store, took, adder.now)}."


def take_content(store: Store, content: bytes, adder: Adder) -> HeldTotal | Share:
    """Take in a declaration, or a share for this server; the same again changes nothing.

    Raises:
        NodeError: It is none, or does not hold.
    """
    try:
        envelope = read_line(content, most=2 * MAX_DECLARATION)
    except SummaryError:
        return take_share(store, content, adder)
    if envelope.payload_type != TOTAL_TYPE:
        raise TotalError("the file holds no declaration of a total")
    who = adder.identity.org_id, adder.directory
    return take_declaration(store, envelope, who, Teller("", adder.now))


def adder_of(home: Home, passphrase: str | None, identity: Identity, directory: Directory) -> Adder:
    """This node as one that adds up, now."""
    return Adder(identity, LiveSealKeys(home, passphrase), directory, codec, datetime.now(UTC))


def list_lines(store: Store, now: datetime) -> Iterator[tuple[str, ...]]:
    """One line per total."""
    with store.read() as connection:
        known, given = totals(connection), gave(connection)
    for held in known:
        ours = [one for one in given if one.total_key == held.key]
        yield (
            held.total.name,
            held.digest[:16],
            held.total.measure,
            held.total.period,
            " ".join(held.total.servers),
            str(len(held.total.group)),
            f"{held.total.closes:%Y-%m-%d %H:%M} UTC",
            state_of(store, held, now),
            f"{ours[-1].number}, by {ours[-1].said_by}" if ours else "",
        )


class Standing(NamedTuple):
    """Where a total stands, and whom it waits for, or how many shares there are or were added up."""

    kind: str
    detail: str = ""


def standing_of(store: Store, held: HeldTotal, now: datetime) -> Standing:
    """Where a total stands, as it is known here; `now` is aware UTC."""
    with store.read() as connection:
        outcome, held_shares = settled(papers(connection), held), shares(connection, held.key)
    if outcome is not None:
        known = Standing("added up", str(outcome.contributors))
        return known if outcome.figures else Standing("came to nothing")
    if now >= held.total.closes:
        return Standing("closed" if held.agreed else "never agreed")
    if not held.agreed:
        waits = [one for one, sig in zip(held.total.servers, held.signatures, strict=True) if not sig]
        return Standing("waits for", " and ".join(waits))
    return Standing("open", str(len(held_shares)) if held_shares else "")


def state_of(store: Store, held: HeldTotal, now: datetime) -> str:
    """The same in words."""
    kind, detail = standing_of(store, held, now)
    said = {"added up": f", of {detail}", "open": f", {detail} shares", "waits for": f" {detail}"}
    return kind + said.get(kind, "") if detail else kind


def own_lines(found: Sequence[Own], figures: Sequence[int]) -> Iterator[tuple[str, int, int]]:
    """One line per area: what would be given, and the most that our records hold."""
    for one, figure in zip(found, figures, strict=True):
        yield one.area, figure, one.most


def chosen_figures(found: Sequence[Own], said: Sequence[str]) -> list[int]:
    """What is given: the least that our records say, but where somebody says otherwise, as `SSD=3`.

    Raises:
        TotalError: It names an area that is not asked for, or no number.
    """
    numbers = {one.area: one.least for one in found}
    for one in said:
        area, _, number = one.partition("=")
        if area not in numbers or not number.isdecimal() or len(number) > 15:
            raise TotalError("--number: {one!r} is not AREA=NUMBER of this total", one=one[:40])
        numbers[area] = int(number)
    return list(numbers.values())


def figure_lines(store: Store, held: HeldTotal) -> list[tuple[str, str | int]]:
    """The figures that came out; none before both servers have said the same."""
    with store.read() as connection:
        outcome = settled(papers(connection), held)
    told = outcome.figures if outcome is not None else ()
    return [(area, HIDDEN if figure is None else figure) for area, figure in told]


def remarks(store: Store, held: HeldTotal, now: datetime) -> dict[str, object]:
    """What must stand beside the figures (R24)."""
    total = held.total
    return {
        "total": total.name,
        "id": held.digest,
        "measure": total.measure,
        "period": total.period,
        "servers": list(total.servers),
        "group": list(total.group),
        "fewest": total.contributors,
        "most_of_one": total.largest,
        "closes": f"{total.closes:%Y-%m-%d %H:%M} UTC",
        "state": state_of(store, held, now),
        "coverage": "what members gave of their own accord; nobody has seen whose number was which",
    }
