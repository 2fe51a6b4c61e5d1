"""Answer members about matching: take proposals, go through steps, hand out verdicts.

A caller learns here of no record that it was not shown, and of a shown one no more than the rules let it see.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

import grpc

from node.audience import Audience
from node.bounds import Bounds
from node.comparing import answer_move, answer_reveal
from node.directory import Member
from node.errors import MatchRequestError
from node.gate import Gatekeeper
from node.judging import hand_out
from node.partaking import Desk
from node.proposing import take_proposal
from node.server import Service, Unary, unary_handler
from node.store.database import Store
from node.wire import records
from node.wire.matching import (
    SERVICE,
    decode_commit_call,
    decode_propose_call,
    decode_request_id,
    decode_reveal_call,
    decode_verdicts_call,
    encode_committed,
    encode_proposed,
    encode_revealed,
    encode_verdicts,
)

logger = logging.getLogger(__name__)


class MatchDesk:
    """The answers of the matching service; plain functions, run in threads beside the event loop."""

    def __init__(
        self,
        org_id: str,
        store: Store,
        bounds: Callable[[], Bounds],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._org_id = org_id
        self._store = store
        self._bounds = bounds
        self._clock = clock

    def service(self, gatekeeper: Gatekeeper) -> Service:
        """The matching service, for `make_server`."""
        calls: dict[str, Unary] = {
            "ProposeMatch": self.propose_match,
            "CommitStep": self.commit_step,
            "RevealStep": self.reveal_step,
            "ListVerdicts": self.list_verdicts,
        }
        methods = {
            name: unary_handler(answer, gatekeeper, decode_request_id) for name, answer in calls.items()
        }
        return Service(SERVICE, grpc.method_handlers_generic_handler(SERVICE, methods))

    def propose_match(self, wire: bytes, caller: Member) -> bytes:
        """ProposeMatch."""
        asked = decode_propose_call(wire)
        if asked.origins != (caller.org_id, self._org_id):
            raise MatchRequestError("own, other: not of the caller and of this node")
        take_proposal(self._store, asked.proposal, _audience(caller), self._desk())
        logger.info("match proposed: member=%s match=%s", caller.org_id, asked.proposal.match_id)
        return encode_proposed()

    def commit_step(self, wire: bytes, caller: Member) -> bytes:
        """CommitStep."""
        asked = decode_commit_call(wire)
        said = answer_move(self._store, asked.match_id, asked.move, _audience(caller), self._desk())
        return encode_committed(said)

    def reveal_step(self, wire: bytes, caller: Member) -> bytes:
        """RevealStep."""
        asked = decode_reveal_call(wire)
        shown = answer_reveal(
            self._store, asked.match_id, asked.number, asked.shown, _audience(caller), self._desk()
        )
        logger.info("match step: member=%s match=%s step=%d", caller.org_id, asked.match_id, asked.number)
        return encode_revealed(shown)

    def list_verdicts(self, wire: bytes, caller: Member) -> bytes:
        """ListVerdicts."""
        asked = decode_verdicts_call(wire)
        return encode_verdicts(hand_out(self._store, asked.tokens, _audience(caller), self._org_id))

    def _desk(self) -> Desk:
        return Desk(self._org_id, self._bounds(), records, self._clock())


def _audience(caller: Member) -> Audience:
    return Audience(caller.tier, caller.org_id)
