"""A log that told two stories by mistake goes on under another name, and each member decides whether it follows."""

import signal
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from crypto.envelope import Envelope, sign_envelope
from crypto.signing import Signer
from node.directory import Directory
from node.errors import (
    EpochError,
    ForkedError,
    LogBehindError,
    MemberError,
    NodeError,
    OtherEpochError,
    StoreError,
)
from node.gossip import most_heard
from node.newepoch import EPOCH_TYPE, Follower, begin_epoch, follow_epoch, read_epoch
from node.receipt import PassedOn
from node.store.database import Store
from node.store.forks import forget_log
from node.store.heads import log_head
from node.store.receipts import newest_receipt, note_relayed
from node.verify import log_name
from node.wire import epochs, receipts, records
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import SHELLING, SHOOTING
from tests.support.network import NOW, Network, Node, on_sqlite_alone, rows_of
from tests.support.restored import Copied, backed_up
from tests.support.works import Work, do_in_a_process_that_fails_at

pytestmark = on_sqlite_alone


@pytest.fixture
def copied(network: Network, tmp_path: Path) -> Copied:
    made = Copied(network, tmp_path)
    assert made.asks() == ["beta"]
    return made


def begun(node: Node, common_size: int | None = None) -> Envelope:
    """What a node signs to go on in another epoch."""
    return begin_epoch(node.store, node.identity, common_size, "ops", NOW, epochs)


def follower(copied: Copied, node: Node | None = None) -> Follower:
    node = node or copied.beta
    return Follower(node.org_id, node.store, copied.network.directory, NOW, epochs)


def follows(copied: Copied, said: Envelope) -> int:
    return follow_epoch(follower(copied), said, "focal point", records)


def test_what_was_lost_is_given_up_and_shared_again(copied: Copied) -> None:
    network, old, beta = copied.network, copied.old, copied.beta
    said = begun(old)
    assert begun(old) == said  # once it is done it is the same file again
    before = rows_of(beta.store)
    refused = network.sync(beta, old)
    assert isinstance(refused.error, OtherEpochError)
    assert rows_of(beta.store) == before
    assert beta.counts("means") == {("robbery",): 1, ("shooting",): 1}

    assert read_epoch(follower(copied), said)[1] == 2
    assert follows(copied, said) == 1
    assert beta.counts("means") == {("shooting",): 1}
    old.shares("b", "c")
    assert network.sync(beta, old).error is None
    assert beta.counts("means") == {("looting",): 1, ("robbery",): 1, ("shooting",): 1}
    assert beta.faults(*network.origins()) == []
    assert old.faults(*network.origins()) == []
    assert network.sync(network.node("gamma"), old).verified == 3  # who comes new takes it as it is


def test_what_was_passed_on_of_the_lost_entries_is_told_no_more_and_its_receipt_is_taken(
    copied: Copied,
) -> None:
    network, old, beta = copied.network, copied.old, copied.beta
    with beta.store.write() as connection:
        note_relayed(connection, "alpha", "gamma", (0, 2), int(NOW.timestamp()))
    follows(copied, begun(old))
    network.sync(beta, old)
    with old.store.read() as connection:
        given = newest_receipt(connection, "alpha", "beta")
    assert given is not None
    told = receipts.decode_receipt(records.decode_envelope(given.envelope).payload)
    assert (told.log_size, told.passed_on) == (1, (PassedOn(0, "gamma", NOW, 1),))
    assert beta.faults(*network.origins()) == []


def test_who_had_only_heard_of_the_log_takes_it_as_it_is_and_finds_no_fork(copied: Copied) -> None:
    network, old, beta = copied.network, copied.old, copied.beta
    gamma = network.node("gamma")
    assert network.hears(gamma, beta) == frozenset()
    assert most_heard(gamma.store, "alpha") == 2  # of which alpha has lost one

    begun(old)
    assert network.sync(gamma, old).error is None
    old.shares("b", "c")
    assert network.sync(gamma, old).error is None
    assert network.hears(gamma, beta) == frozenset()  # beta follows not yet
    assert gamma.counts("means") == {("looting",): 1, ("robbery",): 1, ("shooting",): 1}
    assert gamma.faults(*network.origins()) == []


def test_what_the_lost_entries_called_back_counts_again(copied: Copied) -> None:
    network, beta = copied.network, copied.beta
    copied.alpha.holds(a=SHELLING, b=SHOOTING)
    copied.alpha.shares()
    assert network.sync(beta, copied.alpha).error is None
    assert ("shooting",) in beta.counts("means")
    assert copied.asks() == ["beta"]
    follows(copied, begun(copied.old))
    assert beta.counts("means") == {("shooting",): 1}
    assert beta.faults(*network.origins()) == []


def test_a_fork_by_mistake_goes_on_from_where_both_stories_part(network: Network, tmp_path: Path) -> None:
    copied = Copied(network, tmp_path)
    old, beta = copied.old, copied.beta
    old.shares("c")  # nobody had told it yet
    assert isinstance(network.sync(beta, old).error, ForkedError)
    copied.asks()
    with pytest.raises(LogBehindError):
        old.shares("b")
    with pytest.raises(EpochError, match="first 2 entries of the log of alpha are others"):
        follows(copied, begun(old))


def test_with_the_size_that_both_share_it_is_followed(network: Network, tmp_path: Path) -> None:
    copied = Copied(network, tmp_path)
    old, beta = copied.old, copied.beta
    old.shares("c")
    assert isinstance(network.sync(beta, old).error, ForkedError)
    copied.asks()
    assert follows(copied, begun(old, 1)) == 1
    assert network.sync(beta, old).error is None
    assert beta.counts("means") == {("looting",): 1, ("shooting",): 1}
    old.shares("b")
    assert network.sync(beta, old).error is None
    assert beta.faults(*network.origins()) == []
    # The old story is another log by now: it is refused by name, and nothing is proven against the new one.
    again = network.sync(beta, copied.alpha)
    assert isinstance(again.error, OtherEpochError)
    with beta.store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    assert head.name == log_name("alpha", 2)


def test_a_log_with_which_nothing_is_wrong_needs_no_other_epoch(network: Network) -> None:
    with pytest.raises(EpochError, match="needs no other epoch"):
        begun(network.node("alpha"))


def test_a_statement_that_does_not_hold_is_refused_and_changes_nothing(copied: Copied) -> None:
    network, beta = copied.network, copied.beta
    payload = begun(copied.old).payload
    said = epochs.decode_epoch(payload)
    signing = copied.old.identity.signing

    def signed(signer: Signer = signing, **changes: Any) -> Envelope:
        return sign_envelope(signer, EPOCH_TYPE, epochs.encode_epoch(said._replace(**changes)))

    before = rows_of(beta.store)
    for wrong in (
        signed(Signer.generate()),
        signed(copied.old.identity.log),
        signed(beta.identity.signing),
        signed(org_id="beta"),
        signed(epoch=3),
        signed(common_size=2),
        signed(common_root=bytes(32)),
        signed(checkpoint=said.checkpoint.replace(b"/log/2", b"/log/3")),
        signed(checkpoint=b"?"),
        signed()._replace(payload_type="application/vnd.tocsin.receipt.v1+protobuf"),
    ):
        with pytest.raises((EpochError, MemberError)):
            follows(copied, wrong)
        assert rows_of(beta.store) == before
    network.suspend("alpha")
    with pytest.raises(MemberError):
        follows(copied, signed())
    assert rows_of(beta.store) == before


def test_it_is_followed_once_and_not_by_who_signed_it(copied: Copied) -> None:
    said = begun(copied.old)
    with pytest.raises(EpochError, match="this node itself"):
        read_epoch(follower(copied, copied.old), said)
    with pytest.raises(EpochError, match="nothing is held here"):
        read_epoch(follower(copied, copied.network.node("gamma")), said)
    follows(copied, said)
    with pytest.raises(EpochError, match="followed here already"):
        follows(copied, said)


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
@pytest.mark.parametrize("does", ["begins", "follows"])
def test_whichever_write_goes_wrong_it_is_all_or_nothing_and_can_be_done_again(
    copied: Copied, flavour: Flavour, does: str
) -> None:
    said = begun(copied.old) if does == "follows" else None
    work: Callable[[], object] = (lambda: follows(copied, said)) if said else (lambda: begun(copied.old))
    store = copied.beta.store if said else copied.old.store
    before = rows_of(store)
    for number in range(30):
        with failing_at(store, number, flavour) as writes:
            try:
                work()
            except EpochError:  # it was done the last time, whatever was told
                break
            except (StoreError, NodeError):
                committed = flavour is Flavour.DONE_BUT_REPORTED_AS_FAILED and writes[-1] == "COMMIT"
                assert committed or rows_of(store) == before
            else:
                break
    assert number > 2
    with store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    assert head.name == log_name("alpha", 2)


@pytest.mark.slow
def test_a_copy_of_before_the_epoch_is_an_old_one(copied: Copied, tmp_path: Path) -> None:
    file = tmp_path / "older.db"
    backed_up(Path(str(copied.old.store.engine.url.database)), file)
    follows(copied, begun(copied.old))
    copied.old.shares("b")
    assert copied.network.sync(copied.beta, copied.old).error is None
    older = replace(copied.old, store=Store(f"sqlite:///{file}"))
    with older.store.write() as connection:
        forget_log(connection, "alpha")
    assert copied.asks(older) == ["beta"]
    with pytest.raises(LogBehindError, match="epoch 2 of our log, and here is epoch 1"):
        older.shares("c")
    said = epochs.decode_epoch(begun(older).payload)
    assert said.epoch == 3


@dataclass(frozen=True)
class Follow:
    """Follow a statement, in a process of its own."""

    said: Envelope
    directory: Directory

    def __call__(self, node: Node) -> None:
        """Do it."""
        who = Follower(node.org_id, node.store, self.directory, NOW, epochs)
        follow_epoch(who, self.said, "focal point", records)


def begin(node: Node) -> None:
    """Begin an epoch, in a process of its own."""
    begun(node)


@pytest.mark.slow
@pytest.mark.parametrize("flavour", [Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER])
@pytest.mark.parametrize("does", ["begins", "follows"])
def test_killed_at_one_write_after_the_other_it_is_all_or_nothing_and_done_again(
    copied: Copied, flavour: Flavour, does: str
) -> None:
    node, do = copied.old, begin
    if does == "follows":
        node, do = copied.beta, Follow(begun(copied.old), copied.network.directory)
    before = rows_of(node.store)
    for number in range(30):
        code = do_in_a_process_that_fails_at(Work(node, do, lambda one: rows_of(one.store)), number, flavour)
        with node.store.read() as connection:
            head = log_head(connection, "alpha")
        assert head is not None
        if head.name == log_name("alpha", 2):
            break
        assert code == -signal.SIGKILL
        assert rows_of(node.store) == before
    assert number > 2
    with pytest.raises(EpochError) if does == "follows" else nullcontext():
        do(node)  # again it changes nothing
