"""Work on cases from another machine: a desk that asks the office's server, whose one certificate it believes.

It answers like `casework.desk.Desk` where both can: what a case says is folded here from the events that the server
opened for this officer.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import grpc
from google.protobuf.message import Message

from casework.casefile import CaseFile, find_case, fold
from casework.desk import WORK
from casework.errors import CaseworkError, OfficeUnavailableError, RefusedError
from casework.event import Statement
from casework.glass import Notice
from casework.wire import SERVICE, decode_events, decode_notice, encode_statement, parse
from tocsin.casework.v1 import case_pb2
from tocsin.casework.v1 import casework_service_pb2 as messages

CALL_SECONDS = 60.0
PAGE_CASES = 100
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
M = TypeVar("M", bound=Message)


class Caller(NamedTuple):
    """Who works at a remote desk."""

    officer_id: str
    roles: frozenset[str]


class RemoteDesk:
    """The desk of an officer at the office's server; to be closed."""

    def __init__(self, endpoint: str, certificate: bytes, name: str, reason_of: Any) -> None:
        """Prepare a line.

        Args:
            endpoint: host:port.
            certificate: The one certificate that is believed, PEM.
            name: Name that stands in it.
            reason_of: Finds the reason in the trailing metadata of an error.
        """
        options = (
            ("grpc.ssl_target_name_override", name),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.enable_http_proxy", 0),
        )
        self._channel = grpc.secure_channel(endpoint, grpc.ssl_channel_credentials(certificate), options)
        self._reason_of = reason_of
        self._token = ""
        self.officer = Caller("", frozenset())
        self.notices: tuple[Notice, ...] = ()

    def close(self) -> None:
        """Sign out, so that the server forgets the keys, and hang up."""
        if self._token:
            with suppress(CaseworkError):  # an idle session ends by itself
                self._call("SignOut", messages.SignOutRequest(), messages.SignOutResponse())
        self._token = ""
        self._channel.close()

    @property
    def today(self) -> date:
        """The UTC day."""
        return datetime.now(UTC).date()

    def sign_in(self, officer_id: str, passphrase: str) -> None:
        """Sign an officer in.

        Raises:
            RefusedError: The id or the passphrase is wrong.
            OfficeUnavailableError: No answer.
        """
        request = messages.SignInRequest(officer_id=officer_id, passphrase=passphrase)
        answer = self._call("SignIn", request, messages.SignInResponse())
        self._token = answer.token
        self.officer = Caller(officer_id, frozenset(answer.roles))
        self.notices = tuple(map(decode_notice, answer.notices))

    def open_case(self, statement: Statement) -> str:
        """Open a case and give its uid.

        Raises:
            RefusedError: The server refused.
            OfficeUnavailableError: No answer.
        """
        request = messages.OpenCaseRequest(opening=encode_statement(statement))
        return self._call("OpenCase", request, messages.OpenCaseResponse()).uid

    def find(self, reference: str) -> str:
        """Uid of the case that somebody names by the first signs of its name or uid.

        Raises:
            NotFoundError: None, or several.
        """
        return find_case([case.uid for case in self._cases(WORK)], reference)

    def read(
        self, uid: str, purpose: str = WORK, valid_as_of: date | None = None, known_as_of: date | None = None
    ) -> CaseFile:
        """Read a case as of two days.

        Raises:
            RefusedError: There is none, or it is not for this officer.
            OfficeUnavailableError: No answer.
        """
        request = messages.GetCaseRequest(uid=uid, purpose=purpose)
        case = self._call("GetCase", request, messages.GetCaseResponse()).case
        return self._fold(case, valid_as_of, known_as_of)

    def read_all(
        self, purpose: str = WORK, valid_as_of: date | None = None, known_as_of: date | None = None
    ) -> tuple[CaseFile, ...]:
        """Read every case of this officer, likewise.

        Raises:
            RefusedError: The server refused.
            OfficeUnavailableError: No answer.
        """
        return tuple(self._fold(case, valid_as_of, known_as_of) for case in self._cases(purpose))

    def say(self, uid: str, *statements: Statement) -> tuple[str, ...]:
        """Say something of a case, all or nothing, and give the ids.

        Raises:
            RefusedError: The server refused.
            OfficeUnavailableError: No answer; the same words can be said again.
        """
        request = messages.ActRequest(uid=uid, statements=map(encode_statement, statements))
        return tuple(self._call("Act", request, messages.ActResponse()).event_ids)

    def _cases(self, purpose: str) -> Iterator[case_pb2.Case]:
        token = ""
        while True:
            request = messages.ListCasesRequest(page_size=PAGE_CASES, page_token=token, purpose=purpose)
            page = self._call("ListCases", request, messages.ListCasesResponse())
            yield from page.cases
            token = page.next_page_token
            if not token:
                return

    def _fold(self, case: case_pb2.Case, valid_as_of: date | None, known_as_of: date | None) -> CaseFile:
        return fold(case.uid, decode_events(case), valid_as_of or self.today, known_as_of or self.today)

    def _call(self, method: str, request: Any, answer: M) -> M:
        """Ask, and once more with the same id where no answer came: the server does nothing twice."""
        request.request_id = str(uuid4())
        call: Any = self._channel.unary_unary(f"/{SERVICE}/{method}")
        metadata = (("authorization", f"Bearer {self._token}"),)
        for last in (False, True):
            try:
                return parse(
                    answer, call(request.SerializeToString(), timeout=CALL_SECONDS, metadata=metadata)
                )
            except grpc.RpcError as error:
                failure: Any = error
                if failure.code() is grpc.StatusCode.UNAVAILABLE and not self._reason(failure):
                    if last:
                        raise OfficeUnavailableError("the office's server does not answer") from error
                    continue
                if failure.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                    raise OfficeUnavailableError("the office's server did not answer in time") from error
                raise RefusedError(str(failure.details()), self._reason(failure)) from error
        raise AssertionError("the last try returns or raises")

    def _reason(self, failure: Any) -> str:
        return str(self._reason_of(tuple(failure.trailing_metadata() or ())))
