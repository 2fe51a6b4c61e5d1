"""Who is there in the week: organizations with nodes, servers, lines and clocks; and how something is done there."""

import random
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from casework.errors import AuditError, CaseStoreError
from console.for_cases import DirectoryMembers
from console.home import Home
from crypto.envelope import Envelope
from node.audience import Tier
from node.config import new_settings
from node.directory import Member
from node.errors import StoreError
from node.store.heads import log_head
from tests.faults.week import mishaps
from tests.faults.week.cases import ROLES
from tests.faults.week.hands import Hands, Work, kill, office_of
from tests.faults.week.people import Organization
from tests.support.faults import Flavour
from tests.support.network import Network

# One country each, so that a count says whose records it counts.
COUNTRIES = ("SSD", "SDN", "UKR", "AFG", "COD", "ETH", "MLI", "NGA", "SOM", "SYR", "YEM", "HTI")
TIERS = (Tier.PUBLIC, Tier.PEER, Tier.PEER, Tier.COORDINATOR)
RELAYS = 3
OFFICES = 3  # follow cases; two of them were hit by one incident
STORE_ERRORS = (StoreError, CaseStoreError, AuditError)
KILLS = (Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER)


class Town:
    """Twelve nodes, their lines, and chance.

    Attributes:
        server: Ends and starts the database server of all of them, where there is one.
        met: What went wrong on the way, and how often.
        wrong: What a node did on the way that it never may.
    """

    def __init__(
        self, seed: int, folder: Path, urls: Sequence[str], server: Callable[[], None] | None
    ) -> None:
        self.chance = random.Random(seed)
        self.server = server
        left = iter(urls)
        self.network = Network(lambda: next(left))
        self.met: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.all: dict[str, Organization] = {}
        for at, url in enumerate(urls):
            self._admit(folder, f"n{at:02}", COUNTRIES[at], TIERS[at % len(TIERS)], url)
        self.epochs: dict[str, Envelope] = {}  # in which logs go on, as their owners handed it out
        self.offices = list(self.all.values())[:OFFICES]
        for one in self.offices:
            self._staff(one)
        self.network.relays = set(self.chance.sample(list(self.all), min(RELAYS, len(self.all) - 1)))
        self.members = DirectoryMembers(lambda: self.network.directory, lambda: self.network.now)
        self._running: dict[str, AbstractAsyncContextManager[Member]] = {}

    def _admit(self, folder: Path, name: str, country: str, tier: Tier, url: str) -> None:
        """Found an organization, its node and the folder of that."""
        node = self.network.node(name, tier)
        kept_elsewhere = "" if url.startswith("sqlite") else url
        home = Home(folder / name, new_settings(org_id=name, org_type="INGO", database_url=kept_elsewhere))
        for inner in ("keys", "network"):
            (home.path / inner).mkdir(parents=True, mode=0o700)
        home.network_file.touch()
        (home.path / "tocsin.toml").write_text(f'org_id = "{name}"\norg_type = "INGO"\n')
        for kind, key in (("signing", node.identity.signing), ("log", node.identity.log)):
            (home.path / "keys" / f"{kind}.pub.hex").write_text(key.public_key.hex())
        node.store.close()
        self.all[name] = Organization(replace(node, store=home.store()), home, country, tier)

    def _staff(self, one: Organization) -> None:
        """Let an organization follow cases."""
        office = one.office = office_of(one.home, one.node.store, lambda: self.now(one))
        office.found("boss", frozenset({"approver"}), office.enrol("boss", None))
        boss = office.desk("boss", None)
        for name, role in ROLES.items():
            made = office.enrol(name, None)
            office.admit(boss, name, frozenset({role}), (made.signer.public_key, made.seal.public_key))

    def now(self, one: Organization) -> datetime:
        """What a node's clock shows."""
        return self.network.now + one.clock

    def hands(self, one: Organization) -> Hands:
        """Whoever works there."""
        return Hands(one.node, one.office, self.now(one))

    def others(self, one: Organization) -> list[Organization]:
        """Everybody else."""
        return [other for other in self.all.values() if other is not one]

    def at_its_line(self, one: Organization) -> Member:
        """A member, as whoever calls it finds it."""
        return self.network.directory.member(one.org_id)._replace(endpoints=(one.line.endpoint,))

    async def starts(self, one: Organization) -> None:
        """Start its server, unless it runs."""
        if one.org_id not in self._running:
            serving = self._running[one.org_id] = one.node.serving(self.network)
            member = await serving.__aenter__()
            one.line.port = int(member.endpoints[0].rpartition(":")[2])

    async def stops(self, one: Organization) -> None:
        """Stop its server where it stands, if it runs."""
        if serving := self._running.pop(one.org_id, None):
            await serving.__aexit__(None, None, None)
            one.line.cut()

    async def ends(self) -> None:
        """Stop all servers."""
        for one in self.all.values():
            await self.stops(one)

    def does(self, one: Organization, work: Work) -> Any:
        """Do something, perhaps with a mishap; then the node starts anew and it is done again."""
        chance, hands = self.chance, self.hands(one)
        draw = chance.random()
        if draw < 0.05:
            done = kill(hands, work, chance.randint(0, 9), chance.choice(KILLS))
            assert done in {0, -signal.SIGKILL}, done
            self.met["killed" if done else "not killed"] += 1
        elif draw < 0.35:
            kind = chance.choice(mishaps.ON_POSTGRESQL if self.server else mishaps.ON_SQLITE)
            self.met[f"disk {kind}"] += 1
            try:
                with mishaps.bad_disk(one.node.store, chance, kind, self.server):
                    work(hands)
            except STORE_ERRORS:
                one.node.store.engine.dispose()
        return self.at_last(one, lambda: work(hands))

    def at_last(self, one: Organization, do: Callable[[], Any]) -> Any:
        """Do something, again where the database had started anew meanwhile."""
        try:
            return do()
        except STORE_ERRORS:
            if not self.server:
                raise
            one.node.store.engine.dispose()
            return do()

    def close(self) -> None:
        """Close every database."""
        for one in self.all.values():
            one.node.store.close()


def head_of(holder: Organization, origin: Organization) -> tuple[int, bytes]:
    """How much one holds of the log of another, and under which root."""
    with holder.node.store.read() as connection:
        head = log_head(connection, origin.org_id)
    return (
        (head.frontier.size, head.frontier.root)
        if head and head.checkpoint and head.frontier.size
        else (0, b"")
    )
