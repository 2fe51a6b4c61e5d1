"""Numbers without records: what counts in them, who may take them in, and what they add to a release."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from secrets import token_bytes
from zlib import compress

import pytest

from console.announced import waiting_cubes
from crypto.envelope import Envelope, sign_envelope
from crypto.sealing import seal_box
from node.audience import Purpose, Tier
from node.client import PeerClient
from node.collecting import cubes_of, sealed_for, send_aggregate
from node.consent import Said, record_consent
from node.contributing import (
    Coordinator,
    foresee_aggregate,
    give_aggregate,
    given,
    take_aggregate,
)
from node.cubes.aggregate import AGGREGATE_TYPE, Aggregate, read_aggregate, write_aggregate
from node.cubes.declaration import ALL, Cube
from node.errors import AggregateError, PayloadError, UnavailableError
from node.model import Incident
from node.releasing import declare, plan
from node.said import Teller
from node.sensitive import Consent
from node.wire.aggregates import MAX_UNPACKED, pack, unpack
from tests.support.cubes import yearly
from tests.support.incidents import ASSAULT, SHOOTING
from tests.support.network import NOW, SOURCE, TODAY, Network, Node, on_sqlite_alone, rows_of, seal_of

pytestmark = on_sqlite_alone
CUBE = yearly(by=["country"], public=[], purpose="statistics", aggregates=True)
OCHA = Coordinator("ocha", Tier.COORDINATOR)
TELLER = Teller("kb", NOW)
ONE = ("2024", "SSD", "incidents")
INCIDENTS: dict[str, Incident] = {
    "a": SHOOTING,
    "b": replace(SHOOTING, source_kind="media"),
    "c": SHOOTING,
    "now": replace(SHOOTING, when=replace(SHOOTING.when, year=2026)),
    "assault": ASSAULT,
}


@pytest.fixture
def alpha(network: Network) -> Node:
    """A member that has shared one of its records."""
    made = network.node("alpha")
    made.holds(on=TODAY, **INCIDENTS)
    made.shares("a")
    return made


@pytest.fixture
def ocha(network: Network) -> Node:
    """The coordinator, who has declared the cube."""
    made = network.node("ocha", Tier.COORDINATOR)
    declare(made.store, CUBE, TELLER)
    return made


def gives(node: Node, *, nothing: bool = False, as_of: date = TODAY) -> Envelope:
    return give_aggregate(node.store, CUBE, (node.identity, OCHA), as_of, TELLER, nothing=nothing)[1]


def test_what_the_coordinator_is_shown_and_what_goes_on_do_not_count(alpha: Node) -> None:
    before = rows_of(alpha.store)

    made = foresee_aggregate(alpha.store, CUBE, "alpha", OCHA, TODAY)

    assert made.ranges == {ONE: (1, 2)}  # of the two that nobody was shown, one was handed on by others
    assert rows_of(alpha.store) == before
    assert foresee_aggregate(alpha.store, CUBE, "alpha", Coordinator("x", Tier.PEER), TODAY) != made


def test_a_survivor_counts_with_consent_in_a_cube_of_year_and_country_alone(alpha: Node) -> None:
    said = Said(Consent.YES, frozenset({Purpose.STATISTICS}), TODAY, "kb", NOW)
    record_consent(alpha.store, f"{SOURCE}:assault", said)
    finer = yearly(by=["country", "cause"], purpose="statistics", aggregates=True)

    assert foresee_aggregate(alpha.store, CUBE, "alpha", OCHA, TODAY).ranges == {ONE: (2, 3)}
    assert (
        sum(most for _, most in foresee_aggregate(alpha.store, finer, "alpha", OCHA, TODAY).ranges.values())
        == 2
    )


def test_what_leaves_is_written_down_and_holds_no_record(alpha: Node) -> None:
    envelope = gives(alpha)

    (left,) = given(alpha.store)
    assert (left.member, left.cube, left.payload) == ("ocha", CUBE.title, envelope.payload)
    words = envelope.payload.decode()
    assert not any(secret in words for secret in ("Unity", "Leer", "ambush", "road", SOURCE, "2024-03"))


def test_numbers_are_taken_in_once_and_count_in_the_next_release(
    network: Network, alpha: Node, ocha: Node
) -> None:
    for name in ("beta", "gamma", "delta"):
        node = network.node(name)
        node.holds(on=TODAY, **{f"r{at}": SHOOTING for at in range(3)})
        take_aggregate(ocha.store, gives(node), node.origin, "ocha", TELLER)
    envelope = gives(alpha)
    for _ in range(2):
        take_aggregate(ocha.store, envelope, alpha.origin, "ocha", TELLER)

    made = plan(ocha.store, CUBE.title, "ocha", TODAY)

    assert len(rows_of(ocha.store)["aggregate"]) == 4
    assert sum(sum(parts.values()) for parts in made.settled.counts.values()) == 11
    assert ("2024", ALL, "incidents") not in made.hiding.few

    take_aggregate(ocha.store, gives(alpha, nothing=True), alpha.origin, "ocha", TELLER)
    assert sum(map(len, plan(ocha.store, CUBE.title, "ocha", TODAY).settled.counts.values())) == 3


def test_only_its_signer_gives_for_a_member_and_only_to_whom_it_is_for(
    network: Network, alpha: Node, ocha: Node
) -> None:
    beta = network.node("beta")
    envelope = gives(alpha)
    before = rows_of(ocha.store)

    for origin, org_id in ((beta.origin, "ocha"), (alpha.origin, "elsewhere")):
        with pytest.raises(AggregateError):
            take_aggregate(ocha.store, envelope, origin, org_id, TELLER)
    posing = sign_envelope(beta.identity.signing, AGGREGATE_TYPE, envelope.payload)
    with pytest.raises(AggregateError, match="another organization"):
        take_aggregate(ocha.store, posing, beta.origin, "ocha", TELLER)
    for at in range(0, len(envelope.payload), 7):
        flipped = bytearray(envelope.payload)
        flipped[at] ^= 1
        with pytest.raises(AggregateError, match="not signed by alpha"):
            take_aggregate(
                ocha.store, envelope._replace(payload=bytes(flipped)), alpha.origin, "ocha", TELLER
            )
    assert rows_of(ocha.store) == before


def test_older_numbers_and_those_for_another_declaration_are_refused(alpha: Node, ocha: Node) -> None:
    older = gives(alpha, as_of=TODAY - timedelta(days=1))
    take_aggregate(ocha.store, gives(alpha), alpha.origin, "ocha", TELLER)
    with pytest.raises(AggregateError, match="older"):
        take_aggregate(ocha.store, older, alpha.origin, "ocha", TELLER)

    lax = replace(CUBE, smallest=3)
    _, envelope = give_aggregate(alpha.store, lax, (alpha.identity, OCHA), TODAY, TELLER)
    with pytest.raises(AggregateError, match="says otherwise"):
        take_aggregate(ocha.store, envelope, alpha.origin, "ocha", TELLER)
    with pytest.raises(AggregateError, match="asks for no numbers"):
        foresee_aggregate(alpha.store, replace(CUBE, aggregates=False), "alpha", OCHA, TODAY)


def over_the_line(network: Network, alpha: Node, ocha: Node, *boxes: bytes) -> dict[str, Cube]:
    """Ask what the coordinator asks for, and send it boxes."""

    async def run() -> dict[str, Cube]:
        async with ocha.serving(network) as peer, PeerClient(peer, alpha.credentials) as client:
            for box in boxes:
                await send_aggregate(client, box)
            return await cubes_of(client)

    return asyncio.run(run())


@pytest.mark.slow
def test_a_member_hears_what_is_asked_for_and_gives_it_over_the_line_when_somebody_decides(
    network: Network, alpha: Node, ocha: Node
) -> None:
    declare(ocha.store, yearly(name="quiet", by=["country"], public=[]), TELLER)
    before = rows_of(alpha.store)

    asked = over_the_line(network, alpha, ocha)

    assert asked == {CUBE.title: CUBE}
    assert rows_of(alpha.store) == before  # nothing leaves because it was asked for
    (waits,) = waiting_cubes(alpha.store, [("ocha", asked)])
    assert f"`tocsin release give {CUBE.title} --to ocha`" in waits
    member = network.directory.member("ocha")
    first, nothing = (sealed_for(member, gives(alpha, nothing=none), NOW) for none in (False, True))
    assert list(waiting_cubes(alpha.store, [("ocha", asked)])) == []
    over_the_line(network, alpha, ocha, first, first)
    assert [row[2] for row in rows_of(ocha.store)["aggregate"]] == ["alpha"]
    over_the_line(network, alpha, ocha, nothing)
    with pytest.raises(UnavailableError, match="AGGREGATE_REFUSED"):
        over_the_line(network, alpha, ocha, first)  # replayed: it was taken back
    assert read_aggregate(rows_of(ocha.store)["aggregate"][-1][3]).ranges == {}
    assert ocha.faults(*network.origins()) == []


@pytest.mark.slow
def test_over_the_line_nobody_gives_for_another_or_what_was_sealed_to_another(
    network: Network, alpha: Node, ocha: Node
) -> None:
    beta = network.node("beta")
    envelope, member = gives(alpha), network.directory.member("ocha")
    before = rows_of(ocha.store)

    for who, box in (
        (beta, sealed_for(member, envelope, NOW)),
        (alpha, sealed_for(network.directory.member("beta"), envelope, NOW)),
        (alpha, seal_box(seal_of(ocha.identity).public_key, b"no numbers")),
        (alpha, seal_box(seal_of(ocha.identity).public_key, pack(envelope) + b"more")),
    ):
        with pytest.raises(UnavailableError, match="refused"):
            over_the_line(network, who, ocha, box)
    assert rows_of(ocha.store) == before
    huge = envelope._replace(payload=token_bytes(70_000))
    with pytest.raises(AggregateError, match="as a file"):
        sealed_for(member, huge, NOW)
    with pytest.raises(PayloadError, match="not whole"):
        unpack(compress(bytes(MAX_UNPACKED + 1)))


@pytest.mark.parametrize(
    "ranges", [{ONE: (2, 1)}, {ONE: (0, 0)}, {("2024", "killed"): (1, 1)}, {(*ONE[:2], "x"): (1, 1)}]
)
def test_a_range_that_is_none_is_refused(
    alpha: Node, ocha: Node, ranges: dict[tuple[str, ...], tuple[int, int]]
) -> None:
    payload = write_aggregate(Aggregate("alpha", "ocha", CUBE, TODAY, ranges))

    with pytest.raises(AggregateError, match="no numbers"):
        take_aggregate(
            ocha.store,
            sign_envelope(alpha.identity.signing, AGGREGATE_TYPE, payload),
            alpha.origin,
            "ocha",
            TELLER,
        )
    assert read_aggregate(gives(alpha).payload).coordinator == "ocha"
