"""CW-12: who read what is in a log that holds no content, that members cosign, and that an auditor reads."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from casework.audit import audit_log_name
from casework.auditing import read_log
from casework.auditlog import is_due, make_checkpoint
from casework.casefile import case_name
from casework.check import CaseFault, Trusted, check_office
from casework.desk import Desk
from casework.enrol import found_office
from casework.errors import AuditError, RoleError, TamperedError
from casework.keyholder import Epochs
from casework.keyring import Epoch
from casework.letting_in import let_in
from casework.officer import Officer, Unlocked
from casework.store.audit import audit_entries
from casework.tables import case_audit, case_checkpoint, case_event
from console.for_cases import CaseDatabase
from console.office import Office
from console.opened import Node as OpenedNode
from console.witnesses import have_cosigned
from crypto.checkpoint import verify_checkpoint
from node.directory import witness_keys
from tests.casework.test_desk import SignIn, opening, said
from tests.support.faults import Flavour, failing_at
from tests.support.network import NOW, Network, Node

__all__ = ["network"]
from tests.support.network import network

CANARIES = ("canaryname", "canarywound", "canarysource", "canarywords")


def test_an_entry_says_who_when_and_what_for_and_no_content(office: Office, desk: SignIn) -> None:
    owner = desk("accountability_officer")
    uid = owner.open_case(opening(title=CANARIES[3]))
    owner.say(uid, said("person_added", person="P1", harm=("injured",), cause="violence", name=CANARIES[0]))
    owner.read(uid, "legal")
    with office.database.read() as connection:
        entries = [one.entry for one in audit_entries(connection)]

    assert (
        entries[-1]
        == b'{"at":1772442000,"officer":"accountability-officer","act":"read","purpose":"legal","cases":"1",'
        b'"groups":["case","evidence","identity","medical","source"]}'
    )
    assert not any(canary.encode() in entry for canary in CANARIES for entry in entries)


def test_an_auditor_sees_who_read_a_case_and_never_the_case(office: Office, desk: SignIn) -> None:
    owner, adviser, auditor = desk("accountability_officer"), desk("legal_adviser"), desk("auditor")
    uid, other = owner.open_case(opening()), owner.open_case(opening())
    let_in(owner, uid, "legal-adviser", frozenset({"read"}), "advice")
    adviser.read_all("legal")

    found = read_log(auditor, case_name(uid))

    assert ("legal-adviser", "list", "legal") in {
        (one.entry.officer, one.entry.act, one.entry.purpose) for one in found
    }
    assert {name for one in found for name in one.cases} == {case_name(uid)}
    assert auditor.uids() == ()
    assert [one.entry.act for one in read_log(auditor, officer_id="auditor")] == ["audit", "audit"]
    assert len(read_log(owner, case_name(other))) == 3  # admitted to nothing, opened, granted, and this read
    with pytest.raises(RoleError):
        read_log(owner)
    with failing_at(office.database.store, 0, Flavour.REFUSED), pytest.raises(AuditError):
        read_log(auditor)


class Clockwork:
    """What a desk needs beside a node's database, without files."""

    def __init__(self, node: Node) -> None:
        self.database = CaseDatabase(node.store)
        self.unlocked = Unlocked(bytes(32))
        keys = self.unlocked.signer.public_key, self.unlocked.seal.public_key
        roles = frozenset({"approver", "accountability_officer"})
        first = Officer("first", 1, roles, *keys, "first", int(NOW.timestamp()))
        found_office(self.database, first, self.unlocked)
        epoch = Epoch("2026-11", bytes(32))
        self.desk = Desk(
            self.database, first, self.unlocked, lambda: Epochs(epoch, {epoch.name: epoch.key}), lambda: NOW
        )
        self.node = node

    def opened(self, network: Network) -> OpenedNode:
        return OpenedNode(
            self.node.org_id,
            self.node.store,
            lambda: self.node.credentials,
            lambda: network.directory,
            self.node.identity,
        )

    def faults(self, network: Network) -> list[str]:
        trusted = Trusted(
            self.node.org_id,
            (self.node.identity.log.public_key,),
            witness_keys(network.directory),
            {"2026-11": bytes(32)},
            lambda _file: None,
            NOW.date(),
        )
        return [one.what for one in check_office(self.database, trusted) if isinstance(one, CaseFault)]


def cosigned(network: Network, alpha: Clockwork, *witnesses: Node) -> tuple[str, ...]:
    async def run() -> tuple[str, ...]:
        async with AsyncExitStack() as stack:
            for node in witnesses:
                network.admit(await stack.enter_async_context(node.serving(network)))
            return (await have_cosigned(alpha.opened(network), NOW)).by

    return asyncio.run(run())


def test_two_members_cosign_and_then_nothing_can_be_dropped(network: Network) -> None:
    alpha = Clockwork(network.node("alpha"))
    witnesses = [network.node(name) for name in ("beta", "gamma", "delta")]
    keys = {name: key for name, key in witness_keys(network.directory).items() if "alpha" not in name}
    uid = alpha.desk.open_case(opening())
    assert is_due(alpha.database, keys, NOW)

    by = cosigned(network, alpha, *witnesses)

    assert len(by) == 2
    assert not is_due(alpha.database, keys, NOW)
    assert is_due(alpha.database, keys, NOW + timedelta(days=1))
    alpha.desk.say(uid, said("note", text=CANARIES[3], when="2026-11-20"))
    alpha.desk.read(uid)
    assert cosigned(network, alpha, *witnesses) == by
    assert alpha.faults(network) == []

    with alpha.database.write() as connection:  # somebody drops the note, and everything that tells of it
        connection.execute(case_audit.delete().where(case_audit.c.id > 3))
        connection.execute(case_event.delete().where(case_event.c.sequence > 1))
    assert any("entries were dropped" in one for one in alpha.faults(network))
    with pytest.raises(TamperedError, match="nothing is signed"):
        cosigned(network, alpha, *witnesses)


def test_a_node_that_forgot_its_checkpoints_is_held_to_them_by_its_witnesses(network: Network) -> None:
    alpha, beta = Clockwork(network.node("alpha")), network.node("beta")
    uid = alpha.desk.open_case(opening())
    for _ in range(4):
        alpha.desk.read(uid)
    assert len(cosigned(network, alpha, beta)) == 1
    with alpha.database.write() as connection:
        connection.execute(case_checkpoint.delete())
        connection.execute(case_audit.delete().where(case_audit.c.id > 4))

    assert cosigned(network, alpha, beta) == ()


def test_a_checkpoint_says_nothing_but_name_size_and_root(network: Network) -> None:
    alpha = Clockwork(network.node("alpha"))
    alpha.desk.open_case(opening(title=CANARIES[3]))
    made = make_checkpoint(alpha.database, "alpha", alpha.node.identity.log)

    assert made is not None
    said_of_it = verify_checkpoint(made.note, audit_log_name("alpha"), alpha.node.identity.log.public_key)
    assert said_of_it.size == made.size == 3
    assert len(made.note) < 250
    assert make_checkpoint(alpha.database, "alpha", alpha.node.identity.log) == made
