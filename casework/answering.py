"""Pass on to co-senders what came in for joint demarches, and write down in our cases what came in at theirs (CW-19).

Each notice is for one member: one that has confirmed with us that the case is joint, and sent the letter with us.
"""

from casework.casefile import CaseFile, fold
from casework.desk import Desk
from casework.errors import CaseInputError, ConsentError, SummaryError
from casework.event import Event, Statement
from casework.joining import NOT_JOINT
from casework.joint import ANSWER_TYPE, JointNotice, Side, read_notice, sides_of, write_joint
from casework.keyholder import WORK
from casework.posting import offer
from casework.publishing import Us, open_to_write, statements
from casework.signedfile import read_file, read_line, write_file, write_line
from casework.span import parse_span
from casework.store.database import Transaction
from casework.store.post import Posted, all_posted, posted
from casework.summary import withheld
from casework.taking import Fate, Members, Outcome, signed_by
from crypto.envelope import sign_envelope


def notices(desk: Desk, uid: str, us: Us) -> bytes:
    """The file that tells co-senders what came in for joint demarches of a case, each what is for it.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        ConsentError: Nothing may be told of it.
        SummaryError: It is no joint case.
    """
    case = desk.read(uid)
    with desk.database.read() as connection:
        found = _notices(connection, case, us.org_id)
    return write_file(_signed(us, one) for one in found)


def send(desk: Desk, uid: str, us: Us) -> tuple[JointNotice, ...]:
    """Sign the same and put it where co-senders fetch it; gives what was not there before.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        RoleError: This officer may not act on it.
        ConsentError: Nothing may be told of it.
        SummaryError: It is no joint case.
        UnconfirmedError: This node was restored, and a co-sender has not said yet what it holds of ours.
    """
    with desk.database.write() as connection:
        _, events = open_to_write(desk, connection, uid)
        case = fold(uid, events, desk.today, max(desk.today, *(one.known_on for one in events)))
        found = _notices(connection, case, us.org_id)
        new = tuple(one for one in found if posted(connection, us.org_id, one.subject) is None)
        lines = (Posted(us.org_id, one.subject, 1, _signed(us, one), one.member) for one in new)
        desk.note(connection, "write", (uid,), WORK, digests=offer(connection, *lines))
    return new


def take_notices(desk: Desk, members: Members, org_id: str, content: bytes) -> tuple[Outcome, ...]:
    """Write down in our cases what came in at co-senders, which stops our clocks, and say what became of each for us.

    Raises:
        SummaryError: It is no such file; nothing is taken.
    """
    keys, cases, outcomes = members.keys(), _joint_cases(desk, org_id), []
    for number, envelope in enumerate(read_file(content), 1):
        try:
            origin = signed_by(envelope, (ANSWER_TYPE,), keys)
            outcomes.append(_take_notice(desk, cases, origin, org_id, read_notice(envelope.payload)))
        except CaseInputError as error:
            outcomes.append(Outcome("", f"line {number}", 0, "").because(Fate.REFUSED, str(error)))
    return tuple(one for one in outcomes if one.fate is not Fate.FOR_OTHERS)


def take_fetched(desk: Desk, org_id: str) -> tuple[Outcome, ...]:
    """Do so with what was fetched from members, as far as it is for cases of this officer and not written down yet."""
    with desk.database.read() as connection:
        held = [(one.origin, read_line(one.line)) for one in all_posted(connection) if one.origin != org_id]
    fetched = [(origin, one.payload) for origin, one in held if one.payload_type == ANSWER_TYPE]
    cases, outcomes = _joint_cases(desk, org_id) if fetched else {}, []
    for origin, payload in fetched:
        notice = read_notice(payload)
        try:
            outcomes.append(_take_notice(desk, cases, origin, org_id, notice))
        except CaseInputError as error:
            outcomes.append(_outcome(origin, notice).because(Fate.REFUSED, str(error)))
    return tuple(one for one in outcomes if one.fate not in {Fate.REPLAYED, Fate.NOT_JOINT})


def _notices(connection: Transaction, case: CaseFile, org_id: str) -> tuple[JointNotice, ...]:
    why = withheld(case)
    if why:
        raise ConsentError("nothing of this case is told to others: {why}", why=why)
    public_ref = case.about.text("public_ref")
    joint_ref, sides = sides_of(Side(org_id, public_ref), statements(connection))
    if not joint_ref:
        raise SummaryError(NOT_JOINT)
    told = {one.org_id for one in sides} - {org_id}
    letters = {one.text("letter"): one for one in case.of("letter_sent") if one.many("co_senders")}
    return tuple(
        JointNotice(
            joint_ref,
            public_ref,
            member,
            letters[one.text("letter")].text("document"),
            one.text("kind"),
            str(one.when),
            one.event_id,
        )
        for one in case.of("answer_received")
        if one.text("letter") in letters and not one.text("co_sender")
        for member in letters[one.text("letter")].many("co_senders")
        if member in told
    )


def _signed(us: Us, notice: JointNotice) -> bytes:
    return write_line(sign_envelope(us.signer, ANSWER_TYPE, write_joint(notice)))


def _joint_cases(desk: Desk, org_id: str) -> dict[tuple[str, Side], CaseFile]:
    """Cases of this officer by the joint reference and each other side that is linked with them."""
    with desk.database.read() as connection:
        known = statements(connection)
    ours = {one.public_ref for origin, one in known if origin == org_id}
    found: dict[tuple[str, Side], CaseFile] = {}
    for case in desk.read_all() if ours else ():
        us = Side(org_id, case.about.text("public_ref"))
        joint_ref, sides = sides_of(us, known) if us.public_ref in ours else ("", ())
        found |= {(joint_ref, side): case for side in sides if side != us}
    return found


def _take_notice(
    desk: Desk,
    cases: dict[tuple[str, Side], CaseFile],
    origin: str,
    org_id: str,
    notice: JointNotice,
) -> Outcome:
    outcome, place = _outcome(origin, notice), (notice.joint_ref, Side(origin, notice.public_ref))
    case = cases.get(place)
    if case is None:
        return outcome.because(Fate.NOT_JOINT, "you have no joint case with that case of this member")
    if notice.member != org_id:
        return outcome.because(Fate.FOR_OTHERS, f"it is for {notice.member}")
    answer = f"{origin}.{notice.reference[:16]}"[-64:]
    if any(one.text("answer") == answer for one in case.of("answer_received")):
        return outcome.because(Fate.REPLAYED, "replayed: it is written down already")
    letter = _letter(case, notice.document, origin)
    if letter is None:
        return outcome.because(Fate.REFUSED, "you have sent no such letter together with this member")
    fields = {"answer": answer, "kind": notice.kind, "letter": letter.text("letter"), "co_sender": origin}
    desk.say(case.uid, Statement("answer_received", parse_span(notice.on), fields))
    cases[place] = desk.read(case.uid)
    return outcome


def _outcome(origin: str, notice: JointNotice) -> Outcome:
    return Outcome(origin, f"answer {notice.reference[:16]}", 0, notice.kind)


def _letter(case: CaseFile, document: str, co_sender: str) -> Event | None:
    return next(
        (
            one
            for one in case.of("letter_sent")
            if one.text("document") == document and co_sender in one.many("co_senders")
        ),
        None,
    )
