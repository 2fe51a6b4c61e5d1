"""Propose to compare a record of ours with one of a member, and take what members propose."""

from datetime import timedelta

from node.audience import Audience
from node.errors import MatchRequestError, TooManyMatchesError, UnknownRecordError
from node.likeness import weights
from node.partaking import Desk, Ours, Theirs, alike, as_shown, taking_part
from node.signed import RecordName
from node.stepup import PROPOSALS_A_DAY, PROPOSALS_OF_A_RECORD, Proposal, Role, verify_proposal
from node.store.comparisons import Comparison, add_comparison, comparisons, proposed_since
from node.store.database import Store, Transaction
from node.store.matched import Place, note_places
from node.store.own_log import record_at

A_DAY = timedelta(days=1)


def propose(
    store: Store, ours: int, theirs: tuple[Audience, RecordName, int], match_id: str, desk: Desk, *, by: str
) -> Proposal:
    """Keep a proposal of ours, to be told to the member.

    Args:
        store: Of this node.
        ours: Key of our record.
        theirs: The member, its record, and an entry of that in its log.
        match_id: A UUID.
        desk: Where it is made.
        by: Who proposes it.

    Raises:
        UnknownRecordError: One of the two does not take part.
        MatchRequestError: They contradict each other by what both sides see already.
    """
    member, name, index = theirs
    with store.write() as connection:
        mine = taking_part(connection, ours, member, desk)
        other = as_shown(connection, name, index, desk.codec)
        if mine is None or other is None:
            raise UnknownRecordError(
                "one of the two does not stand, is held, or is not shown to the other side"
            )
        _refuse_unlike(mine, other)
        proposal = Proposal(match_id, mine.past.uid, mine.past.log_index, name.uid, index)
        verify_proposal(proposal)
        _keep(connection, proposal, member.member, mine, other, desk, by=by)
    return proposal


def take_proposal(store: Store, proposal: Proposal, caller: Audience, desk: Desk) -> None:
    """Keep a member's proposal; one that was taken before changes nothing.

    Raises:
        MatchRequestError: It is not as it has to be, or the two contradict each other by what both sides see already.
        UnknownRecordError: A record does not take part; the caller does not learn which, or why.
        TooManyMatchesError: The member proposes too often.
    """
    verify_proposal(proposal)
    turned = Proposal(
        proposal.match_id, proposal.other_uid, proposal.other_index, proposal.own_uid, proposal.own_index
    )
    with store.write() as connection:
        before = comparisons(connection, member=caller.member, match_id=proposal.match_id)
        if before:
            one = before[0]
            if Proposal(one.match_id, *one[5:9]) != turned or one.role is not Role.RESPONDER:
                raise MatchRequestError("match_id: stands for another comparison already")
            return
        _refuse_often(connection, caller.member, 0, desk)
        record_id = record_at(connection, turned.own_index)
        mine = taking_part(connection, record_id, caller, desk) if record_id is not None else None
        name = RecordName(caller.member, turned.other_uid)
        other = as_shown(connection, name, turned.other_index, desk.codec)
        sound = mine is not None and (mine.past.uid, mine.past.log_index) == turned[1:3]
        if mine is None or other is None or not sound:
            raise UnknownRecordError("a record does not take part")
        _refuse_often(connection, caller.member, mine.past.record_id, desk)
        _refuse_unlike(mine, other)
        _keep(connection, turned, caller.member, mine, other, desk)


def _refuse_unlike(ours: Ours, theirs: Theirs) -> None:
    """Nobody is to go through the records of others with records that have nothing to do with them."""
    found = alike(ours, theirs)
    if found is None or found.weight < weights().review:
        raise MatchRequestError("the two are not likely enough to be of one event by what both sides see")


def _refuse_often(connection: Transaction, member: str, record_id: int, desk: Desk) -> None:
    since = int((desk.now - A_DAY).timestamp())
    most = PROPOSALS_OF_A_RECORD if record_id else PROPOSALS_A_DAY
    if proposed_since(connection, member, since, record_id) >= most:
        raise TooManyMatchesError("{member} has proposed {most} in a day", member=member, most=most)


def _keep(
    connection: Transaction,
    proposal: Proposal,
    member: str,
    ours: Ours,
    theirs: Theirs,
    desk: Desk,
    *,
    by: str = "",
) -> None:
    role, taken_at = (Role.PROPOSER, 0) if by else (Role.RESPONDER, desk.seconds)
    record_id = ours.past.record_id
    add_comparison(
        connection,
        Comparison(
            0,
            proposal.match_id,
            member,
            role,
            record_id,
            *proposal[1:],
            by,
            desk.seconds,
            taken_at,
            None,
            "",
            0,
        ),
    )
    mine = Place(RecordName(desk.org_id, proposal.own_uid), record_id, None, None)
    note_places(connection, [mine, theirs.place])
