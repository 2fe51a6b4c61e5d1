"""Ask one peer: every call that members answer each other. What comes back is not believed here; others decide."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing
from time import monotonic
from typing import TypeVar
from uuid import uuid4

from crypto.envelope import Envelope
from node.comparing import Move
from node.directory import Member
from node.errors import LateError, PayloadError, UnavailableError, WitnessBehindError
from node.gossip import Told
from node.pace import Pace
from node.peer_line import CALL_SECONDS, Credentials, PeerLine, trailing_of
from node.share_request import Answer, Wish
from node.status import witnessed_size_of
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

MAX_LISTED = 10_000  # charters or answers of one peer that we believe

T = TypeVar("T")


class PeerClient(PeerLine):
    """What one member can be asked over a line to it; use it as an async context manager."""

    def __init__(self, peer: Member, own: Credentials, *, call_seconds: float = CALL_SECONDS) -> None:
        super().__init__(peer, own, call_seconds=call_seconds)
        self._pace = Pace(call_seconds)

    async def checkpoint(self, origin_id: str = "") -> bytes:
        """Newest checkpoint of the peer's log, or of another that it holds, as signed.

        Raises:
            UnavailableError: No answer.
            PayloadError: The answer is no checkpoint response.
        """
        return decode_checkpoint(
            await self.call(SERVICE, "GetCheckpoint", encode_checkpoint_call(_new_call(origin_id)))
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
                wire = await self.call(SERVICE, "ListEntries", encode_list_call(asked))
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
        return decode_proof(await self.call(SERVICE, "GetConsistencyProof", request))

    async def confirm(self, receipt: Envelope) -> None:
        """Hand over our receipt for the peer's log.

        Raises:
            UnavailableError: No answer, or the peer does not take it.
            PayloadError: The answer is not the one to this call.
        """
        decode_confirmed(
            await self.call(SERVICE, "ConfirmReceipt", encode_confirm_call(_new_call(), receipt))
        )

    async def watch(self) -> AsyncIterator[bytes]:
        """Checkpoints of the peer's log: one at once, then each time it has grown.

        Raises:
            UnavailableError: The line is gone.
            PayloadError: A message is no checkpoint.
        """
        async with aclosing(
            self.stream(SERVICE, "WatchCheckpoints", encode_checkpoint_call(_new_call()))
        ) as answers:
            async for wire in answers:
                yield decode_checkpoint(wire)

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
        request = encode_subscribe_call(SubscribeCall(str(uuid4()), wanted))
        async with aclosing(self.stream(ALERT_SERVICE, "Subscribe", request, silence_seconds)) as answers:
            async for wire in answers:
                yield decode_pushed(wire)

    async def acknowledge(self, sequence: int) -> None:
        """Tell the peer that a person here has taken note of an alert.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is no such response.
        """
        request = encode_acknowledge_call(AcknowledgeCall(str(uuid4()), sequence))
        decode_acknowledged(await self.call(ALERT_SERVICE, "Acknowledge", request))

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
            await self.call(SHARING_SERVICE, "CreateShareRequest", encode_create_call(wish))
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
        return decode_cancelled(await self.call(SHARING_SERVICE, "CancelShareRequest", call))

    async def propose_match(self, proposal: Proposal, org_id: str) -> None:
        """Propose to compare a record of ours with one of the peer's; again changes nothing.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        call = encode_propose_call(ProposeCall(proposal, (org_id, self.peer.org_id)))
        decode_proposed(await self.call(MATCHING_SERVICE, "ProposeMatch", call))

    async def commit_step(self, match_id: str, move: Move) -> Move:
        """Commit to the next step, or end it; gives what the peer says.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        call = encode_commit_call(CommitCall(str(uuid4()), match_id, move))
        return decode_committed(await self.call(MATCHING_SERVICE, "CommitStep", call), move.number)

    async def reveal_step(self, match_id: str, number: int, shown: Shown) -> Shown:
        """Show what we committed to; gives what the peer shows.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        call = encode_reveal_call(RevealCall(str(uuid4()), match_id, number, shown))
        return decode_revealed(await self.call(MATCHING_SERVICE, "RevealStep", call))

    async def verdicts(self, tokens: Sequence[bytes]) -> tuple[bytes, ...]:
        """Signed verdicts of the peer about pairs that we hold; none where it knows no such call.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is none to this call.
        """
        call = encode_verdicts_call(VerdictsCall(str(uuid4()), tuple(tokens)))
        answer = await self.call_if_known(MATCHING_SERVICE, "ListVerdicts", call)
        return () if answer is None else decode_verdicts(answer)

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
            page, token = decode(await self.call(SHARING_SERVICE, method, call))
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
            answer = await self.call(WITNESS_SERVICE, "AddCheckpoint", request)
        except UnavailableError as error:
            found = witnessed_size_of(trailing_of(error))
            if found is None:
                raise
            raise WitnessBehindError(
                "{org_id} signed {found} entries last", found, org_id=self.peer.org_id, found=found
            ) from error
        return decode_cosignature(answer)

    async def checkpoints(self, known: Collection[bytes]) -> Told:
        """What the peer was shown of all logs and is not known here; nothing where it knows no such call.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is no such response.
        """
        request = encode_checkpoints_call(str(uuid4()), known)
        answer = await self.call_if_known(WITNESS_SERVICE, "ListCheckpoints", request)
        return Told((), ()) if answer is None else decode_told(answer)

    async def network(self, known: bytes) -> bytes:
        """The network's documents as the peer holds them; nothing if its directory is ours, or it knows no such call.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is no such response.
        """
        request = encode_network_call(NetworkCall(str(uuid4()), known))
        answer = await self.call_if_known(WITNESS_SERVICE, "GetNetwork", request)
        return b"" if answer is None else decode_network(answer)

    async def case_documents(self, after: int, *, to_us: bool = False, ours: bool = False) -> Documents:
        """Signed documents about cases, of the peer's list for us or of that for all; none where it knows no such call.

        With `ours`, what it holds that we signed; who does not know that yet answers as if it had not been asked for.

        Raises:
            UnavailableError: No answer, or a refusal.
            PayloadError: The answer is no such response.
        """
        request = encode_documents_call(DocumentsCall(str(uuid4()), to_us, after, of_caller=ours))
        answer = await self.call_if_known(CASE_STATUS_SERVICE, "ListCaseDocuments", request)
        told = Documents((), after) if answer is None else decode_documents(answer)
        if told.of_caller and not ours:
            raise PayloadError("of_caller: nobody asked for our own documents")
        return told


def _new_call(origin_id: str = "") -> Call:
    return Call(str(uuid4()), origin_id)
