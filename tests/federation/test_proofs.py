"""A record is proven to whom it may be shown, as finely as that, by a file in which no byte can be another."""

import ast
import runpy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import CryptoError as UnsoundError

from crypto.cosignature import cosign
from crypto.errors import CryptoError
from crypto.logproof import LogProof, read_log_proof, write_log_proof
from node.audience import FINEST, Audience, Tier
from node.errors import DisclosureError, LogKeyError, NodeError, NotProvableError, PassingError, StoreError
from node.logbook import Identity
from node.proof import Proven, verify_proof
from node.prove import Giving, Standing, prove_own, prove_received, standing_of
from node.recall import call_back
from node.receipt import PassedOn
from node.rules import Override
from node.signed import Label, Reason
from node.store.heads import log_head
from node.store.policies import say
from node.store.receipts import passed_on_of
from node.store.records import record_ids_by_key
from node.verify import witness_name
from node.wire import records
from tests.support.deciding import BASELINE
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import ASSAULT, LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.mutants import flips
from tests.support.network import NOW, SOURCE, Network, Node, on_sqlite_alone
from tests.support.peer_simulator import PeerSimulator

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_record.py"
PUBLIC = Audience(Tier.PUBLIC)
NETWORK = {"beta": Tier.PEER, "gamma": Tier.COORDINATOR, "mirage": Tier.PEER}
BOUNDS = BASELINE._replace(network=NETWORK)


def to(tier: Tier, member: str = "") -> Giving:
    return Giving(Audience(tier, member), "kb", NOW, BOUNDS)


def record_id(node: Node, key: str = "a") -> int:
    with node.store.read() as connection:
        return record_ids_by_key(connection, SOURCE, [key])[key]


def proof_of(node: Node, giving: Giving, key: str = "a") -> LogProof:
    return prove_own(node.store, node.org_id, record_id(node, key), giving, records)


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(NodeError) as refused:
        make()
    return f"{refused.value.reason}: {refused.value}"


def given(node: Node, origin: str) -> list[PassedOn]:
    with node.store.read() as connection:
        return passed_on_of(connection, origin, 100)


def cosigned(proof: LogProof, witness: Identity) -> LogProof:
    line = cosign(proof.note, witness_name(witness.org_id), witness.log, int(NOW.timestamp()))
    return proof._replace(note=proof.note + line)


def by_script(file: Path, node: Node, *witnesses: Identity) -> str:
    """What the script says of a file; nothing when it refuses."""
    keys = [node.identity.signing.public_key.hex(), node.identity.log.public_key.hex()]
    keys += [f"{witness_name(one.org_id)}={one.log.public_key.hex()}" for one in witnesses]
    script: dict[str, Any] = runpy.run_path(str(SCRIPT))
    said: list[str] = []
    script["main"].__globals__["print"] = said.append
    try:
        script["main"](str(file), *keys)
    except (
        SystemExit,
        UnsoundError,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        RuntimeError,
        StopIteration,
    ):
        return ""  # as a program it ends with exit code 1 then, and says so
    return "\n".join(said)


def code_lines(source: str) -> int:
    """Lines of a script that are neither empty, nor a comment, nor a docstring."""
    texts = [
        one.body[0] for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Module | ast.FunctionDef)
    ]
    told = {
        line for one in texts if isinstance(one, ast.Expr) for line in range(one.lineno, one.end_lineno or 0)
    }
    ends = {one.end_lineno for one in texts if isinstance(one, ast.Expr)}
    lines = ((at, line.strip()) for at, line in enumerate(source.splitlines(), 1))
    return sum(1 for at, line in lines if line and not line.startswith("#") and at not in told | ends)


def test_the_script_is_short_enough_to_be_read_before_it_is_believed() -> None:
    assert (
        code_lines(
            '"""Says\nmuch."""\n\nx = 1  # one\n\ndef f():\n    """Says."""\n    # none\n    return x\n'
        )
        == 3
    )
    assert code_lines(SCRIPT.read_text()) <= 60


@pytest.fixture
def alpha(network: Network) -> Node:
    """A node that has released one of its records, among others, to all tiers."""
    made = network.node("alpha")
    made.holds(a=SHOOTING, b=ROBBERY, c=LOOTING, d=ASSAULT)
    made.shares("b", "a", "c")
    return made


def test_a_proof_shows_what_its_audience_sees_and_nothing_finer(alpha: Node, tmp_path: Path) -> None:
    shown: dict[str, tuple[str, ...]] = {}
    for tier in Tier:
        proof = proof_of(alpha, to(tier))
        assert read_log_proof(write_log_proof(proof)) == proof
        proven = verify_proof(proof, alpha.origin, {}, records)
        levels = BASELINE.policy.levels[tier]
        assert all(len(chain) <= level + 1 for chain, level in zip(proven.chains, levels, strict=True))
        shown[tier.name] = tuple(chain[-1] if chain else "not shown" for chain in proven.chains)
        file = tmp_path / "proof"
        file.write_bytes(write_log_proof(proof))
        told = by_script(file, alpha)
        lines = [line.partition(": ")[2] for line in told.splitlines()[:-1]]
        assert lines == list(shown[tier.name])[: len(lines)]
        assert not any(value != "not shown" for value in shown[tier.name][len(lines) :])
        assert f"entry {proven.position.log_index} of 3" in told
    assert shown["PUBLIC"] != shown["PEER"] != shown["COORDINATOR"]
    assert b"Leer" not in proof_of(alpha, to(Tier.PUBLIC)).extra
    assert b"Leer" in proof_of(alpha, to(Tier.COORDINATOR)).extra


@pytest.mark.slow
@on_sqlite_alone
def test_each_changed_byte_is_refused_by_name_and_by_the_script(
    network: Network, alpha: Node, tmp_path: Path
) -> None:
    beta = network.node("beta")
    proof = cosigned(proof_of(alpha, to(Tier.PUBLIC)), beta.identity)
    witnesses = {witness_name("beta"): (beta.identity.log.public_key,)}
    sound = write_log_proof(proof)
    assert [one.name for one in verify_proof(proof, alpha.origin, witnesses, records).cosigned] == [
        "tocsin/beta/witness"
    ]
    file = tmp_path / "proof"
    file.write_bytes(sound)
    assert "cosigned by 1" in by_script(file, alpha, beta.identity)
    reasons = set()
    for at, flipped in (*flips(sound), *((end, sound[:end]) for end in range(0, len(sound), 9))):
        try:
            verify_proof(read_log_proof(flipped), alpha.origin, witnesses, records)
        except (NodeError, CryptoError) as error:
            reasons.add(error.reason)
        else:
            raise AssertionError(f"byte {at} does not matter")
        if at % 11 == 0:
            file.write_bytes(flipped)
            assert not by_script(file, alpha, beta.identity), f"byte {at} does not matter to the script"
    assert {
        "PROOF_INVALID",
        "SIGNATURE_INVALID",
        "CHECKPOINT_INVALID",
        "OPENING_INVALID",
        "ROOT_MISMATCH",
        "MESSAGE_MALFORMED",
    } <= reasons


@on_sqlite_alone
def test_a_line_of_nobody_known_or_twice_is_refused(network: Network, alpha: Node) -> None:
    beta = network.node("beta")
    proof = cosigned(proof_of(alpha, to(Tier.PUBLIC)), beta.identity)
    witnesses = {witness_name("beta"): (beta.identity.log.public_key,)}
    unsigned = proof._replace(note=proof.note.partition(b"\n\n")[0] + b"\n\n")
    for wrong, known in ((proof, {}), (cosigned(proof, beta.identity), witnesses), (unsigned, witnesses)):
        with pytest.raises(LogKeyError):
            verify_proof(wrong, alpha.origin, known, records)
    retired = alpha.origin._replace(ends=((alpha.identity.signing.public_key, proof.log_index),))
    with pytest.raises(DisclosureError, match="shows no record"):
        verify_proof(proof, retired, witnesses, records)
    assert "ROOT_MISMATCH" in refusal(
        lambda: verify_proof(proof._replace(log_index=1), alpha.origin, witnesses, records)
    )


def test_what_was_never_released_or_no_longer_stands_is_not_proven(alpha: Node) -> None:
    assert "ever released (R1)" in refusal(lambda: proof_of(alpha, to(Tier.COORDINATOR), "d"))
    alpha.holds(a=SHELLING, b=ROBBERY, c=LOOTING)
    assert "changed since it left (R18)" in refusal(lambda: proof_of(alpha, to(Tier.PUBLIC)))
    old = proof_of(alpha, to(Tier.PUBLIC), "b")
    alpha.shares()
    fresh = proof_of(alpha, to(Tier.PUBLIC))
    call_back(alpha.store, [record_id(alpha)], Reason.WITHDRAWN, alpha.identity, records, now=NOW)
    assert "called back by entry 4 (R18)" in refusal(lambda: proof_of(alpha, to(Tier.PUBLIC)))
    for proof, standing in ((old, Standing.STANDS), (fresh, Standing.CALLED_BACK)):
        proven = verify_proof(proof, alpha.origin, {}, records)
        assert standing_of(alpha.store, "alpha", proven, records) is standing


def test_a_rule_that_holds_now_holds_a_proof_too(alpha: Node) -> None:
    with alpha.store.write() as connection:
        say(connection, record_id(alpha), Override(label=Label.AMBER), "kb", NOW - timedelta(1), waits=False)
        say(connection, record_id(alpha, "b"), Override(held=True), "kb", NOW - timedelta(1), waits=False)
    assert "held by R3" in refusal(lambda: proof_of(alpha, to(Tier.PEER)))
    assert proof_of(alpha, to(Tier.COORDINATOR))
    assert "RECORD_NOT_PROVABLE: it is held" in refusal(lambda: proof_of(alpha, to(Tier.COORDINATOR), "b"))
    with alpha.store.write() as connection:
        narrower = Override(levels=(0, *FINEST[1:]))
        say(connection, record_id(alpha, "c"), narrower, "kb", NOW - timedelta(1), waits=False)
    assert "the rules let less of when leave now" in refusal(lambda: proof_of(alpha, to(Tier.PEER), "c"))


def test_who_may_have_a_proof_is_written_down_before_it_is_made(network: Network, alpha: Node) -> None:
    network.node("beta")
    named = proof_of(alpha, to(Tier.PEER, "beta")).log_index
    tier = proof_of(alpha, to(Tier.PEER), "b").log_index
    anybody = proof_of(alpha, to(Tier.PUBLIC), "c").log_index
    wanted = [(named, "beta"), *((tier, member) for member in NETWORK), (anybody, "")]
    assert given(alpha, "alpha") == sorted(PassedOn(*one, NOW) for one in wanted)
    for write, flavour in ((0, Flavour.REFUSED), (1, Flavour.DONE_BUT_REPORTED_AS_FAILED)):
        before = len(given(alpha, "alpha"))
        with failing_at(alpha.store, write, flavour), pytest.raises(StoreError):
            proof_of(alpha, to(Tier.PUBLIC))
        assert len(given(alpha, "alpha")) == before + write
    alone = to(Tier.PEER)._replace(bounds=BASELINE)
    assert "no other member" in refusal(lambda: proof_of(alpha, alone))


def from_beta(network: Network, peer: PeerSimulator, beta: Node, label: Label, **changes: Any) -> Proven:
    """A proof that a node gives of a record of a peer with this label, read again."""
    logged = peer.adds(SHOOTING, tier=Tier.COORDINATOR, label=label, **changes)
    assert network.sync(beta, peer).error is None
    giving = to(Tier.COORDINATOR, "gamma") if label is Label.GREEN else to(Tier.PUBLIC)
    proof = prove_received(beta.store, "mirage", logged.position.log_index, giving, records)
    return verify_proof(proof, peer.origin, {}, records)


@on_sqlite_alone
def test_a_record_of_a_peer_goes_where_its_label_lets_it(network: Network) -> None:
    beta, peer = network.node("beta"), PeerSimulator()
    network.admit(peer.member)
    green = from_beta(network, peer, beta, Label.GREEN)
    clear = from_beta(network, peer, beta, Label.CLEAR)
    assert green.chains[1] == ("SSD", "SSD/Unity", "SSD/Unity/Leer")
    public = BASELINE.policy.levels[Tier.PUBLIC]
    assert [len(chain) - 1 for chain in clear.chains] == [
        min(mine, len(held) - 1) for mine, held in zip(public, green.chains, strict=True)
    ]
    assert given(beta, "mirage") == [PassedOn(0, "gamma", NOW), PassedOn(1, "", NOW)]
    for giving, index in ((to(Tier.PUBLIC), 0), (to(Tier.PEER, "mirage"), 1), (to(Tier.PUBLIC), 7)):
        with pytest.raises(PassingError):
            prove_received(beta.store, "mirage", index, giving, records)
    with pytest.raises(PassingError, match=r"goes to nobody else \(R5\)"):
        from_beta(network, peer, beta, Label.AMBER)
    assert len(given(beta, "mirage")) == 2


@on_sqlite_alone
@pytest.mark.parametrize(
    ("end", "standing"),
    [
        (lambda peer, past: peer.revises(past, SHELLING), Standing.REPLACED),
        (lambda peer, past: peer.retracts(past), Standing.CALLED_BACK),
        (lambda peer, past: peer.retracts(past, purge=True), Standing.PURGED),
    ],
)
def test_what_a_peer_ended_is_not_proven_again_and_an_older_proof_says_so(
    network: Network, end: Callable[[PeerSimulator, Any], Any], standing: Standing
) -> None:
    beta, peer = network.node("beta"), PeerSimulator()
    network.admit(peer.member)
    past = peer.adds(SHOOTING, label=Label.CLEAR)
    network.sync(beta, peer)
    proof = prove_received(beta.store, "mirage", 0, to(Tier.PUBLIC), records)
    proven = verify_proof(proof, peer.origin, {}, records)
    assert standing_of(beta.store, "beta", proven, records) is Standing.STANDS
    end(peer, past)
    network.sync(beta, peer)
    assert standing_of(beta.store, "beta", proven, records) is standing
    with pytest.raises((NotProvableError, PassingError)):
        prove_received(beta.store, "mirage", 0, to(Tier.PUBLIC), records)
    other = proven._replace(checkpoint=proven.checkpoint._replace(root=bytes(32)))
    assert "LOG_FORKED" in refusal(lambda: standing_of(beta.store, "beta", other, records))
    later = proven._replace(checkpoint=proven.checkpoint._replace(size=99))
    assert standing_of(beta.store, "beta", later, records) is Standing.UNKNOWN


@on_sqlite_alone
def test_a_log_that_is_held_in_part_proves_nothing_yet(network: Network) -> None:
    beta, peer = network.node("beta"), PeerSimulator()
    network.admit(peer.member)
    peer.adds(SHOOTING, label=Label.CLEAR)
    network.sync(beta, peer)
    with beta.store.write() as connection:
        head = log_head(connection, "mirage")
        assert head is not None
        connection.exec_driver_sql("UPDATE log SET checkpoint = ? WHERE id = ?", (peer.note(), head.log_id))
    peer.adds(ROBBERY)
    with beta.store.write() as connection:
        connection.exec_driver_sql("UPDATE log SET checkpoint = ? WHERE id = ?", (peer.note(), head.log_id))
    assert "tocsin sync mirage" in refusal(
        lambda: prove_received(beta.store, "mirage", 0, to(Tier.PUBLIC), records)
    )
