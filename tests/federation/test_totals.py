"""Two servers and a group over mutual TLS: what comes out, what each server sees, and what is refused."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.announced import hear_what_is_asked, waiting_totals
from crypto.sealing import seal_box
from node.adding_up import Step, next_step, take_outcome, take_share, take_step
from node.agreeing import agree_to_total, declare_total, take_declaration
from node.client import PeerClient
from node.directory import OrganizationType
from node.errors import (
    ClosedTotalError,
    MemberError,
    PayloadError,
    TotalError,
    TotalOverlapError,
    UnavailableError,
    UnknownTotalError,
)
from node.model import Outcome as Hit
from node.splitting import Own, own_figures
from node.store.totals import HeldTotal, add_total, totals
from node.tables.figures import total
from node.totalling import fetch_totals, give_share, settle, tell_total
from node.totals.declaration import write_payload
from node.totals.papers import (
    HELD_TYPE,
    OUTCOME_TYPE,
    SHARE_TYPE,
    SUM_TYPE,
    Held,
    Share,
    Sum,
    read_paper,
    sign_paper,
    write_paper,
)
from node.wire import totals as wires
from tests.support.bystander import Bystander
from tests.support.incidents import ASSAULT, SHOOTING
from tests.support.mutants import flips, mutants
from tests.support.network import NOW, TODAY, Network, Node, on_sqlite_alone, rows_of, seal_of
from tests.support.totals import AFTER, GROUP, KILLED, Parties, over_the_line, parties
from tests.support.wiretap import Headers, Wiretap
from tocsin.node.v1 import total_service_pb2 as messages

pytestmark = [on_sqlite_alone, pytest.mark.slow]
ID = "5d1b4f0e-6c0b-4a51-9d5e-2f6a43d3a001"
FIGURES = {name: (at, 10 * at) for at, name in enumerate(GROUP)}


@pytest.fixture
def some(network: Network) -> Parties:
    return parties(network)


def settles(some: Parties, held: HeldTotal) -> None:
    """Let both servers say everything, in one process."""
    first, second = some.servers
    some.network.now = AFTER
    for _ in Step._fields:
        for one, other in ((first, second), (second, first)):
            said = next_step(one.store, held.digest, some.adder(one))
            next_step(other.store, held.digest, some.adder(other))
            for part in (Step(said.held), Step(None, said.sum)):
                take_step(other.store, held.digest, part, some.adder(other))
            next_step(other.store, held.digest, some.adder(other))
            take_step(other.store, held.digest, Step(None, None, said.outcome), some.adder(other))


def gives_to(some: Parties, node: Node, held: HeldTotal, *figures: int, to: tuple[int, ...] = (0, 1)) -> None:
    gave = some.gives(node, held, *figures)
    for at in to:
        take_share(some.servers[at].store, gave.boxes[at], some.adder(some.servers[at]), node.org_id)


def test_a_total_over_the_line_is_that_of_who_gave_and_its_servers_hold_noise(some: Parties) -> None:
    held = some.agreed(known=False)
    dropped = {name: figures for name, figures in FIGURES.items() if name != "beta"}

    over_the_line(some, held, dropped)

    for node in (*some.servers, *some.members):
        outcome = some.outcome(node, held)
        assert outcome is not None
        assert (outcome.contributors, outcome.figures) == (5, (("SDN", 14), ("SSD", 140)))
        assert node.faults(*some.network.origins()) == []
    for server in some.servers:
        assert all(row[5] == b"" for row in rows_of(server.store)["total_share"])  # destroyed
        told = [json.loads(row[4]) for row in rows_of(server.store)["total_paper"]]
        assert not any(name in json.dumps(one) for one in told if "figures" in one for name in GROUP)


def test_a_sync_says_what_waits_for_whom_until_it_is_done(some: Parties) -> None:
    network, (first, second) = some.network, some.servers
    alpha = some.members[0]
    who = [(one.identity, network.directory) for one in some.servers]
    held = declare_total(first.store, KILLED, who[0], some.teller())
    some.tells(second, held)
    (waits,) = waiting_totals(second.store, "forum", NOW)
    assert "`tocsin total agree killed-2025`" in waits
    assert list(waiting_totals(first.store, "undss", NOW)) == []
    held = agree_to_total(second.store, held, who[1], some.teller())
    some.tells(first, held)

    async def hear() -> None:
        async with first.serving(network) as peer, PeerClient(peer, alpha.credentials) as client:
            assert await hear_what_is_asked(client, alpha.store, ("alpha", network.directory), NOW) == {}

    assert list(waiting_totals(alpha.store, "alpha", NOW)) == []
    asyncio.run(hear())
    (waits,) = waiting_totals(alpha.store, "alpha", NOW)
    assert waits.startswith("undss and forum ask for the total killed-2025 until 2026-12-01 00:00 UTC")
    assert "`tocsin total give killed-2025`" in waits
    assert not rows_of(alpha.store)["total_given"]  # nothing was given by hearing of it

    some.gives(alpha, held, 1, 2)
    assert list(waiting_totals(alpha.store, "alpha", NOW)) == []
    for server in some.servers:
        (waits,) = waiting_totals(server.store, server.org_id, AFTER)
        assert "`tocsin total sum killed-2025`" in waits
    assert list(waiting_totals(alpha.store, "alpha", AFTER)) == []


def test_who_listens_hears_whose_and_no_number(network: Network, some: Parties, tmp_path: Path) -> None:
    tap, held = Wiretap(tmp_path), some.agreed()
    alpha, (first, _) = some.members[0], some.servers
    gave = some.gives(alpha, held, 4242, 5151)

    async def run() -> None:
        async with (
            tap.tapped(first, alpha).serving(network) as peer,
            PeerClient(peer, alpha.credentials) as client,
        ):
            await give_share(client, held, gave)
            await fetch_totals(client, alpha.store, ("alpha", network.directory), some.teller())

    asyncio.run(run())
    (line,) = tap.lines
    bystander = Bystander({}, {})
    bystander.listen(line, {one.org_id: one for one in network.directory.members}, TODAY)
    assert bystander.heard["GiveShareRequest"] == bystander.heard["ListTotalsResponse"] == 1
    asked = b"".join(one.wire for one in line.requests() if not isinstance(one, Headers))
    assert gave.boxes[0] in asked
    assert not any(word in asked for word in (b"4242", b"5151", b"SSD", held.digest.encode()))


def test_the_view_of_each_server_is_one_of_any_other_figures(some: Parties) -> None:
    """Every share of one server is that of any other figures too, with another share at the other server."""
    held = some.agreed()
    gave = some.gives(some.members[0], held, 3, 7)
    opened = []
    for server, box in zip(some.servers, gave.boxes, strict=True):
        envelope = wires.decode_envelope(seal_of(server.identity).open_box(box))
        share = read_paper(SHARE_TYPE, envelope.payload)
        assert isinstance(share, Share)
        opened.append(share.numbers)
    masked, pad = opened

    assert tuple((one + other) % 2**64 for one, other in zip(masked, pad, strict=True)) == (3, 7)
    for other in ((0, 0), (1_000_000, 1)):
        for view in (masked, pad):
            rest = tuple((figure - part) % 2**64 for figure, part in zip(other, view, strict=True))
            assert all(0 <= one < 2**64 for one in rest)
    again = some.gives(some.members[0], held, 3, 7)
    assert again == gave  # sent again it is the same, so two shares of one number are never compared


def test_dropouts_cost_nothing_until_too_few_are_left(some: Parties) -> None:
    held = some.agreed()
    for at, node in enumerate(some.members):
        gives_to(some, node, held, 1, 2, to=(0, 1) if at < 4 else (0,) if at == 4 else (1,))

    settles(some, held)

    for server in some.servers:
        outcome = some.outcome(server, held)
        assert outcome is not None
        assert (outcome.contributors, outcome.figures, outcome.sound) == (4, (), True)
        assert not any(row[2] == SUM_TYPE for row in rows_of(server.store)["total_paper"])
    some.network.now = AFTER
    later = replace(KILLED, name="again", closes=AFTER + timedelta(days=1))
    assert some.agreed(later).agreed  # it told nothing, so it may be asked for again


def test_what_was_given_twice_counts_as_given_last_and_half_of_it_not_at_all(some: Parties) -> None:
    held = some.agreed()
    for node in some.members:
        gives_to(some, node, held, 9, 9)
    gives_to(some, some.members[0], held, 20, 0)
    gives_to(some, some.members[1], held, 500, 500, to=(0,))  # the other server has the shares of before

    settles(some, held)

    outcome = some.outcome(some.servers[1], held)
    assert outcome is not None
    assert (outcome.contributors, outcome.figures) == (5, (("SDN", 56), ("SSD", 36)))


def test_a_made_up_share_spoils_the_total_and_is_noticed(some: Parties) -> None:
    held = some.agreed()
    for node in some.members:
        gives_to(some, node, held, 1, 1)
    liar = some.members[0]
    forged = Share(held.digest, liar.org_id, some.servers[0].org_id, 2, "00" * 16, (2**63, 5))
    other = forged._replace(server=some.servers[1].org_id, numbers=(0, 0))
    for server, share in zip(some.servers, (forged, other), strict=True):
        take_share(server.store, sealed(share, liar, server), some.adder(server), liar.org_id)

    settles(some, held)

    outcome = some.outcome(some.servers[0], held)
    assert outcome is not None
    assert (outcome.sound, outcome.figures) == (False, ())


def sealed(share: Share, signer: Node, server: Node) -> bytes:
    envelope = sign_paper(signer.identity.signing, SHARE_TYPE, write_paper(share))
    return seal_box(seal_of(server.identity).public_key, wires.encode_envelope(envelope))


def test_a_share_is_taken_from_its_member_at_its_server_while_it_is_open(some: Parties) -> None:
    held, (un, ngo) = some.agreed(), some.servers
    alpha, beta = some.members[:2]
    gave = some.gives(alpha, held, 1, 2)
    newer = some.gives(alpha, held, 2, 2)
    before = rows_of(un.store)

    def refused(box: bytes, caller: str, kind: type[Exception]) -> None:
        with pytest.raises(kind):
            take_share(un.store, box, some.adder(un), caller)
        assert rows_of(un.store) == before

    refused(gave.boxes[1], "alpha", TotalError)  # sealed to the other server
    refused(gave.boxes[0], "beta", TotalError)  # brought by somebody else
    share = Share(held.digest, "alpha", un.org_id, 3, "00" * 16, (1, 2))
    refused(sealed(share, beta, un), "", TotalError)  # signed by somebody else
    refused(sealed(share, beta, un), "beta", TotalError)
    refused(sealed(share._replace(server=ngo.org_id), alpha, un), "alpha", TotalError)
    refused(sealed(share._replace(total="00" * 32), alpha, un), "alpha", UnknownTotalError)
    refused(sealed(share._replace(numbers=(1,)), alpha, un), "alpha", TotalError)
    refused(sealed(share._replace(member="undss"), un, un), "undss", TotalError)
    some.network.suspend("alpha")
    refused(newer.boxes[0], "alpha", MemberError)
    some.network.admit(
        some.network.directory.member("alpha")._replace(status=some.network.directory.member("beta").status)
    )
    for at, flipped in list(flips(gave.boxes[0]))[::9]:
        with pytest.raises((TotalError, PayloadError)):
            take_share(un.store, flipped, some.adder(un), "alpha")
        assert at >= 0
    some.network.now = KILLED.closes
    refused(newer.boxes[0], "alpha", ClosedTotalError)
    some.network.now = NOW
    take_share(un.store, newer.boxes[0], some.adder(un), "alpha")
    before = rows_of(un.store)
    take_share(un.store, newer.boxes[0], some.adder(un), "alpha")  # again: nothing
    assert rows_of(un.store) == before
    refused(gave.boxes[0], "alpha", TotalError)  # replayed: it is older


def test_nobody_is_added_up_in_two_totals_that_tell_one_from_the_other(some: Parties) -> None:
    held = some.agreed()
    first, second = some.servers
    who = [(one.identity, some.network.directory) for one in some.servers]
    for other in (
        replace(KILLED, group=GROUP[:5]),
        replace(KILLED, areas=("all",)),
        replace(KILLED, period="2025-Q1"),
        replace(KILLED, period="2025-12", areas=("SSD",)),
    ):
        for server, keys in zip(some.servers, who, strict=True):
            with pytest.raises(TotalOverlapError):
                declare_total(server.store, other, keys, some.teller())
    assert declare_total(first.store, replace(KILLED, name="x", period="2024"), who[0], some.teller())

    # Two other servers may agree on anything: the member's own node does not give the same number twice.
    network, (alpha, *_) = some.network, some.members
    some.gives(alpha, held, 1, 2)
    others = network.node("ocha"), network.node("council")
    network.admit(network.directory.member("ocha")._replace(type=OrganizationType.UN))
    elsewhere = Parties(network, others, some.members).agreed(
        replace(KILLED, name="elsewhere", servers=("ocha", "council"), group=GROUP[:5])
    )
    with pytest.raises(TotalOverlapError):
        some.gives(alpha, elsewhere, 1, 2)
    assert second.org_id == "forum"


def test_only_the_owners_of_servers_on_both_sides_declare(some: Parties) -> None:
    network, (un, ngo), alpha = some.network, some.servers, some.members[0]
    with pytest.raises(TotalError, match="only the owner"):
        declare_total(alpha.store, KILLED, (alpha.identity, network.directory), some.teller())
    with pytest.raises(TotalError, match="United Nations"):
        declare_total(
            un.store,
            replace(KILLED, servers=("forum", "undss")),
            (un.identity, network.directory),
            some.teller(),
        )
    held = declare_total(un.store, KILLED, (un.identity, network.directory), some.teller())
    with pytest.raises(TotalError, match="both servers"):
        some.tells(alpha, held)
    stranger = network.node("stranger")
    with pytest.raises(TotalError, match="not for us"):
        some.tells(stranger, some.agreed())
    forged = sign_paper(alpha.identity.signing, "application/vnd.tocsin.total.v1+json", held.payload)
    with pytest.raises(TotalError, match="none of its servers"):
        take_declaration(ngo.store, forged, ("forum", network.directory), some.teller())
    early = replace(KILLED, name="early", period="2024")
    waiting = some.tells(ngo, declare_total(un.store, early, (un.identity, network.directory), some.teller()))
    network.now = KILLED.closes
    with pytest.raises(ClosedTotalError):
        declare_total(un.store, replace(KILLED, name="late"), (un.identity, network.directory), some.teller())
    with pytest.raises(ClosedTotalError):
        agree_to_total(ngo.store, waiting, (ngo.identity, network.directory), some.teller())
    late = network.node("late")
    whole = some.agreed(
        replace(KILLED, name="later", period="2023", closes=AFTER, group=(*GROUP[:5], "late")), known=False
    )
    network.now = AFTER
    assert some.tells(late, whole).agreed  # who comes late may know of it, and gives nothing
    with pytest.raises(ClosedTotalError):
        some.gives(late, whole, 1, 1)


def test_a_server_adds_up_one_group_and_says_each_thing_once(some: Parties) -> None:
    held, (un, ngo) = some.agreed(), some.servers
    for node in some.members:
        gives_to(some, node, held, 1, 1)
    with pytest.raises(ClosedTotalError):
        next_step(un.store, held.digest, some.adder(un))
    some.network.now = AFTER
    ours, theirs = (next_step(one.store, held.digest, some.adder(one)).held for one in (un, ngo))
    assert ours is not None
    assert theirs is not None

    def signed(kind: str, paper: Held | Sum, by: Node = ngo) -> Step:
        envelope = sign_paper(by.identity.signing, kind, write_paper(paper))
        return Step(envelope) if kind == HELD_TYPE else Step(None, envelope)

    def refused(step: Step) -> None:
        before = rows_of(un.store)
        with pytest.raises(TotalError):
            take_step(un.store, held.digest, step, some.adder(un))
        assert rows_of(un.store) == before

    whole = read_paper(HELD_TYPE, theirs.payload)
    assert isinstance(whole, Held)
    refused(signed(HELD_TYPE, whole, un))
    refused(signed(HELD_TYPE, whole._replace(total="00" * 32)))
    refused(signed(HELD_TYPE, whole._replace(server="undss")))
    refused(signed(HELD_TYPE, whole._replace(group=(*whole.group, ("zz", "1")))))
    refused(signed(SUM_TYPE, Sum(held.digest, "forum", whole.group, (0, 0))))  # before it said whose
    take_step(un.store, held.digest, Step(theirs), some.adder(un))
    refused(signed(HELD_TYPE, whole._replace(group=whole.group[:5])))  # all but one, afterwards
    refused(signed(SUM_TYPE, Sum(held.digest, "forum", whole.group[:5], (0, 0))))
    refused(signed(SUM_TYPE, Sum(held.digest, "forum", whole.group, (0,))))
    assert next_step(un.store, held.digest, some.adder(un)) == next_step(
        un.store, held.digest, some.adder(un)
    )
    settles(some, held)
    outcome = next_step(ngo.store, held.digest, some.adder(ngo)).outcome
    assert outcome is not None
    alpha, beta = some.members[:2]
    forged = sign_paper(beta.identity.signing, OUTCOME_TYPE, outcome.payload)
    with pytest.raises(TotalError, match="none of its servers"):
        take_outcome(alpha.store, held.digest, forged, (some.network.directory, AFTER))


def test_strangers_and_members_can_not_settle_or_learn_of_a_total(some: Parties) -> None:
    held, (un, ngo) = some.agreed(), some.servers
    stranger, alpha = some.network.node("stranger"), some.members[0]

    def asks(node: Node, do: Callable[[PeerClient], Awaitable[object]]) -> object:
        async def run() -> object:
            async with un.serving(some.network) as peer, PeerClient(peer, node.credentials) as client:
                return await do(client)

        return asyncio.run(run())

    told = asks(
        stranger,
        lambda client: fetch_totals(
            client, stranger.store, ("stranger", some.network.directory), some.teller()
        ),
    )
    assert told == (0, 0)
    with un.store.write() as connection:  # what a server made up keeps nothing else from its members
        add_total(
            connection, "00" * 32, write_payload(replace(KILLED, name="made-up")), (b"x", b"y"), "", NOW
        )
    told = asks(
        alpha,
        lambda client: fetch_totals(client, alpha.store, ("alpha", some.network.directory), some.teller()),
    )
    assert told == (1, 1)
    with un.store.write() as connection:
        connection.execute(total.delete().where(total.c.digest == "00" * 32))
    for node in (stranger, alpha):
        with pytest.raises(UnavailableError, match="TOTAL_UNKNOWN"):
            asks(node, lambda client: tell_total(client, held))
    some.network.now = AFTER
    call = wires.encode_settle_call(wires.SettleCall(ID, held.digest, Step(None)))
    for node in (stranger, alpha):
        with pytest.raises(UnavailableError, match="TOTAL_UNKNOWN"):
            asks(node, lambda client: client.call(wires.SERVICE, "SettleTotal", call))
    asks(ngo, lambda client: settle(client, ngo.store, held.digest, some.adder(ngo)))
    assert some.outcome(un, held) is not None


def test_a_change_to_any_field_of_what_servers_say_is_refused(some: Parties) -> None:
    """A bit of each byte, and each field dropped, doubled or changed."""
    held, (un, ngo) = some.agreed(), some.servers
    for node in some.members:
        gives_to(some, node, held, 1, 1)
    some.network.now = AFTER
    said = next_step(ngo.store, held.digest, some.adder(ngo))
    next_step(un.store, held.digest, some.adder(un))
    answer = wires.encode_settled(said)
    before = rows_of(un.store)

    def takes(wire: bytes) -> None:
        take_step(un.store, held.digest, wires.decode_settled(wire), some.adder(un))

    changed = [*flips(answer), *mutants(messages.SettleTotalResponse.FromString(answer))]
    assert len(changed) > 300
    for _, wire in changed:
        if not wires_nothing(wire):
            with pytest.raises((TotalError, PayloadError)):
                takes(wire)
    assert rows_of(un.store) == before
    takes(answer)
    assert rows_of(un.store) != before


def wires_nothing(wire: bytes) -> bool:
    """Whether a changed answer says nothing at all, which is for the other server to decide."""
    return wire in {b"", b"\n\0"}


def test_own_figures_are_those_that_we_know_first_hand_of_our_own_kind(some: Parties) -> None:
    alpha = some.members[0]
    killed = SHOOTING.count(Hit.KILLED)
    inside = replace(SHOOTING, when=replace(SHOOTING.when, year=2025))
    people = inside.count()
    ours = replace(inside, employers=(inside.employers[0]._replace(organization_type="ingo", number=people),))
    alpha.holds(
        on=TODAY,
        a=ours,
        b=replace(ours, source_kind="media"),
        c=replace(inside, employers=()),
        d=SHOOTING,
        e=ASSAULT,
    )

    found = own_figures(alpha.store, KILLED, ("alpha", "INGO"), TODAY)

    assert found == [Own("SDN", 0, 0), Own("SSD", killed, 3 * killed)]
    everywhere = replace(KILLED, areas=("all",))
    assert own_figures(alpha.store, everywhere, ("alpha", "INGO"), TODAY) == [Own("all", killed, 3 * killed)]
    assert own_figures(alpha.store, replace(KILLED, period="2025-Q4"), ("alpha", "INGO"), TODAY)[1].most == 0
    with alpha.store.read() as connection:
        assert totals(connection) == []
