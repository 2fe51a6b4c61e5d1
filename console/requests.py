"""What `tocsin request` shows: requests of members and what was done about them, our own, and what peers shared."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from console.home import Home
from node.audience import ALL_CLOSED, Purpose
from node.disclose import cut
from node.errors import QueryError
from node.granting import Decider, Prospect
from node.holders import levels_text
from node.ladders import DIMENSIONS, WHAT, WHEN, WHERE
from node.share_request import Answer, Refusal, State, Wish
from node.signed import INCIDENT_TYPE
from node.store.database import Store
from node.store.heads import log_head
from node.store.peer_log import stored_entries
from node.store.requests import StoredRequest, sent_requests, stored_requests
from node.urgent import opened_chains
from node.verify import Fate
from node.wire import records

LIST_HEADER = (
    "request",
    "member",
    "record",
    "for",
    "wants",
    "note",
    "state",
    "granted",
    "reason",
    "received",
)
STEP_HEADER = ("when", "who", "did", "levels", "reason")
SIGHT_HEADER = ("dimension", "rule", "we hold", "they see now", "they would see")
SENT_HEADER = (
    "request",
    "owner",
    "entry",
    "for",
    "wants",
    "state",
    "granted",
    "reason",
    "asked by",
    "asked",
    "answered",
)
RECORD_HEADER = ("entry", "when", "where", "what", "known since")
CLOSED = "(closed)"
_PORTION = 5_000  # entries read together


def decider(home: Home, said_by: str, passphrase: str | None) -> Decider:
    """Who decides about requests at a node, now.

    Raises:
        NodeError: The policy, the names or the directory of the node can not be used.
        CryptoError: Its keys can not be read.
    """
    return Decider(said_by, home.identity(passphrase), home.bounds(), datetime.now(UTC), records)


def request_lines(store: Store, *, everything: bool) -> Iterator[tuple[str, ...]]:
    """One line per request of a member: those that wait, or all."""
    with store.read() as connection:
        found = stored_requests(connection)
    for one in found:
        request = one.request
        if everything or request.state.waits:
            yield (
                request.wish.request_id,
                request.member,
                one.record,
                request.wish.purpose,
                wants(request.wish),
                request.wish.note,
                state_text(request.state),
                levels_text(request.levels),
                reason_text(request.reason),
                time_text(request.received_at),
            )


def step_lines(stored: StoredRequest) -> Iterator[tuple[str, ...]]:
    """One line per thing that was done about a request."""
    request = stored.request
    yield time_text(request.received_at), request.member, "asked", wants(request.wish), ""
    for step in request.steps:
        levels = levels_text(step.levels)
        yield time_text(step.at), step.said_by, step.action, levels, reason_text(step.reason)


def sight_lines(prospect: Prospect) -> Iterator[tuple[str, ...]]:
    """One line per dimension: what we hold, what the member sees now, what it would see; by the path of a release."""
    going = prospect.outgoing
    if going is None:
        return
    member = prospect.stored.request.member
    decision = next(one for who, one in going.decisions.items() if who.member == member)
    now = cut(going.chains, prospect.now_sees)
    for choice, chain, before in zip(decision.choices, going.chains, now, strict=True):
        seen = before[-1] if before else CLOSED
        yield choice.dimension.name, choice.rule, chain[-1], seen, choice.value or CLOSED


def sent_lines(store: Store) -> Iterator[tuple[str, ...]]:
    """One line per request of ours."""
    with store.read() as connection:
        found = sent_requests(connection)
    for one in found:
        told = one.answer
        yield (
            told.wish.request_id,
            one.origin_id,
            f"{one.origin_id}:{told.wish.log_index}",
            told.wish.purpose,
            wants(told.wish),
            answer_text(told) if one.taken_at or told.state is State.CANCELLED else "not told yet",
            levels_text(told.granted),
            reason_text(told.reason),
            one.asked_by,
            time_text(one.asked_at),
            time_text(told.changed_at) if told.state is not State.ASKED else "",
        )


def record_lines(store: Store, origin_id: str, country: str) -> Iterator[tuple[str, ...]]:
    """One line per record that a peer shared and that still counts, as far as it is opened here."""
    with store.read() as connection:
        head = log_head(connection, origin_id)
        if head is None:
            raise QueryError("nothing is held of {origin_id!r}", origin_id=origin_id[:63])
        latest: dict[bytes, tuple[str, ...]] = {}
        for start in range(0, head.frontier.size, _PORTION):
            for entry in stored_entries(connection, head.log_id, start, _PORTION):
                envelope = records.decode_entry(entry.wire).envelope
                if envelope is None or entry.fate in {Fate.REFUSED, Fate.PADDING}:
                    continue
                if envelope.payload_type != INCIDENT_TYPE:
                    latest.pop(records.decode_retraction(envelope.payload).record_uid, None)
                    continue
                uid = records.decode_incident(envelope.payload).record_uid
                if entry.fate != Fate.ACCEPTED:
                    latest.pop(uid, None)
                    continue
                chains = opened_chains(entry.wire, records) or ()
                seen = [chain[-1] if chain else "" for chain in chains]
                day = str(entry.known_on)
                latest[uid] = (
                    f"{origin_id}:{entry.log_index}",
                    seen[WHEN.number],
                    seen[WHERE.number],
                    seen[WHAT.number],
                    f"{day[:4]}-{day[4:6]}-{day[6:]}",
                )
    yield from (line for line in latest.values() if line[2].startswith(country))


def read_wish(
    store: Store, entry: str, purpose: Purpose, levels: Mapping[int, int], note: str, *, reviewed: bool
) -> tuple[str, Wish]:
    """Whose record somebody means by `PEER:ENTRY`, and what is asked for.

    Raises:
        QueryError: No such record is held here.
    """
    origin_id, _, number = entry.rpartition(":")
    with store.read() as connection:
        head = log_head(connection, origin_id)
        index = int(number) if number.isdecimal() and len(number) < 19 else -1
        found = stored_entries(connection, head.log_id, index, 1) if head and index >= 0 else []
    if not found or found[0].log_index != index or found[0].fate != Fate.ACCEPTED:
        raise QueryError(
            "no record {entry!r} is held; `tocsin peer records PEER` lists them, as alpha:17",
            entry=entry[:80],
        )
    envelope = records.decode_entry(found[0].wire).envelope
    uid = records.decode_incident(envelope.payload).record_uid if envelope is not None else b""
    wanted = list(ALL_CLOSED)
    for dimension, level in levels.items():
        wanted[dimension] = level
    return origin_id, Wish("", uid, index, purpose, tuple(wanted), note, reviewed)


def read_levels(texts: Sequence[str]) -> dict[int, int]:
    """Levels by dimension, as somebody writes them: `when=day`.

    Raises:
        QueryError: There is no such dimension or level.
    """
    named = {dimension.name: dimension for dimension in DIMENSIONS}
    found: dict[int, int] = {}
    for text in texts:
        name, _, level = text.partition("=")
        if name not in named:
            raise QueryError("--level: {name!r} is none of {named}", name=name, named=", ".join(named))
        dimension = named[name]
        if level not in dimension.levels:
            raise QueryError(
                "--level: {level!r} is none of {levels}", level=level, levels=", ".join(dimension.levels)
            )
        found[dimension.number] = dimension.levels.index(level)
    return found


def read_reason(text: str) -> Refusal:
    """Why something is refused, as somebody writes it.

    Raises:
        QueryError: It is no such reason.
    """
    known = {reason_text(one): one for one in Refusal}
    if text not in known:
        raise QueryError("--because: {text!r} is none of {known}", text=text, known=", ".join(known))
    return known[text]


def wants(wish: Wish) -> str:
    """What a request asks for."""
    return levels_text(wish.wanted) or "as the policy lets it"


def answer_text(answer: Answer) -> str:
    """The state of a request of ours; a grant of less than was asked for is told."""
    if answer.state is not State.GRANTED:
        return state_text(answer.state)
    missing = any(got < want for got, want in zip(answer.granted, answer.wish.wanted, strict=True))
    return "granted in part" if missing else "granted"


def state_text(state: State) -> str:
    """A state as people read it."""
    return "waits for a second person" if state is State.PROPOSED else state.name.lower()


def reason_text(reason: Refusal | None) -> str:
    """A reason as people write it."""
    return reason.name.lower() if reason is not None else ""


def time_text(seconds: int) -> str:
    """A time as people read it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
