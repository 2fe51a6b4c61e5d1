"""Several organizations, each with a database, officers and a signing key of its own, that hand each other files."""

from collections.abc import Mapping
from pathlib import Path

from casework.casefile import CaseFile
from casework.desk import Desk
from casework.joint import JointBoard
from casework.publishing import Us, outgoing, propose, publish
from casework.summary import CaseStatusSummary
from casework.taking import Outcome, take
from casework.values import Value
from console.home import Home
from console.office import Office
from crypto.signing import Signer
from node.config import new_settings
from tests.casework.conftest import Clock
from tests.casework.test_desk import opening, said

GROUP_KEY = bytes(range(32))
LETTER = "ab" * 32
ROLES = {"boss": "approver", "ops": "accountability_officer", "focal": "country_focal_point"}
KILLED: Mapping[str, Value] = {"person": "P1", "harm": ("dead",), "cause": "violence", "employer": "ingo"}


class Organization:
    """One organization at work."""

    def __init__(
        self,
        org_id: str,
        folder: Path,
        clock: Clock,
        members: "Network",
        url: str = "",
        signer: Signer | None = None,
    ) -> None:
        (folder / "keys").mkdir(mode=0o700, parents=True)
        url = url or f"sqlite:///{folder / 'node.db'}"
        settings = new_settings(org_id=org_id, org_type="INGO", database_url=url)
        self.office = Office(Home(folder, settings), clock)
        self.us = Us(org_id, signer or Signer.generate(), GROUP_KEY)
        self.members = members
        self.desks: dict[str, Desk] = {}
        boss = self.office.enrol("boss", None)
        self.office.found("boss", frozenset({"approver"}), boss)
        self.desks["boss"] = self.office.desk("boss", None)
        for name in ("ops", "focal"):
            made = self.office.enrol(name, None)
            keys = (made.signer.public_key, made.seal.public_key)
            self.office.admit(self.desks["boss"], name, frozenset({ROLES[name]}), keys)
            self.desks[name] = self.office.desk(name, None)

    @property
    def ops(self) -> Desk:
        return self.desks["ops"]

    @property
    def boss(self) -> Desk:
        return self.desks["boss"]

    def open(
        self,
        public_ref: str,
        *,
        consent: str = "yes",
        incident: str = "2026-02-18",
        persons: int = 1,
        **about: Value,
    ) -> str:
        """A registered case that everybody here may work on."""
        usual: dict[str, Value] = {"categories": ("death_violence",), "host_state": "SSD", "owner": "ops"}
        statement = opening(public_ref=public_ref, **{**usual, **about})
        uid = self.desks["focal"].open_case(statement, (self.ops.officer, self.boss.officer))
        self.desks["focal"].say(uid, said("incident", incident))
        for number in range(1, persons + 1):
            person = f"P{number}"
            self.desks["focal"].say(uid, said("person_added", "2026-02-20", **{**KILLED, "person": person}))
            word = said("consent_recorded", person=person, purpose="share_status", answer=consent)
            self.desks["focal"].say(uid, word)
        self.desks["focal"].say(uid, said("registered"))
        return uid

    def publish(self, uid: str) -> CaseStatusSummary:
        propose(self.ops, uid)
        return publish(self.boss, uid, self.us, "nobody is near the place any more")

    def file(self) -> bytes:
        return outgoing(self.ops, self.us.org_id)[0]

    def take(self, content: bytes) -> tuple[Outcome, ...]:
        return take(self.office.database, self.members, self.us.org_id, content, self.ops.today)

    def case(self, uid: str) -> CaseFile:
        return self.ops.read(uid)


class Network:
    """Members of one network, by id."""

    def __init__(self, folder: Path, clock: Clock, *names: str) -> None:
        self.clock = clock
        self.members = {name: Organization(name, folder / name, clock, self) for name in names}

    def keys(self) -> Mapping[str, tuple[bytes, ...]]:
        return {name: (one.us.signer.public_key,) for name, one in self.members.items()}

    def __getitem__(self, name: str) -> Organization:
        return self.members[name]

    def exchange(self) -> None:
        """Hand everybody's file to everybody else."""
        for one in self.members.values():
            content = one.file()
            for other in self.members.values():
                if other is not one:
                    assert {outcome.refused for outcome in other.take(content)} <= {
                        "",
                        "replayed: it is held already",
                    }

    def close(self) -> None:
        for one in self.members.values():
            one.office.database.store.close()


def origins(board: JointBoard) -> tuple[str, ...]:
    return tuple(claim.origin for claim in board.claims)
