"""Every call of a running node, sent any bytes by a member, is answered or refused by a name of ours.

So is every call of an office's server, sent any bytes by a program in which an officer is signed in.
"""

import asyncio
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import grpc
import pytest
from google.protobuf import descriptor_pool, message_factory

from casework.sessions import Sessions
from casework.wire.services import CASEWORK
from console.home import make_home
from crypto.certificates import certificate_name, certificate_pem
from node.config import new_settings
from tests.adversary.test_strangers import METHODS
from tests.casework.remote import METHODS as OFFICES
from tests.casework.remote import opens, serving
from tests.fuzz.messages import any_message, changed
from tests.support.incidents import ROBBERY, SHOOTING
from tests.support.lines import line, refusal_of
from tests.support.network import Network
from tests.support.offices import Staffed
from tocsin.casework.v1.casework_service_pb2 import SignInRequest, SignInResponse

pytestmark = pytest.mark.slow
ROUNDS = 15
OURS = sorted(method for method in METHODS if method.startswith("/tocsin."))


def requests(method: str) -> list[bytes]:
    """Requests of a method: of any values, changed on the way, and what is none."""
    service, _, name = method[1:].partition("/")
    known = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    kind, chance = message_factory.GetMessageClass(known.input_type), Random(method)
    sound = [any_message(kind, chance).SerializeToString(deterministic=True) for _ in range(ROUNDS)]
    return [*sound, *(changed(one, chance) for one in sound), b"", b"\xff" * 50, chance.randbytes(300)]


async def ended(channel: Any, method: str, request: bytes) -> str:
    """How a call ended: `OK`, or the reason why it was refused."""
    unary = METHODS[method] == "unary"
    try:
        if unary:
            await channel.unary_unary(method)(request, timeout=10)
        else:
            call = channel.unary_stream(method)(request, timeout=10)
            await asyncio.wait_for(call.read(), 0.2)
            call.cancel()
    except TimeoutError:  # a stream that was let in and has nothing to say
        return "OK"
    except grpc.aio.AioRpcError as error:
        refusal = refusal_of(error)
        assert refusal.reason, (method, refusal, request.hex())
        assert refusal.status not in {"UNKNOWN", "INTERNAL", "UNIMPLEMENTED"}, (
            method,
            refusal,
            request.hex(),
        )
        return refusal.reason
    return "OK"


def test_whatever_a_member_sends_is_answered_or_refused_by_a_name_of_ours(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a", "b")

    async def ask_all() -> Counter[str]:
        found: Counter[str] = Counter()
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            for method in OURS:
                found.update([await ended(channel, method, one) for one in requests(method)])
            assert await ended(channel, OURS[0], b"") != ""  # it is still there
        return found

    found = asyncio.run(ask_all())
    assert found["OK"]
    assert len(found) > 5, found


def asked_of_an_office(method: Any, uid: str) -> list[list[bytes]]:
    """Requests of a method, each as its messages: of any values but for its id and often its case, and what is none."""
    kind, chance = message_factory.GetMessageClass(method.input_type), Random(method.full_name)
    found: list[list[bytes]] = [[b""], [b"\xff" * 50], [chance.randbytes(300)]]
    for _ in range(ROUNDS):
        messages = [any_message(kind, chance) for _ in range(3 if method.client_streaming else 1)]
        for name, value in (("request_id", str(UUID(int=chance.getrandbits(128)))), ("uid", uid)):
            if chance.random() < 0.8 and name in kind.DESCRIPTOR.fields_by_name:
                setattr(messages[0], name, value)
        wires = [one.SerializeToString(deterministic=True) for one in messages]
        found += (wires, [changed(wires[0], chance), *wires[1:]])
    return found


def answered(channel: Any, method: Any, wires: list[bytes], token: str) -> str:
    """How a call of an office ended: `OK`, or the reason why it was refused."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    metadata = (("authorization", f"Bearer {token}"),)
    try:
        list(channel.stream_stream(path)(iter(wires), metadata=metadata, timeout=10))
    except grpc.RpcError as error:
        refusal = refusal_of(error)  # type: ignore[arg-type] # it can be read like one of asyncio's
        assert refusal.reason, (path, refusal, [one.hex() for one in wires])
        assert refusal.status not in {"UNKNOWN", "INTERNAL", "UNIMPLEMENTED"}, (path, refusal, wires)
        return refusal.reason
    return "OK"


def test_whatever_an_officers_program_sends_is_answered_or_refused_by_a_name_of_ours(tmp_path: Path) -> None:
    settings = new_settings(
        org_id="alpha", org_type="INGO", database_url=f"sqlite:///{tmp_path}/cases.sqlite3"
    )
    made = Staffed(make_home(tmp_path / "alpha", settings, None))
    uid, ended = made.detention(), Counter[str]()
    with (
        serving(Sessions(opens(made.office), time.monotonic, lambda _seconds: None)) as where,
        grpc.secure_channel(
            where.endpoint,
            grpc.ssl_channel_credentials(certificate_pem(where.certificate)),
            (("grpc.ssl_target_name_override", certificate_name(where.certificate)),),
        ) as channel,
    ):
        sign_in: Any = channel.unary_unary(f"/{CASEWORK}/SignIn")
        for method in OFFICES:
            for officer in ("boss", "ops"):
                asked = SignInRequest(request_id=str(UUID(int=1)), officer_id=officer)
                signed_in = SignInResponse.FromString(sign_in(asked.SerializeToString()))
                for wires in asked_of_an_office(method, uid):
                    ended[f"{method.name} {answered(channel, method, wires, signed_in.token)}"] += 1
    faults = [one for one in made.office.check({}) if not isinstance(one, int)]
    made.office.database.store.close()

    answers = {one.split()[0] for one in ended if one.endswith(" OK")}
    assert len(answers) > 15, answers
    assert len({one.split()[1] for one in ended}) > 8, ended
    assert faults == []
