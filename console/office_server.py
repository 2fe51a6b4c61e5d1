"""The composition root of the casework server, a process of its own.

So no key of a case is ever in the memory of the process that talks to peers.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias

from casework.client.desk import RemoteDesk
from casework.errors import OfficeUnavailableError
from casework.server.listener import Tls, make_case_server
from casework.sessions import Sessions
from console.home import Home, read_file, write_file
from console.office import Office
from crypto.certificates import certificate_name, certificate_pem, private_key_pem
from node.status import packed_details, reason_of

GRACE_SECONDS = 5.0  # for calls under way when the server is stopped
Beside: TypeAlias = Callable[[Sessions], Coroutine[Any, Any, None]]
ADDRESS_FILE = "case-listening"  # written when the server listens, removed when it stops


async def _nothing(_sessions: Sessions) -> None:
    """Nothing else runs beside the server."""


def serve_cases(
    home: Home, passphrase: str | None, listen: str, ready: Callable[[str], None], beside: Beside = _nothing
) -> None:
    """Serve casework to the organization's officers until the process is told to stop.

    Args:
        home: The node.
        passphrase: Of the node's own keys: the one for TLS, and the one that signs when an officer says something in
            the name of the organization.
        listen: host:port; port 0 takes a free one.
        ready: Called with host:port once it listens.
        beside: What else is to run beside it, for the same sessions.

    Raises:
        CaseworkError: The address can not be listened on.
        NodeError: There is no node, or its database can not be used.
        CryptoError: The TLS key can not be read.
    """
    office = Office(home, passphrase=passphrase)
    own = home.credentials(passphrase)
    tls = Tls(private_key_pem(own.key), certificate_pem(own.certificate))
    sessions = Sessions(lambda name, given: office.desk(name, given or None), time.monotonic, time.sleep)
    try:
        asyncio.run(_serve(sessions, tls, listen, home, ready, beside))
    finally:
        office.database.store.close()


def remote_desk(endpoint: str, certificate: Path) -> RemoteDesk:
    """A line to an office's server, believing the one certificate in a file (`keys/tls.der` of its node).

    Raises:
        UnreadableError: The file can not be read.
        CertificateError: It is no certificate of a node.
    """
    der = read_file(certificate)
    return RemoteDesk(endpoint, certificate_pem(der), certificate_name(der), reason_of)


def desk_beside(home: Home) -> RemoteDesk:
    """A line to the server of this node's office, where one runs.

    Raises:
        OfficeUnavailableError: None does.
        CaseworkError: Its certificate can not be read.
    """
    try:
        address = (home.path / ADDRESS_FILE).read_text()
    except OSError as error:
        raise OfficeUnavailableError("casework does not run here: `tocsin case serve`") from error
    return remote_desk(address, home.path / "keys" / "tls.der")


async def _serve(
    sessions: Sessions, tls: Tls, listen: str, home: Home, ready: Callable[[str], None], beside: Beside
) -> None:
    server, port = make_case_server(sessions, tls, listen, packed_details)
    stopped = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stopped.set)
    await server.start()
    address = f"{listen.rpartition(':')[0]}:{port}"
    address_file = home.path / ADDRESS_FILE
    write_file(address_file, address.encode())
    ready(address)
    try:
        async with asyncio.TaskGroup() as tasks:
            more = tasks.create_task(beside(sessions))
            await stopped.wait()
            more.cancel()
    finally:
        address_file.unlink(missing_ok=True)
        await server.stop(GRACE_SECONDS)
