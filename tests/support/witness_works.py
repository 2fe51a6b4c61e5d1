"""Watching logs as work to be interrupted: cosigning, being cosigned, hearing, passing on, and knowing a copy."""

from contextlib import suppress
from dataclasses import dataclass

from crypto.cosignature import cosign
from crypto.signing import Signer
from node.cosigned import keep_cosignature, standing
from node.directory import Directory
from node.errors import WitnessBehindError
from node.gossip import hear
from node.relay import Relay
from node.restored import note_asked, note_place
from node.server import Exchange
from node.signed import Label
from node.verify import page_token, witness_name
from node.wire import records
from node.wire.exchange import Call, ListCall, encode_list_call
from node.witness import Growth, witness
from tests.support.deciding import BASELINE
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.network import NOW, Network, Node, rows_of
from tests.support.peer_simulator import PeerSimulator
from tests.support.works import CALL, Work


@dataclass(frozen=True)
class WatchLogs:
    """Do for one member what a witness does, have it cosign our log, hear of another, pass on, and be moved.

    Attributes:
        directory: With all of them in it.
        notes: Checkpoints of the member, as it grew.
        proof: That the second only adds to the first.
        heard: A checkpoint of a log that nobody here follows.
        seed: Of the key with which the member cosigns.
    """

    directory: Directory
    notes: tuple[bytes, bytes]
    proof: tuple[bytes, ...]
    heard: bytes
    seed: bytes

    def __call__(self, node: Node) -> None:
        """Do all of it."""
        member = self.directory.member("mirage")
        growths = (
            Growth(0, (), self.notes[0]),
            Growth(1, self.proof, self.notes[1]),
            Growth(3, (), self.notes[1]),
        )
        for growth in growths:
            with suppress(WitnessBehindError):  # it was stored before, and the answer was lost
                witness(node.store, node.org_id, node.identity.witness, member, growth, NOW)
        ours = standing(node.store, node.org_id, {})
        assert ours is not None
        line = cosign(ours.note, witness_name("mirage"), Signer(self.seed), int(NOW.timestamp()))
        keep_cosignature(node.store, node.org_id, ours.note, line)
        hear(node.store, (self.heard,), self.directory, "mirage", NOW)
        relay = Relay(lambda: self.directory, lambda: BASELINE.policy.levels, records)
        exchange = Exchange(node.org_id, node.store, lambda: NOW, relay)
        asked = ListCall(Call(CALL.request_id, "mirage"), 3, page_token(3, 0))
        exchange.list_entries(encode_list_call(asked), self.directory.member("reader"))
        note_place(node.store, node.org_id, "there", seen=1, in_network=True)
        note_asked(node.store)


def watched(node: Node) -> object:
    """What was cosigned, by how many ours is, what was heard and passed on, and where the node is."""
    rows, ours = rows_of(node.store), standing(node.store, node.org_id, {})
    assert ours is not None
    passed_on = [row[1:] for row in rows["passed_on"]]
    return rows["witnessed"], ours.note.count(b"/witness "), rows["heard"], passed_on, rows["place"]


def watching_logs(network: Network) -> tuple[Work, Node]:
    """The work at one node, and the other one."""
    nodes = [network.node("alpha"), network.node("beta")]
    network.node("reader")
    peer, other = PeerSimulator(), PeerSimulator("omega")
    for one in (peer, other):
        network.admit(one.member)
    peer.adds(SHOOTING, label=Label.CLEAR)
    notes = [peer.note()]
    peer.adds(ROBBERY, label=Label.CLEAR)
    peer.adds(LOOTING, label=Label.CLEAR)
    notes.append(peer.note())
    other.adds(SHOOTING)
    for node in nodes:
        assert network.sync(node, peer).error is None
    seed = peer.identity.witness.seed
    work = WatchLogs(network.directory, (notes[0], notes[1]), peer.consistency(1, 3), other.note(), seed)
    return Work(nodes[0], work, watched), nodes[1]
