"""A private total as work to be interrupted: at the node that adds up, and at the node that gives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from crypto.envelope import Envelope
from crypto.sealing import seal_box
from crypto.signing import Signer
from node.adding_up import Adder, Step, next_step, take_outcome, take_share, take_step
from node.agreeing import declare_total, take_declaration
from node.directory import Directory, OrganizationType
from node.said import Teller
from node.splitting import Giver, give
from node.store.totals import HeldTotal
from node.totals.declaration import TOTAL_TYPE, Total, total_id, write_payload
from node.totals.papers import (
    HELD_TYPE,
    OUTCOME_TYPE,
    SHARE_TYPE,
    SUM_TYPE,
    Held,
    Share,
    Sum,
    outcome_of,
    sign_paper,
    write_paper,
)
from node.wire import totals as wires
from tests.support.network import (
    NOW,
    Network,
    Node,
    make_credentials,
    make_identity,
    member_of,
    rows_of,
    seal_of,
)
from tests.support.totals import AFTER, KILLED

MEMBERS = ("m1", "m2", "m3", "m4", "m5")
OTHERS = ("forum", "undp", *MEMBERS)


@dataclass(frozen=True)
class AddUpAndGive:
    """Declare a total with another server, take shares, add up; and give for a total of two others, twice."""

    directory: Directory
    seeds: Mapping[str, bytes]

    def __call__(self, node: Node) -> None:
        """Do all of it."""
        held = self._added_up(node)
        assert held.agreed
        payload = write_payload(self._elsewhere(node))
        signed = [self._signed(name, TOTAL_TYPE, payload).signatures[0] for name in ("undp", "forum")]
        who, teller = (node.org_id, self.directory), Teller("kb", NOW)
        take_declaration(node.store, Envelope(payload, TOTAL_TYPE, tuple(signed)), who, teller)
        giver = Giver(node.identity, self.directory, teller, wires, lambda size: b"\7" * size)
        if len(rows_of(node.store)["total_given"]) < 2:
            give(node.store, total_id(payload), (1, 1), giver)
            give(node.store, total_id(payload), (2, 1), giver)
        outcome = write_paper(outcome_of(total_id(payload), self._elsewhere(node), (), None))
        for name in ("undp", "forum"):
            said = self._signed(name, OUTCOME_TYPE, outcome)
            take_outcome(node.store, total_id(payload), said, (self.directory, AFTER))

    def _added_up(self, node: Node) -> HeldTotal:
        total = replace(KILLED, group=MEMBERS, servers=(node.org_id, "forum"))
        who = node.identity, self.directory
        held = declare_total(node.store, total, who, Teller("kb", NOW))
        theirs = self._signed("forum", TOTAL_TYPE, held.payload)
        held = take_declaration(node.store, theirs, (node.org_id, self.directory), Teller("", NOW))
        group = tuple((name, f"{at:032x}") for at, name in enumerate(MEMBERS))
        if not rows_of(node.store)["total_paper"]:
            for at, (name, split) in enumerate(group):
                share = write_paper(Share(held.digest, name, node.org_id, 1, split, (10 * at, 7)))
                box = seal_box(
                    seal_of(node.identity).public_key,
                    wires.encode_envelope(self._signed(name, SHARE_TYPE, share)),
                )
                take_share(node.store, box, self._adder(node), name)
        after = self._adder(node)._replace(now=AFTER)
        for kind, paper in (
            (HELD_TYPE, Held(held.digest, "forum", group)),
            (SUM_TYPE, Sum(held.digest, "forum", group, (0, 1))),
        ):
            next_step(node.store, held.digest, after)
            envelope = self._signed("forum", kind, write_paper(paper))
            step = Step(envelope) if kind == HELD_TYPE else Step(None, envelope)
            take_step(node.store, held.digest, step, after)
        outcome = next_step(node.store, held.digest, after).outcome
        assert outcome is not None
        theirs = self._signed("forum", OUTCOME_TYPE, outcome.payload)
        take_step(node.store, held.digest, Step(None, None, theirs), after)
        return held

    def _elsewhere(self, node: Node) -> Total:
        group = tuple(sorted((node.org_id, *MEMBERS)))
        return replace(KILLED, name="elsewhere", group=group, servers=("undp", "forum"))

    def _adder(self, node: Node) -> Adder:
        return Adder(node.identity, lambda: (seal_of(node.identity),), self.directory, wires, NOW)

    def _signed(self, name: str, kind: str, payload: bytes) -> Envelope:
        return sign_paper(Signer(self.seeds[name]), kind, payload)


def add_up_and_give(network: Network, nodes: list[Node]) -> AddUpAndGive:
    """Admit everybody who takes part, of whom only some have a node."""
    identities = {name: make_identity(name) for name in OTHERS}
    network.admit_all(member_of(one, make_credentials(name)) for name, one in identities.items())
    for name in ("undp", *(one.org_id for one in nodes)):
        network.admit(network.directory.member(name)._replace(type=OrganizationType.UN))
    return AddUpAndGive(network.directory, {name: one.signing.seed for name, one in identities.items()})


def added_up(node: Node) -> object:
    """What was declared, taken, said and given; keys, boxes and names that differ left out."""
    rows = rows_of(node.store)
    figures = [json.loads(row[4]).get("figures") for row in rows["total_paper"]]
    shares = [(*row[2:5], row[5]) for row in rows["total_share"]]
    return len(rows["total"]), shares, figures, [row[2:4] for row in rows["total_given"]]
