"""Build, audit and publish releases of figures, and correct what was published.

One person builds, another publishes; nothing is published in which the audit finds anything. What was published stays,
word for word: a release that turns out wrong is followed by a notice and by the next release.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from crypto.envelope import sign_envelope
from node.cubes.aggregate import atoms_of, read_aggregate
from node.cubes.audit import Counted, Finding, audit
from node.cubes.declaration import Cell, Cube, period_of
from node.cubes.document import (
    NOTICE_TYPE,
    PUBLIC_TYPE,
    RELEASE_TYPE,
    Notice,
    Release,
    digest_of,
    read_release,
    write_notice,
    write_public,
    write_release,
)
from node.cubes.protect import Hiding, protect
from node.cubes.revision import Settled, settle
from node.cubes.table import Atom, Counts, tables
from node.errors import CubeError, LeakError, OverrideError
from node.gathering import count_atoms
from node.logbook import Identity
from node.published import find_published
from node.query import DEFINITION
from node.said import Teller
from node.store.cubes import (
    Built,
    NewRelease,
    add_cube,
    add_notice,
    add_release,
    aggregates,
    cube_key,
    cubes,
    note_published,
    notices,
    releases,
)
from node.store.database import Store, Transaction


class Plan(NamedTuple):
    """What the next release would count and hide.

    Attributes:
        cube: The declaration.
        number: Of the release.
        before: The release before; `None` for the first.
        settled: What it counts.
        hiding: What it hides.
        as_of: Day as of which new periods are counted.
        open_periods: Periods that are not closed yet and wait.
        told: Key of the newest published release that it was held against; 0 for none.
    """

    cube: Cube
    number: int
    before: Built | None
    settled: Settled
    hiding: Hiding
    as_of: date
    open_periods: tuple[str, ...]
    told: int


def declare(store: Store, cube: Cube, teller: Teller) -> None:
    """Keep a declaration, which no longer changes.

    Raises:
        CubeError: One of that name and version says something else.
    """
    with store.write() as connection:
        known = cubes(connection)
        if cube.title in known:
            if known[cube.title] != cube:
                raise CubeError(
                    "{title} says something else already; a change is another version", title=cube.title
                )
            return
        add_cube(connection, cube, teller.by, teller.now)


def plan(store: Store, title: str, org_id: str, as_of: date) -> Plan:
    """Work out the next release and change nothing.

    Raises:
        CubeError: There is no such cube, nothing is closed, or what was released before would be given away.
        SolverError: No solver is installed.
    """
    with store.read() as connection:
        return _plan(connection, title, org_id, as_of)


def build(store: Store, title: str, org_id: str, as_of: date, teller: Teller) -> Plan:
    """Work out the next release and keep it, to be audited and published by others.

    Raises:
        CubeError: As in `plan`.
        SolverError: No solver is installed.
    """
    made = plan(store, title, org_id, as_of)  # solving takes its time, and nobody else can write meanwhile
    payload = write_release(_release(made, org_id, teller.now.date()))
    row = NewRelease(made.number, payload, made.settled.counts, made.hiding.few)
    with store.write() as connection:
        _verify_newest(releases(connection, published=True), made.told)
        add_release(connection, cube_key(connection, title), row, teller.by, teller.now)
    return made


def audit_built(store: Store, title: str) -> tuple[Built, list[Finding]]:
    """Look at what was built last, and at all that was published before, as somebody does who wants to know more.

    Raises:
        CubeError: Nothing was built.
        SolverError: No solver is installed.
    """
    with store.read() as connection:
        return _audit(connection, title)


def publish(store: Store, title: str, identity: Identity, teller: Teller) -> Built:
    """Sign what was built, if the audit finds nothing.

    Raises:
        CubeError: Nothing was built since it was last published.
        OverrideError: Whoever built it publishes it.
        LeakError: The audit finds something; the first is named.
        SolverError: No solver is installed.
    """
    with store.read() as connection:
        built, found = _audit(connection, title)
        held_against = _newest(releases(connection, published=True))
    if built.built_by.casefold() == teller.by.casefold():
        raise OverrideError("another person than who built a release publishes it")
    if found:
        raise LeakError(
            "{where}: {why}; {count} in all, see the audit",
            where=found[0].where,
            why=found[0].why,
            count=len(found),
        )
    public = write_public(read_release(built.payload))
    signed, signed_public = (
        sign_envelope(identity.signing, kind, payload).signatures[0].sig
        for kind, payload in ((RELEASE_TYPE, built.payload), (PUBLIC_TYPE, public))
    )
    with store.write() as connection:
        _verify_newest(releases(connection, published=True), held_against)
        note_published(connection, built, (signed, signed_public), teller.by, teller.now)
    return built._replace(
        published_by=teller.by,
        published_at=int(teller.now.timestamp()),
        signature=signed,
        public_signature=signed_public,
    )


def correct(
    store: Store, title: str, number: int, periods: Sequence[str], reason: str, who: tuple[Identity, Teller]
) -> Notice:
    """Say, signed, that a published release stands no longer as it is: numbers were taken back, or are wrong.

    The notice names periods and never whose numbers. What was taken back counts no longer from the next revision in
    which that can not be told from the difference. The same again on one day changes nothing.

    Raises:
        CubeError: No such release was published, or it does not tell such a period.
    """
    identity, teller = who
    with store.write() as connection:
        built = find_published(releases(connection, title, published=True), title, number)
        release = read_release(built.payload)
        for period in periods:
            if period not in release.periods:
                raise CubeError(
                    "release {number} of {title} does not tell {period!r}",
                    number=number,
                    title=title,
                    period=period[:20],
                )
        if not reason.isprintable() or not 0 < len(reason) <= 280:
            raise CubeError("reason: not one plain line of at most 280 characters")
        notice = Notice(
            identity.org_id,
            title,
            number,
            digest_of(built.payload),
            teller.now.date(),
            tuple(sorted(periods)) or release.periods,
            reason,
        )
        payload = write_notice(notice)
        if any((one.release_id, one.payload) == (built.key, payload) for one in notices(connection)):
            return notice  # it was signed already, and says the same
        signature = sign_envelope(identity.signing, NOTICE_TYPE, payload).signatures[0].sig
        add_notice(connection, built.key, payload, signature, teller.by, teller.now)
    return notice


def _plan(connection: Transaction, title: str, org_id: str, as_of: date) -> Plan:
    cube = cubes(connection).get(title)
    if cube is None:
        raise CubeError(
            "there is no cube {title!r}; `tocsin release plan FILE` declares one", title=title[:60]
        )
    told = releases(connection, published=True)
    same = [one for one in told if one.cube == cube]
    before = same[-1] if same else None
    known: dict[Atom, Mapping[str, int]] = {**count_atoms(connection, cube, as_of, org_id)}
    for member, taken in aggregates(connection, title).items() if cube.aggregates else ():
        for atom, number in atoms_of(read_aggregate(taken.payload)).items():
            known[atom] = {**known.get(atom, {}), member: number}
    closed, waiting = _closed(cube, known, as_of)
    released: tuple[str, ...] = ()
    revise, counted_before, kept = False, {}, {}
    if before is not None:
        last = read_release(before.payload)
        if as_of < last.as_of:
            raise CubeError(
                "the release before counts as of {as_of}; this one can not go back", as_of=last.as_of
            )
        released, revise, counted_before = last.periods, cube.revises(last.as_of, as_of), dict(before.counts)
    settled = settle(cube, closed, counted_before, released, revise=revise)
    if before is not None:
        kept = _kept(before, settled)
    if not settled.counts:
        raise CubeError(
            "nothing of {title} can be released yet: no period has been over for {lag_days} days",
            title=title,
            lag_days=cube.lag_days,
        )
    hidden = read_release(before.payload).hidden if before is not None else ()
    hiding = protect(cube, settled.counts, kept, [counted(one).told for one in told], hidden)
    return Plan(
        cube, before.number + 1 if before else 1, before, settled, hiding, as_of, waiting, _newest(told)
    )


def _closed(cube: Cube, known: Counts, as_of: date) -> tuple[dict[Atom, Mapping[str, int]], tuple[str, ...]]:
    """What lies in periods that may be released, and the periods that may not yet."""
    closed, waiting = {}, set()
    for atom, parts in known.items():
        period = atom.month if atom.cube else period_of(cube, atom.month)
        if cube.is_closed(period, as_of):
            closed[atom] = parts
        else:
            waiting.add(period)
    return closed, tuple(sorted(waiting))


def _kept(before: Built, settled: Settled) -> dict[str, Hiding]:
    """What stays hidden in periods that stay as they were released."""
    release = read_release(before.payload)
    kept = {}
    for period in release.periods:
        if period not in settled.moved:
            hidden = {cell for cell in release.hidden if cell[0] == period}
            few = {cell for cell in before.few if cell[0] == period}
            kept[period] = Hiding(frozenset(few), frozenset(hidden - few))
    return kept


def _release(made: Plan, org_id: str, issued_on: date) -> Release:
    figures: dict[Cell, int | None] = {
        cell: None if cell in made.hiding.all else table.value(cell)
        for table in tables(made.cube, made.settled.counts).values()
        for cell in table.figures
    }
    return Release(
        org_id,
        made.cube,
        made.number,
        digest_of(made.before.payload) if made.before else "",
        issued_on,
        made.as_of,
        DEFINITION,
        tuple(sorted(made.settled.moved)),
        figures,
    )


def counted(built: Built) -> Counted:
    """A release with the numbers behind it."""
    return Counted(read_release(built.payload), built.counts)


def _newest(found: Sequence[Built]) -> int:
    return max((one.key for one in found), default=0)


def _verify_newest(found: Sequence[Built], expected: int) -> None:
    """Check that nothing was published meanwhile.

    Raises:
        CubeError: Something was.
    """
    if _newest(found) != expected:
        raise CubeError("another release was published meanwhile; build it again")


def _audit(connection: Transaction, title: str) -> tuple[Built, list[Finding]]:
    found = releases(connection)
    waiting = [one for one in found if one.cube.title == title and not one.published_at]
    if not waiting:
        raise CubeError(
            "nothing of {title} waits to be published; `tocsin release build` makes it", title=title[:60]
        )
    history = [counted(one) for one in found if one.published_at]
    return waiting[-1], audit(counted(waiting[-1]), history)
