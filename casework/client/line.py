"""A line to the office's server, whose one certificate is believed: calls, files out and files in."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import grpc
from google.protobuf.message import Message

from casework.errors import CaseworkError, OfficeUnavailableError, RefusedError
from casework.glass import Notice
from casework.wire.cases import decode_notice
from casework.wire.parsing import parse
from casework.wire.sentences import decode_sentence
from casework.wire.services import CASEWORK
from tocsin.casework.v1 import casework_service_pb2 as messages

CALL_SECONDS = 60.0
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
M = TypeVar("M", bound=Message)


class Caller(NamedTuple):
    """Who works at a remote desk."""

    officer_id: str
    roles: frozenset[str]


class Line:
    """A line to the office's server; to be closed."""

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
            ("grpc.keepalive_time_ms", 30_000),
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

    def _call(
        self,
        method: str,
        request: Any,
        answer: M,
        *,
        service: str = CASEWORK,
        again: bool = True,
        seconds: float = CALL_SECONDS,
        request_id: str = "",
    ) -> M:
        """Ask, and once more with the same id where no answer came and the server does nothing twice."""
        request.request_id = request_id or str(uuid4())
        call: Any = self._channel.unary_unary(f"/{service}/{method}")

        def ask() -> M:
            wire = call(request.SerializeToString(), timeout=seconds, metadata=self._metadata)
            return parse(answer, wire)

        return self._patiently(ask, again=again)

    def _stream(self, service: str, method: str, request: Any, answer: Callable[[], M]) -> Iterator[M]:
        """Ask for what comes in pieces."""
        request.request_id = str(uuid4())
        call: Any = self._channel.unary_stream(f"/{service}/{method}")
        yield from self._coming(call(request.SerializeToString(), metadata=self._metadata), answer)

    def _send(
        self, service: str, method: str, make: Callable[[], Iterable[Any]], answer: M, request_id: str = ""
    ) -> M:
        """Send a file, and once more with the same id where no answer came; `make` gives its messages anew."""
        call: Any = self._channel.stream_unary(f"/{service}/{method}")
        request_id = request_id or str(uuid4())

        def ask() -> M:
            leaving = _Leaving(make(), request_id)
            try:
                return parse(answer, call(leaving, metadata=self._metadata))
            except grpc.RpcError:
                leaving.raise_own()
                raise

        return self._patiently(ask, again=True)

    def _exchange(
        self, service: str, method: str, requests: Iterable[Any], answer: Callable[[], M]
    ) -> Iterator[M]:
        """Send a file and ask for what comes in pieces."""
        call: Any = self._channel.stream_stream(f"/{service}/{method}")
        leaving = _Leaving(requests, str(uuid4()))
        yield from self._coming(call(leaving, metadata=self._metadata), answer)

    def _coming(self, call: Any, answer: Callable[[], M]) -> Iterator[M]:
        try:
            for wire in call:
                yield parse(answer(), wire)
        except grpc.RpcError as error:
            raise self._refusal(error) from error
        finally:
            call.cancel()  # whoever stops listening half way ends the call

    def _patiently(self, ask: Callable[[], M], *, again: bool) -> M:
        for last in (not again, True):
            try:
                return ask()
            except grpc.RpcError as error:
                refusal = self._refusal(error)
                if last or not isinstance(refusal, _NoAnswerError):
                    raise refusal from error
        raise AssertionError("the last try returns or raises")

    def _refusal(self, failure: Any) -> CaseworkError:
        """What a failed call means; of what the line itself says nothing is passed on."""
        trailing = tuple(failure.trailing_metadata() or ())
        reason = str(self._reason_of(trailing))
        if reason:
            return RefusedError(decode_sentence(str(failure.details()), trailing), reason)
        match failure.code():
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return OfficeUnavailableError("the office's server did not answer in time")
            case grpc.StatusCode.UNIMPLEMENTED:
                return RefusedError("the office's server does not know this call: update Tocsin there", "")
            case grpc.StatusCode.RESOURCE_EXHAUSTED:
                return RefusedError("that is more than the office's server takes at once", "")
            case _:
                return _NoAnswerError("the office's server does not answer")

    @property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self._token}"),)


class _NoAnswerError(OfficeUnavailableError):
    """Nothing came back, so that it can be asked again."""


class _Leaving:
    """Messages on their way out; what goes wrong with making them is told as it was, not as the line puts it."""

    def __init__(self, requests: Iterable[Any], request_id: str) -> None:
        self._requests = iter(requests)
        self._request_id = request_id
        self._failed: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            request = next(self._requests)
        except StopIteration:
            raise
        except Exception as error:
            self._failed = error
            raise StopIteration from error  # without its end the server keeps nothing, and the line logs nothing
        request.request_id, self._request_id = self._request_id, ""
        return bytes(request.SerializeToString())

    def raise_own(self) -> None:
        """Raise what went wrong here."""
        if self._failed is not None:
            raise self._failed
