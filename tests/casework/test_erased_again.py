"""A backup from before an erasure does not bring back what was erased."""

from datetime import timedelta
from pathlib import Path
from shutil import copy
from typing import cast

import pytest

from casework.access import ALL_RIGHTS
from casework.erased import erase_again
from casework.erasing import erase
from casework.erasing_tips import erase_tip
from casework.errors import NotFoundError
from casework.letting_in import let_in
from casework.reporting import Intake
from casework.retention import retention_rules
from casework.tips import list_tips
from casework.workplace import Workplace
from console.erased import FILE, lists_beside, note_erased
from console.errors import ErasedUnknownError
from console.home import Home
from console.office import Office
from console.restoring import Wanted, restore
from console.saving import save
from crypto.signing import Signer
from node.config import new_settings
from tests.casework.conftest import Clock
from tests.casework.test_cw_09_evidence import photograph
from tests.casework.test_cw_11_access import entries, faults
from tests.casework.test_cw_21_intake import intake, receipt
from tests.casework.test_desk import SignIn, opening, said
from tests.support.backups import KEY, LOCK
from tests.support.network import postgresql_when_slow

pytestmark = postgresql_when_slow
__all__ = ["intake", "receipt"]
SIGNER = Signer(b"s" * 32)


@pytest.fixture(autouse=True)
def _public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


def put_back(office: Office, backup: Path, folder: Path, *lists: Path, unknown: bool = False) -> Office:
    """Restore a backup into a folder of its own, on SQLite, with the keys of the months that there are now."""
    keys = folder / "keys"
    keys.mkdir(parents=True)
    for file in (office.home.path / "keys").glob("epoch-*.key"):
        copy(file, keys)
    settings = new_settings(org_id="first-aid", org_type="INGO")
    (folder / "tocsin.toml").write_text('org_id = "first-aid"\norg_type = "INGO"\n')
    done = restore(Wanted(backup, KEY, lists, SIGNER.public_key, unknown), folder)
    assert done.months == ()
    return Office(Home(folder, settings), office.clock)


@pytest.mark.slow
def test_what_was_erased_after_a_backup_stays_erased_when_that_is_put_back(
    office: Office, desk: SignIn, clock: Clock, intake: Intake, receipt: str, tmp_path: Path
) -> None:
    assert intake is not None
    assert receipt
    roles = "accountability_officer", "approver", "country_focal_point"
    owner, approver, focal = (cast("Workplace", desk(role)) for role in roles)
    doomed, kept, partly = (owner.open_case(opening()) for _ in range(3))
    for uid in (doomed, kept, partly):
        let_in(owner, uid, "approver", ALL_RIGHTS, "second person")
        owner.add_evidence(uid, photograph(), [uid.encode()])
        owner.say(uid, said("person_added", person="P1", harm=("detained",), cause="violence", name="A Name"))
    (report,) = list_tips(focal)
    focal.propose_tip_erasure(report.name)
    proposals = {
        uid: owner.say(uid, said("erasure_proposed", groups=groups, reason="x", when="2026-03-01"))[0]
        for uid, groups in ((doomed, "all"), (partly, "identity"))
    }
    backup = tmp_path / "b" / "before.backup"
    backup.parent.mkdir()
    saved = save(office.home, SIGNER, backup, LOCK, clock())
    assert len(saved.manifest["evidence"]) == 3

    clock.now += timedelta(days=27)  # the key of the month is still there
    rules = retention_rules()._replace(grace_days=20)
    for uid, proposal in proposals.items():
        erase(approver, office.vault, uid, proposal, rules)
    erase_tip(desk("survivor_advocate"), report.name, rules)
    assert not (office.home.path / FILE).exists()
    approver.destroy_evidence(kept, "E1", "asked for")  # a desk keeps the list by itself

    with pytest.raises(ErasedUnknownError):
        put_back(office, backup, tmp_path / "nobody")
    back = put_back(office, backup, tmp_path / "unknown", unknown=True)
    assert back.desk("accountability-officer", None).read(doomed).persons  # it would be there again

    back = put_back(office, backup, tmp_path / "known", office.home.path / FILE)
    again = back.desk("accountability-officer", None)
    assert faults(back) == []
    with pytest.raises(NotFoundError):
        again.read(doomed)
    assert again.uids() == (kept, partly)
    assert not str(again.read(partly).persons[0].values["name"]).startswith("A Name")
    assert again.read(kept).persons[0].values["name"] == "A Name"
    assert len(list((tmp_path / "known" / "evidence").iterdir())) == 1
    assert list_tips(back.desk("country-focal-point", None)) == ()
    # Its own list says so from now on, and a second time nothing is left to be done.
    count = len(entries(back))
    note_erased(back.home, back.database.store)
    (known,) = lists_beside(back.home.path, backup, "first-aid")
    assert len(known.lines) == 4

    with back.database.write() as connection:
        assert erase_again(connection, known.lines) == ()
    assert len(entries(back)) == count
    (tmp_path / "known" / "node.db").unlink()
    (tmp_path / "known" / "keys" / "epoch-2026-03.key").unlink()
    lists = (office.home.path / FILE,)
    done = restore(Wanted(backup, KEY, lists, SIGNER.public_key), tmp_path / "known")
    assert done.months == ("2026-03",)  # so that whoever forgot it puts it there
