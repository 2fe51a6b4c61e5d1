"""Organizations that fetch each other's signed documents over the line, and one simulator that serves what it likes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import grpc
from sqlalchemy import Table, delete, insert, select

from casework.store.post import note_restored
from casework.summary import SUMMARY_TYPE, CaseStatusSummary, write_summary
from casework.tables import metadata
from casework.vocabulary import codes
from console.confirming import Asked, Asking, ask_members
from console.for_cases import DirectoryMembers
from console.posts import Fetched, Reader, fetch
from crypto.envelope import Envelope, sign_envelope
from crypto.signing import Signer
from node.client import PeerClient
from node.wire.statuses import SERVICE, Documents, decode_documents_call, encode_documents
from tests.casework.conftest import Clock
from tests.casework.federation import Network as FileNetwork
from tests.casework.federation import Organization
from tests.support.network import Network, Served
from tests.support.peer_simulator import PeerSimulator, as_it_is

Rows: TypeAlias = Mapping[Table, Sequence[Mapping[Any, Any]]]


class Linked(FileNetwork):
    """Members whose nodes reach each other over mutual TLS."""

    def __init__(self, network: Network, folder: Path, *names: str) -> None:
        self.network = network
        self.clock = Clock()
        self.clock.now = network.now
        self.nodes = {name: network.node(name) for name in names}
        self.members = {
            name: Organization(
                name,
                folder / name,
                self.clock,
                self,
                node.store.engine.url.render_as_string(hide_password=False),
                node.identity.signing,
            )
            for name, node in self.nodes.items()
        }
        for name, one in self.members.items():
            public = self.nodes[name].identity
            for kind, key in (("signing", public.signing), ("log", public.log)):
                (one.office.home.path / "keys" / f"{kind}.pub.hex").write_text(key.public_key.hex())

    def keys(self) -> Mapping[str, tuple[bytes, ...]]:
        """As the directory has them."""
        return DirectoryMembers(lambda: self.network.directory, lambda: self.network.now).keys()

    def fetch(self, reader: str, origin: Served) -> Fetched:
        """Let one fetch from another; no officer has to be signed in."""

        async def over_mutual_tls() -> Fetched:
            async with (
                origin.serving(self.network) as peer,
                PeerClient(peer, self.nodes[reader].credentials) as line,
            ):
                return await fetch(self.reader(reader), line, self.clock.now)

        return asyncio.run(over_mutual_tls())

    def reader(self, name: str) -> Reader:
        """One, as it fetches."""
        keys = self.nodes[name].origin.signing_keys
        return Reader(self.members[name].office.database, self, name, keys)

    def asks(self, name: str, *others: Served) -> dict[str, Asked]:
        """Let one ask these what they hold of its log, and of what it signed about cases; gives what became of each."""

        async def over_mutual_tls() -> tuple[Asked, ...]:
            async with AsyncExitStack() as stack:
                lines = {
                    one.org_id: one
                    for one in [
                        await stack.enter_async_context(other.serving(self.network)) for other in others
                    ]
                }
                members = tuple(
                    lines.get(one.org_id, one._replace(endpoints=()))
                    for one in self.network.directory.members
                )
                node = self.nodes[name]
                directory = replace(self.network.directory, members=members)
                asking = Asking(name, node.store, node.credentials, directory)
                return await ask_members(asking, self.clock.now)

        return {one.org_id: one for one in asyncio.run(over_mutual_tls())}

    def copy(self, name: str) -> Rows:
        """What an office holds now, as a backup has it."""
        with self.nodes[name].store.read() as connection:
            return {
                table: connection.execute(select(table)).mappings().all() for table in metadata.sorted_tables
            }

    def put_back(self, name: str, kept: Rows, *, noticed: bool = True) -> None:
        """Restore an office as it was; a machine that is set back as a whole does not notice."""
        with self.nodes[name].store.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
            for table, rows in kept.items():
                if rows:
                    connection.execute(insert(table), [dict(row) for row in rows])
            if noticed:
                note_restored(connection, name, self.clock.now)

    def exchange(self) -> None:
        """Let everybody fetch from everybody else."""
        for reader in self.members:
            for origin, node in self.nodes.items():
                if origin != reader:
                    fetched = self.fetch(reader, node)
                    assert (fetched.error, fetched.refused) == (None, ())

    def faults(self, name: str) -> list[str]:
        """What `tocsin check` finds in the casework of one."""
        keys = {one.org_id: (one.signing_keys[0].public_key,) for one in self.network.directory.members}
        found = self.members[name].office.check({}, keys)
        return [one.what for one in found if not isinstance(one, int)]


def summary(public_ref: str, **changes: Any) -> CaseStatusSummary:
    """A sound one of November 2026."""
    usual: dict[str, Any] = {
        "public_ref": public_ref,
        "joint_ref": "",
        "number": 1,
        "host_state": "SSD",
        "incident_quarter": "2026-Q1",
        "category": "death_violence",
        "employer": "ingo",
        "persons": "1",
        "stages": MappingProxyType(dict.fromkeys(codes("forum"), ("unknown", "unknown"))),
        "public_status": "no_information",
        "impunity": "unknown",
        "best_reply": "",
        "months_since_event": 1,
        "flags": (),
        "match_tokens": (),
        "definition": 1,
        "issued": "2026-11",
        "expires": "2027-05",
    }
    return CaseStatusSummary(**{**usual, **changes})


def signed(signer: Signer, what: CaseStatusSummary) -> Envelope:
    """A summary as it travels."""
    return sign_envelope(signer, SUMMARY_TYPE, write_summary(what))


@dataclass
class StatusPeer:
    """A member's lists; what a test may break stands first.

    Attributes:
        page_as: Last word on each page, before it is serialized.
        answer_as: Last word on each answer, over its bytes.
        most: The most documents that it gives at once.
        answers: How many pages of its lists it gives before the line is cut.
        to_all: What is for all members, in order.
        to_caller: What is for whoever asks.
        of_caller: What it holds of whoever asks; nothing at all where it is of a version that can not say.
        asked: What it was asked for: which list, behind which place.
    """

    page_as: Callable[[Documents], Documents] = as_it_is
    answer_as: Callable[[bytes], bytes] = as_it_is
    most: int = 100
    answers: int = 1000
    to_all: list[Envelope] = field(default_factory=list)
    to_caller: list[Envelope] = field(default_factory=list)
    of_caller: list[Envelope] | None = field(default_factory=list)
    asked: list[tuple[bool, int]] = field(default_factory=list)

    @property
    def peer(self) -> PeerSimulator:
        """A member that answers for these lists."""
        return PeerSimulator(more=(self._handlers(),))

    def answer(self, wire: bytes) -> bytes:
        """Answer to ListCaseDocuments."""
        call = decode_documents_call(wire)
        if call.of_caller and self.of_caller is not None:
            held = list(enumerate(self.of_caller, 1))[call.after : call.after + self.most]
            page = self.page_as(Documents(tuple(held), len(self.of_caller), of_caller=True))
            return self.answer_as(encode_documents(page))
        self.answers -= 1
        self.asked.append((call.to_caller, call.after))
        listed = self.to_caller if call.to_caller else self.to_all
        places = list(enumerate(listed, 1))[call.after : call.after + self.most]
        return self.answer_as(encode_documents(self.page_as(Documents(tuple(places), len(listed)))))

    def _handlers(self) -> grpc.GenericRpcHandler:
        async def list_case_documents(wire: bytes, context: Any) -> bytes:
            if not self.answers:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
            return self.answer(wire)

        methods: dict[str, Any] = {
            "ListCaseDocuments": grpc.unary_unary_rpc_method_handler(list_case_documents)
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)
