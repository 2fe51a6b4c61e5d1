"""Two organizations tell each other how cases stand and join them: every verb of `case status` and `case joint`."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from console.demo_nodes import free_ports
from tests.console.command_line import Ran, copied, joins, tocsin
from tests.console.test_case_serve import serving as case_serving
from tests.console.test_case_serve import there
from tests.console.test_network import serving

pytestmark = pytest.mark.slow

PEOPLE = {"boss": "approver", "ops": "accountability_officer", "focal": "country_focal_point"}
NOBODY = ("other", "accountability_officer")  # who was let into no case
RIGHTS = [word for one in ("read", "write", "identity", "medical", "source") for word in ("--right", one)]


class Side(NamedTuple):
    """One organization: its folder, and the name of its one case."""

    home: Path
    case: str

    def runs(self, *words: object, by: str = "ops") -> Ran:
        """Run a command of an officer, of which the case stands as `CASE`."""
        named = [self.case if word == "CASE" else word for word in words]
        return tocsin(*named, "--home", self.home, "--as", by, TOCSIN_OFFICER_PASSPHRASE="")

    def does(self, *words: object, by: str = "ops") -> Ran:
        """Run one that has to go through."""
        ran = self.runs(*words, by=by)
        assert ran.code == 0, (words, ran.err)
        return ran

    def takes(self, file: Path) -> Ran:
        """Take a file of the other."""
        return tocsin("case", "status", "read", file, "--home", self.home, "--format", "json")

    def publishes(self) -> None:
        """Tell how the case stands, by two persons."""
        self.does("case", "status", "propose", "CASE")
        self.does("case", "status", "publish", "CASE", "--risk", "nobody is near", by="boss")


def made(home: Path, org_id: str) -> Side:
    """A node with an office and a case about the incident."""
    assert tocsin("init", home, "--org", org_id, "--type", "INGO").code == 0
    for name, role in (*PEOPLE.items(), NOBODY):
        ran = tocsin(
            "case", "officer", "new", name, "--role", role, "--home", home, TOCSIN_OFFICER_PASSPHRASE=""
        )
        if ran.out.strip():
            admit = ran.out.split()[1:]
            assert tocsin(*admit, "--home", home, "--as", "boss", TOCSIN_OFFICER_PASSPHRASE="").code == 0, (
                ran.out
            )
    one = Side(home, "")
    opening = ("categories=death_violence", "host_state=SSD", "no_incident=not_recorded", "owner=ops")
    case = one.does("case", "open", *opening, by="focal")
    one = one._replace(case=(case.out + case.err).split("Opened case ")[1].split()[0])
    told = ("--harm", "dead", "--cause", "violence", "--employer", "ingo")
    one.does("case", "person", "add", "CASE", *told, by="focal")
    one.does("case", "act", "CASE", "incident", "--when", "2026-02-18", by="focal")
    agreed = ("person=P1", "purpose=share_status", "answer=yes")
    one.does("case", "act", "CASE", "consent_recorded", *agreed, by="focal")
    one.does("case", "register", "CASE", by="focal")
    for name in ("ops", "boss"):
        one.does("case", "grant", "CASE", name, *RIGHTS, "--reason", "works on it", by="focal")
    return one


@pytest.fixture(scope="session")
def first_pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    folder = tmp_path_factory.mktemp("pair")
    a, b = made(folder / "a", "aid-a"), made(folder / "b", "aid-b")
    for one in (a, b):
        settings = one.home / "tocsin.toml"
        settings.write_text(settings.read_text().replace("127.0.0.1:7443", f"127.0.0.1:{free_ports(1)[0]}"))
    fingerprint = tocsin("peer", "found", "testnet", "--home", a.home).out.strip()
    tocsin("peer", "request", "--out", folder / "b.req", "--home", b.home)
    tocsin("peer", "admit", folder / "b.req", "--yes", "--home", a.home)
    assert joins(a.home, b.home, fingerprint).code == 0
    group = a.home / "network" / "joint.key.hex"
    assert tocsin("case", "joint", "key", "--home", a.home).code == 0
    assert tocsin("case", "joint", "key", "--from", group, "--home", b.home).code == 0
    return a, b


@pytest.fixture
def pair(first_pair: tuple[Side, Side], tmp_path: Path) -> tuple[Side, Side]:
    """Two members that share the key of a group; the test may change them."""
    a, b = (one._replace(home=copied(one.home, tmp_path / one.home.name)) for one in first_pair)
    for one in (a, b):
        settings = one.home / "tocsin.toml"
        settings.write_text(settings.read_text().replace(str(first_pair[0].home.parent), str(tmp_path)))
    return a, b


def exchange(tmp_path: Path, a: Side, b: Side) -> None:
    """Hand each other's file over."""
    for one, other in ((a, b), (b, a)):
        file = tmp_path / "file.jsonl"
        file.unlink(missing_ok=True)
        one.does("case", "status", "write", "--out", file)
        other.takes(file)


def test_a_status_is_proposed_published_read_and_taken_back(pair: tuple[Side, Side], tmp_path: Path) -> None:
    a, b = pair
    file = tmp_path / "file.jsonl"
    assert "An approver publishes it" in a.does("case", "status", "propose", "CASE").err
    assert "[ROLE_NOT_ALLOWED]" in a.runs("case", "status", "publish", "CASE", "--risk", "none").err
    published = a.does("case", "status", "publish", "CASE", "--risk", "nobody is near", by="boss")
    ref = json.loads(published.out)["public_ref"]
    assert f"Number 1 of {ref}, until " in published.err
    assert "Documents in " in a.does("case", "status", "write", "--out", file).err
    (taken,) = b.takes(file).rows
    assert (taken["organization"], taken["what"], taken["outcome"]) == ("aid-a", "summary", "taken")
    again = b.takes(file)
    assert (again.code, again.rows[0]["outcome"]) == (1, "replayed: it is held already")
    (listed,) = tocsin("case", "status", "list", "--home", b.home, "--format", "json").rows
    assert (listed["organization"], listed["public ref"], listed["persons"]) == ("aid-a", ref, "1")

    assert f"Taken back as number 2 of {ref}" in a.does("case", "status", "revoke", "CASE").err
    file.unlink()
    a.does("case", "status", "write", "--out", file)
    assert b.takes(file).rows[0]["what"] == "revocation"
    assert tocsin("case", "status", "list", "--home", b.home, "--format", "json").rows == []
    assert tocsin("check", "--home", a.home).code == tocsin("check", "--home", b.home).code == 0


def test_a_joint_case_is_found_confirmed_answered_and_left(pair: tuple[Side, Side], tmp_path: Path) -> None:
    a, b = pair
    for one in pair:
        one.publishes()
    exchange(tmp_path, a, b)
    (found,) = a.does("case", "joint", "find", "CASE", "--format", "json").rows
    assert (found["organization"], found["confirmed by us"], found["by them"]) == ("aid-b", "no", "no")
    assert "Confirmed as " in a.does("case", "joint", "confirm", "CASE", "aid-b").err
    exchange(tmp_path, a, b)
    with case_serving(
        b.home
    ):  # b's officer works from another machine: what they say is signed by the case server
        said = there(b.home, "ops", "joint", "confirm", b.case, "aid-a", "--ref", found_ref(b))
    assert "Confirmed as " in said.err
    exchange(tmp_path, a, b)
    boards = [json.loads(one.does("case", "joint", "board", "CASE", "--format", "json").out) for one in pair]
    assert boards[0] == boards[1]
    assert [row["organization"] for row in boards[0]["rows"]] == ["aid-a", "aid-b"]

    for one, other in ((a, "aid-b"), (b, "aid-a")):
        (tmp_path / "note.pdf").write_bytes(b"the same letter")
        one.does("case", "counterpart", "add", "CASE", "--authority", "foreign_ministry", "--state", "SSD")
        letter = ("--kind", "note_verbale", "--document", tmp_path / "note.pdf", "--co-senders", other)
        one.does("case", "demarche", "send", "CASE", *letter)
    a.does("case", "demarche", "answer", "CASE")
    answers = tmp_path / "answers.jsonl"
    assert "New answers: 1, for aid-b to fetch" in a.does("case", "joint", "send", "CASE").err
    assert "New answers: 0" in a.does("case", "joint", "send", "CASE").err
    assert a.does("case", "joint", "write", "CASE", "--out", answers).err.strip().endswith(": 1")
    assert b.does("case", "joint", "read", "--format", "json").rows == [], "nothing was synced"
    (taken,) = b.does("case", "joint", "read", answers, "--format", "json").rows
    assert (taken["organization"], taken["what"], taken["outcome"]) == ("aid-a", "reply", "taken")
    assert b.runs("case", "joint", "read", answers).code == 1

    with case_serving(b.home):
        taken_back = there(b.home, "ops", "joint", "withdraw", b.case, "aid-a")
    assert "Taken back as number 2 to aid-a" in taken_back.err
    exchange(tmp_path, a, b)
    for one in pair:
        assert "no member and you have both confirmed" in one.runs("case", "joint", "board", "CASE").err
        assert tocsin("check", "--home", one.home).code == 0


def found_ref(side: Side) -> str:
    (found,) = side.does("case", "joint", "find", "CASE", "--format", "json").rows
    return str(found["public ref"])


REFUSED: tuple[tuple[tuple[str, ...], str, str, str], ...] = (
    (("case", "status", "publish", "CASE", "--risk", "x"), "boss", "ACTION_NOT_POSSIBLE", "status propose"),
    (("case", "status", "revoke", "CASE"), "ops", "CASE_STATUS_REFUSED", "nothing is published"),
    (("case", "joint", "find", "CASE"), "ops", "CASE_STATUS_REFUSED", "status propose"),
    (("case", "joint", "confirm", "CASE", "aid-b"), "ops", "CASE_STATUS_REFUSED", "status propose"),
    (("case", "joint", "withdraw", "CASE", "aid-b"), "ops", "CASE_STATUS_REFUSED", "aid-b: none"),
    (("case", "joint", "board", "CASE"), "ops", "CASE_STATUS_REFUSED", "status propose"),
    (("case", "joint", "send", "CASE"), "ops", "CASE_STATUS_REFUSED", "joint find"),
    (("case", "joint", "write", "CASE", "--out", "none.jsonl"), "ops", "CASE_STATUS_REFUSED", "joint find"),
    (("case", "joint", "key"), "ops", "CASE_STATUS_REFUSED", "already"),
)


def test_what_is_refused_says_why_and_what_comes_first(first_pair: tuple[Side, Side]) -> None:
    for words, by, reason, why in REFUSED:
        signs_in = () if words[-1] == "key" else ("--as", by)
        named = [first_pair[0].case if word == "CASE" else word for word in words]
        ran = tocsin(*named, "--home", first_pair[0].home, *signs_in, TOCSIN_OFFICER_PASSPHRASE="")
        assert (ran.code, ran.out) == (1, ""), words
        assert f"[{reason}]" in ran.err, (words, ran.err)
        assert why in ran.err, (words, ran.err)


def test_a_colleague_without_a_grant_learns_nothing_from_any_verb(first_pair: tuple[Side, Side]) -> None:
    for words, *_ in (*REFUSED, (("case", "status", "propose", "CASE"),)):
        if "CASE" in words:
            real = first_pair[0].runs(*words, by="other")
            other = first_pair[0]._replace(case="ZZZZ-ZZZZ").runs(*words, by="other")
            assert (real.code, real.out) == (1, "")
            assert real.err == other.err.replace("ZZZZ-ZZZZ", first_pair[0].case)


def test_a_file_that_is_damaged_or_of_a_stranger_is_refused(pair: tuple[Side, Side], tmp_path: Path) -> None:
    a, b = pair
    a.publishes()
    file = tmp_path / "file.jsonl"
    a.does("case", "status", "write", "--out", file)
    assert "File exists" in a.runs("case", "status", "write", "--out", file).err
    line = json.loads(file.read_text())
    file.write_text(json.dumps({**line, "payload": f"A{line['payload'][1:]}"}) + "\n")
    refused = b.takes(file)
    assert refused.code == 1
    assert refused.rows[0]["outcome"].startswith("no active member signed it")
    file.write_text("no document\n")
    assert "line 1 is no signed document [CASE_STATUS_REFUSED]" in b.takes(file).err


def test_all_of_it_goes_by_sync(pair: tuple[Side, Side]) -> None:
    a, b = pair

    def synced(one: Side) -> int:
        ran = tocsin("sync", "--home", one.home, "--format", "json")
        assert (ran.code, ran.rows[0]["stopped by"]) == (0, ""), ran.err
        return int(ran.rows[0]["case documents"])

    with serving(a.home), serving(b.home):
        for one in pair:
            one.publishes()
        assert [synced(b), synced(a)] == [1, 1]
        a.does("case", "joint", "confirm", "CASE", "aid-b")
        assert [synced(b), synced(b)] == [1, 0]
        b.does("case", "joint", "confirm", "CASE", "aid-a")
        assert synced(a) == 1
        boards = [one.does("case", "joint", "board", "CASE", "--format", "json").out for one in pair]
        assert boards[0] == boards[1]
        b.does("case", "joint", "withdraw", "CASE", "aid-a")
        a.does("case", "status", "revoke", "CASE")
        assert [synced(b), synced(a)] == [1, 1]
    (left,) = tocsin("case", "status", "list", "--home", b.home, "--format", "json").rows
    assert left["organization"] == "aid-b"
    assert tocsin("check", "--home", a.home).code == tocsin("check", "--home", b.home).code == 0


def test_a_byte_that_is_changed_at_the_origin_is_refused_by_sync_and_found_by_check(
    pair: tuple[Side, Side],
) -> None:
    a, b = pair
    a.publishes()
    with closing(sqlite3.connect(a.home / "node.db")) as database, database:
        ((line,),) = database.execute("SELECT envelope FROM case_post").fetchall()
        at = line.index(b'"sig":"') + 20
        changed = line[:at] + (b"B" if line[at : at + 1] == b"A" else b"A") + line[at + 1 :]
        database.execute("UPDATE case_post SET envelope = ?", (changed,))

    with serving(a.home):
        ran = tocsin("sync", "--home", b.home, "--format", "json")
    assert (ran.code, ran.rows[0]["case documents"]) == (1, 0)
    assert ran.rows[0]["stopped by"].startswith(
        "CASE_STATUS_LIST_REFUSED: place 1: no active member signed it"
    )
    assert tocsin("case", "status", "list", "--home", b.home, "--format", "json").rows == []
    checked = tocsin("check", "--home", a.home)
    assert checked.code == 1
    assert "signed document of aid-a: status" in checked.out


def test_a_folder_that_was_put_back_signs_nothing_before_members_have_shown_what_they_hold(
    pair: tuple[Side, Side], tmp_path: Path
) -> None:
    a, b = pair
    a.publishes()
    kept = tmp_path / "kept"
    shutil.copytree(a.home, kept)
    a.publishes()
    with serving(a.home):
        assert tocsin("sync", "--home", b.home).code == 0
    a.home.rename(tmp_path / "broken")
    shutil.copytree(kept, a.home)

    a.does("case", "status", "propose", "CASE")
    publish = ("case", "status", "publish", "CASE", "--risk", "none")
    for _ in range(2):
        refused = a.runs(*publish, by="boss")
        assert (refused.code, "[CASE_STATUS_UNCONFIRMED]" in refused.err) == (1, True), refused.err
        unreached = tocsin("log", "confirm", "--home", a.home)
        assert "none is signed before somebody has" in unreached.err
    with serving(b.home):
        told = tocsin("log", "confirm", "--home", a.home)
    assert told.code == 0, told.err
    assert "aid-b holds summary 2 of 'status " in told.err
    assert "Number 3 of" in a.does(*publish, by="boss").err
    with serving(a.home):
        synced = tocsin("sync", "--home", b.home, "--format", "json")
    assert (synced.code, synced.rows[0]["case documents"]) == (0, 1), synced.err
    assert tocsin("check", "--home", a.home).code == tocsin("check", "--home", b.home).code == 0


def test_a_folder_that_was_put_back_goes_on_alone_where_somebody_says_so(
    pair: tuple[Side, Side], tmp_path: Path
) -> None:
    a, _ = pair
    a.publishes()
    kept = tmp_path / "kept"
    a.home.rename(kept)
    shutil.copytree(kept, a.home)
    assert "[CASE_STATUS_UNCONFIRMED]" in a.runs("case", "status", "revoke", "CASE").err
    assert tocsin("log", "confirm", "--alone", "--home", a.home).code == 0
    a.does("case", "status", "revoke", "CASE")
