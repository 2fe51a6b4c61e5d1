"""The joint board of a case: what members signed of theirs, and our word that theirs and ours are of one incident.

Such a word, and what takes it back, is signed in the name of the organization by the case server.
"""

from collections.abc import Mapping
from typing import NamedTuple

from casework.casefile import CaseFile
from casework.client.desk import RemoteDesk
from casework.errors import CaseInputError, NotFoundError, RefusedError, SessionError
from casework.joining import Candidate
from casework.joint import Claim, JointBoard
from casework.lifecycle import actions
from casework.vocabulary.words import Words, words
from console.web.officer.opening import at_desk
from console.web.visit import Answer, Elsewhere, Page, Visit

CONFIRM, WITHDRAW = "confirm", "withdraw"
_GONE = frozenset({SessionError.reason, NotFoundError.reason})


class Known(NamedTuple):
    """What the network says of a case: the board, cases that may be of one incident, and why something is not there.

    Attributes:
        board: `None` where the case is not joint.
        found: Cases of members.
        why: Why there is no board, or nothing can be found.
        published: Whether members are told of our case, without which nothing is found.
    """

    board: JointBoard | None
    found: tuple[Candidate, ...]
    why: str
    published: bool


@at_desk
def show(visit: Visit, desk: RemoteDesk) -> Answer:
    """What each organization signed, side by side; cases that may be of one incident; and what a joint case needs."""
    return _page(visit, desk, "", 200)


@at_desk
def decide(visit: Visit, desk: RemoteDesk) -> Answer:
    """Confirm that a case and a member's are of one incident, or take that back; what stands is not said again."""
    case, act = desk.read(visit.asks("id")), visit.says("act")
    member, ref = visit.says("member").strip(), visit.says("ref").strip()
    confirms = act == CONFIRM
    try:
        if _stands(desk, case, member, ref) != confirms:
            (desk.confirm_joint if confirms else desk.withdraw_joint)(case.uid, member, ref)
    except (CaseInputError, RefusedError) as error:
        if error.reason in _GONE:
            raise
        return _page(visit, desk, str(error), 422)
    return Elsewhere(f"/case/joint?id={case.uid}&done={CONFIRM if confirms else WITHDRAW}")


def _page(visit: Visit, desk: RemoteDesk, fault: str, status: int) -> Answer:
    said, case = words(visit.language), desk.read(visit.asks("id"))
    known = _known(desk, case.uid)
    may = {one.kind.name for one in actions(case, desk.officer.officer_id, desk.officer.roles)}
    board = known.board
    by_us = [one for one in known.found if one.by_us]
    facts = {
        "case": case,
        "words": said,
        "fault": fault,
        "done": visit.asks("done") if visit.asks("done") in {CONFIRM, WITHDRAW} else "",
        "why": known.why,
        "published": known.published,
        "board": board,
        "rows": _side_by_side(board.claims, said) if board else (),
        "differ": {name.partition(".")[0] for name in board.contradictions} if board else set(),
        "found": [(one, _claim(one.claim, said)) for one in known.found],
        "others": _elsewhere(case, by_us),
        "confirms": "joint_confirmed" in may,
        "withdraws": "joint_withdrawn" in may,
        "needs": (
            known.published,
            bool(known.found),
            bool(by_us or board),
            bool(board or any(one.by_them for one in by_us)),
        ),
    }
    return Page("officer/joint.html", facts, status)


def _known(desk: RemoteDesk, uid: str) -> Known:
    board, why = None, ""
    try:
        board = desk.joint_board(uid)
    except RefusedError as error:
        if error.reason in _GONE:
            raise
        why = str(error)
    try:
        return Known(board, desk.joint_candidates(uid), why, published=True)
    except RefusedError as error:
        if error.reason in _GONE:
            raise
        return Known(board, (), str(error), published=False)


def _stands(desk: RemoteDesk, case: CaseFile, member: str, ref: str) -> bool:
    """Whether our word stands about a member's case."""
    for one in _known(desk, case.uid).found:
        if (one.claim.origin, one.claim.summary.public_ref) == (member, ref):
            return one.by_us
    return member in _words_that_stand(case)


def _elsewhere(case: CaseFile, by_us: list[Candidate]) -> tuple[str, ...]:
    """Members with whom our word stands although no case of theirs is found any more, as one that was taken back."""
    return tuple(sorted(_words_that_stand(case) - {one.claim.origin for one in by_us}))


def _words_that_stand(case: CaseFile) -> set[str]:
    """Members with whom a case was confirmed and not taken back as often."""
    often: dict[str, int] = {}
    for event in case.of("joint_confirmed", "joint_withdrawn"):
        member = event.text("member")
        often[member] = often.get(member, 0) + (1 if event.kind == "joint_confirmed" else -1)
    return {member for member, number in often.items() if number > 0}


def _side_by_side(claims: tuple[Claim, ...], said: Words) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(field, its words, what each organization says of it), a line for each field."""
    told: list[Mapping[str, tuple[str, str]]] = [_claim(one, said) for one in claims]
    names = dict.fromkeys(name for one in told for name in one)
    heads = {name: one[name][0] for one in reversed(told) for name in one}
    return tuple(
        (name, heads[name], tuple(one[name][1] if name in one else "" for one in told)) for name in names
    )


def _claim(claim: Claim, said: Words) -> dict[str, tuple[str, str]]:
    """What one organization signed: fields with their words and the value."""
    one = claim.summary
    stages = {
        f"stages.{forum}": (
            said.pair(said.word("say", "stage"), said.code("forum", forum)),
            said.code("stage", str(current)),
        )
        for forum, (_, current) in one.stages.items()
    }
    return {
        "host_state": (said.field("host_state"), said.state(one.host_state)),
        "incident_quarter": (said.word("say", "incident_date"), one.incident_quarter),
        "category": (said.word("say", "category"), said.code("category", one.category)),
        "persons": (said.word("say", "persons_number"), one.persons),
        **stages,
        "public_status": (said.word("say", "public_status"), said.code("public_status", one.public_status)),
        "impunity": (said.word("say", "impunity"), said.code("impunity", one.impunity)),
        "best_reply": (said.word("say", "best_grade"), one.best_reply),
        "months_since_event": (said.word("say", "months_since"), str(one.months_since_event)),
    }
