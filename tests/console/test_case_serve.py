"""The same commands work at a server as beside the node: a process of its own, over TLS, also when it is killed."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.cli.main import command_line
from console.verbs import VERBS
from tests.console.command_line import Ran, tocsin

pytestmark = pytest.mark.slow
ROLES = {
    "boss": "approver",
    "ops": "accountability_officer",
    "focal": "country_focal_point",
    "law": "legal_adviser",
    "ears": "auditor",
}
# Done beside the node, whatever server is set: the operator's own commands.
OF_THE_OPERATOR = {"serve", "turn", "treaties", "audit cosign", "recovery check"}
# Refused where a server is set, with the reason why.
LOCAL: dict[str, tuple[str, ...]] = {
    "officer new": ("x", "--role", "approver"),
    "recovery new": ("x",),
    "recovery seal": (),
    "recovery use": ("CASE", "--for", "ops", "--reason", "x"),
    "status publish": ("CASE", "--risk", "x"),
    "status revoke": ("CASE",),
    "status list": (),
    "status write": ("--out", "x"),
    "status read": (__file__,),
    "joint key": (),
    "joint write": ("CASE", "--out", "x"),
    "joint send": ("CASE",),
    "joint read": (),
    "statistic": ("--out", "x"),
}
# Everything that prints a list, with what it needs.
LISTS: dict[str, tuple[str, ...]] = {
    "list": (),
    "show": ("CASE",),
    "show --part letters": ("CASE",),
    "show --part law": ("CASE",),
    "timeline": ("CASE",),
    "act": ("CASE",),
    "due": (),
    "clocks": ("CASE",),
    "evidence list": ("CASE",),
    "evidence custody": ("CASE", "E1"),
    "evidence verify": ("CASE",),
    "grants": ("CASE",),
    "officer list": (),
    "check": (),
    "audit list": ("--case", "CASE"),
    "retention": (),
    "board": (),
    "tip list": (),
    "figures": (),
}
# The rest that works both ways; the second test goes through most of them.
ALSO = {
    "open",
    "import",
    "export",
    "calendar",
    "grant",
    "revoke",
    "letter",
    "report",
    "audit verify",
    "evidence add",
    "evidence transfer",
    "evidence extract",
    "evidence export",
    "evidence destroy",
    "joint find",
    "joint board",
    "joint confirm",
    "joint withdraw",
    "status propose",
    "recovery seen",
    "officer admit",
    "erase",
    "tip read",
    "tip answer",
    "tip open",
    "tip save",
    "tip erase",
}
Work = Callable[..., Ran]


@contextmanager
def serving(node: Path) -> Iterator["subprocess.Popen[bytes]"]:
    words = [sys.executable, "-m", "console.cli.main", "case", "serve", "--listen", "127.0.0.1:0"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    address = node / "case-listening"
    address.unlink(missing_ok=True)
    with subprocess.Popen([*words, "--home", str(node)], env=kept, stderr=subprocess.DEVNULL) as child:
        until = time.monotonic() + 30
        while not address.exists():
            assert child.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield child
        child.send_signal(signal.SIGTERM)


def new_node(home: Path) -> Path:
    assert tocsin("init", home, "--org", "aid-a", "--type", "INGO").code == 0
    for name, role in ROLES.items():
        made = tocsin("case", "officer", "new", name, "--role", role, "--home", home)
        if made.out:
            assert tocsin(*made.out.split()[1:], "--as", "boss", "--home", home).code == 0
    return home


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_node(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def server(node: Path) -> Iterator[None]:
    with serving(node):
        yield


def there(node: Path, officer: str, *words: object, refused: bool = False) -> Ran:
    """Do something at the server, in a folder without a node."""
    where = (node / "case-listening").read_text()
    certificate = str(node / "keys" / "tls.der")
    words = ("case", *words, "--as", officer) if officer else ("case", *words)
    ran = tocsin(*words, TOCSIN_CASE_SERVER=where, TOCSIN_CASE_CERTIFICATE=certificate)
    assert (ran.code != 0) is refused, ran.err
    return ran


@pytest.fixture(scope="module")
def case(node: Path, server: None, tmp_path_factory: pytest.TempPathFactory) -> str:  # noqa: ARG001 - it runs
    """A case that was opened and worked on from afar."""
    photo = tmp_path_factory.mktemp("photo") / "gate.jpg"
    photo.write_bytes(b"a photograph" * 99)
    opened = there(
        node,
        "focal",
        "open",
        "categories=detention",
        "host_state=CMR",
        "owner=ops",
        "no_incident=not_recorded",
    )
    found = re.search(r"Opened case (\S+)", opened.err)
    assert found is not None
    there(node, "focal", "person", "add", found[1], "--harm", "detained", "--cause", "violence")
    there(node, "focal", "detention", "start", found[1], "--persons", "P1")
    there(node, "focal", "register", found[1])
    there(node, "ops", "evidence", "add", found[1], "E1", photo, "--kind", "photograph")
    return found[1]


def commands() -> set[str]:
    group = command_line().commands["case"]
    return {
        " ".join(filter(None, (name, inner)))
        for name, one in group.commands.items()
        for inner in getattr(one, "commands", {"": None})
    }


def test_every_command_either_works_at_a_server_or_says_why_not() -> None:
    lists = {name.partition(" --")[0] for name in LISTS}
    verbs = {" ".join(verb.words) for verb in VERBS}
    groups = (OF_THE_OPERATOR, set(LOCAL), lists, ALSO, verbs)
    assert set.union(*groups) == commands()
    assert sum(map(len, groups)) == len(commands())


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_the_same_from_afar_in_each_of_the_three_forms(node: Path, case: str, name: str) -> None:
    words = [*name.split(), *(one.replace("CASE", case) for one in LISTS[name])]
    if name in {
        "audit list",
        "check",
        "evidence custody",
        "evidence verify",
    }:  # which grow by being asked for
        words += ["--format", "json"]
        rows = [there(node, "ops", *words).rows, tocsin("case", *words, "--as", "ops", "--home", node).rows]
        assert rows[0] == rows[1][: len(rows[0])]
        return
    for style in ("table", "json", "csv"):
        asked = [*words, "--format", style]
        assert there(node, "ops", *asked).out == tocsin("case", *asked, "--as", "ops", "--home", node).out


@pytest.mark.parametrize("name", LOCAL)
def test_what_stays_beside_the_node_says_why_and_what_to_do(node: Path, server: None, name: str) -> None:  # noqa: ARG001 - it runs
    officer = "" if name in OF_NOBODY else "ops"
    refused = there(node, officer, *name.split(), *LOCAL[name], refused=True)

    assert "[LOCAL_ONLY]" in refused.err
    assert "; run this beside the node, with TOCSIN_CASE_SERVER unset" in refused.err


OF_NOBODY = {
    "officer new",
    "recovery use",
    "status list",
    "status read",
    "joint key",
}


def test_work_goes_on_from_afar(node: Path, case: str, tmp_path: Path) -> None:
    there(node, "ops", "grant", case, "law", "--right", "read", "--reason", "advice")
    assert there(node, "law", "list", "--format", "json").rows[0]["case"] == case
    there(node, "ops", "revoke", case, "law", "--reason", "done")
    assert there(node, "law", "list", "--format", "json").rows == []
    assert "CASE_NOT_FOUND" in there(node, "law", "show", case, refused=True).err

    out = tmp_path / "out.jpg"
    there(node, "ops", "evidence", "extract", case, "E1", out, "--purpose", "to look")
    assert out.read_bytes() == b"a photograph" * 99
    there(node, "ops", "evidence", "transfer", case, "E1", "--from", "field", "--to", "head office")
    package = ("evidence", "export", case, "E1", "--to", "Prosecutor", "--purpose", "complaint")
    there(node, "ops", *package, "--out", tmp_path / "package")
    assert (tmp_path / "package" / "manifest.json").exists()

    exported = there(node, "ops", "export", case).out
    old = tmp_path / "old.csv"
    old.write_text(exported.replace(case, "old-1"))
    assert "imported" in there(node, "focal", "import", old).out
    assert there(node, "focal", "import", old, "--format", "json").rows[0]["result"] == "unchanged"
    there(node, "ops", "report", "dossier", case, "--format", "html", "--out", tmp_path / "dossier.html")
    assert (
        "released is missing"
        in there(node, "ops", "report", "dossier", case, "--level", "public", refused=True).err
    )
    there(node, "ops", "counterpart", "add", case, "--authority", "foreign_ministry", "--state", "CMR")
    assert "Cameroun" in there(node, "ops", "letter", case, "--language", "fr").out
    there(node, "ops", "calendar", "--out", tmp_path / "case.ics")
    assert there(node, "ears", "audit", "verify").code == 0
    assert "belongs to auditor" in there(node, "ops", "audit", "verify", refused=True).err
    assert "tls.der" in tocsin("case", "list", "--as", "ops", TOCSIN_CASE_SERVER="127.0.0.1:1").err


def test_a_server_that_is_killed_in_the_middle_of_a_file_leaves_nothing_of_it(tmp_path: Path) -> None:
    node, film = new_node(tmp_path / "node"), tmp_path / "film.mp4"
    film.write_bytes(os.urandom(1 << 20) * 48)
    folder = node / "evidence"
    with serving(node) as child:
        opened = there(
            node, "ops", "open", "categories=detention", "host_state=CMR", "no_incident=not_recorded"
        )
        case = opened.err.split()[-1]
        there(node, "ops", "evidence", "add", case, "E1", node / "tocsin.toml", "--kind", "document")
        sound = sorted(folder.iterdir())
        add = ("evidence", "add", case, "E7", film, "--kind", "video")
        where, certificate = (node / "case-listening").read_text(), str(node / "keys" / "tls.der")
        words = [sys.executable, "-m", "console.cli.main", "case", *map(str, add), "--as", "ops"]
        told = {**os.environ, "TOCSIN_CASE_SERVER": where, "TOCSIN_CASE_CERTIFICATE": certificate}
        with subprocess.Popen(words, env=told, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as sending:
            until = time.monotonic() + 30
            while not any(one.name.endswith(".part") and one.stat().st_size for one in folder.iterdir()):
                assert sending.poll() is None
                assert time.monotonic() < until
            child.kill()
            assert b"OFFICE_UNAVAILABLE" in sending.communicate(timeout=90)[1]
    assert len(list(folder.iterdir())) == len(sound) + 1  # sealed, and nobody's

    with serving(node):
        items = there(node, "ops", "evidence", "list", case, "--format", "json").rows
        assert [one["item"] for one in items] == ["E1"]
        assert sorted(folder.iterdir()) == sound
        there(node, "ops", *add)
    assert tocsin("check", "--home", node).code == 0
