"""One organization that keeps records and shares them, and members who read its log, without any line between them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, select

from console.database import open_store
from crypto.envelope import Envelope, verify_envelope
from crypto.signing import Signer
from node.audience import Tier
from node.check import Fault, check_logs, check_records, check_tiles
from node.disclose import verify_view
from node.intake import Publication, Row
from node.ladders import Chains
from node.logbook import Identity, start_log
from node.model import Incident
from node.plan import Plan, Request
from node.record import import_publication
from node.share import preview, release
from node.signed import INCIDENT_TYPE, RETRACTION_TYPE, Entry
from node.store.database import Store
from node.store.heads import log_head
from node.store.own_log import own_page
from node.store.records import revisions_by_key
from node.tables.releases import release as release_table
from node.verify import Origin
from node.wire import records
from tests.support.deciding import BASELINE, hold
from tests.support.incidents import LOOTING

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = date(2026, 1, 1)
SOURCE = "reports"
EVERYBODY = frozenset(Tier)
PEERS = frozenset({Tier.PEER})


class Office(NamedTuple):
    """One organization that keeps records and shares them."""

    store: Store
    identity: Identity

    def holds(self, contents: Mapping[str, Incident], day: date = DAY) -> None:
        """Import a publication that holds these, and one more row that nobody shares."""
        rows = tuple(Row(2, key, incident, ()) for key, incident in {"0": LOOTING, **contents}.items())
        publication = Publication(SOURCE, day, "--published", (), rows, (), ())
        import_publication(self.store, publication, bytes(32), NOW)

    def revisions(self, *keys: str) -> tuple[int, ...]:
        with self.store.read() as connection:
            return tuple(revisions_by_key(connection, SOURCE, keys).values())

    def request(self, *keys: str, tiers: frozenset[Tier] = EVERYBODY) -> Request:
        return Request(self.revisions(*keys), tiers, NOW, BASELINE)

    def releases(self, request: Request) -> Plan:
        """Release, after making sure that the preview shows the same."""
        foreseen = list(preview(self.store, request))
        done = list(release(self.store, request, self.identity, records))
        assert done == foreseen
        assert len(done) == 1
        return done[0]

    def shares(self, *keys: str, tiers: frozenset[Tier] = EVERYBODY) -> Plan:
        return self.releases(self.request(*keys, tiers=tiers))

    def page(self, tier: Tier, start: int = 0) -> list[Entry]:
        """Entries of the log as a tier gets them, from an index on."""
        with self.store.read() as connection:
            head = log_head(connection, self.identity.org_id)
            assert head is not None
            wires = own_page(connection, head.log_id, start, head.frontier.size, tier)
        return [records.decode_entry(wire) for wire in wires]

    def faults(self) -> list[Fault]:
        origin = Origin(
            self.identity.org_id, (self.identity.signing.public_key,), (self.identity.log.public_key,)
        )
        found = [
            *check_records(self.store),
            *check_logs(self.store, {origin.org_id: origin}, records),
            *check_tiles(self.store, origin.org_id),
        ]
        return [one for one in found if isinstance(one, Fault)]


class Follower:
    """A member of one tier who pulls now and then and keeps what it could see."""

    def __init__(self, office: Office, tier: Tier) -> None:
        self._office = office
        self._tier = tier
        self._size = 0
        self._counted: dict[int, tuple[bytes, Chains]] = {}

    def pull(self) -> dict[bytes, Chains]:
        """Read the log on; gives the values of each record that counts, by record id."""
        entries = self._office.page(self._tier, self._size)
        for index, entry in enumerate(entries, self._size):
            if entry.envelope is None:
                continue
            verify_envelope(
                entry.envelope,
                {INCIDENT_TYPE, RETRACTION_TYPE},
                [self._office.identity.signing.public_key],
            )
            if entry.envelope.payload_type == RETRACTION_TYPE:
                self._counted.pop(records.decode_retraction(entry.envelope.payload).replaces.log_index, None)
                continue
            record = records.decode_incident(entry.envelope.payload)
            if record.replaces is not None:
                self._counted.pop(record.replaces.log_index, None)
            if entry.openings:
                chains = verify_view(record.record_uid, record.heads, entry.openings)
                self._counted[index] = (record.record_uid, chains)
        self._size += len(entries)
        assert len({uid for uid, _ in self._counted.values()}) == len(self._counted), "a record counts twice"
        return dict(self._counted.values())


def new_office(store: Store) -> Office:
    office = Office(store, Identity("alpha", Signer.generate(), Signer.generate()))
    start_log(store, office.identity, NOW)
    return office


def secrets_by_index(connection: Connection) -> list[tuple[int, bytes]]:
    rows = connection.execute(select(release_table.c.log_index, release_table.c.secret))
    return [(index, secret) for index, secret in rows]


def envelope_of(entry: Entry) -> Envelope:
    assert entry.envelope is not None
    return entry.envelope


def hold_rule(incident: Incident) -> str:
    found = hold(incident, NOW.date())
    assert found is not None
    return found.rule


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def office(store: Store) -> Office:
    return new_office(store)
