"""TLS at the door of a node: who may connect at all, asked anew with each connection.

What gRPC is given it builds anew while other handshakes are under way, and one of those may still hold the old one:
given with every connection, that ended whole processes. So it is given only what has changed. And what it can not
use it passes over in silence, to go on with what it had: so it is never given anything unsound, nor an error. When this
node can not tell who may connect, nobody may.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import grpc

from crypto.certificates import certificate_pem, make_member_certificate, private_key_pem, verify_pair
from node.peer_line import Credentials

logger = logging.getLogger(__name__)


class _Given(NamedTuple):
    """Our own credentials, and the certificates of those who may connect."""

    own: Credentials
    welcome: tuple[bytes, ...]


def doorway(
    own: Callable[[], Credentials], welcome: Callable[[], tuple[bytes, ...]]
) -> grpc.ServerCredentials:
    """TLS that shows our certificate of this moment and asks each caller for one (DER) that is welcome now.

    Raises:
        NodeError: Our own credentials can not be read.
        CryptoError: They are none.
    """
    given = _wanted(own, welcome, own())

    def changed() -> Any:  # nothing for no change, which the library's own types forget
        nonlocal given
        for wanted in (_wanted(own, welcome, given.own), given._replace(welcome=())):
            if wanted == given:
                return None
            try:
                made = _configuration(wanted)
            except Exception:
                logger.exception("TLS can not be made anew; until it can be, nobody connects")
            else:
                given = wanted
                return made
        return None

    return grpc.dynamic_ssl_server_credentials(
        _configuration(given), changed, require_client_authentication=True
    )


def _wanted(
    own: Callable[[], Credentials], welcome: Callable[[], tuple[bytes, ...]], last: Credentials
) -> _Given:
    wanted = _Given(last, ())
    try:
        wanted = wanted._replace(welcome=welcome())
        wanted = wanted._replace(own=own())
    except Exception as error:  # noqa: BLE001 - gRPC would go on with the old list
        logger.warning("members or own certificate can not be read: error=%s", type(error).__name__)
    return wanted


def _configuration(given: _Given) -> grpc.ServerCertificateConfiguration:
    verify_pair(*given.own)
    return grpc.ssl_server_certificate_configuration(
        [(private_key_pem(given.own.key), certificate_pem(given.own.certificate))],
        root_certificates=b"".join(map(certificate_pem, given.welcome or (_nobody(),))),
    )


def _nobody() -> bytes:
    """A certificate whose key is gone already: with no root at all it would be up to the library what that means."""
    return make_member_certificate(
        "nobody", datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 2, tzinfo=UTC)
    )[1]
