"""A file with a proof, as whoever gets it verifies it: no byte can be another, for the reader and for the script."""

import ast
from pathlib import Path

import pytest

from crypto.cosignature import cosign
from crypto.errors import CryptoError
from crypto.logproof import LogProof, read_log_proof, write_log_proof
from node.audience import Tier
from node.errors import DisclosureError, LogKeyError, NodeError, RootMismatchError
from node.logbook import Identity
from node.proof import verify_proof
from node.verify import witness_name
from node.wire import records
from tests.support.mutants import flips
from tests.support.network import NOW, Network, Node, on_sqlite_alone
from tests.support.proving import SCRIPT, by_script, proof_of, prover, to


@pytest.fixture
def alpha(network: Network) -> Node:
    return prover(network)


def cosigned(proof: LogProof, witness: Identity) -> LogProof:
    line = cosign(proof.note, witness_name(witness.org_id), witness.log, int(NOW.timestamp()))
    return proof._replace(note=proof.note + line)


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
    with pytest.raises(RootMismatchError):
        verify_proof(proof._replace(log_index=1), alpha.origin, witnesses, records)
