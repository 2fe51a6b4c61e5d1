"""What the console stores is the same on both databases, and a write that fails leaves what was there."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest

from console.database import open_store
from console.errors import SignInError
from console.web.accounts import accounts, add_account, close_account, renew_account
from console.web.challenges import new_challenge, take_challenge
from console.web.drafts import MAX_DRAFTS, drop_draft, find_draft, keep_draft
from console.web.provider import tie_account
from console.web.roles import Role
from console.web.sessions import find_session, note_use, open_session, open_sessions
from console.web.signing_in import sign_in
from console.web.tokens import account_by_token, make_token, tokens_of
from node.errors import StoreError
from node.intake import Publication, Row
from node.query_text import read_query
from node.record import import_publication
from node.store.database import Store
from node.store.queries import own_count, own_page, own_revisions
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import ASSAULT, LOOTING, ROBBERY, SHOOTING

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
PASSPHRASE = "several words that nobody says"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
        add_account(opened, "amina", [Role.FOCAL_POINT], PASSPHRASE, NOW)
    yield opened
    opened.close()


def test_accounts_sessions_and_drafts_are_kept(store: Store) -> None:
    token = sign_in(store, " Amina ", PASSPHRASE, "", NOW)
    session = find_session(store, token)
    assert session is not None
    assert session.counts(NOW + timedelta(minutes=30))
    assert not session.counts(NOW + timedelta(minutes=31))
    note_use(store, session, NOW + timedelta(minutes=29))
    (again,) = open_sessions(store, session.account_key, NOW + timedelta(minutes=50))
    assert again.key == session.key
    for number in range(MAX_DRAFTS + 5):
        keep_draft(store, session.account_key, f"/page?{number}", {"a": "ä\n€"}, NOW)
    assert find_draft(store, session.account_key, "/page?24") == {"a": "ä\n€"}
    assert find_draft(store, session.account_key, "/page?0") == {}
    drop_draft(store, session.account_key, "/page?24")
    assert find_draft(store, session.account_key, "/page?24") == {}
    close_account(store, "amina", NOW)
    assert open_sessions(store, session.account_key, NOW) == ()
    with pytest.raises(SignInError):
        sign_in(store, "amina", PASSPHRASE, "", NOW)


def test_an_old_session_is_forgotten_a_week_after_its_end(store: Store) -> None:
    with store.write() as connection:
        token = open_session(connection, accounts(store)[0].key, NOW)
    with store.write() as connection:
        open_session(connection, 1, NOW + timedelta(days=8))
    assert find_session(store, token) is None


def test_a_list_is_cut_into_pages_that_hold_each_record_once(store: Store) -> None:
    incidents = [SHOOTING, ROBBERY, LOOTING, ASSAULT, SHOOTING, SHOOTING, LOOTING]
    rows = tuple(Row(at, str(at), one, ()) for at, one in enumerate(incidents))
    import_publication(store, Publication("awsd", date(2026, 1, 2), "", (), rows, (), ()), b"d" * 32, NOW)
    for text in ("for=outsiders", "for=outsiders&means=shooting", "for=outsiders&from=2024-05-01"):
        query = read_query(text, NOW.date())
        with store.read() as connection:
            wanted = own_revisions(connection, query)
            whole = own_page(connection, query, 99)
            pages = [own_page(connection, query, 2)]
            while pages[-1]:
                pages.append(own_page(connection, query, 2, pages[-1][-1]))
            spots = [spot for page in pages for spot in page]
            for at, spot in enumerate(spots):  # and back again from everywhere
                assert own_page(connection, query, 2, spot, newer=True) == spots[max(0, at - 2) : at]
            for most in (1, 3, 99):
                assert own_count(connection, query, most) == min(most, len(wanted))
        assert spots == whole == sorted(whole, reverse=True)
        assert sorted(spot.revision_id for spot in spots) == wanted
    with store.read() as connection:
        spots = own_page(connection, read_query("for=outsiders", NOW.date()), 9)
    assert [one.revision_id for one in spots[:2]] == [
        7,
        3,
    ]  # the latest first, and of one day what was written last


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_a_sign_in_that_is_cut_short_opens_nothing_or_all_of_it(store: Store, flavour: Flavour) -> None:
    with failing_at(store, None, flavour) as writes:
        sign_in(store, "amina", PASSPHRASE, "", NOW)
    before = len(open_sessions(store, 1, NOW))
    for number in range(len(writes)):
        with pytest.raises(StoreError), failing_at(store, number, flavour):
            sign_in(store, "amina", PASSPHRASE, "", NOW)
        after = len(open_sessions(store, 1, NOW))
        assert after - before in (
            {1} if writes[number] == "COMMIT" and flavour is not Flavour.REFUSED else {0}
        )
        before = after


def test_tokens_challenges_and_who_is_who_elsewhere_are_kept(store: Store) -> None:
    (one,) = accounts(store)
    token = make_token(store, one.key, "a sheet", NOW)
    found = account_by_token(store, token, NOW + timedelta(days=1))
    assert found is not None
    assert found.name == "amina"
    assert [kept.used_at for kept in tokens_of(store, one.key)] == [
        int(datetime(2026, 5, 5, tzinfo=UTC).timestamp())
    ]
    challenge = new_challenge(store, NOW, what="x", account=1)
    assert take_challenge(store, challenge, NOW) == {"what": "x", "account": 1}
    assert take_challenge(store, challenge, NOW) is None
    tie_account(store, "amina", "https://a.example", "7")
    tie_account(store, "amina", "https://a.example", "8")
    tie_account(store, "amina", "https://a.example", "7")
    renew_account(store, "amina", PASSPHRASE, NOW)
    assert account_by_token(store, token, NOW) is None


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_a_token_or_challenge_that_could_not_be_written_is_given_to_nobody(
    store: Store, flavour: Flavour
) -> None:
    (one,) = accounts(store)
    with failing_at(store, None, flavour) as writes:
        make_token(store, one.key, "all went well", NOW)
    for number in range(len(writes)):
        with failing_at(store, number, flavour), pytest.raises(StoreError):
            make_token(store, one.key, "a sheet", NOW)
    challenge = new_challenge(store, NOW, what="x")
    with failing_at(store, 1, flavour), pytest.raises(StoreError):
        take_challenge(store, challenge, NOW)
    # Told as failed, it counts once more only where nothing was done.
    assert (take_challenge(store, challenge, NOW) is None) == (flavour is not Flavour.REFUSED)
