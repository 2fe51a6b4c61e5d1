"""The recovery key from the command line: shares in files or typed, and a line for who answers for the case."""

from pathlib import Path

import pytest

from tests.console.command_line import Ran, tocsin


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A node with an approver, an owner of a case, and an officer who may go on with it."""
    made = tmp_path / "node"
    assert tocsin("init", made, "--org", "aid-a", "--type", "INGO").code == 0
    assert tocsin("case", "officer", "new", "boss", "--role", "approver", "--home", made).code == 0
    for name, role in (("ops", "accountability_officer"), ("heir", "country_focal_point")):
        keys = tocsin("case", "officer", "new", name, "--role", role, "--home", made).out.split()[6]
        admit = ("case", "officer", "admit", name, "--keys", keys, "--role", role, "--as", "boss")
        assert tocsin(*admit, "--home", made).code == 0
    opened = ("case", "open", "categories=detention", "host_state=CMR", "no_incident=not_recorded")
    assert tocsin(*opened, "--as", "ops", "--home", made).code == 0
    return made


@pytest.fixture
def shares(home: Path, tmp_path: Path) -> list[Path]:
    folder = tmp_path / "shares"
    folder.mkdir()
    made = tocsin("case", "recovery", "new", "rec-1", "--out", folder, "--as", "boss", "--home", home)
    assert made.code == 0, made.err
    assert "Others run `tocsin case recovery seal`" in made.err
    assert tocsin("case", "recovery", "seal", "--as", "ops", "--home", home).err.endswith("now: 1.\n")
    files = sorted(folder.iterdir())
    assert [one.stat().st_mode & 0o777 for one in files] == [0o600] * 5
    return files


def use(home: Path, *words: object, typed: str = "") -> Ran:
    return tocsin("case", "recovery", "use", *words, "--home", home, typed=typed)


def last_line(share: Path) -> str:
    return share.read_text().splitlines()[-1]


def test_shares_from_files_and_keyboard_open_a_case_and_the_owner_is_told(
    home: Path, shares: list[Path]
) -> None:
    (case,) = (
        one["case"] for one in tocsin("case", "list", "--format", "json", "--as", "ops", "--home", home).rows
    )
    typed = f"{last_line(shares[4])}\n{last_line(shares[2]).lower()}\n"
    used = use(home, "--for", "heir", "--reason", "ops has left", case, "--share", shares[0], typed=typed)
    assert (used.code, used.out) == (0, "")
    assert f"heir may now do everything in {case}." in used.err
    assert last_line(shares[4]) not in used.err

    assert len(tocsin("case", "list", "--format", "json", "--as", "heir", "--home", home).rows) == 1
    ops = ("--as", "ops", "--home", home)
    listed = tocsin("case", "list", *ops)
    assert f"Recovery key: case {case} was opened" in listed.err
    assert "rec-1, shares 1, 3, 5 of set" in listed.err
    first = tocsin("case", "due", "--overdue", "--format", "json", *ops).rows[0]
    assert (first["case"], first["when"]) == (case, "now")
    assert first["remark"].endswith("for heir: ops has left")
    assert tocsin("case", "list", "--as", "heir", "--home", home).err == ""
    assert tocsin("case", "recovery", "seen", case, *ops).code == 0
    assert tocsin("case", "list", *ops).err == ""
    assert tocsin("case", "recovery", "seen", case, *ops).err.endswith("[CASE_NOT_FOUND]\n")
    assert tocsin("check", "--home", home).code == 0


def test_what_is_wrong_with_shares_is_named_and_nothing_is_opened(
    home: Path, shares: list[Path], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.txt"
    line = last_line(shares[1])
    damaged.write_text(line[:-1] + ("0" if line[-1] != "0" else "1"))
    words: tuple[object, ...] = ("--for", "heir", "--reason", "x", "--all", "--share", shares[0])
    for more, typed, reason in (
        ((), "", "KEY_SHARES_TOO_FEW"),
        (("--share", shares[1]), "", "KEY_SHARES_TOO_FEW"),
        (("--share", damaged), "", "KEY_SHARE_DAMAGED"),
        (("--share", shares[0]), "", "KEY_SHARES_MIXED"),
        ((), "what was that\n", "KEY_SHARE_DAMAGED"),
        (("--share", tmp_path), "", "FILE_UNREADABLE"),
    ):
        refused = use(home, *words, *more, typed=typed)
        assert (refused.code, refused.err.endswith(f"[{reason}]\n")) == (1, True), refused.err
    assert use(home, *words[2:]).err.startswith("tocsin: for: is missing")
    assert use(home, "--for", "heir", "--all").err.startswith("tocsin: reason: is missing")
    assert use(home, *words[:4]).err.startswith("tocsin: case: ")
    assert use(home, "--for", "nobody", *words[2:]).err.endswith("[OFFICER_UNKNOWN]\n")
    assert tocsin("case", "list", "--format", "json", "--as", "heir", "--home", home).rows == []


def test_a_keeper_checks_a_share_without_opening_anything(
    home: Path, shares: list[Path], tmp_path: Path
) -> None:
    (row,) = tocsin("case", "recovery", "check", shares[1], "--format", "json", "--home", home).rows
    assert (row["share"], row["of"], row["needed"], row["copy"], row["belongs to"]) == (
        2,
        5,
        3,
        "intact",
        "rec-1",
    )
    away = tocsin(
        "case",
        "recovery",
        "check",
        "--format",
        "json",
        "--home",
        tmp_path / "none",
        typed=last_line(shares[1]),
    )
    assert (away.rows[0]["set"], away.rows[0]["belongs to"]) == (row["set"], "")
    assert tocsin("case", "officer", "admit", "rec-1", "--as", "boss", "--home", home).code == 0
    (row,) = tocsin("case", "recovery", "check", shares[1], "--format", "json", "--home", home).rows
    assert row["belongs to"] == "rec-1, which counts no more"


def test_without_a_folder_each_share_is_shown_and_no_key_of_it_lies_in_a_file(home: Path) -> None:
    shown = tocsin(
        "case", "recovery", "new", "rec-1", "--needed", 2, "--shares", 3, "--as", "boss", "--home", home
    )

    lines = [line for line in shown.lines if len(line.split()) == 9 and line.isupper()]
    assert len(lines) == 3
    assert not (home / "officers" / "rec-1.key").exists()
    used = use(home, "--for", "heir", "--reason", "x", "--all", typed="\n".join(lines[1:]))
    assert "opens no case; see `tocsin case recovery seal`" in used.err


def test_a_recovery_key_is_no_key_file_and_belongs_to_approvers(home: Path, tmp_path: Path) -> None:
    for words in (
        ("officer", "new", "rec-1", "--role", "recovery"),
        ("officer", "admit", "rec-1", "--keys", "00:00", "--role", "recovery", "--as", "boss"),
    ):
        assert "`tocsin case recovery new`" in tocsin("case", *words, "--home", home).err
    new = ("case", "recovery", "new")
    assert tocsin(*new, "rec-1", "--as", "ops", "--home", home).err.endswith("[ROLE_NOT_ALLOWED]\n")
    assert tocsin(*new, "ops", "--as", "boss", "--home", home).err.endswith("[OFFICER_UNKNOWN]\n")
    assert tocsin(*new, "REC", "--as", "boss", "--home", home).err.endswith("[CASE_FIELD_INVALID]\n")
    assert tocsin(*new, "rec-1", "--needed", 9, "--as", "boss", "--home", home).err.endswith(
        "[KEY_SHARES_TOO_FEW]\n"
    )
    nowhere = tocsin(*new, "rec-1", "--out", tmp_path / "nowhere", "--as", "boss", "--home", home)
    assert "no share was kept" in nowhere.err
    assert "rec-1" not in tocsin("case", "officer", "list", "--home", home).out
