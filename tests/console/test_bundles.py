"""Two organizations without a line between them share by file, with the commands."""

import json
import os
import stat
from pathlib import Path
from unittest.mock import ANY

import pytest

from crypto.sealing import HEAD_BYTES
from tests.console.command_line import Ran, tocsin


def join(keeper: Path, member: Path, key: str) -> Ran:
    return tocsin("peer", "join", keeper / "network" / "network.pb", "--fingerprint", key, "--home", member)


@pytest.fixture
def network(node: Path, empty_node: Path, tmp_path: Path) -> tuple[Path, Path]:
    """(alpha, which holds records, shared some and founded the network; beta, which has joined it)."""
    request = tmp_path / "beta.req"
    made = [
        key := tocsin("peer", "found", "testnet", "--home", node),
        tocsin("peer", "request", "--out", request, "--endpoint", "127.0.0.1:1", "--home", empty_node),
        tocsin("peer", "admit", request, "--yes", "--home", node),
        join(node, empty_node, key.out.strip()),
        tocsin("share", "--tier", "peer", "--where", "country=SSD", "--yes", "--home", node),
    ]
    assert [ran.code for ran in made] == [0] * 5
    return node, empty_node


def written(alpha: Path, file: Path | str, *more: object, to: str = "beta") -> Ran:
    return tocsin("bundle", "write", "--to", to, file, *more, "--home", alpha, "--format", "json")


def read(beta: Path, file: Path) -> Ran:
    return tocsin("bundle", "read", file, "--home", beta, "--format", "json")


def verified(home: Path, member: str) -> int:
    rows = tocsin("peer", "list", "--home", home, "--format", "json").rows
    return next(int(row["verified"]) for row in rows if row["member"] == member)


def test_what_one_wrote_the_other_counts(network: tuple[Path, Path], tmp_path: Path) -> None:
    alpha, beta = network
    file = tmp_path / "for-beta.bin"

    wrote, got = written(alpha, file), read(beta, file)

    (made,), (row,) = wrote.rows, got.rows
    assert (wrote.code, got.code) == (0, 0)
    assert (made["for"], made["from"], made["to"], made["bytes"]) == (
        "beta",
        0,
        made["entries"],
        file.stat().st_size,
    )
    assert row["accepted"] == row["verified"] == made["entries"] > 0
    assert (row["member"], row["refused"], row["stopped by"]) == ("alpha", 0, "")
    assert f"--from {row['verified']}" in got.err
    assert verified(beta, "alpha") == row["verified"]
    counted = json.loads(tocsin("query", "--by", "country", "--home", beta, "--format", "json").out)["rows"]
    assert [(one["country"], one["incidents"]) for one in counted] == [("SSD", made["entries"])]
    assert tocsin("check", "--home", beta).code == 0


def test_the_other_direction_and_what_follows(network: tuple[Path, Path], tmp_path: Path) -> None:
    alpha, beta = network
    first, second, back = (tmp_path / name for name in ("one", "two", "back"))
    written(alpha, first)
    read(beta, first)
    held = verified(beta, "alpha")
    tocsin("share", "--tier", "peer", "--where", "country=SDN", "--yes", "--home", alpha)

    wrote, got = written(alpha, second, "--from", held), read(beta, second)

    assert wrote.rows[0]["from"] == got.rows[0]["already held"] == held
    assert got.rows[0]["verified"] == wrote.rows[0]["to"] > held
    assert written(beta, back, to="alpha").code == 0
    assert read(alpha, back).rows[0]["verified"] == 0
    again = read(beta, first).rows[0]
    assert (again["accepted"], again["already held"]) == (0, got.rows[0]["verified"])


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_a_bundle_is_its_owners_alone_and_replaces_a_file_whole(
    network: tuple[Path, Path], tmp_path: Path
) -> None:
    alpha, _ = network
    folder = tmp_path / "stick"
    folder.mkdir()
    (folder / "a").write_text("older")

    assert written(alpha, folder / "a").code == 0
    assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o600
    assert (folder / "a").stat().st_size > HEAD_BYTES
    assert [one.name for one in folder.iterdir()] == ["a"]
    for refused in (written(alpha, folder / "b", to="nobody"), written(alpha, folder / "b", "--from", 10**6)):
        assert refused.code == 1
    assert [one.name for one in folder.iterdir()] == ["a"]


def test_what_can_not_be_read_is_told_in_one_sentence(network: tuple[Path, Path], tmp_path: Path) -> None:
    alpha, beta = network
    file, cut, other, gap = (tmp_path / name for name in ("file", "cut", "other", "gap"))
    entries = written(alpha, file).rows[0]["entries"]
    cut.write_bytes(file.read_bytes()[:-1])
    other.write_bytes(b"id,year\n" * 9_000)
    written(alpha, gap, "--from", entries)

    told = {
        "SEAL_CUT_SHORT": read(beta, cut),
        "SEAL_BROKEN": read(beta, other),
        "BUNDLE_GAP": read(beta, gap),
        "FILE_UNREADABLE": read(beta, tmp_path / "nothing"),
        "NOT_A_MEMBER": written(alpha, file, to="nobody"),
        "BUNDLE_FOR_ANOTHER": written(alpha, file, to="alpha"),
    }

    for reason, ran in told.items():
        assert (ran.code, ran.out) == (1, "")
        assert f"[{reason}]" in ran.err
        assert ran.err.count("\n") == 1
    assert "--from 0 FILE" in told["BUNDLE_GAP"].err
    assert read(tmp_path, file).code == 1
    assert verified(beta, "alpha") == 0


def test_a_folder_that_can_not_be_written_is_named(network: tuple[Path, Path], tmp_path: Path) -> None:
    ran = written(network[0], tmp_path / "absent" / "file")

    assert ran.code == 1
    assert "FILE_UNREADABLE" in ran.err
    assert [written(network[0], "."), read(network[1], Path())] == [Ran(2, "", ANY)] * 2


def test_a_newer_directory_of_the_writer_is_pointed_out(network: tuple[Path, Path], tmp_path: Path) -> None:
    alpha, beta = network
    tocsin("peer", "renew", "--home", alpha)
    written(alpha, tmp_path / "file")

    got = read(beta, tmp_path / "file")

    assert got.code == 0
    assert "version 3 of the directory, you have version 2" in got.err
