"""CW-09: evidence is sealed whole or not at all, each act says the hash before and after, and a prosecutor verifies."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from casework.access import ALL_RIGHTS
from casework.check import CaseFault
from casework.custody import collect, content_of, derive, destroy, handle, sweep
from casework.desk import Desk
from casework.errors import (
    CaseworkError,
    EvidenceError,
    FieldError,
    NotFoundError,
    RoleError,
    SecondPersonError,
    VaultError,
)
from casework.event import Statement
from casework.evidence import item_of, items
from casework.letting_in import let_in
from casework.package import Leaving, export, release_words
from casework.span import on
from casework.vault import Vault
from console.office import Office
from tests.casework.test_cw_11_access import faults
from tests.casework.test_desk import SignIn, opening, said
from tests.support.faults import Flavour, failing_at

RELEASE = {"risk": "none known", "proposed_by": "accountability-officer"}
PHOTO = b"canary photograph " * 9_000  # more than one chunk


@pytest.fixture(autouse=True)
def _public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


@pytest.fixture
def owner_of_a_case(desk: SignIn) -> tuple[Desk, str]:
    owner = desk("accountability_officer")
    return owner, owner.open_case(opening())


def photograph(evidence: str = "E1", **more: str) -> Statement:
    fields = {"evidence": evidence, "kind": "photograph", "copy": "original", "name": "gate.jpg", **more}
    return said("evidence_added", **fields)


def sealed_files(office: Office) -> list[Path]:
    return sorted(office.vault.folder.iterdir()) if office.vault.folder.exists() else []


def test_content_comes_back_as_it_was_and_lies_sealed(
    office: Office, owner_of_a_case: tuple[Desk, str]
) -> None:
    owner, uid = owner_of_a_case

    item = collect(owner, office.vault, uid, [PHOTO[:100], PHOTO[100:]], photograph())

    assert item.digest == sha256(PHOTO).hexdigest()
    assert b"".join(content_of(owner, office.vault, uid, "E1", "to look at it")) == PHOTO
    (file,) = sealed_files(office)
    assert b"canary" not in file.read_bytes()
    assert [act.text("act") for act in items(owner.read(uid))[0].acts] == ["collect", "access"]
    assert faults(office) == []


def test_every_act_says_the_hash_before_and_after(office: Office, owner_of_a_case: tuple[Desk, str]) -> None:
    owner, uid = owner_of_a_case
    collect(owner, office.vault, uid, [PHOTO], photograph())
    handle(owner, office.vault, uid, "E1", "transfer", {"by": "field office", "to": "head office"})
    handle(owner, office.vault, uid, "E1", "verify")
    derive(owner, office.vault, uid, "E1", photograph("E2", copy="working"))
    redacted = derive(owner, office.vault, uid, "E1", photograph("E3", copy="redacted"), [b"without faces"])

    first, working, third = items(owner.read(uid))

    assert [one.text("act") for one in first.acts] == [
        "collect",
        "transfer",
        "verify",
        "access",
        "copy",
        "copy",
    ]
    assert {(one.text("before"), one.text("after")) for one in first.acts} == {(first.digest, first.digest)}
    assert working.digest == first.digest
    assert third == items(owner.read(uid))[2]
    assert (redacted.added.text("derived_from"), redacted.digest) == (
        "E1",
        sha256(b"without faces").hexdigest(),
    )
    assert first.verified is not None
    assert first.verified.text("result") == "met"


@pytest.mark.parametrize("at", [0, 80, 104, 40_000, -1])
def test_a_changed_byte_is_found_with_and_without_a_key_and_written_down(
    office: Office, owner_of_a_case: tuple[Desk, str], at: int
) -> None:
    owner, uid = owner_of_a_case
    collect(owner, office.vault, uid, [PHOTO], photograph())
    (file,) = sealed_files(office)
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)

    assert [one.what for one in faults(office)] == ["it is not the one that was sealed"]
    with pytest.raises(EvidenceError, match="written down"):
        handle(owner, office.vault, uid, "E1", "verify")
    assert item_of(owner.read(uid), "E1").acts[-1].text("result") == "not_met"
    with pytest.raises(EvidenceError):
        export(
            owner,
            office.vault,
            uid,
            ("E1",),
            file.parent / "out",
            Leaving("x", "y", to_host_government=False),
        )
    file.unlink()
    assert [one.what for one in faults(office)] == ["it is missing"]


def test_who_holds_no_key_of_evidence_or_no_case_gets_nothing(
    office: Office, desk: SignIn, owner_of_a_case: tuple[Desk, str]
) -> None:
    owner, uid = owner_of_a_case
    adviser, other = desk("legal_adviser"), desk("survivor_advocate")
    collect(owner, office.vault, uid, [PHOTO], photograph())
    let_in(owner, uid, "legal-adviser", frozenset({"read", "write"}), "advice")

    with pytest.raises(RoleError, match="no key"):
        content_of(adviser, office.vault, uid, "E1", "x")
    with pytest.raises(NotFoundError):
        content_of(other, office.vault, uid, "E1", "x")


def test_evidence_is_destroyed_by_a_second_person_and_never_under_a_legal_hold(
    office: Office, desk: SignIn, owner_of_a_case: tuple[Desk, str]
) -> None:
    owner, uid = owner_of_a_case
    approver = desk("approver")
    let_in(owner, uid, "approver", ALL_RIGHTS, "second person")
    collect(owner, office.vault, uid, [PHOTO], photograph())
    collect(owner, office.vault, uid, [PHOTO], photograph("E2", legal_hold="met"))
    with pytest.raises(RoleError):
        destroy(owner, office.vault, uid, "E1", "duplicate")
    with pytest.raises(EvidenceError, match="legal hold"):
        destroy(approver, office.vault, uid, "E2", "duplicate")

    destroy(approver, office.vault, uid, "E1", "duplicate")

    assert len(sealed_files(office)) == 1
    assert items(owner.read(uid))[0].is_destroyed
    with pytest.raises(EvidenceError):
        content_of(owner, office.vault, uid, "E1", "x")
    assert faults(office) == []


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_evidence_is_added_whole_or_not_at_all_whichever_write_fails(
    office: Office, owner_of_a_case: tuple[Desk, str], flavour: Flavour
) -> None:
    owner, uid = owner_of_a_case
    for number in range(20):
        with failing_at(office.database.store, number, flavour):
            try:
                collect(owner, office.vault, uid, [PHOTO], photograph())
                break
            except CaseworkError:
                assert faults(office) == []
                if items(owner.read(uid)):  # its commit was reported as failed, and was none
                    break
                assert sealed_files(office) == []
    assert 3 < number < 19
    assert b"".join(content_of(owner, office.vault, uid, "E1", "x")) == PHOTO


def full_disk() -> Iterator[bytes]:
    yield PHOTO
    raise OSError(28, "No space left on device")


def killed() -> Iterator[bytes]:
    yield PHOTO
    raise KeyboardInterrupt


@pytest.mark.parametrize(("content", "error"), [(full_disk, VaultError), (killed, KeyboardInterrupt)])
def test_a_full_disk_or_a_cut_leaves_nothing_half_added(
    office: Office,
    owner_of_a_case: tuple[Desk, str],
    content: Callable[[], Iterator[bytes]],
    error: type[BaseException],
) -> None:
    owner, uid = owner_of_a_case

    with pytest.raises(error):
        collect(owner, office.vault, uid, content(), photograph())

    assert sealed_files(office) == []
    assert items(owner.read(uid)) == ()
    assert faults(office) == []


def test_what_a_killed_process_left_is_swept_and_nothing_else(
    office: Office, owner_of_a_case: tuple[Desk, str]
) -> None:
    owner, uid = owner_of_a_case
    collect(owner, office.vault, uid, [PHOTO], photograph())
    for name in ("0" * 32, "0" * 32 + ".abcd.part"):
        (office.vault.folder / name).write_bytes(b"left")

    with office.vault.writing():
        assert sweep(office.database, office.vault, 0) == 0  # it may be in the making
        (office.vault.folder / ("0" * 32)).unlink()
        assert sweep(office.database, office.vault, 2**40) == 1
    (office.vault.folder / ("1" * 32)).write_bytes(b"left")
    assert sweep(office.database, office.vault, 0) == 1  # nobody is writing
    assert len(sealed_files(office)) == 1
    assert faults(office) == []


def test_a_vault_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("in the way")

    with pytest.raises(VaultError):
        Vault(tmp_path / "evidence").put("0" * 32, [b"x"])


# ---------------------------------------------------------------------------------------------------- what leaves
@pytest.fixture
def package(
    office: Office,
    desk: SignIn,
    owner_of_a_case: tuple[Desk, str],
    tmp_path: Path,
) -> tuple[Path, str]:
    """An exported package and the key of the first officer."""
    owner, uid = owner_of_a_case
    collect(owner, office.vault, uid, [PHOTO], photograph())
    handle(owner, office.vault, uid, "E1", "verify")
    collect(owner, office.vault, uid, [b"second"], photograph("E2", name="../../a b?.txt"))
    export(
        owner,
        office.vault,
        uid,
        ("E1", "E2"),
        tmp_path / "out",
        Leaving("Prosecutor", "complaint", to_host_government=False),
    )
    first = desk("approver").officer
    return tmp_path / "out", first.signing_key.hex()


def verdict(package: tuple[Path, str], root: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(root / "docs" / "verify_evidence.py"), str(package[0]), package[1]],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_prosecutor_verifies_a_package_off_line(
    package: tuple[Path, str], pytestconfig: pytest.Config, office: Office, owner_of_a_case: tuple[Desk, str]
) -> None:
    code, told = verdict(package, pytestconfig.rootpath)

    assert code == 0, told
    assert "E1: " + sha256(PHOTO).hexdigest() in told
    owner, uid = owner_of_a_case
    act = item_of(owner.read(uid), "E1").acts[-1]
    assert (act.text("act"), act.text("to"), act.text("purpose")) == ("export", "Prosecutor", "complaint")
    assert sorted(one.name for one in (package[0] / "evidence").iterdir()) == ["E1-gate.jpg", "E2-a_b_.txt"]
    assert faults(office) == []


@pytest.mark.parametrize(
    "file",
    [
        "evidence/E1-gate.jpg",
        "evidence/E2-a_b_.txt",
        "manifest.json",
        "manifest.sig",
        "chain.json",
        "officers.json",
    ],
)
def test_a_package_that_was_changed_in_any_file_is_refused(
    package: tuple[Path, str], pytestconfig: pytest.Config, file: str
) -> None:
    place = package[0] / file
    before = place.read_bytes()
    digits = [at for at, one in enumerate(before) if chr(one) in "0123456789abcdef"]
    for at in {digits[0], digits[len(digits) // 2], digits[-1]}:
        place.write_bytes(before[:at] + (b"7" if before[at : at + 1] != b"7" else b"8") + before[at + 1 :])
        code, told = verdict(package, pytestconfig.rootpath)
        assert (code, told[:7]) == (1, "REFUSED"), told
    place.unlink()
    assert verdict(package, pytestconfig.rootpath)[0] == 1


def test_a_file_that_was_put_in_an_act_that_was_left_out_and_another_key_are_refused(
    package: tuple[Path, str], pytestconfig: pytest.Config
) -> None:
    root = pytestconfig.rootpath
    assert verdict((package[0], "ab" * 32), root)[0] == 1
    (package[0] / "evidence" / "more").write_bytes(b"x")
    assert verdict(package, root)[0] == 1
    (package[0] / "evidence" / "more").unlink()
    rows = json.loads((package[0] / "chain.json").read_text())
    (package[0] / "chain.json").write_text(json.dumps(rows[:2] + rows[3:]))
    assert verdict(package, root)[0] == 1


def test_evidence_goes_to_a_host_government_only_when_a_second_person_has_released_it(
    office: Office, desk: SignIn, owner_of_a_case: tuple[Desk, str], tmp_path: Path
) -> None:
    owner, uid = owner_of_a_case
    approver = desk("approver")
    let_in(owner, uid, "approver", ALL_RIGHTS, "second person")
    collect(owner, office.vault, uid, [PHOTO], photograph())

    def leave(recipient: str = "Ministry") -> str:
        return export(
            owner,
            office.vault,
            uid,
            ("E1",),
            tmp_path / "out",
            Leaving(recipient, "p", to_host_government=True),
        )

    with pytest.raises(SecondPersonError, match="released what="):
        leave()
    words = release_words(("E1",), "Ministry")
    approver.say(uid, Statement("released", on(approver.today), {**RELEASE, "what": words}))
    with pytest.raises(SecondPersonError):
        leave("Another ministry")
    with pytest.raises(FieldError, match="recipient"):
        leave(" ")
    leave()

    assert (tmp_path / "out" / "manifest.json").exists()
    with pytest.raises(VaultError, match="already"):
        leave()


def test_an_export_that_fails_half_way_leaves_no_folder_and_is_still_written_down(
    office: Office, owner_of_a_case: tuple[Desk, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, uid = owner_of_a_case
    collect(owner, office.vault, uid, [PHOTO], photograph())

    def fails(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("casework.package._sync", fails)
    with pytest.raises(VaultError, match="No space"):
        export(
            owner,
            office.vault,
            uid,
            ("E1",),
            tmp_path / "out",
            Leaving("r", "p", to_host_government=False),
        )

    assert [one for one in tmp_path.iterdir() if "out" in one.name] == []
    assert item_of(owner.read(uid), "E1").acts[-1].text("act") == "export"
    assert [one for one in office.check({}) if isinstance(one, CaseFault)] == []
