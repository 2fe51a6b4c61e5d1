"""Attacks that tell one thing to some and another to others: forks, relays that say more, directories of two kinds.

Each over real mutual TLS where there is a line to lie on, refused by name, with what is held unchanged.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.home import Home
from console.network import take_over
from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.envelope import Envelope, add_signature, sign_envelope
from crypto.ladder import Opening
from crypto.merkle import Frontier
from crypto.signing import Signer
from node.anonymize import anonymize
from node.audience import Tier
from node.client import PeerClient
from node.config import new_settings
from node.directory import DIRECTORY_TYPE, LIFETIME, Directory, Member
from node.disclose import commit
from node.errors import DirectoryError, NodeError, PeerError, TwoDirectoriesError
from node.gossiping import compare_network
from node.policy import baseline
from node.receive import follow
from node.signed import Label
from node.store.forks import fork_of
from node.store.witnessed import last_witnessed
from node.trust import ROOT_LIFETIME, ROOT_TYPE, Document, Root, fingerprint_of, make_role, trust_first
from node.verify import log_name
from node.wire import network as codec
from node.wire import records
from node.wire.membership import encode_directory
from node.wire.network import decode_document, encode_document, encode_root
from node.witness import Growth
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, Network, Node, make_credentials, make_identity, member_of, rows_of
from tests.support.peer_simulator import Logged, PeerSimulator


@pytest.fixture
def network(new_database_url: Callable[[], str]) -> Iterator[Network]:
    """A network without members yet, whose databases are of either kind."""
    made = Network(new_database_url)
    yield made
    made.close()


# --- forks ------------------------------------------------------------------------------------------------------------


def test_a_fork_shown_to_two_peers_is_proven_by_both_and_believed_no_further(
    network: Network, beta: Node, peer: PeerSimulator
) -> None:
    gamma = network.node("gamma")
    peer.adds(SHOOTING)
    other = peer.branches(1)
    peer.adds(ROBBERY)
    other.adds(LOOTING)
    assert network.sync(beta, peer).error is None
    assert network.sync(gamma, other).error is None

    assert network.hears(beta, gamma) == network.hears(gamma, beta) == {peer.org_id}

    for node, story in ((beta, peer), (gamma, other)):
        assert node.counts("means") == {("shooting",): 1}
        before = rows_of(node.store)
        story.adds(SHELLING)
        refused = network.sync(node, story)
        assert isinstance(refused.error, PeerError)
        assert refused.error.reason == "LOG_FORKED"
        assert rows_of(node.store) == before
        assert node.faults(*network.origins()) == []


@dataclass
class Cosigned:
    """A hostile member whose log a witness has signed up to three entries."""

    network: Network
    witness: Node
    peer: PeerSimulator

    def brings(self, old_size: int, story: PeerSimulator, size: int) -> str:
        """Ask for one more signature; gives why it was refused, or nothing."""
        proof = story.consistency(old_size, size) if 0 < old_size < size else ()

        async def over_mutual_tls() -> None:
            async with (
                self.witness.serving(self.network) as served,
                PeerClient(served, self.peer.credentials) as line,
            ):
                await line.add_checkpoint(Growth(old_size, proof, story.note(size)))

        try:
            asyncio.run(over_mutual_tls())
        except NodeError as error:
            return str(error)
        return ""

    def signed(self) -> tuple[int, bytes]:
        """What the witness has signed last."""
        with self.witness.store.read() as connection:
            seen = last_witnessed(connection, log_name(self.peer.org_id))
        assert seen is not None
        return seen.size, seen.root


@pytest.fixture
def cosigned(network: Network, beta: Node, peer: PeerSimulator) -> Cosigned:
    """Three entries, signed."""
    for one in (SHOOTING, ROBBERY, LOOTING):
        peer.adds(one)
    made = Cosigned(network, beta, peer)
    assert made.brings(0, peer, 3) == ""
    return made


def test_a_fork_after_cosigning_is_not_cosigned(cosigned: Cosigned) -> None:
    signed = cosigned.signed()
    other = cosigned.peer.branches(2)
    other.adds(SHELLING)
    for size in (3, 4):
        told = cosigned.brings(3, other, size)
        assert told.endswith("WITNESS_PROOF_REFUSED")
        other.adds(ROBBERY)
    assert cosigned.signed() == signed


def test_a_roll_back_after_cosigning_is_not_cosigned(cosigned: Cosigned) -> None:
    signed = cosigned.signed()
    assert cosigned.brings(3, cosigned.peer, 2).endswith("WITNESS_SIZE_INVALID")
    assert "signed 3 entries last" in cosigned.brings(2, cosigned.peer, 2)
    assert "signed 3 entries last" in cosigned.brings(0, cosigned.peer, 2)
    assert cosigned.signed() == signed


def test_a_fork_after_cosigning_is_not_believed_without_the_witnesses(
    network: Network, cosigned: Cosigned
) -> None:
    """Who shows an uncosigned story finds that its entries wait, and nothing of them is kept."""
    network.asks_witnesses(1, "beta")
    gamma = network.node("gamma")
    other = cosigned.peer.branches(2)
    other.adds(SHELLING)
    follow(gamma.store, cosigned.peer.org_id)
    before = rows_of(gamma.store)
    refused = network.sync(gamma, other).error
    assert refused is not None
    assert refused.reason == "WITNESSES_TOO_FEW"
    assert rows_of(gamma.store) == before
    with gamma.store.read() as connection:
        assert fork_of(connection, cosigned.peer.org_id) is None


def test_a_checkpoint_of_another_members_log_is_not_cosigned(cosigned: Cosigned, network: Network) -> None:
    victim = network.node("victim")
    name, signed = log_name("victim"), cosigned.signed()
    note = sign_checkpoint(
        Checkpoint(name, 1, Frontier().append([bytes(32)]).root), name, victim.identity.log
    )
    stolen = replace(cosigned.peer)
    stolen.note_as = lambda _note: note
    assert cosigned.brings(0, stolen, 1).endswith("WITNESS_ORIGIN_UNKNOWN")
    assert cosigned.signed() == signed


# --- relays -----------------------------------------------------------------------------------------------------------


@dataclass
class Relay:
    """A member that passes on the log of `origin`, as it likes."""

    network: Network
    node: Node
    origin: PeerSimulator

    @asynccontextmanager
    async def serving(self, network: Network) -> AsyncIterator[Member]:
        """Answer under its own certificate, with what the originator signed."""
        self.origin.credentials = self.node.credentials
        async with self.origin.serving(network) as served:
            yield network.directory.member(self.node.org_id)._replace(endpoints=served.endpoints)

    def replaces(self, logged: Logged, openings: tuple[Opening, ...]) -> None:
        """Show other openings of a record than those that may be passed on."""
        wire = records.encode_entry(logged.entry._replace(openings=openings))
        self.origin.entries[logged.position.log_index] = wire


@pytest.fixture
def relay(network: Network, peer: PeerSimulator) -> Relay:
    """A coordinator that was shown more than it may pass on."""
    return Relay(network, network.node("relay", Tier.COORDINATOR), peer)


@pytest.fixture
def passed_as(network: Network, beta: Node, relay: Relay) -> Callable[[], str]:
    """Let beta get the log over the relay; gives the reason of the refusal after seeing that it changed nothing."""

    follow(beta.store, relay.origin.org_id)
    before = rows_of(beta.store)

    def get_and_compare() -> str:
        outcome = network.passes(beta, relay, relay.origin.org_id)
        assert outcome.error is not None
        assert outcome.verified == 0
        assert rows_of(beta.store) == before
        return outcome.error.reason

    return get_and_compare


def test_what_a_relay_passes_on_as_it_may_is_taken(network: Network, beta: Node, relay: Relay) -> None:
    relay.origin.adds(SHOOTING)
    assert network.passes(beta, relay, relay.origin.org_id).error is None
    assert beta.counts() == {(): 1}


def test_a_relay_that_widens_an_opening_is_refused(relay: Relay, passed_as: Callable[[], str]) -> None:
    """The values are true and the hashes fit: they were shown to the relay, and not to be passed on."""
    logged = relay.origin.adds(SHOOTING)
    commitment = commit(logged.record.record_uid, b"s" * 32, anonymize(SHOOTING, rcrc_named=False))
    relay.replaces(logged, commitment.open(baseline().levels[Tier.COORDINATOR]))
    assert passed_as() == "RELAY_WIDENS"


@pytest.mark.parametrize("label", [Label.RED, Label.AMBER_STRICT, Label.AMBER])
def test_a_relay_that_passes_on_what_may_not_travel_is_refused(
    relay: Relay, passed_as: Callable[[], str], label: Label
) -> None:
    relay.origin.adds(SHOOTING, label=label)
    assert passed_as() == "RELAY_WIDENS"


def test_a_relay_that_changes_a_value_is_refused(relay: Relay, passed_as: Callable[[], str]) -> None:
    logged = relay.origin.adds(SHOOTING)
    when, *others = logged.entry.openings
    relay.replaces(logged, (when._replace(values=(b"2023", *when.values[1:])), *others))
    assert passed_as() == "OPENING_INVALID"


def test_a_relay_that_adds_a_record_of_its_own_is_refused(relay: Relay, passed_as: Callable[[], str]) -> None:
    relay.origin.adds(SHOOTING, signer=relay.node.identity.signing)
    assert passed_as() == "SIGNATURE_INVALID"


def test_a_relay_that_drops_an_entry_is_refused(relay: Relay, passed_as: Callable[[], str]) -> None:
    relay.origin.adds(SHOOTING)
    relay.origin.adds(ROBBERY)
    relay.origin.page_as = lambda page: page._replace(entries=page.entries[1:])
    assert passed_as() == "ROOT_MISMATCH"


# --- directories ------------------------------------------------------------------------------------------------------

KEEPERS = [Signer(bytes([number]) * 32) for number in range(1, 4)]
ALPHA, BETA, MALLORY = (
    member_of(make_identity(name), make_credentials(name)) for name in ("alpha", "beta", "mallory")
)
HELD = Directory("testnet", 3, NOW, NOW + LIFETIME, (ALPHA, BETA))


def signed(kind: str, payload: bytes, signers: list[Signer]) -> Envelope:
    """What enough keepers have signed."""
    first, *others = signers
    envelope = sign_envelope(first, kind, payload)
    for one in others:
        envelope = add_signature(one, envelope)
    return envelope


ROLE = make_role([one.public_key for one in KEEPERS], 2)
ROOT = signed(ROOT_TYPE, encode_root(Root("testnet", 1, NOW, NOW + ROOT_LIFETIME, ROLE, ROLE)), KEEPERS[:2])


def file_of(directory: Directory, signers: list[Signer] = KEEPERS[:2]) -> bytes:
    """The file of the network with this directory in it."""
    return encode_document(Document((ROOT,), signed(DIRECTORY_TYPE, encode_directory(directory), signers)))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A node's folder that trusts version 3."""
    (tmp_path / "network").mkdir()
    made = Home(tmp_path, new_settings(org_id="alpha", org_type="INGO"))
    take_over(made, file_of(HELD), fingerprint_of(ROOT))
    return made


def refusal(home: Home, wire: bytes) -> str:
    """Why a node does not take a file over, with its folder unchanged."""
    before = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    with pytest.raises(DirectoryError) as caught:
        take_over(home, wire, fingerprint_of(ROOT))
    assert {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()} == before
    return f"{caught.value.reason}: {caught.value}"


def test_a_rolled_back_directory_is_refused(home: Home) -> None:
    """The one of before a member was suspended, with every signature that it needs."""
    assert "DIRECTORY_REFUSED: version: 2 is older" in refusal(home, file_of(replace(HELD, version=2)))


def test_two_directories_of_one_version_are_noticed_by_who_sees_both(home: Home) -> None:
    """Keepers that sign one for some and another for others: enough of them lie, and the second is still refused."""
    other = file_of(replace(HELD, members=(ALPHA, BETA, MALLORY)))
    assert "DIRECTORY_FORKED: it differs from version 3 held here" in refusal(home, other)


def test_two_directories_to_two_members_are_noticed_as_soon_as_they_speak(network: Network) -> None:
    """Keepers that lie show each member its own; whoever is behind, or makes one up, proves nothing."""
    alpha, beta = network.node("alpha"), network.node("beta")
    held = trust_first(decode_document(file_of(HELD)), fingerprint_of(ROOT), codec)
    shown = {
        "the same": file_of(HELD),
        "older": file_of(replace(HELD, version=2)),
        "newer": file_of(replace(HELD, version=4)),
        "made up": file_of(replace(HELD, members=(ALPHA, BETA, MALLORY)), [Signer.generate()]),
        "another": file_of(replace(HELD, members=(ALPHA, BETA, MALLORY))),
    }

    async def over_mutual_tls() -> dict[str, str]:
        told = {}
        async with beta.serving(network) as served, PeerClient(served, alpha.credentials) as line:
            for what, wire in shown.items():
                network.documents["beta"] = decode_document(wire)
                try:
                    await compare_network(held, line)
                except TwoDirectoriesError as error:
                    told[what] = error.reason
        return told

    before = [rows_of(one.store) for one in (alpha, beta)]
    assert asyncio.run(over_mutual_tls()) == {"another": "DIRECTORY_FORKED"}
    assert [rows_of(one.store) for one in (alpha, beta)] == before


def test_who_joined_later_compares_directories_with_who_joined_before(network: Network) -> None:
    """The file of the one begins with a root that the other never held."""
    alpha, beta = network.node("alpha"), network.node("beta")
    later = signed(
        ROOT_TYPE, encode_root(Root("testnet", 2, NOW, NOW + ROOT_LIFETIME, ROLE, ROLE)), KEEPERS[:2]
    )
    other = replace(HELD, members=(ALPHA, BETA, MALLORY))
    mine, theirs = (
        Document((ROOT, later), signed(DIRECTORY_TYPE, encode_directory(one), KEEPERS[:2]))
        for one in (HELD, other)
    )
    held = trust_first(mine, fingerprint_of(later), codec)
    network.documents["beta"] = theirs

    async def over_mutual_tls() -> None:
        async with beta.serving(network) as served, PeerClient(served, alpha.credentials) as line:
            await compare_network(held, line)

    with pytest.raises(TwoDirectoriesError):
        asyncio.run(over_mutual_tls())


def test_a_directory_that_too_few_keepers_signed_is_refused(home: Home) -> None:
    next_one = replace(HELD, version=4, members=(ALPHA, BETA, MALLORY))
    assert "not signed by enough keys" in refusal(home, file_of(next_one, [KEEPERS[0], Signer.generate()]))


def test_a_directory_from_which_a_member_was_dropped_is_refused(home: Home) -> None:
    assert "beta is gone" in refusal(home, file_of(replace(HELD, version=4, members=(ALPHA,))))


def test_a_frozen_directory_is_noticed_when_it_ends(home: Home) -> None:
    """Whoever keeps newer ones from a node gains a month at the most."""
    directory = home.directory()
    directory.verify_current(directory.expires - timedelta(seconds=1))
    with pytest.raises(NodeError) as caught:
        directory.verify_current(directory.expires)
    assert caught.value.reason == "NOT_A_MEMBER"
    assert "expired" in str(caught.value)
