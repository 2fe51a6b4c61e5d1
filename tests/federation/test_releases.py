"""Releases of figures over what several nodes have shared: built by one, published by another, and never changed."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Column, update

from crypto.envelope import verify_envelope
from crypto.errors import SignatureError
from crypto.signing import Signer
from node.audience import Purpose, Tier
from node.consent import Said, record_consent
from node.cubes.declaration import ALL, Cell
from node.cubes.document import PUBLIC_TYPE, RELEASE_TYPE, read_release
from node.errors import CubeError, LeakError, OverrideError
from node.model import Incident, PartialDate, Place
from node.published import difference, envelopes, published
from node.releasing import audit_built, build, correct, declare, plan, publish
from node.said import Teller
from node.sensitive import Consent
from node.tables.figures import cube_notice, cube_release
from tests.support.cubes import yearly
from tests.support.incidents import ASSAULT, SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node, on_sqlite_alone, rows_of

pytestmark = [on_sqlite_alone, pytest.mark.slow]
CUBE = yearly(purpose="staff_safety")
MADE, SIGNED = Teller("kb", NOW), Teller("mo", NOW)
AS_OF = NOW.date()
MEMBERS = ("alpha", "beta", "gamma", "delta")


def some(number: int, country: str, **changed: object) -> dict[str, Incident]:
    """So many incidents of 2024 in a country."""
    one = replace(SHOOTING, where=Place(country), **changed)  # type: ignore[arg-type] # any field
    return {f"{country.lower()}{at}": one for at in range(number)}


@pytest.fixture
def nodes(network: Network) -> dict[str, Node]:
    """A coordinator that was shared five or six incidents by each of four members, and one more by one of them."""
    made = {"ocha": network.node("ocha", Tier.COORDINATOR)}
    for org_id in MEMBERS:
        made[org_id] = network.node(org_id)
        reports(network, made, org_id, **some(5, "SSD"), **some(6, "AFG"), **some(org_id == "alpha", "YEM"))
    declare(made["ocha"].store, CUBE, MADE)
    return made


@pytest.fixture
def coordinator(nodes: dict[str, Node]) -> Node:
    """The coordinator."""
    return nodes["ocha"]


def reports(network: Network, nodes: dict[str, Node], org_id: str, **incidents: Incident) -> None:
    """Let a member know all this and share it with the coordinator."""
    nodes[org_id].holds(on=AS_OF, **incidents)
    nodes[org_id].shares(*incidents)
    assert network.sync(nodes["ocha"], nodes[org_id]).error is None


def released(node: Node) -> dict[Cell, int | None]:
    return dict(read_release(published(node.store, CUBE.title).payload).figures)


def cell(*place: str) -> Cell:
    return ("2024", *place, "incidents")


def test_a_release_hides_what_one_organization_alone_reported(coordinator: Node) -> None:
    made = build(coordinator.store, CUBE.title, "ocha", AS_OF, MADE)
    assert audit_built(coordinator.store, CUBE.title)[1] == []
    publish(coordinator.store, CUBE.title, coordinator.identity, SIGNED)

    figures = released(coordinator)
    assert figures[cell("YEM", ALL)] is None
    assert figures[cell("AFG", ALL)] == 24
    assert cell("YEM", ALL) in made.hiding.few


def test_whoever_built_a_release_does_not_publish_it(coordinator: Node) -> None:
    build(coordinator.store, CUBE.title, "ocha", AS_OF, MADE)
    before = rows_of(coordinator.store)

    with pytest.raises(OverrideError):
        publish(coordinator.store, CUBE.title, coordinator.identity, Teller("KB", NOW))

    assert rows_of(coordinator.store) == before
    with pytest.raises(CubeError, match="was published"):
        published(coordinator.store, CUBE.title)


def test_a_leak_that_somebody_writes_into_the_database_is_not_published(coordinator: Node) -> None:
    build(coordinator.store, CUBE.title, "ocha", AS_OF, MADE)
    with coordinator.store.write() as connection:
        (payload,) = connection.execute(
            cube_release.select().with_only_columns(cube_release.c.payload)
        ).scalars()
        shown = payload.replace(
            b'["2024","YEM","all","incidents"],null', b'["2024","YEM","all","incidents"],1'
        )
        assert shown != payload
        connection.execute(update(cube_release).values(payload=shown))

    with pytest.raises(LeakError, match="rests on fewer than 3"):
        publish(coordinator.store, CUBE.title, coordinator.identity, SIGNED)


def test_anybody_can_verify_a_release_with_the_key_alone(coordinator: Node) -> None:
    build(coordinator.store, CUBE.title, "ocha", AS_OF, MADE)
    built = publish(coordinator.store, CUBE.title, coordinator.identity, SIGNED)
    key = coordinator.identity.signing.public_key

    whole, public = envelopes(built, [Signer.generate().public_key, key])

    assert verify_envelope(whole, (RELEASE_TYPE,), (key,)) == key
    assert verify_envelope(public, (PUBLIC_TYPE,), (key,)) == key
    with pytest.raises(SignatureError):
        verify_envelope(whole._replace(payload=whole.payload + b" "), (RELEASE_TYPE,), (key,))
    with pytest.raises(CubeError, match="as it was signed"):
        envelopes(built, [Signer.generate().public_key])
    assert [value for _, value in json.loads(public.payload)["figures"] if value] == [25, 45]


def test_a_late_record_changes_nothing_before_the_next_revision(
    network: Network, nodes: dict[str, Node], coordinator: Node
) -> None:
    build(coordinator.store, CUBE.title, "ocha", AS_OF, MADE)
    publish(coordinator.store, CUBE.title, coordinator.identity, SIGNED)
    nodes["epsilon"] = network.node("epsilon")
    reports(network, nodes, "epsilon", **some(9, "SSD"))

    made = build(coordinator.store, CUBE.title, "ocha", AS_OF + timedelta(days=1), MADE)
    publish(coordinator.store, CUBE.title, coordinator.identity, SIGNED)
    assert made.settled.waiting == 1
    store = coordinator.store
    one, two = (read_release(published(store, CUBE.title, number).payload) for number in (1, 2))
    assert difference(one, two) == []

    again = plan(store, CUBE.title, "ocha", date(2027, 7, 1))  # a revision, and yet one organization's word
    assert (again.settled.waiting, again.settled.moved) == (1, frozenset())


def test_what_several_report_late_is_told_at_the_revision(
    network: Network, nodes: dict[str, Node], coordinator: Node
) -> None:
    build(coordinator.store, CUBE.title, "ocha", AS_OF, MADE)
    publish(coordinator.store, CUBE.title, coordinator.identity, SIGNED)
    for org_id in MEMBERS[1:]:
        reports(network, nodes, org_id, **some(5, "SSD"), **some(9, "AFG"))

    build(coordinator.store, CUBE.title, "ocha", date(2027, 7, 1), MADE)
    assert audit_built(coordinator.store, CUBE.title)[1] == []
    publish(coordinator.store, CUBE.title, coordinator.identity, SIGNED)

    assert read_release(published(coordinator.store, CUBE.title).payload).revised == ("2024",)
    one, two = (read_release(published(coordinator.store, CUBE.title, number).payload) for number in (1, 2))
    assert (cell("AFG", "violence"), 24, 33) in difference(one, two)
    assert one.hidden == two.hidden


def test_what_a_survivor_did_not_consent_to_counts_in_no_release(coordinator: Node) -> None:
    store = coordinator.store
    fine = yearly(name="fine", purpose="staff_safety", by=["country"], public=[])
    declare(store, fine, MADE)
    coordinator.holds(
        on=AS_OF, assault=replace(ASSAULT, where=Place("AFG")), **some(2, "AFG", when=PartialDate(2024, 8))
    )

    def counted(title: str) -> int:
        made = plan(store, title, "ocha", AS_OF)
        return sum(parts.get("ocha", 0) for parts in made.settled.counts.values())

    assert (counted(fine.title), counted(CUBE.title)) == (2, 2)
    said = Said(Consent.YES, frozenset({Purpose.STAFF_SAFETY}), AS_OF, "kb", NOW)
    record_consent(store, f"{SOURCE}:assault", said)
    assert (counted(fine.title), counted(CUBE.title)) == (3, 2)  # by cause is finer than year and country


def test_what_was_shared_for_another_purpose_is_not_counted(coordinator: Node) -> None:
    other = yearly(name="other", purpose="advocacy")
    declare(coordinator.store, other, MADE)

    with pytest.raises(CubeError, match="nothing of other/1 can be released"):
        plan(coordinator.store, other.title, "ocha", AS_OF)


def test_a_correction_names_periods_and_is_signed(coordinator: Node) -> None:
    build(coordinator.store, CUBE.title, "ocha", AS_OF, MADE)
    publish(coordinator.store, CUBE.title, coordinator.identity, SIGNED)
    who = coordinator.identity, MADE

    notice = correct(coordinator.store, CUBE.title, 1, ["2024"], "numbers were taken back", who)

    assert (notice.periods, notice.number) == (("2024",), 1)
    with pytest.raises(CubeError, match="does not tell '1999'"):
        correct(coordinator.store, CUBE.title, 1, ["1999"], "numbers were taken back", who)
    with pytest.raises(CubeError, match="reason"):
        correct(coordinator.store, CUBE.title, 1, [], "two\nlines", who)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (cube_release.c.payload, b"{}", "release 1"),
        (cube_release.c.signature, bytes(64), "release 1"),
        (cube_release.c.public_signature, bytes(64), "release 1"),
        (cube_notice.c.payload, b"{}", "notice 1"),
    ],
)
def test_what_is_changed_behind_our_back_is_found(
    network: Network, coordinator: Node, column: Column[bytes], value: bytes, said: str
) -> None:
    build(coordinator.store, CUBE.title, "ocha", AS_OF, MADE)
    publish(coordinator.store, CUBE.title, coordinator.identity, SIGNED)
    correct(coordinator.store, CUBE.title, 1, [], "numbers were taken back", (coordinator.identity, MADE))
    assert not coordinator.faults(*network.origins())

    with coordinator.store.write() as connection:
        connection.execute(update(column.table).values({column.name: value}))

    assert [one.where.startswith(said) for one in coordinator.faults(*network.origins())] == [True]


def test_a_declaration_never_changes(coordinator: Node) -> None:
    declare(coordinator.store, CUBE, MADE)

    with pytest.raises(CubeError, match="another version"):
        declare(coordinator.store, yearly(purpose="staff_safety", smallest=9), MADE)
    with pytest.raises(CubeError, match="no cube"):
        plan(coordinator.store, "nothing/1", "ocha", AS_OF)
