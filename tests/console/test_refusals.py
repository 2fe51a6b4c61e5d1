"""Whatever goes wrong is told in one sentence with its reason, and ends with 1, or with 2 for wrong use."""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import console.cli.main
import crypto.errors
import node.errors
from console.generator import generate
from tests.console.command_line import Ran, tocsin

ROOTS = (crypto.errors.CryptoError, node.errors.NodeError)
Words = Callable[[Path, Path], tuple[object, ...]]


def kinds() -> Iterator[type[Exception]]:
    """Every error that the packages raise on purpose."""
    for module in (crypto.errors, node.errors):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, ROOTS):
                yield kind


def assert_refused(ran: Ran, reason: str) -> None:
    assert ran.code == 1
    assert re.fullmatch(rf"tocsin: .+ \[{reason}\]", ran.err.splitlines()[-1])
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("kind", tuple(kinds()))
def test_every_error_is_one_line_with_its_reason(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    error = kind("country", "is no country") if kind is node.errors.IncidentError else kind("no country")

    def fail(**_options: str) -> None:
        raise error

    monkeypatch.setattr(console.cli.main, "command_line", lambda: fail)
    ran = tocsin()

    assert ran == Ran(1, "", f"tocsin: {error} [{kind.reason}]\n")


REFUSED: dict[str, tuple[str, Words]] = {
    "a folder that holds something": (
        "SETTING_INVALID",
        lambda full, _: ("init", full, "--org", "gamma", "--type", "UN"),
    ),
    "an id with capitals": (
        "SETTING_INVALID",
        lambda _, new: ("init", new, "--org", "Gamma", "--type", "UN"),
    ),
    "an unknown type of organization": (
        "SETTING_INVALID",
        lambda _, new: ("init", new, "--org", "gamma", "--type", "firm"),
    ),
    "an unknown kind of database": (
        "SETTING_INVALID",
        lambda _, new: ("init", new, "--org", "gamma", "--type", "UN", "--database", "oracle://nowhere"),
    ),
    "a folder without a node": ("SETTING_INVALID", lambda _, new: ("query", "--home", new)),
    "a publication that is not there": (
        "FILE_UNREADABLE",
        lambda full, new: ("import", new / "none.csv", "--home", full),
    ),
    "a future day of publication": (
        "PUBLICATION_DATE_INVALID",
        lambda full, _: ("import", full / "data.csv", "--published", "2999-01-01", "--home", full),
    ),
    "a file that is no table": (
        "COLUMNS_UNKNOWN",
        lambda full, _: ("import", full / "tocsin.toml", "--home", full),
    ),
    "a profile that is none": (
        "PROFILE_REFUSED",
        lambda full, _: (
            *("import", full / "data.csv", "--profile", full / "data.csv"),
            *("--home", full),
        ),
    ),
    "a profile of submissions that is not there": (
        "FILE_UNREADABLE",
        lambda full, _: ("submissions", "reconcile", full / "data.csv", "--home", full),
    ),
    "an empty file": ("FILE_EMPTY", lambda full, _: ("import", full / "empty.csv", "--home", full)),
    "an unknown tier": (
        "QUERY_INVALID",
        lambda full, _: ("share", "--tier", "friends", "--all", "--home", full),
    ),
    "an id without its source": (
        "QUERY_INVALID",
        lambda full, _: ("share", "--tier", "peer", "--id", "1", "--home", full),
    ),
    "an id of no record": (
        "QUERY_INVALID",
        lambda full, _: ("share", "--tier", "peer", "--id", "awsd:999999", "--home", full),
    ),
    "a filter that is none": (
        "QUERY_INVALID",
        lambda full, _: ("share", "--tier", "peer", "--where", "shooting", "--home", full),
    ),
    "an unknown dimension": ("QUERY_INVALID", lambda full, _: ("query", "--by", "colour", "--home", full)),
    "an unknown measure": ("QUERY_INVALID", lambda full, _: ("query", "--measure", "sorrow", "--home", full)),
    "an unknown value": (
        "QUERY_INVALID",
        lambda full, _: ("query", "--where", "means=magic", "--home", full),
    ),
    "an unknown country": (
        "QUERY_INVALID",
        lambda full, _: ("query", "--where", "country=Atlantis", "--home", full),
    ),
    "a period that ends before it begins": (
        "QUERY_INVALID",
        lambda full, _: ("query", "--from", "2016-01-01", "--to", "2015-01-01", "--home", full),
    ),
    "dimensions that no source crosses": (
        "QUERY_INVALID",
        lambda full, _: ("query", "--by", "staff,sex", "--home", full),
    ),
    "a sync without a network": ("DIRECTORY_REFUSED", lambda full, _: ("sync", "--home", full)),
    "to serve without a network": ("DIRECTORY_REFUSED", lambda full, _: ("serve", "--home", full)),
    "a list of no network": ("DIRECTORY_REFUSED", lambda full, _: ("peer", "list", "--home", full)),
    "a directory that is none": (
        "DIRECTORY_REFUSED",
        lambda full, _: ("peer", "join", full / "tocsin.toml", "--fingerprint", "00" * 32, "--home", full),
    ),
    "a request that is none": (
        "DIRECTORY_REFUSED",
        lambda full, _: ("peer", "admit", full / "tocsin.toml", "--yes", "--home", full),
    ),
    "a request that can not be written": (
        "FILE_UNREADABLE",
        lambda full, new: ("peer", "request", "--out", new / "none" / "a.req", "--home", full),
    ),
    "rejects that can not be written": (
        "FILE_UNREADABLE",
        lambda full, new: ("import", full / "data.csv", "--rejects", new / "none" / "r.csv", "--home", full),
    ),
    "demo data that is not there": ("FILE_UNREADABLE", lambda _, new: ("demo", "--data", new / "none.csv")),
    "demo nodes in a folder that holds some": (
        "SETTING_INVALID",
        lambda full, _: ("demo", "--home", full.parent / "full"),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", REFUSED)
def test_is_refused_with_its_reason_and_changes_nothing(what: str, node: Path, tmp_path: Path) -> None:
    reason, words = REFUSED[what]
    (node / "data.csv").write_bytes(generate(incidents=2))
    (node / "empty.csv").touch()
    (tmp_path / "full" / "un-agency" / "keys").mkdir(parents=True)
    before = tocsin("query", "--home", node)

    ran = tocsin(*words(node, tmp_path / "new"))

    assert_refused(ran, reason)
    assert tocsin("query", "--home", node) == before


WRONG_USE: dict[str, Words] = {
    "no such command": lambda *_: ("qeury",),
    "no organization": lambda _, new: ("init", new, "--type", "UN"),
    "no such option": lambda full, _: ("query", "--group", "year", "--home", full),
    "no such format": lambda full, _: ("query", "--format", "yaml", "--home", full),
    "not a day": lambda full, _: ("query", "--from", "2015", "--home", full),
    "not a day of publication": lambda full, _: (
        *("import", full / "data.csv", "--published", "3.10.2016"),
        *("--home", full),
    ),
    "a share with nobody": lambda full, _: ("share", "--all", "--home", full),
    "a share of nothing": lambda full, _: ("share", "--tier", "peer", "--home", full),
    "a network key that is none": lambda full, _: (
        *("peer", "join", full / "tocsin.toml", "--fingerprint", "secret"),
        *("--home", full),
    ),
}


@pytest.mark.parametrize("what", WRONG_USE)
def test_wrong_use_ends_with_2_and_says_what_is_right(what: str, node: Path, tmp_path: Path) -> None:
    ran = tocsin(*WRONG_USE[what](node, tmp_path / "new"))

    assert ran.code == 2
    assert ran.out == ""
    assert "Error: " in ran.err
    assert "--help" in ran.err


def test_a_refusal_says_what_would_be_right(node: Path, tmp_path: Path) -> None:
    said = {
        "lower-case letters": ("init", tmp_path / "new", "--org", "Gamma", "--type", "UN"),
        "UN, INGO, NNGO, RCRC, IO": ("init", tmp_path / "new", "--org", "gamma", "--type", "firm"),
        "ids look like awsd:4664": ("share", "--tier", "peer", "--id", "4664", "--home", node),
        "public, peer, coordinator": ("share", "--tier", "friends", "--all", "--home", node),
        "three-letter code": ("query", "--where", "country=Atlantis", "--home", node),
        "see `tocsin peer --help`": ("sync", "--home", node),
        f"run `tocsin init {tmp_path / 'new'}` first": ("query", "--home", tmp_path / "new"),
        "write it like 2015-03-14": ("query", "--as-of", "yesterday", "--home", node),
    }

    for text, words in said.items():
        assert text in tocsin(*words).err
    assert not (tmp_path / "new").exists()
