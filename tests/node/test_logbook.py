"""Who signs our log, with which key and when, and that a copy of it signs nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from console.database import open_store
from crypto.checkpoint import verify_checkpoint
from crypto.signing import Signer
from node.errors import LogUnconfirmedError
from node.logbook import AT_EACH_RELEASE, Identity, Pace, append, start_log
from node.store.database import Store
from node.store.heads import LogHead, log_head
from node.store.places import Place, put_place
from node.verify import log_name

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def identity() -> Identity:
    return Identity("alpha", Signer.generate(), Signer.generate())


def head_of(store: Store) -> LogHead:
    with store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    return head


def goes_on(store: Store, identity: Identity, now: datetime) -> LogHead:
    """The head of the log after something was appended, be it nothing."""
    head = head_of(store)
    with store.write() as connection:
        append(connection, head, [], identity, now)
    return head_of(store)


def test_others_are_cosigned_with_a_key_of_its_own_where_there_is_one(identity: Identity) -> None:
    key = Signer.generate()

    assert identity.witness is identity.log
    assert identity._replace(cosigning=key).witness is key


@pytest.mark.parametrize("pace", [AT_EACH_RELEASE, Pace(60)], ids=["at each release", "in slots"])
def test_an_empty_log_is_signed_at_once(store: Store, identity: Identity, pace: Pace) -> None:
    start_log(store, identity._replace(pace=pace), NOW)

    note = head_of(store).checkpoint
    assert verify_checkpoint(note, log_name("alpha"), identity.log.public_key).size == 0


def test_what_is_appended_is_signed_at_once_or_when_its_slot_ends(store: Store, identity: Identity) -> None:
    assert AT_EACH_RELEASE == (0, 0)
    start_log(store, identity, NOW)
    begun = head_of(store)

    in_a_slot = goes_on(store, identity._replace(pace=Pace(60)), NOW + HOUR)
    assert (in_a_slot.checkpoint, in_a_slot.heard_at) == (begun.checkpoint, begun.heard_at)
    at_once = goes_on(store, identity, NOW + HOUR)
    assert at_once.heard_at - begun.heard_at == HOUR.total_seconds()


def test_a_copy_of_the_log_is_not_gone_on_with_before_somebody_was_asked(
    store: Store, identity: Identity
) -> None:
    start_log(store, identity, NOW)
    with store.write() as connection:
        put_place(connection, Place("elsewhere", unasked=True))

    with pytest.raises(LogUnconfirmedError):
        goes_on(store, identity, NOW + HOUR)
