"""The things that write a node's database, each as work that can be interrupted and done again.

The functions can be sent to another process, which opens the same database and does the same.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

import pytest

from console.submissions import Form, take_in
from crypto.envelope import sign_envelope
from crypto.signing import Signer
from node import fetching, share
from node.asking import keep_answers
from node.audience import Audience, Purpose, Tier
from node.audiences import Author, Change, change_audience, keep_belongings
from node.bounds import Bounds
from node.candidates import Pair
from node.charter import EVERYTHING
from node.client import PeerClient
from node.comparing import Move, answer_move, answer_reveal
from node.consent import Said, record_consent
from node.contain import keep_fork
from node.contributing import Coordinator, give_aggregate, given, take_aggregate
from node.cubes.aggregate import AGGREGATE_TYPE, read_aggregate
from node.directory import Directory, Member
from node.gossiping import CODECS
from node.granting import Decider, grant
from node.intake import read_profile
from node.judging import Judge, judge, keep_verdicts, pairs_with
from node.logbook import Identity, Pace
from node.mark import agree_to_unmark, ask_to_unmark, mark_record
from node.model import PartialDate, Sensitive
from node.pairing import find_pairs
from node.partaking import Desk
from node.peer_line import Credentials
from node.proposing import take_proposal
from node.published import all_releases
from node.recall import call_back
from node.receipt import Receipt, sign_receipt
from node.releasing import build, correct, declare, publish
from node.requests import take_request
from node.said import Teller
from node.sensitive import Consent
from node.server import Exchange
from node.share_request import Refusal, State, Wish
from node.signed import Reason
from node.slots import issue_checkpoint
from node.stepup import Proposal, Shown
from node.store.audiences import standing
from node.store.consents import consents, unmarkings
from node.store.database import Store
from node.store.heads import log_head
from node.store.records import record_ids, revisions_by_key
from node.store.requests import sent_requests
from node.succession import merge_records, split_record
from node.sync import Outcome, pull
from node.verdict import Ground, Judgement
from node.verify import Origin, page_token
from node.wire import charters, matching, records
from node.wire.exchange import Call, ListCall, encode_list_call
from node.wire.receipts import encode_confirm_call, encode_receipt
from tests.support.cubes import yearly
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, SOURCE, Node, rows_of
from tests.support.processes import exit_code

MANY = {f"d{month}": replace(LOOTING, when=PartialDate(2023, month)) for month in range(1, 6)}
FIRST = {"a": SHOOTING, "b": ROBBERY, **MANY}
SECOND = {"a": SHELLING, "c": ROBBERY, **MANY}  # one changed, one gone, one new
CALL = Call("00000000-0000-4000-8000-000000000001", "")
SMALL = 3  # records or entries in a transaction, so that one piece of work takes several


class Work(NamedTuple):
    """What is done by whom, and what must be there in the end, however often it was interrupted."""

    node: Node
    do: Callable[[Node], None]
    result: Callable[[Node], object]


def import_first(node: Node) -> None:
    """Import a publication."""
    node.holds(on=date(2026, 1, 1), **FIRST)


def import_second(node: Node) -> None:
    """Import a later publication, in which something of everything has changed."""
    node.holds(on=date(2026, 2, 1), **SECOND)


FORM = read_profile("""
name = "form"
title = "What people submit"
whole = false
[columns]
"_uuid" = { is = "id" }
"when" = { is = "date" }
"what" = { is = "means" }
"taken" = { is = "harm vehicle_stolen" }
""")
SUBMISSION = b'{"_uuid": "1f2e", "when": "2026-01-05", "what": "robbery", "taken": 2}'


def submit_one(node: Node) -> None:
    """Take in a submission of a form."""
    take_in(Form(node.store, FORM, b"", lambda: NOW), SUBMISSION)


def imported(node: Node) -> object:
    """Every revision by its content; the random ids left out."""
    rows = rows_of(node.store)
    keys = {record[0]: record[-1] for record in rows["record"]}
    revisions = [(keys[row[1]], *row[3:6], row[-1]) for row in rows["revision"]]
    return sorted(revisions), len(rows["publication"]), len(rows["record"]), node.counts("year", "means")


def mark_one(node: Node) -> None:
    """Mark a record."""
    mark_record(node.store, f"{SOURCE}:a", frozenset({Sensitive.CHILDREN}))


def unmark_and_consent(node: Node) -> None:
    """Let two persons take a mark off, and write an answer down, unless that is done already."""
    name = f"{SOURCE}:a"
    mark_record(node.store, f"{SOURCE}:b", frozenset({Sensitive.SURVIVORS}))
    with node.store.read() as connection:
        waiting = [one.number for one in unmarkings(connection) if not one.agreed_by]
        asked = bool(unmarkings(connection))
    if not asked:
        waiting = [ask_to_unmark(node.store, name, frozenset(Sensitive), "kb", NOW)]
    for number in waiting:
        agree_to_unmark(node.store, number, "mo", NOW)
    said = Said(Consent.YES, frozenset({Purpose.STATISTICS}), NOW.date(), "kb", NOW)
    record_consent(node.store, f"{SOURCE}:b", said)


def consented(node: Node) -> object:
    """Every revision by its content, what was taken off, and which answers count."""
    with node.store.read() as connection:
        found = consents(connection, record_ids(connection))
        return imported(node), unmarkings(connection), found


def share_everything(node: Node) -> None:
    """Release all that is held now, in several transactions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(share, "BATCH_RECORDS", SMALL)
        node.shares(*SECOND)


def shared(node: Node) -> tuple[object, ...]:
    """What left, of which revision of which record, for whom."""
    rows = rows_of(node.store)
    return sorted((row[1], row[2], row[4]) for row in rows["release"]), len(rows["entry"]), len(rows["view"])


@dataclass(frozen=True)
class SyncWith:
    """Pull from a member that is being served, in several transactions."""

    member: Member
    directory: Directory

    def __call__(self, node: Node) -> None:
        """Pull until it ends by itself."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fetching, "SPAN_ENTRIES", SMALL)
            outcome = asyncio.run(self._pull(node))
        assert outcome.error is None

    async def _pull(self, node: Node) -> Outcome:
        async with PeerClient(self.member, node.credentials) as line:
            return await pull(node.store, line, self.directory, clock=lambda: NOW, identity=node.identity)


def synced(node: Node) -> object:
    """Every entry, every fact, and how far the log is held."""
    rows = rows_of(node.store)
    logs = [row for row in rows["log"] if row[1] != node.org_id]
    return rows["entry"], [row[1:] for row in rows["fact"]], logs, len(rows["receipt"])


@dataclass(frozen=True)
class ServeTo:
    """Send pages to a member, each in a place of its own, and take its receipt."""

    member: Member
    seed: bytes  # of its signing key

    def __call__(self, node: Node) -> None:
        """Answer all of its calls."""
        exchange = Exchange(node.org_id, node.store, lambda: NOW)
        with node.store.read() as connection:
            head = log_head(connection, node.org_id)
        assert head is not None
        size = head.frontier.size
        for start in range(0, size, 2):
            asked = encode_list_call(ListCall(CALL, 1, page_token(size, start)))
            exchange.list_entries(asked, self.member)
        receipt = Receipt(self.member.org_id, node.org_id, size, head.frontier.root, NOW)
        envelope = sign_receipt(receipt, Signer(self.seed), encode_receipt)
        exchange.confirm_receipt(encode_confirm_call(CALL, envelope), self.member)


def served(node: Node) -> object:
    """What was written down of what was sent, and whose receipts are held."""
    rows = rows_of(node.store)
    return [row[1:] for row in rows["disclosure"]], [row[1:3] for row in rows["receipt"]]


def sign_slot(node: Node) -> None:
    """Sign the checkpoint of the next slot, with padding."""
    paced = node.identity._replace(pace=Pace(60, 4))
    issue_checkpoint(node.store, paced, records, NOW + timedelta(minutes=1))


def slot_signed(node: Node) -> object:
    """How many entries and views there are, and to how many entries the checkpoint commits."""
    rows = rows_of(node.store)
    with node.store.read() as connection:
        head = log_head(connection, node.org_id)
    return len(rows["entry"]), len(rows["view"]), head.committed if head else 0


def call_everything_back(node: Node) -> None:
    """Call back all that was released, and ask to destroy it."""
    with node.store.read() as connection:
        ids = record_ids(connection)
    why = Reason.SHARED_IN_ERROR
    call_back(node.store, ids, why, node.identity, records, now=NOW, purge=True)


def release_figures(node: Node) -> None:
    """Declare a cube, build and publish a release of it, and correct that, unless it is done already."""
    cube = yearly(purpose="staff_safety")
    declare(node.store, cube, Teller("kb", NOW))
    found, corrected = all_releases(node.store)
    if not any(one.published_at for one in found):
        build(node.store, cube.title, node.org_id, NOW.date(), Teller("kb", NOW))
        publish(node.store, cube.title, node.identity, Teller("mo", NOW))
    if not corrected:
        correct(node.store, cube.title, 1, [], "made up", (node.identity, Teller("kb", NOW)))


def exchange_numbers(node: Node) -> None:
    """Give numbers without records for a cube of our own, and take them in, unless it is done already."""
    cube = yearly(by=["country"], public=[], purpose="statistics", aggregates=True)
    declare(node.store, cube, Teller("kb", NOW))
    coordinator = Coordinator(node.org_id, Tier.COORDINATOR)
    for before in (0, 1):
        if len(given(node.store)) == before:
            who = node.identity, coordinator
            give_aggregate(node.store, cube, who, NOW.date(), Teller("kb", NOW), nothing=before > 0)
        envelope = sign_envelope(node.identity.signing, AGGREGATE_TYPE, given(node.store)[-1].payload)
        take_aggregate(node.store, envelope, node.origin, node.org_id, Teller("kb", NOW))


def numbers_exchanged(node: Node) -> object:
    """What was given, and what counts of it; whose numbers they are is left out."""
    rows = rows_of(node.store)
    told = [read_aggregate(row[3]).ranges for row in rows["aggregate_given"]]
    return told, read_aggregate(rows["aggregate"][-1][3]).ranges


def figures_released(node: Node) -> object:
    """What was declared, built, published and corrected; signatures left out."""
    rows = rows_of(node.store)
    built = [(row[0], row[2], row[5:10]) for row in rows["cube_release"]]
    return rows["cube"], built, [row[4:] for row in rows["cube_notice"]]


@dataclass(frozen=True)
class ChangeForum:
    """Let beta leave the audience `forum` and gamma join it, unless that is done already."""

    bounds: Bounds

    def __call__(self, node: Node) -> None:
        """Change it."""
        with node.store.read() as connection:
            (found,) = standing(connection).values()
        if "gamma" in found.charter.members:
            return
        change = Change({"gamma": EVERYTHING}, frozenset({"beta"}))
        author = Author("kb", node.identity, self.bounds, NOW, records, charters)
        change_audience(node.store, "forum", change, author)


def grouped(node: Node) -> object:
    """Who belongs to which version, how they joined, and what left for whom."""
    rows = rows_of(node.store)
    versions = [(row[3], row[5]) for row in rows["charter"]]
    return versions, [row[2:6] for row in rows["joining"]], len(rows["charter_copy"]), shared(node)[1:]


def cancelled(node: Node) -> object:
    """What was called back or narrowed, and what every message is; ids and sequences left out."""
    return shared(node), sorted((row[4], row[8] is None) for row in rows_of(node.store)["alert"])


@dataclass(frozen=True)
class HearFromOwner:
    """Keep the charters that a peer hands out in the place of older ones, and that it has rejected what we asked."""

    owner: Origin
    wires: tuple[bytes, ...]

    def __call__(self, node: Node) -> None:
        """Keep them."""
        keep_belongings(node.store, self.owner, "beta", self.wires, charters)
        with node.store.read() as connection:
            asked = [one.answer for one in sent_requests(connection)]
        told = [
            one._replace(state=State.REJECTED, reason=Refusal.NOT_NEEDED, received_at=1, changed_at=2)
            for one in asked
        ]
        keep_answers(node.store, self.owner.org_id, told)


def learnt(node: Node) -> object:
    """To which audiences of others the node belongs, and what it was answered."""
    rows = rows_of(node.store)
    return rows["belonging"], [row[9:-1] for row in rows["sent_request"]]


@dataclass(frozen=True)
class GrantTo:
    """Take a member's request and grant it, unless that is done already."""

    member: Member
    bounds: Bounds
    wishes: Mapping[str, Wish]  # by the node that is asked

    def __call__(self, node: Node) -> None:
        """Take and grant."""
        wish = self.wishes[node.org_id]
        if take_request(node.store, wish, self.member, NOW).state is State.ASKED:
            grant(node.store, wish.request_id, Decider("kb", node.identity, self.bounds, NOW, records), {})


def granted(node: Node) -> object:
    """What was asked, what was done about it, and what left for whom."""
    rows = rows_of(node.store)
    return len(rows["share_request"]), [row[1:3] for row in rows["share_step"]], shared(node)


class Probed(NamedTuple):
    """What a member said to one node about a pair: it proposes, takes the first step, and has signed a verdict."""

    pair: Pair
    proposal: Proposal
    move: Move
    shown: Shown
    verdict: bytes


@dataclass(frozen=True)
class MatchWith:
    """Find pairs, answer a member that proposes one, decide, and keep what the member signed."""

    member: Audience
    owner: Origin
    bounds: Bounds
    said: Mapping[str, Probed]  # by the node that is asked

    def __call__(self, node: Node) -> None:
        """Do all of it."""
        pair, proposal, move, shown, verdict = self.said[node.org_id]
        desk = Desk(node.org_id, self.bounds, records, NOW)
        find_pairs(node.store, node.org_id, self.bounds.network, records, NOW)
        take_proposal(node.store, proposal, self.member, desk)
        answer_move(node.store, proposal.match_id, move, self.member, desk)
        answer_reveal(node.store, proposal.match_id, 0, shown, self.member, desk)
        mine, theirs = pair if pair[0].origin_id == node.org_id else pair[::-1]
        by = Judge("kb", node.identity, desk, matching)
        judge(node.store, mine, (self.member, theirs), (Judgement.SAME, Ground.WITNESSED), by)
        asked = pairs_with(node.store, self.member.member, node.org_id)
        keep_verdicts(node.store, self.owner, [verdict], asked, matching, NOW)


def matched(node: Node) -> object:
    """Whose records are matched, how far they were compared, and what was signed; ids and what is random left out."""
    rows = rows_of(node.store)
    steps = [(row[2], row[5], row[6], row[7]) for row in rows["comparison_step"]]
    said = [(row[1] == node.org_id, row[7], row[8], row[9]) for row in rows["verdict"]]
    return len(rows["matched"]), len(rows["comparison"]), steps, sorted(said)


def merge_and_split(node: Node) -> None:
    """Merge two records and split a third, unless that is done already, and tell it."""
    with node.store.read() as connection:
        standing = revisions_by_key(connection, SOURCE, ["b", "d1"])
    teller = Teller("kb", NOW)
    if "b" in standing:
        merge_records(node.store, [f"{SOURCE}:a", f"{SOURCE}:b"], teller)
    if "d1" in standing:
        split_record(node.store, f"{SOURCE}:d1", [LOOTING, LOOTING], teller, recount=True)
    node.shares()


@dataclass(frozen=True)
class KeepFork:
    """Keep the proof that a peer's log told two stories, and stop to count what only one of them holds."""

    wire: bytes
    directory: Directory

    def __call__(self, node: Node) -> None:
        """Keep it."""
        keep_fork(node.store, self.wire, self.directory, node.org_id, CODECS, told_by="x", now=NOW)


def contained(node: Node) -> object:
    """What is proven, what became of each entry, and what counts."""
    rows = rows_of(node.store)
    return rows["fork"], [row[1:4] for row in rows["entry"]], node.counts("means")


class _Job(NamedTuple):
    """What another process needs to do the same."""

    url: str
    org_id: str
    seeds: tuple[bytes, bytes]
    credentials: Credentials
    do: Callable[[Node], None]
    number: int
    flavour: Flavour


def do_in_a_process_that_fails_at(work: Work, number: int, flavour: Flavour) -> int:
    """Do the work in a process of its own; gives its exit code, negative for the signal that killed it."""
    identity = work.node.identity
    url = work.node.store.engine.url.render_as_string(hide_password=False)
    seeds = (identity.signing.seed, identity.log.seed)
    job = _Job(url, identity.org_id, seeds, work.node.credentials, work.do, number, flavour)
    return exit_code(_perform, job)


def _perform(job: _Job) -> None:
    signing, log = map(Signer, job.seeds)
    node = Node(Identity(job.org_id, signing, log), job.credentials, Store(job.url))
    with failing_at(node.store, job.number, job.flavour):
        job.do(node)
