"""A survivor's consent is per purpose, dated, and lets a record count in totals for others, never leave."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from console.database import open_store
from node.audience import Purpose, Tier
from node.consent import Said, record_consent
from node.errors import ConsentError, QueryError
from node.intake import Publication, Row
from node.mark import mark_record
from node.measures import make_query
from node.model import SEXUAL_VIOLENCE, Incident, Outcome, Sensitive
from node.query import answer
from node.record import import_publication
from node.said import Teller
from node.sensitive import Consent, may_count, needs_consent
from node.store.consents import Given, consents
from node.store.database import Store
from node.store.records import record_ids_by_key
from node.succession import merge_records
from node.tables.incidents import consent
from tests.support.deciding import hold
from tests.support.incidents import ASSAULT, LOOTING, ROBBERY
from tests.support.strategies import incidents

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = date(2026, 1, 1)
answers = st.dictionaries(st.sampled_from(Purpose), st.sampled_from(Consent))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    contents = {"a": ASSAULT, "b": ASSAULT, "c": ROBBERY, "d": LOOTING}
    rows = tuple(Row(2, key, incident, ()) for key, incident in contents.items())
    import_publication(opened, Publication("reports", DAY, "", (), rows, (), ()), bytes(32), NOW)
    yield opened
    opened.close()


def says(
    store: Store, key: str, answer_: Consent, *purposes: Purpose, on: date = DAY
) -> dict[Purpose, Given]:
    return record_consent(store, f"reports:{key}", Said(answer_, frozenset(purposes), on, "kb", NOW))


def unconsented(store: Store, purpose: Purpose) -> tuple[object, int]:
    """Incidents counted, and those of them that may not count for others."""
    found = answer(store, make_query([], ["incidents"], [], as_of=NOW.date(), purpose=purpose))
    return found.rows[0][0], found.unconsented


@given(incidents(), answers, st.sampled_from(Purpose))
def test_sexual_violence_counts_for_others_only_where_somebody_said_yes(
    incident: Incident, said: dict[Purpose, Consent], purpose: Purpose
) -> None:
    concerns = (
        incident.means == SEXUAL_VIOLENCE
        or incident.count(Outcome.SEXUALLY_ASSAULTED) > 0
        or Sensitive.SURVIVORS in incident.sensitive
    )

    assert needs_consent(incident) is concerns
    assert may_count(incident, said, purpose) is (not concerns or said.get(purpose) == "yes")


def test_an_answer_is_stored_by_a_word_that_stays_what_it_is() -> None:
    assert [str(one) for one in Consent] == ["yes", "no", "not_asked", "withdrawn"]


@given(answers)
def test_no_consent_lets_a_record_leave(said: dict[Purpose, Consent]) -> None:
    assert all(hold(ASSAULT, NOW.date(), tier) is not None for tier in Tier)
    assert may_count(ASSAULT, dict.fromkeys(Purpose, Consent.YES) | said, Purpose.ANALYSIS) == (
        said.get(Purpose.ANALYSIS, Consent.YES) is Consent.YES
    )


def test_own_figures_count_everything_and_say_what_counts_for_nobody_else(store: Store) -> None:
    assert unconsented(store, Purpose.STATISTICS) == (4, 2)
    says(store, "a", Consent.YES, Purpose.STATISTICS)
    assert unconsented(store, Purpose.STATISTICS) == (4, 1)
    assert unconsented(store, Purpose.ANALYSIS) == (4, 2)
    mark_record(store, "reports:c", frozenset({Sensitive.SURVIVORS}))
    assert unconsented(store, Purpose.STATISTICS) == (4, 2)
    says(store, "a", Consent.WITHDRAWN, Purpose.STATISTICS)
    assert unconsented(store, Purpose.STATISTICS) == (4, 3)


def test_the_last_answer_counts_with_its_day_and_who_wrote_it_down(store: Store) -> None:
    says(store, "a", Consent.YES, Purpose.STATISTICS, Purpose.ANALYSIS)
    found = says(store, "a", Consent.WITHDRAWN, Purpose.ANALYSIS, on=NOW.date())

    assert found == {
        Purpose.STATISTICS: Given(Consent.YES, DAY, "kb"),
        Purpose.ANALYSIS: Given(Consent.WITHDRAWN, NOW.date(), "kb"),
    }
    with store.read() as connection:
        (record_id,) = record_ids_by_key(connection, "reports", ["a"]).values()
        assert consents(connection, [record_id]) == {record_id: found}


def test_an_answer_that_can_not_be_is_refused(store: Store) -> None:
    with pytest.raises(ConsentError, match="nobody consented to analysis"):
        says(store, "a", Consent.WITHDRAWN, Purpose.ANALYSIS)
    with pytest.raises(ConsentError, match="in the future"):
        says(store, "a", Consent.YES, Purpose.ANALYSIS, on=date(2026, 11, 24))
    with pytest.raises(ConsentError, match="name it"):
        says(store, "a", Consent.YES)
    with pytest.raises(QueryError, match="no record"):
        says(store, "z", Consent.YES, Purpose.ANALYSIS)
    assert unconsented(store, Purpose.ANALYSIS) == (4, 2)


def test_what_was_refused_can_not_be_withdrawn_and_the_second_is_written_down(store: Store) -> None:
    said = Said(Consent.NO, frozenset({Purpose.ANALYSIS}), DAY, "kb", NOW + timedelta(milliseconds=500))
    record_consent(store, "reports:a", said)
    with pytest.raises(ConsentError, match="nobody consented to analysis"):
        says(store, "a", Consent.WITHDRAWN, Purpose.ANALYSIS)
    with store.read() as connection:
        assert connection.execute(select(consent.c.said_at)).scalars().all() == [int(NOW.timestamp())]


def test_a_merge_asks_again_where_somebody_concerned_did_not_say_yes_and_takes_nothing_else(
    store: Store,
) -> None:
    says(store, "a", Consent.YES, Purpose.STATISTICS, Purpose.ANALYSIS, Purpose.STAFF_SAFETY)
    says(store, "a", Consent.NO, Purpose.ADVOCACY)
    says(store, "b", Consent.YES, Purpose.STATISTICS)
    says(store, "b", Consent.NO, Purpose.ANALYSIS)
    merge_records(store, ["reports:a", "reports:c"], Teller("kb", NOW))  # a robbery needs no consent
    with store.read() as connection:
        (record_id,) = record_ids_by_key(connection, "reports", ["a"]).values()
        before = consents(connection, [record_id])[record_id]
    assert {one.answer for one in before.values()} == {Consent.YES, Consent.NO}

    merge_records(store, ["reports:a", "reports:b"], Teller("mo", NOW + timedelta(milliseconds=500)))

    asked_again = Given(Consent.NOT_ASKED, NOW.date(), "mo")
    with store.read() as connection:
        assert consents(connection, [record_id])[record_id] == {
            **before,
            Purpose.ANALYSIS: asked_again,
            Purpose.STAFF_SAFETY: asked_again,
        }
        assert set(connection.execute(select(consent.c.said_at)).scalars()) == {int(NOW.timestamp())}


def test_a_merge_with_a_survivor_who_was_never_asked_asks_again_for_everything(store: Store) -> None:
    says(store, "a", Consent.YES, Purpose.STATISTICS)
    merge_records(store, ["reports:a", "reports:b"], Teller("kb", NOW))

    assert unconsented(store, Purpose.STATISTICS) == (3, 1)


def test_after_a_merge_each_survivor_must_have_said_yes(store: Store) -> None:
    says(store, "a", Consent.YES, Purpose.STATISTICS, Purpose.ANALYSIS)
    says(store, "b", Consent.YES, Purpose.STATISTICS)
    merge_records(store, ["reports:a", "reports:b"], Teller("kb", NOW))

    assert unconsented(store, Purpose.STATISTICS) == (3, 0)
    assert unconsented(store, Purpose.ANALYSIS) == (3, 1)
