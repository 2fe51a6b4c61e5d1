"""Calls as JSON: one path of authorization with gRPC, described by a document that can not lag behind, and fuzzed."""

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from casework.sessions import Sessions
from console.office import Office
from console.web.accounts import add_account, change_roles, close_account, find_account
from console.web.api.calls import Answers
from console.web.api.cases import CASE_SERVICES, FILES, case_calls, case_gateway
from console.web.api.document import make_document
from console.web.api.edge import make_api_app
from console.web.api.figures import node_calls
from console.web.roles import Role
from console.web.tokens import end_token, make_token, tokens_of
from console.web.visit import Works
from tests.casework.conftest import Clock
from tests.casework.remote import opens
from tests.console.web.conftest import NOW, PASSPHRASE
from tests.support.browser import Browser, running

pytestmark = pytest.mark.slow
QUERY = "/api/tocsin.node.v1.CoordinatorService/AnswerQuery"
CASES = "/tocsin.casework.v1.CaseworkService"


class Program:
    """A program that calls."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port = port
        self.token = token

    def call(self, path: str, asked: object, method: str = "POST", **headers: str) -> tuple[int, Any]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        usual = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        line.request(
            method, path, body, usual | {name.replace("_", "-"): text for name, text in headers.items()}
        )
        answer = line.getresponse()
        text = answer.read()
        line.close()
        return answer.status, json.loads(text)


def token_of(works: Works, role: str) -> str:
    with works.store.read() as connection:
        found = find_account(connection, role.replace("_", "-"))
    assert found is not None
    return make_token(works.store, found.key, "a spreadsheet", NOW)


@pytest.fixture
def program(works: Works, port: int) -> Program:
    return Program(port, token_of(works, Role.COORDINATOR))


def nothing(_service: str, _method: str) -> Answers:
    return lambda _wire, _token: iter(())


def test_a_coordinators_token_asks_what_their_pages_show(program: Program) -> None:
    status, told = program.call(QUERY, {"query": "by=country&measure=incidents"})
    assert status == 200
    assert told["columns"] == ["country", "incidents"]
    assert {row["cells"][0]["text"] for row in told["rows"]} >= {"SSD"}
    assert all(isinstance(row["cells"][1]["number"], str) for row in told["rows"])


@pytest.mark.parametrize("role", Role)
def test_a_token_has_the_roles_of_its_owner_and_no_others(works: Works, port: int, role: Role) -> None:
    status, told = Program(port, token_of(works, role)).call(QUERY, {"query": "by=country"})
    nowhere, unknown = Program(port, token_of(works, role)).call("/api/no.such.Service/Call", {})
    assert (nowhere, unknown["reason"]) == (404, "PAGE_NOT_FOUND")
    if role in {Role.FOCAL_POINT, Role.COORDINATOR}:
        assert status == 200
    else:
        assert (status, told) == (nowhere, unknown)


def test_a_token_that_does_not_count_learns_nothing(works: Works, program: Program, port: int) -> None:
    for token in ("", "tocsin-" + "a" * 43, "\u00e9"):
        for path in (QUERY, "/api/no.such.Service/Call"):
            status, told = Program(port, token).call(path, {"query": "by=country"})
            assert status == (401 if not token or path == QUERY else 404)
            assert told["reason"] in {"API_TOKEN_REFUSED", "PAGE_NOT_FOUND"}
    with works.store.read() as connection:
        owner = find_account(connection, "coordinator")
        other = find_account(connection, "focal-point")
    assert owner is not None
    assert other is not None
    key = tokens_of(works.store, owner.key)[0].key
    end_token(works.store, other.key, key)  # somebody else's
    assert program.call(QUERY, {"query": ""})[0] == 200
    end_token(works.store, owner.key, key)
    assert program.call(QUERY, {"query": ""})[0] == 401


def test_a_session_is_no_token_and_a_token_no_session(works: Works, program: Program, port: int) -> None:
    cookie = {"Cookie": f"tocsin={program.token}"}
    assert Program(port).call(QUERY, {"query": ""}, **cookie)[0] == 401
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("GET", "/incidents", headers=cookie)
    assert line.getresponse().status == 303
    line.close()
    assert program.token.encode() not in (works.home.path / "node.db").read_bytes()


def test_its_owner_makes_a_token_sees_it_once_and_ends_it(
    signed_in: Callable[[Role], Browser], port: int
) -> None:
    browser = signed_in(Role.COORDINATOR)
    assert browser.send(browser.get("/account/keys"), "/account/token", name="").status == 422
    made = browser.send(browser.get("/account/keys"), "/account/token", name="<script>a sheet")
    shown = re.findall(r"<code>(tocsin-[^<]+)</code>", made.text)
    assert Program(port, *shown).call(QUERY, {})[0] == 200
    listed = browser.get("/account/keys")
    assert shown[0] not in listed.text
    assert "<script>a sheet" in listed.words
    assert "<script" not in listed.text
    assert browser.send(listed, "/account/token/end").status == 303
    assert Program(port, *shown).call(QUERY, {})[0] == 401


@pytest.mark.parametrize(("body", "headers", "method", "status"), [
    (b"{", {}, "POST", 400), (b"[]", {}, "POST", 400), (b"\xff", {}, "POST", 400), (b'{"query": 5}', {}, "POST", 400),
    (b'{"other": ""}', {}, "POST", 400), (b'{"query": null}', {}, "POST", 400),
    (b"{}", {"Content_Type": "text/plain"}, "POST", 415),
    (b'{"query": "no=such"}', {}, "POST", 422), (b"{}", {}, "GET", 405), (b"{}", {}, "DELETE", 405),
    (b'{"query": "' + b"x" * (1 << 20) + b'"}', {}, "POST", 413), (b"[" * 100_000, {}, "POST", 400),
])  # fmt: skip
def test_what_is_no_request_is_refused_with_its_reason(
    program: Program, body: bytes, headers: dict[str, str], method: str, status: int
) -> None:
    found, told = program.call(QUERY, body, method, **headers)
    assert found == status
    assert re.fullmatch("[A-Z_]+", told["reason"])


def test_the_document_is_that_of_the_descriptors(program: Program) -> None:
    status, served = program.call("/api/openapi.json", b"", "GET")
    assert status == 200
    made = make_document(node_calls({"AnswerQuery": nothing("", "")}), "Tocsin: figures of a node", "/api")
    assert served == json.loads(json.dumps(made))
    cell = served["components"]["schemas"]["tocsin.node.v1.AnswerCell"]
    assert set(cell["properties"]) == {"text", "number", "fraction"}
    assert len(cell["allOf"]) == 3
    calls = case_calls(nothing)
    missing = {
        method.name
        for service in CASE_SERVICES
        for method in service.methods
        if f"/{service.full_name}/{method.name}" not in calls
    }
    assert missing == {*FILES, "AddEvidence", "ImportCases"}
    held = json.dumps(make_document(calls, "Casework", ""))
    named = set(re.findall(r"#/components/schemas/([\w.]+)", held))
    assert named == set(json.loads(held)["components"]["schemas"])


@pytest.fixture
def office_port(office: Office) -> Iterator[int]:
    sessions = Sessions(opens(office), time.monotonic, lambda _seconds: None)
    with running(
        lambda port: make_api_app(case_gateway(sessions), frozenset({f"127.0.0.1:{port}"}))
    ) as found:
        yield found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    from console.home import Home  # noqa: PLC0415 - as tests of casework make one
    from node.config import new_settings  # noqa: PLC0415 - likewise

    (tmp_path / "keys").mkdir(mode=0o700)
    settings = new_settings(
        org_id="first-aid", org_type="INGO", database_url=f"sqlite:///{tmp_path / 'node.db'}"
    )
    opened = Office(Home(tmp_path, settings), Clock())
    roles = frozenset({"approver", "accountability_officer", "country_focal_point"})
    opened.found("boss", roles, opened.enrol("boss", None))
    yield opened
    opened.database.store.close()


def test_an_officer_works_on_cases_by_their_own_session(office_port: int) -> None:
    stranger = Program(office_port)
    assert stranger.call(f"{CASES}/SignIn", {"officerId": "boss", "passphrase": "wrong"})[0] in {401, 429}
    status, told = stranger.call(f"{CASES}/SignIn", {"officerId": "boss", "passphrase": ""})
    assert (status, "approver" in told["roles"]) == (200, True)
    boss = Program(office_port, told["token"])
    status, found = boss.call(f"{CASES}/ListCases", {})
    assert (status, found.get("cases", [])) == (200, [])
    assert boss.call("/tocsin.casework.v1.IntakeService/ListReports", {}) == (200, [])
    status, refused = boss.call(f"{CASES}/GetCase", {"uid": "0" * 32})
    assert (status, refused["reason"]) == (404, "CASE_NOT_FOUND")
    assert boss.call("/tocsin.casework.v1.EvidenceService/ExportEvidence", {})[0] == 404
    assert boss.call(f"{CASES}/SignOut", {})[0] == 200
    assert boss.call(f"{CASES}/ListCases", {})[0] == 401
    assert stranger.call(f"{CASES}/ListCases", {})[0] == 401


def fuzz(url: str, token: str, *more: str) -> None:
    """Everything that schemathesis tries; what it finds is shown."""
    # A question that means nothing is of the right form, and refused all the same.
    ran = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", url,
            "--header", f"Authorization: Bearer {token}",
            "--checks", "all", "--exclude-checks", "positive_data_acceptance",
            "--generation-database", "none", "--seed", "7", *more,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]


def test_schemathesis_finds_nothing_at_the_node(program: Program) -> None:
    fuzz(f"http://127.0.0.1:{program.port}/api/openapi.json", program.token, "--phases", "coverage,fuzzing")


def test_schemathesis_finds_nothing_at_the_office(office_port: int) -> None:
    told = Program(office_port).call(f"{CASES}/SignIn", {"officerId": "boss", "passphrase": ""})[1]
    fuzz(
        f"http://127.0.0.1:{office_port}/openapi.json", told["token"], "--phases", "fuzzing", "--max-examples", "2",
        "--exclude-path-regex", "SignIn|SignOut",
    )  # fmt: skip


def test_changed_roles_and_closed_accounts_count_at_once(works: Works, port: int) -> None:
    program = Program(port, token_of(works, Role.APPROVER))
    assert program.call(QUERY, {"query": ""})[0] == 404
    change_roles(works.store, "approver", ["approver", "coordinator"], NOW)
    assert program.call(QUERY, {"query": ""})[0] == 200
    change_roles(works.store, "approver", ["approver"], NOW)
    assert program.call(QUERY, {"query": ""})[0] == 404
    with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
        add_account(works.store, "leaver", ["coordinator"], PASSPHRASE, NOW)
    leaver = Program(port, token_of(works, "leaver"))
    assert leaver.call(QUERY, {"query": ""})[0] == 200
    close_account(works.store, "leaver", NOW)
    assert leaver.call(QUERY, {"query": ""})[0] == 401
