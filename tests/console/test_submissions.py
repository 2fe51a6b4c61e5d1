"""A form server pushes submissions over HTTP; whatever it sends, a record is whole or is not there."""

import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from console import submissions
from console.home import open_home
from console.submissions import ADDRESS_FILE, MAX_BODY_BYTES, TOKEN_FILE, make_token, taking_submissions
from node.errors import ConfigError, ProfileError, StoreError
from tests.console.command_line import tocsin

PROFILE = """
name = "form"
title = "What people submit"
whole = false
[always]
cause = "violence"
[columns]
"_uuid" = { is = "id", required = true }
"when" = { is = "date", required = true }
"country" = { is = "country" }
"what" = { is = "means" }
"dead" = { is = "killed" }
"""
OFF = 'submissions_listen = ""'
ANSWER = {"_uuid": "1f2e-77", "when": "2026-03-14", "country": "SSD", "what": "shooting", "dead": 1}


class Form:
    """A form server that knows the token, and the node that it pushes to."""

    def __init__(self, home: Path, address: str, token: str) -> None:
        self.home, self.address, self.token = home, address, token

    def push(self, body: object, **headers: str) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        line = HTTPConnection(self.address, timeout=20)
        shown = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        line.request("POST", "/", data, {name: text for name, text in shown.items() if text})
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())

    def records(self) -> list[dict[str, Any]]:
        return tocsin(
            *("query", "--by", "means", "--measure", "incidents", "--where", "country=SSD"),
            *("--home", self.home, "--format", "json"),
        ).rows


@pytest.fixture
def form(empty_node: Path) -> Iterator[Form]:
    (empty_node / "submissions.toml").write_text(PROFILE)
    settings = empty_node / "tocsin.toml"
    settings.write_text(settings.read_text().replace(OFF, 'submissions_listen = "127.0.0.1:0"'))
    token = tocsin("submissions", "token", "--home", empty_node).out.strip()
    with (
        patch.object(submissions, "STOP_SECONDS", 0.01),
        taking_submissions(open_home(empty_node)) as address,
    ):
        assert (empty_node / ADDRESS_FILE).read_text() == address
        yield Form(empty_node, address, token)
    assert not (empty_node / ADDRESS_FILE).exists()


def test_a_submission_is_a_record_and_the_same_again_is_no_other(form: Form) -> None:
    assert form.push(ANSWER) == (201, {"message": "taken in"})
    assert form.push(ANSWER) == (200, {"message": "known"})
    assert form.push(ANSWER | {"what": "shelling"}) == (200, {"message": "known"})

    assert form.records() == [{"means": "shooting", "incidents": 1}]


def test_the_same_from_many_sides_at_once_is_one_record(form: Form) -> None:
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _: form.push(ANSWER)[0], range(8)))

    assert sorted(answers) == [*[200] * 7, 201]
    assert form.records() == [{"means": "shooting", "incidents": 1}]


def test_the_token_may_come_as_a_password(form: Form) -> None:
    shown = b64encode(f"kobo:{form.token}".encode()).decode()

    assert form.push(ANSWER, Authorization=f"Basic {shown}")[0] == 201


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer wrong", "Basic !", "Basic a29ibzp3cm9uZw==", "Digest x"]
)
def test_whoever_does_not_know_the_token_learns_nothing(form: Form, shown: str) -> None:
    status, answer = form.push(b"not even read", Authorization=shown)

    assert (status, answer["reason"]) == (401, "SUBMISSION_REFUSED")
    assert form.records() == []


@pytest.mark.parametrize(
    ("body", "reason", "said"),
    [
        (ANSWER | {"dead": -1}, "SUBMISSION_REFUSED", "dead: '-1' is negative."),
        (ANSWER | {"when": "2199-01-01"}, "SUBMISSION_REFUSED", "is later than"),
        (ANSWER | {"_uuid": ""}, "SUBMISSION_REFUSED", "_uuid is empty."),
        ([ANSWER, ANSWER | {"_uuid": "b"}], "SUBMISSION_REFUSED", "a submission is one incident"),
        ({"hello": 1}, "COLUMNS_UNKNOWN", "_uuid"),
        (b"{", "COLUMNS_UNKNOWN", "_uuid"),
        (b"[]", "FILE_EMPTY", "empty"),
        (b"_uuid,when\na,2026-01-01\n", "SUBMISSION_REFUSED", "a JSON object"),
        (b"PK\x03\x04", "SUBMISSION_REFUSED", "a JSON object"),
        (b"", "SUBMISSION_REFUSED", "a JSON object"),
    ],
)
def test_what_can_not_be_taken_in_is_refused_with_the_reason_and_leaves_nothing(
    form: Form, body: object, reason: str, said: str
) -> None:
    status, answer = form.push(body)

    assert (status, answer["reason"]) == (422, reason)
    assert said in answer["message"]
    assert form.records() == []


def test_a_body_that_is_too_large_or_of_no_length_is_not_read(form: Form) -> None:
    assert form.push(b"x", Content_Length=str(MAX_BODY_BYTES + 1))[0] == 413
    assert form.push(b"x", Content_Length="some")[0] == 411
    assert form.push(ANSWER)[0] == 201


def test_a_submission_that_is_cut_off_or_comes_too_slowly_is_not_taken_in(form: Form) -> None:
    host, port = form.address.split(":")
    head = f"POST / HTTP/1.1\r\nAuthorization: Bearer {form.token}\r\nContent-Length: 500\r\n\r\n{{"
    with (
        patch.object(submissions, "READ_SECONDS", 0.2),
        socket.create_connection((host, int(port)), 10) as slow,
    ):
        slow.sendall(head.encode())
        assert b"422" in slow.recv(1000)
    with socket.create_connection((host, int(port)), 10) as cut:
        cut.sendall(head.encode())
    assert form.push(ANSWER)[0] == 201


def test_a_database_that_can_not_be_written_asks_to_send_it_again(form: Form) -> None:
    with patch.object(submissions, "import_publication", side_effect=StoreError("disk full")):
        status, answer = form.push(ANSWER)

    assert (status, answer) == (
        503,
        {"reason": StoreError.reason, "message": "not stored; send it again later"},
    )
    assert form.push(ANSWER)[0] == 201


def test_what_is_edited_or_deleted_there_comes_with_an_export(form: Form, tmp_path: Path) -> None:
    form.push(ANSWER)
    form.push(ANSWER | {"_uuid": "b"})
    export = tmp_path / "export.json"
    export.write_text(json.dumps([ANSWER | {"what": "shelling"}, ANSWER | {"_uuid": "c"}]))

    seen = tocsin("submissions", "reconcile", export, "--dry-run", "--home", form.home, "--format", "json")
    done = tocsin("submissions", "reconcile", export, "--home", form.home, "--format", "json")

    assert {(one["change"], one["key"]) for one in seen.rows} == {("changed", "1f2e-77"), ("new", "c")}
    counts = ("accepted", "updated", "unchanged", "withdrawn", "quarantined")
    assert done.rows == [dict(zip(counts, (1, 1, 0, 0, 0), strict=True))]
    assert form.push(ANSWER) == (200, {"message": "known"})  # a late copy undoes nothing
    assert form.records() == [{"means": "shelling", "incidents": 1}, {"means": "shooting", "incidents": 2}]


def test_nothing_that_somebody_submitted_or_showed_is_in_the_logs(
    form: Form, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        form.push(ANSWER | {"country": "a secret place"})
        form.push(ANSWER | {"_uuid": "x", "dead": "a secret number"})
        form.push(ANSWER, Authorization="Bearer a-secret-token")

    assert "secret" not in caplog.text
    assert form.token not in caplog.text
    assert "reason=SUBMISSION_REFUSED" in caplog.text


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (('submissions_listen = "0.0.0.0:0"', "submissions.toml"), ConfigError),
        (('submissions_listen = "here"', "submissions.toml"), ConfigError),
        (('submissions_listen = "127.0.0.1:99999"', "submissions.toml"), ConfigError),
        (('submissions_listen = "127.0.0.1:0"', "whole.toml"), ConfigError),
        (('submissions_listen = "127.0.0.1:0"', "broken.toml"), ProfileError),
    ],
)
def test_a_node_says_before_it_listens_what_is_missing(
    empty_node: Path, settings: tuple[str, str], error: type[Exception]
) -> None:
    (empty_node / "submissions.toml").write_text(PROFILE)
    (empty_node / "whole.toml").write_text(PROFILE.replace("false", "true"))
    (empty_node / "broken.toml").write_bytes(b"\xff")
    file = empty_node / "tocsin.toml"
    file.write_text(file.read_text().replace(OFF, settings[0]).replace("submissions.toml", settings[1]))
    with (
        pytest.raises(ConfigError, match="tocsin submissions token"),
        taking_submissions(open_home(empty_node)),
    ):
        pass
    make_token(open_home(empty_node))

    with pytest.raises(error), taking_submissions(open_home(empty_node)):
        pass


def test_the_token_is_kept_nowhere_and_a_new_one_ends_it(empty_node: Path) -> None:
    first, second = (make_token(open_home(empty_node)) for _ in range(2))

    held = [path.read_bytes() for path in empty_node.rglob("*") if path.is_file()]
    assert first != second
    assert not [one for one in held if second.encode() in one]
    assert (empty_node / "keys" / TOKEN_FILE).is_file()


def test_without_the_setting_nothing_listens(empty_node: Path) -> None:
    make_token(open_home(empty_node))
    (empty_node / "submissions.toml").write_text(PROFILE)

    with pytest.raises(ConfigError, match="submissions_listen"), taking_submissions(open_home(empty_node)):
        pass

    assert not (empty_node / ADDRESS_FILE).exists()
