"""Every call of a running node, sent any bytes by a member, is answered or refused by a name of ours."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool, message_factory

from tests.adversary.test_strangers import METHODS
from tests.fuzz.messages import any_message, changed
from tests.support.incidents import ROBBERY, SHOOTING
from tests.support.lines import line, refusal_of
from tests.support.network import Network

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
