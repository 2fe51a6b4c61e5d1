"""Whoever follows a list, at whatever moments and by whatever pages, ends with what its origin says."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from casework.posting import listed, offer
from casework.signedfile import write_line
from casework.store.post import Cursor, Posted, all_posted, posted, put_posted
from casework.summary import (
    REVOCATION_TYPE,
    SUMMARY_TYPE,
    Revocation,
    write_revocation,
    write_summary,
)
from casework.tables import metadata
from casework.taking import take_page
from crypto.envelope import sign_envelope
from crypto.signing import Signer
from tests.support.case_documents import summary

KEY = Signer.generate()
TODAY = date(2026, 11, 23)
REFS = ["a" * 16, "b" * 16, "c" * 16]


class Memory:
    """A database in memory."""

    def __init__(self) -> None:
        self.engine = create_engine("sqlite://")
        metadata.create_all(self.engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    write = read


class Members:
    """One member beside us."""

    def keys(self) -> MappingProxyType[str, tuple[bytes, ...]]:
        return MappingProxyType({"aid-a": (KEY.public_key,)})


def document(ref: str, number: int, *, revoked: bool) -> Posted:
    if revoked:
        kind, payload = REVOCATION_TYPE, write_revocation(Revocation(ref, number, "2026-11"))
    else:
        kind, payload = SUMMARY_TYPE, write_summary(summary(ref, number=number))
    return Posted("aid-a", f"status {ref}", number, write_line(sign_envelope(KEY, kind, payload)))


class Follower:
    """A member that fetches pages of a size."""

    def __init__(self, most: int) -> None:
        self.database = Memory()
        self.cursor = Cursor(month="2026-11")
        self.most = most

    def fetches(self, origin: Memory) -> None:
        while page := listed(origin, "", self.cursor.to_all, self.most, TODAY).documents:
            self.cursor, outcomes = take_page(
                self.database, Members(), "aid-b", "aid-a", page, self.cursor, to_us=False, today=TODAY
            )
            assert {one.refused for one in outcomes} <= {"", "replayed: it is held already"}

    def holds(self) -> dict[str, tuple[int, bytes]]:
        return held(self.database)


def held(database: Memory) -> dict[str, tuple[int, bytes]]:
    with database.read() as connection:
        return {one.subject: (one.number, one.line) for one in all_posted(connection)}


ACTS = st.lists(
    st.tuples(st.sampled_from(["publish", "revoke", "keep back", "let out", "fetch"]), st.sampled_from(REFS)),
    max_size=25,
)


def mark(origin: Memory, ref: str, kept_back: int) -> None:
    with origin.write() as connection:
        before = posted(connection, "aid-a", f"status {ref}")
        if before is not None:
            put_posted(connection, before._replace(kept_back=kept_back))


@pytest.mark.slow
@given(ACTS, st.integers(1, 3))
@settings(max_examples=40)
def test_a_follower_ends_with_what_its_origin_says(acts: list[tuple[str, str]], most: int) -> None:
    origin, follower = Memory(), Follower(most)
    numbers, hidden = dict.fromkeys(REFS, 0), set[str]()
    for act, ref in acts:
        if act == "fetch":
            follower.fetches(origin)
        elif act in {"publish", "revoke"}:
            numbers[ref] += 1
            hidden.discard(ref)
            with origin.write() as connection:
                offer(connection, document(ref, numbers[ref], revoked=act == "revoke"))
        else:
            mark(origin, ref, int(act == "keep back"))
            (hidden.add if act == "keep back" and numbers[ref] else hidden.discard)(ref)
    follower.cursor = Cursor(month="2026-12")  # each month begins again
    follower.fetches(origin)
    late = Follower(most)
    late.fetches(origin)
    said = held(origin)

    shown = [f"status {ref}" for ref in REFS if numbers[ref] and ref not in hidden]
    assert late.holds() == {subject: said[subject] for subject in shown}
    assert late.holds().items() <= follower.holds().items()
    assert all(number <= said[subject][0] for subject, (number, _) in follower.holds().items())


@pytest.mark.slow
@given(ACTS, st.integers(1, 3))
@settings(max_examples=40)
def test_who_fetches_always_has_the_newest_at_once(acts: list[tuple[str, str]], most: int) -> None:
    origin, follower = Memory(), Follower(most)
    numbers = dict.fromkeys(REFS, 0)
    for act, ref in acts:
        if act in {"publish", "revoke"}:
            numbers[ref] += 1
            with origin.write() as connection:
                offer(connection, document(ref, numbers[ref], revoked=act == "revoke"))
        follower.fetches(origin)
        assert follower.holds() == held(origin)
