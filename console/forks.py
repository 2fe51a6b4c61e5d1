"""What is known of members' logs beside their entries: forks with their proof, silence, what others hold of ours."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from crypto.sentence import Sentence
from node.contain import Codecs, keep_fork
from node.directory import Directory, Member, known_origin, quorum_of
from node.errors import QueryError
from node.fork import verify_fork
from node.freshness import silent_since
from node.gossip import most_heard
from node.store.database import Store
from node.store.forks import StoredFork, all_forks
from node.store.heads import LogHead, log_heads
from node.wire import records, witness

HEADER = ("log", "both agree up to", "one story", "other story", "told by", "found")
CODECS = Codecs(witness, records)


def fork_lines(store: Store, directory: Directory) -> Iterator[tuple[str | int, ...]]:
    """One line for each log that told two stories."""
    with store.read() as connection:
        found = all_forks(connection)
    for one in found:
        proven = verify_fork(witness.decode_fork(one.proof), known_origin(directory.member(one.origin_id)))
        stories = (f"{at.size} entries, {at.root.hex()[:16]}" for at in (proven.first, proven.second))
        yield one.origin_id, one.common_size or "nothing known", *stories, one.told_by, _time(one.found_at)


def fork_file(store: Store, org_id: str) -> bytes:
    """The proof that a log told two stories, for whoever is to see it.

    Raises:
        QueryError: Nothing is known of that.
    """
    with store.read() as connection:
        found = {one.origin_id: one.proof for one in all_forks(connection)}
    if org_id not in found:
        raise QueryError("nothing proves that the log of {org_id!r} told two stories", org_id=org_id[:63])
    return found[org_id]


def take_fork(store: Store, wire: bytes, directory: Directory, own_id: str) -> str | None:
    """Verify a proof that somebody handed over, and keep it; gives whose log it is unless a better one is held.

    Raises:
        PeerError: It proves nothing.
        MemberError: It is of the log of nobody who is known.
    """
    now = datetime.now(UTC)
    return keep_fork(store, wire, directory, own_id, CODECS, told_by="a file", now=now)


def log_warnings(store: Store, own_id: str) -> Iterator[str]:
    """A line for each log that told two stories; to be shown wherever somebody looks at what comes in."""
    with store.read() as connection:
        found = all_forks(connection)
    for one in found:
        if one.origin_id == own_id:
            yield Sentence(
                "Your own log told two stories: {agreement}. Nobody counts what comes after. Share nothing,"
                " stop `serve`, call the keepers. See `tocsin log forks` and docs/witnesses.md.",
                agreement=_agreement(one),
            )
        else:
            yield Sentence(
                "The log of {org_id} told two stories: {agreement}. Nothing after that counts here."
                " See `tocsin log forks` and docs/witnesses.md.",
                org_id=one.origin_id,
                agreement=_agreement(one),
            )


class LogSign(NamedTuple):
    """What is to be said of a log: `forked`, `behind`, `stale` or nothing, and in words."""

    kind: str
    told: str


def log_signs(store: Store, directory: Directory, own_id: str, now: datetime) -> dict[str, LogSign]:
    """What is to be said of the log of each member: that it forked, or is silent; nothing of most."""
    with store.read() as connection:
        heads = {one.origin_id: one for one in log_heads(connection)}
        forks = {one.origin_id: one for one in all_forks(connection)}
    said = {}
    for member in directory.members:
        head, fork = heads.get(member.org_id), forks.get(member.org_id)
        if fork is not None:
            said[member.org_id] = LogSign(
                "forked", Sentence("forked: {agreement}", agreement=_agreement(fork))
            )
        elif member.org_id == own_id:
            said[member.org_id] = _sign("behind", _of_ours(store, head, own_id))
        else:
            said[member.org_id] = _sign("stale", _silence(head, member, directory, now))
    return said


def log_states(store: Store, directory: Directory, own_id: str, now: datetime) -> dict[str, str]:
    """The same in words alone."""
    return {org_id: sign.told for org_id, sign in log_signs(store, directory, own_id, now).items()}


def _sign(kind: str, told: str) -> LogSign:
    return LogSign(kind if told else "", told)


def _agreement(fork: StoredFork) -> str:
    if fork.common_size:
        return Sentence("both agree up to entry {number}", number=fork.common_size)
    return Sentence("nothing that both share is known")


def _of_ours(store: Store, head: LogHead | None, own_id: str) -> str:
    more = most_heard(store, own_id)
    if head and more > head.frontier.size:
        return Sentence("others hold {count} entries: restored?", count=more)
    return ""


def _silence(head: LogHead | None, member: Member, directory: Directory, now: datetime) -> str:
    limit = directory.witnesses.stale_seconds
    last = silent_since(head, quorum_of(directory, member.org_id).keys)
    if not limit or last + limit > int(now.timestamp()):
        return ""
    return Sentence("stale: silent since {at}", at=_time(last)) if last else Sentence("stale: never heard")


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
