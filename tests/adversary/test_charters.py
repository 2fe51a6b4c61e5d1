"""A member that hands out charters which do not hold changes nothing here."""

import asyncio
from collections.abc import Callable

import pytest

from crypto.envelope import sign_envelope
from crypto.signing import Signer
from node.audiences import Change, change_audience
from node.charter import CHARTER_TYPE, Charter
from node.client import PeerClient
from node.errors import UnavailableError
from node.signed import INCIDENT_TYPE
from node.store.audiences import belongings
from node.tables.audiences import belonging, charter_copy
from node.wire.charters import decode_charter, decode_envelope, encode_charter, encode_envelope
from node.wire.sharing import SERVICE, PageCall, encode_charters_call
from tests.support.audiences import author, group
from tests.support.network import Network, Node


def signed(charter: Charter, signer: Signer, kind: str = CHARTER_TYPE) -> bytes:
    return encode_envelope(sign_envelope(signer, kind, encode_charter(charter)))


def hands_out(node: Node, member: str, wire: bytes) -> None:
    """Make this what a node hands out to a member."""
    with node.store.write() as connection:
        connection.execute(charter_copy.update().where(charter_copy.c.member == member).values(envelope=wire))


FORGERIES: dict[str, Callable[[Charter, Signer, Signer], bytes]] = {
    "signed by another": lambda charter, _own, other: signed(charter, other),
    "of another owner": lambda charter, own, _other: signed(charter._replace(owner_id="gamma"), own),
    "for somebody else": lambda charter, own, _other: signed(
        charter._replace(members=frozenset({"gamma"})), own
    ),
    "hidden and yet naming others": lambda charter, own, _other: signed(charter._replace(hidden=True), own),
    "signed as something else": lambda charter, own, _other: signed(charter, own, INCIDENT_TYPE),
    "no envelope": lambda _charter, _own, _other: b"\x00\x01\x02",
    "a name that steers the terminal": lambda charter, own, _other: signed(
        charter._replace(name="\x1b[2J"), own
    ),
    "older than before": lambda charter, own, _other: signed(charter._replace(version=1), own),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_charter_that_does_not_hold_changes_nothing(network: Network, forgery: str) -> None:
    alpha, beta, gamma = network.node("alpha"), network.node("beta"), network.node("gamma")
    group(network, alpha, "forum", "beta", "gamma")
    change_audience(alpha.store, "forum", Change(hidden=False), author(network, alpha))
    assert network.sync(beta, alpha).error is None
    with beta.store.read() as connection:
        (before,) = belongings(connection)
    charter = decode_charter(decode_envelope(before.envelope).payload)
    assert charter.version == 2

    hands_out(alpha, "beta", FORGERIES[forgery](charter, alpha.identity.signing, gamma.identity.signing))

    assert network.sync(beta, alpha).error is None
    with beta.store.read() as connection:
        assert belongings(connection) == (before,)
    assert any("what members may have" in fault.what for fault in alpha.faults(*network.origins()))


def test_what_was_changed_in_the_database_is_found(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    group(network, alpha, "forum", "beta")
    assert network.sync(beta, alpha).error is None

    with beta.store.write() as connection:
        connection.execute(belonging.update().values(version=7))

    assert [fault.what for fault in beta.faults(*network.origins())] == ["it is not what its owner signed"]


@pytest.mark.parametrize(
    ("size", "token", "reason"),
    [(101, "", "REQUEST_INVALID"), (-1, "", "REQUEST_INVALID"), (0, "abc", "PAGE_TOKEN_INVALID")],
)
def test_a_bad_question_for_charters_gets_a_clear_answer(
    network: Network, size: int, token: str, reason: str
) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")

    async def ask() -> None:
        call = PageCall("00000000-0000-4000-8000-000000000001", size, token)
        async with alpha.serving(network) as peer, PeerClient(peer, beta.credentials) as line:
            await line.call(SERVICE, "ListCharters", encode_charters_call(call))

    with pytest.raises(UnavailableError, match=reason):
        asyncio.run(ask())


def test_a_page_of_charters_goes_on_where_the_last_one_ended(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    for number in range(45):
        group(network, alpha, f"forum-{number}", "beta")

    assert network.sync(beta, alpha).error is None

    with beta.store.read() as connection:
        assert len(belongings(connection)) == 45
