"""Ask one peer: a channel that accepts only that peer's pinned certificate, and calls that answer with bytes.

What comes back is not believed here; `node.verify` decides. A peer that can not be reached, is too slow or refuses us
is `UnavailableError`, with the reason that it gave where it gave one.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar
from uuid import uuid4

import grpc

from crypto.certificates import certificate_end, certificate_pem, private_key_pem, server_name
from crypto.envelope import Envelope
from node.comparing import Move
from node.directory import Member
from node.errors import ExpiredError, LateError, PayloadError, UnavailableError, WitnessBehindError
from node.gossip import Told
from node.pace import Pace
from node.share_request import Answer, Wish
from node.status import WITNESSED_SIZE, reason_of, retry_seconds_of
from node.stepup import Proposal, Shown
from node.urgent import Pushed, Subscription
from node.verify import Page
from node.wire.alerts import SERVICE as ALERT_SERVICE
from node.wire.alerts import (
    AcknowledgeCall,
    SubscribeCall,
    decode_acknowledged,
    decode_pushed,
    encode_acknowledge_call,
    encode_subscribe_call,
)
from node.wire.exchange import (
    SERVICE,
    Call,
    ListCall,
    ProofCall,
    decode_checkpoint,
    decode_page,
    decode_proof,
    encode_checkpoint_call,
    encode_list_call,
    encode_proof_call,
)
from node.wire.matching import SERVICE as MATCHING_SERVICE
from node.wire.matching import (
    CommitCall,
    ProposeCall,
    RevealCall,
    VerdictsCall,
    decode_committed,
    decode_proposed,
    decode_revealed,
    decode_verdicts,
    encode_commit_call,
    encode_propose_call,
    encode_reveal_call,
    encode_verdicts_call,
)
from node.wire.receipts import decode_confirmed, encode_confirm_call
from node.wire.sharing import SERVICE as SHARING_SERVICE
from node.wire.sharing import (
    CancelCall,
    PageCall,
    decode_cancelled,
    decode_charters,
    decode_created,
    decode_requests,
    encode_cancel_call,
    encode_charters_call,
    encode_create_call,
    encode_requests_call,
)
from node.wire.statuses import SERVICE as CASE_STATUS_SERVICE
from node.wire.statuses import Documents, DocumentsCall, decode_documents, encode_documents_call
from node.wire.witness import SERVICE as WITNESS_SERVICE
from node.wire.witness import (
    AddCheckpointCall,
    NetworkCall,
    decode_cosignature,
    decode_network,
    decode_told,
    encode_add_checkpoint_call,
    encode_checkpoints_call,
    encode_network_call,
)
from node.witness import Growth

CALL_SECONDS = 30.0
STREAM_SECONDS = 7200.0  # no peer of ours keeps a line for so long
SHORTEST_PAUSE_SECONDS = 0.05  # before we ask again, whatever a peer says
MAX_LISTED = 10_000  # charters or answers of one peer that we believe
_NOT_SERVED = grpc.StatusCode.UNIMPLEMENTED  # by a peer of an older version
_MIB = 1024 * 1024
MAX_MESSAGE_BYTES = (
    8 * _MIB
)  # more than a full page of ordinary entries, less than what hurts a small machine

T = TypeVar("T")


class Credentials(NamedTuple):
    """This node's own TLS key (PKCS 8) and certificate, DER."""

    key: bytes
    certificate: bytes


class PeerClient:
    """An open line to one member; use it as an async context manager.

    Raises:
        UnavailableError: The member has no address, so only bundles reach it.
    """

    def __init__(self, peer: Member, own: Credentials, *, call_seconds: float = CALL_SECONDS) -> None:
        if not peer.endpoints:
            raise UnavailableError(
                "{org_id} has no address in the directory; a bundle reaches it", org_id=peer.org_id
            )
        self.peer = peer
        self._own = own
        self._call_seconds = call_seconds
        self._at = 0  # which of its endpoints is used
        self._pace = Pace(call_seconds)
        self._channel = self._connect()

    def _connect(self) -> grpc.aio.Channel:
        peer, own = self.peer, self._own
        return grpc.aio.secure_channel(
            peer.endpoints[self._at],
            grpc.ssl_channel_credentials(
                # Only certificates of this very peer are trusted here, so no other member can stand in for it.
                root_certificates=b"".join(map(certificate_pem, peer.tls_certificates)),
                private_key=private_key_pem(own.key),
                certificate_chain=certificate_pem(own.certificate),
            ),
            options=(
                ("grpc.ssl_target_name_override", server_name(peer.org_id)),
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.enable_http_proxy", 0),
            ),
        )

    async def __aenter__(self) -> Self:
        # Whoever opens a line has things to read before it calls.
        self._channel.get_state(try_to_connect=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._channel.close()

    async def checkpoint(self, origin_id: str = "") -> bytes:
        """Newest checkpoint of the peer's log, or of another that it holds, as signed.

        Raises:
            UnavailableError: No answer.
            PayloadError: The answer is no checkpoint response.
        """
        return decode_checkpoint(
            await self._call("GetCheckpoint", encode_checkpoint_call(_new_call(origin_id)))
        )

    async def entries(self, token: str, origin_id: str = "") -> Page:
        """One page of entries of the peer's log, or of another that it passes on, of a size that suits the line.

        Raises:
            UnavailableError: No answer.
            PayloadError: The answer is no page.
        """
        while True:
            asked = ListCall(_new_call(origin_id), self._pace.page_size, token)
            began = monotonic()
            try:
                wire = await self._call("ListEntries", encode_list_call(asked))
            except LateError:
                if not self._pace.came_too_late():
                    raise
            else:
                self._pace.took(monotonic() - began)
                return decode_page(wire)

    async def consistency_proof(self, old_size: int, new_size: int, origin_id: str = "") -> tuple[bytes, ...]:
        """Proof that the peer's log, or another that it holds, of `new_size` only adds to that of `old_size`.

        Raises:
            UnavailableError: No answer.
            PayloadError: The answer is no proof.
        """
        request = encode_proof_call(ProofCall(_new_call(origin_id), old_size, new_size))
        return decode_proof(await self._call("GetConsistencyProof", request))

    async def confirm(self, receipt: Envelope) -> None:
        """Hand over our receipt for the peer's log.

        Raises:
            UnavailableError: No answer, or the peer does not take it.
            PayloadError: The answer is not the one to this call.
        """
        decode_confirmed(await self._call("ConfirmReceipt", encode_confirm_call(_new_call(), receipt)))

    async def watch(self) -> AsyncIterator[bytes]:
        """Checkpoints of the peer's log: one at once, then each time it has grown.

        Raises:
            UnavailableError: The line is gone.
            PayloadError: A message is no checkpoint.
        """
        watch: Any = self._channel.unary_stream(f"/{SERVICE}/WatchCheckpoints")
        try:
            async for wire in watch(encode_checkpoint_call(_new_call()), timeout=STREAM_SECONDS):
                yield decode_checkpoint(wire)
        except grpc.aio.AioRpcError as error:
            raise self._unavailable(error) from error

    async def alerts(
        self, wanted: Subscription, silence_seconds: float
    ) -> AsyncGenerator[Pushed | None, None]:
        """Alerts of the peer as it pushes them, and a sign of life, `None`, now and then.

        Raises:
            UnavailableError: The line is gone, or nothing at all has come for so many seconds.
            PayloadError: A message is no alert.
        """
        if len(self.peer.endpoints) > 1:
            await self.checkpoint()  # finds the endpoint that answers, as a stream is not opened twice
        subscribe: Any = self._channel.unary_stream(f"/{ALERT_SERVICE}/Subscribe")
        stream = subscribe(encode_subscribe_call(SubscribeCall(str(uuid4()), wanted)), timeout=STREAM_SECONDS)
        try:
            while True:
                async with asyncio.timeout(silence_seconds):
                    wire = await stream.read()
                if wire is grpc.aio.EOF:
                    return
                yield decode_pushed(wire)
        except TimeoutError as error:
            raise UnavailableError("{org_id} has gone silent", org_id=self.peer.org_id) from error
        except grpc.aio.AioRpcError as error:
            raise self._unavailable(error) from error
        finally:
            stream.cancel()

    async def acknowledge(self, sequence: int) -> None:
        """Tell the peer that a person here has taken note of an alert.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is no such response.
        """
        request = encode_acknowledge_call(AcknowledgeCall(str(uuid4()), sequence))
        decode_acknowledged(await self._call("Acknowledge", request, ALERT_SERVICE))

    async def charters(self) -> tuple[bytes, ...]:
        """Signed charters of the peer's audiences to which we belong.

        Raises:
            UnavailableError: No answer.
            PayloadError: An answer is no page, or there is no end of them.
        """
        return await self._pages("ListCharters", encode_charters_call, decode_charters)

    async def ask(self, wish: Wish) -> Answer:
        """Ask the peer for finer detail of a record; asking again changes nothing.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        return decode_created(
            await self._call("CreateShareRequest", encode_create_call(wish), SHARING_SERVICE)
        )

    async def answers(self) -> tuple[Answer, ...]:
        """What the peer has answered to all that we asked.

        Raises:
            UnavailableError: No answer.
            PayloadError: An answer is no page, or there is no end of them.
        """
        return await self._pages("ListShareRequests", encode_requests_call, decode_requests)

    async def cancel(self, share_request_id: str) -> Answer:
        """Take back what we asked for.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        call = encode_cancel_call(CancelCall(str(uuid4()), share_request_id))
        return decode_cancelled(await self._call("CancelShareRequest", call, SHARING_SERVICE))

    async def propose_match(self, proposal: Proposal, org_id: str) -> None:
        """Propose to compare a record of ours with one of the peer's; again changes nothing.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        call = encode_propose_call(ProposeCall(proposal, (org_id, self.peer.org_id)))
        decode_proposed(await self._call("ProposeMatch", call, MATCHING_SERVICE))

    async def commit_step(self, match_id: str, move: Move) -> Move:
        """Commit to the next step, or end it; gives what the peer says.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        call = encode_commit_call(CommitCall(str(uuid4()), match_id, move))
        return decode_committed(await self._call("CommitStep", call, MATCHING_SERVICE), move.number)

    async def reveal_step(self, match_id: str, number: int, shown: Shown) -> Shown:
        """Show what we committed to; gives what the peer shows.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        call = encode_reveal_call(RevealCall(str(uuid4()), match_id, number, shown))
        return decode_revealed(await self._call("RevealStep", call, MATCHING_SERVICE))

    async def verdicts(self, tokens: Sequence[bytes]) -> tuple[bytes, ...]:
        """Signed verdicts of the peer about pairs that we hold; none where it knows no such call.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        call = encode_verdicts_call(VerdictsCall(str(uuid4()), tuple(tokens)))
        try:
            return decode_verdicts(await self._call("ListVerdicts", call, MATCHING_SERVICE))
        except UnavailableError as error:
            if _is_unknown_call(error):
                return ()
            raise

    async def _pages(
        self,
        method: str,
        encode: Callable[[PageCall], bytes],
        decode: Callable[[bytes], tuple[tuple[T, ...], str]],
    ) -> tuple[T, ...]:
        """All items of a list of the sharing service, page by page, up to `MAX_LISTED`."""
        found: list[T] = []
        token = ""
        while len(found) <= MAX_LISTED:
            call = encode(PageCall(str(uuid4()), 0, token))
            page, token = decode(await self._call(method, call, SHARING_SERVICE))
            found += page
            if not token:
                return tuple(found)
            if not page:
                break
        raise PayloadError(
            "{method}: more than {most} in all, or a page without any", method=method, most=MAX_LISTED
        )

    async def add_checkpoint(self, growth: Growth) -> bytes:
        """Have a checkpoint of our own cosigned, and give the signature line; whether it holds is another question.

        Raises:
            WitnessBehindError: The peer has last signed another size.
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is no such response.
        """
        request = encode_add_checkpoint_call(AddCheckpointCall(str(uuid4()), growth))
        try:
            answer = await self._ask(
                f"/{WITNESS_SERVICE}/AddCheckpoint", request, monotonic() + self._call_seconds
            )
        except grpc.aio.AioRpcError as error:
            found = dict(error.trailing_metadata() or ()).get(WITNESSED_SIZE, "")
            if error.code() is grpc.StatusCode.ABORTED and str(found).isdecimal():
                raise WitnessBehindError(
                    "{org_id} signed {found} entries last", int(found), org_id=self.peer.org_id, found=found
                ) from error
            raise self._unavailable(error) from error
        return decode_cosignature(answer)

    async def checkpoints(self, known: Collection[bytes]) -> Told:
        """What the peer was shown of all logs and is not known here; nothing where it knows no such call.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is no such response.
        """
        request = encode_checkpoints_call(str(uuid4()), known)
        try:
            return decode_told(await self._call("ListCheckpoints", request, WITNESS_SERVICE))
        except UnavailableError as error:
            if _is_unknown_call(error):
                return Told((), ())
            raise

    async def network(self, known: bytes) -> bytes:
        """The network's documents as the peer holds them; nothing if its directory is ours, or it knows no such call.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is no such response.
        """
        request = encode_network_call(NetworkCall(str(uuid4()), known))
        try:
            return decode_network(await self._call("GetNetwork", request, WITNESS_SERVICE))
        except UnavailableError as error:
            if _is_unknown_call(error):
                return b""
            raise

    async def case_documents(self, after: int, *, to_us: bool) -> Documents:
        """Signed documents about cases, of the peer's list for us or of that for all; none where it knows no such call.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is no such response.
        """
        request = encode_documents_call(DocumentsCall(str(uuid4()), to_us, after))
        try:
            return decode_documents(await self._call("ListCaseDocuments", request, CASE_STATUS_SERVICE))
        except UnavailableError as error:
            if _is_unknown_call(error):
                return Documents((), after)
            raise

    async def call(self, service: str, method: str, request: bytes) -> bytes:
        """Answer to a call of any service, as bytes.

        Raises:
            UnavailableError: No answer, or a refusal.
        """
        return await self._call(method, request, service)

    async def _call(self, method: str, request: bytes, service: str = SERVICE) -> bytes:
        """Answer to a call; a peer that says when to ask again is asked again then, if there is time."""
        until = monotonic() + self._call_seconds
        while True:
            try:
                return await self._ask(f"/{service}/{method}", request, until)
            except grpc.aio.AioRpcError as error:
                pause = retry_seconds_of(tuple(error.trailing_metadata() or ()))
                if not 0 < pause < until - monotonic():
                    raise self._unavailable(error) from error
                await asyncio.sleep(max(pause, SHORTEST_PAUSE_SECONDS))

    def _unavailable(self, error: grpc.aio.AioRpcError) -> UnavailableError:
        now = datetime.now(UTC)  # that of the machine, which TLS goes by
        if _is_away(error):
            end = certificate_end(self._own.certificate)
            if end < now:
                return ExpiredError("our TLS certificate expired on {end}", end=end.date())
            end = max(map(certificate_end, self.peer.tls_certificates))
            if end < now:
                return ExpiredError(
                    "{org_id}'s TLS certificate expired on {end}", org_id=self.peer.org_id, end=end.date()
                )
        return _unavailable(self.peer, ", ".join(self.peer.endpoints), error)

    async def _ask(self, method: str, request: bytes, until: float) -> bytes:
        """Call at the endpoint that answered last, and where nobody is there at the others in turn."""
        for _ in self.peer.endpoints[1:]:
            try:
                return await self._ask_here(method, request, until)
            except grpc.aio.AioRpcError as error:
                if not _is_away(error):
                    raise
                await self._go_on()
        return await self._ask_here(method, request, until)

    async def _ask_here(self, method: str, request: bytes, until: float) -> bytes:
        call: Any = self._channel.unary_unary(method)
        answer: bytes = await call(request, timeout=until - monotonic())
        return answer

    async def _go_on(self) -> None:
        """Use the next endpoint from now on."""
        before = self._channel
        self._at = (self._at + 1) % len(self.peer.endpoints)
        self._channel = self._connect()
        await before.close()


def _new_call(origin_id: str = "") -> Call:
    return Call(str(uuid4()), origin_id)


def _is_away(error: grpc.aio.AioRpcError) -> bool:
    """Whether nobody answered at all; a member that refuses says why."""
    return error.code() is grpc.StatusCode.UNAVAILABLE and not reason_of(
        tuple(error.trailing_metadata() or ())
    )


def _is_unknown_call(error: UnavailableError) -> bool:
    refused = error.__cause__
    return isinstance(refused, grpc.aio.AioRpcError) and refused.code() is _NOT_SERVED


def _unavailable(peer: Member, endpoint: str, error: grpc.aio.AioRpcError) -> UnavailableError:
    reason = reason_of(tuple(error.trailing_metadata() or ()))
    code: grpc.StatusCode = error.code()
    if reason:
        return UnavailableError("{org_id} refused: {reason}", org_id=peer.org_id, reason=reason)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return LateError("{org_id} did not answer in time", org_id=peer.org_id)
    return UnavailableError(
        "{org_id} can not be reached at {endpoint} ({code})",
        org_id=peer.org_id,
        endpoint=endpoint,
        code=code.name,
    )
