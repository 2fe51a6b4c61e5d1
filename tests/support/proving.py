"""A node that has released records, proofs that it gives of them, and what the script of a stranger says of a proof."""

import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import CryptoError as UnsoundError

from crypto.logproof import LogProof
from node.audience import Audience, Tier
from node.errors import NodeError
from node.logbook import AT_EACH_RELEASE, Identity, Pace
from node.proof import Proven, verify_proof
from node.prove import Giving, Standing, prove_own, standing_of
from node.store.records import record_ids_by_key
from node.verify import witness_name
from node.wire import records
from tests.support.deciding import BASELINE
from tests.support.incidents import ASSAULT, LOOTING, ROBBERY, SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_record.py"
NETWORK = {"beta": Tier.PEER, "gamma": Tier.COORDINATOR, "mirage": Tier.PEER}
BOUNDS = BASELINE._replace(network=NETWORK)


def prover(network: Network, pace: Pace = AT_EACH_RELEASE) -> Node:
    """A node that has released one of its records, among others, to all tiers."""
    made = network.node("alpha")
    made = replace(made, identity=made.identity._replace(pace=pace))
    made.holds(a=SHOOTING, b=ROBBERY, c=LOOTING, d=ASSAULT)
    made.shares("b", "a", "c")
    return made


def to(tier: Tier, member: str = "") -> Giving:
    """A proof is given to this audience, by a person and now."""
    return Giving(Audience(tier, member), "kb", NOW, BOUNDS)


def record_id(node: Node, key: str = "a") -> int:
    """A record of a node by its key."""
    with node.store.read() as connection:
        return record_ids_by_key(connection, SOURCE, [key])[key]


def proof_of(node: Node, giving: Giving, key: str = "a") -> LogProof:
    """A proof that a node gives of a record of its own."""
    return prove_own(node.store, node.org_id, record_id(node, key), giving, records)


def refusal(make: Callable[[], object]) -> str:
    """Reason and words with which something is refused."""
    with pytest.raises(NodeError) as refused:
        make()
    return f"{refused.value.reason}: {refused.value}"


def read_again(node: Node, proof: LogProof) -> Proven:
    """What a proof of a node's own log shows to whom it was given."""
    return verify_proof(proof, node.origin, {}, records)


def standing_at(node: Node, proven: Proven) -> Standing:
    """What a node knows now of what was proven."""
    return standing_of(node.store, node.org_id, proven, records)


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
