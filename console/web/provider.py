"""Signing in at a provider of the organization's own (OpenID Connect Core 1.0): code flow with PKCE (RFC 7636).

It opens accounts that whoever runs the node tied to a person there, and makes none. What comes back counts once,
soon, and in the browser that was sent there. The libraries are an extra: `pip install tocsin[oidc]`.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import delete, select

from console.errors import AccountError, ConfigProviderError, ProviderError, SignInError
from console.home import Home
from console.web.accounts import Account, open_account, read_account
from console.web.challenges import new_challenge, take_challenge
from console.web.proofs import new_token
from console.web.sessions import open_session
from console.web.tables import account, account_elsewhere
from crypto.sentence import Sentence
from node.store.database import Store, insert_many, next_id

BACK = "/provider/back"  # where the provider sends people back to
SECRET_FILE = "provider.secret"  # noqa: S105 - the name of a file in `keys`
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]  # with a public key, all of them
_PATIENCE = 10.0  # seconds
_LEEWAY = 60  # seconds between two clocks
_SIGN_IN = "provider"
_NO = Sentence("the provider named nobody who has an account here")


class Provider(NamedTuple):
    """Where people sign in, and as whom we ask; `ourselves` is our own address."""

    issuer: str
    client_id: str
    secret: str
    ourselves: str


class Sent(NamedTuple):
    """Somebody on their way to a provider: its address, and what their browser holds until they are back."""

    address: str
    token: str


def provider_of(home: Home) -> Provider | None:
    """The provider by the settings; nothing where they name none.

    Raises:
        ConfigProviderError: They are not whole, or it is not reached by HTTPS.
    """
    settings = home.settings
    if not settings.oidc_issuer:
        return None
    parts = urlsplit(settings.oidc_issuer)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ConfigProviderError("oidc_issuer: it has to begin with https://")
    if not settings.oidc_client or not settings.web_origin:
        raise ConfigProviderError("oidc_issuer: oidc_client and web_origin have to be set too")
    file = home.path / "keys" / SECRET_FILE
    secret = file.read_text().strip() if file.is_file() else ""
    return Provider(
        settings.oidc_issuer.rstrip("/"), settings.oidc_client, secret, settings.web_origin.rstrip("/")
    )


def tie_account(store: Store, name: str, issuer: str, subject: str) -> None:
    """Say who an account is at a provider, in the place of what was said before; nobody where `subject` is empty.

    Raises:
        AccountError: There is no such account, or that person is another account's.
    """
    with store.write() as connection:
        one = open_account(connection, name)
        if subject and not issuer:
            raise AccountError("no provider is set up: oidc_issuer")
        connection.execute(delete(account_elsewhere).where(account_elsewhere.c.account_id == one.key))
        if not subject:
            return
        same = (account_elsewhere.c.issuer == issuer) & (account_elsewhere.c.subject == subject)
        if connection.execute(select(account_elsewhere.c.id).where(same)).scalar_one_or_none() is not None:
            raise AccountError("this person of the provider is another account's already")
        insert_many(
            connection,
            account_elsewhere,
            [(next_id(connection, account_elsewhere), one.key, issuer, subject)],
        )


def send_there(store: Store, provider: Provider, page: str, now: datetime) -> Sent:
    """Send somebody to the provider, from where they come back to `page`.

    Raises:
        ProviderError: It does not answer as it should.
    """
    where = _metadata(provider)["authorization_endpoint"]
    token, verifier, nonce = new_token(), secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    held = {"what": _SIGN_IN, "verifier": verifier, "nonce": nonce, "page": page, "token": token}
    state = urlsafe_b64encode(new_challenge(store, now, **held)).decode()
    address, _ = _asked(
        lambda: _line(provider).create_authorization_url(
            where, state=state, nonce=nonce, code_verifier=verifier
        )
    )
    return Sent(str(address), token)


def take_back(
    store: Store, provider: Provider, state: str, code: str, token: str, now: datetime
) -> tuple[str, str]:
    """Open a session for who comes back, and give its token and the page that they wanted.

    Args:
        store: Of the node.
        provider: Who vouches for them.
        state: As it came back.
        code: Likewise.
        token: What their browser holds.
        now: Aware UTC.

    Raises:
        SignInError: Nobody was sent there from this browser, or who they are has no account here.
        ProviderError: It does not answer as it should.
    """
    try:
        held = take_challenge(store, urlsafe_b64decode(state.encode()), now)
    except ValueError as error:
        raise SignInError(_NO) from error
    if held is None or held.get("what") != _SIGN_IN or not hmac.compare_digest(held["token"], token):
        raise SignInError(_NO)
    subject = _subject(provider, code, held, now)
    with store.write() as connection:
        row = connection.execute(
            select(account)
            .join(account_elsewhere, account_elsewhere.c.account_id == account.c.id)
            .where((account_elsewhere.c.issuer == provider.issuer) & (account_elsewhere.c.subject == subject))
        ).one_or_none()
        found: Account | None = None if row is None else read_account(row)
        if found is None or found.closed_at is not None:
            raise SignInError(_NO)
        return open_session(connection, found.key, now), str(held["page"])


def _subject(provider: Provider, code: str, held: dict[str, Any], now: datetime) -> str:
    """Who somebody is there, out of a token that the provider signed for us, for this very visit."""
    from joserfc import jwt  # noqa: PLC0415 - an extra
    from joserfc.errors import JoseError  # noqa: PLC0415 - likewise
    from joserfc.jwk import KeySet  # noqa: PLC0415 - likewise

    metadata = _metadata(provider)
    told = _asked(
        lambda: _line(provider).fetch_token(
            metadata["token_endpoint"], code=code, code_verifier=held["verifier"], timeout=_PATIENCE
        )
    )
    keys = _asked(lambda: _fetched(metadata["jwks_uri"]))
    claims = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=_LEEWAY,
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": provider.client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": held["nonce"]},
        sub={"essential": True},
    )
    try:
        token = jwt.decode(str(told["id_token"]), KeySet.import_key_set(keys), algorithms=ALGORITHMS)
        claims.validate(token.claims)
    except (JoseError, KeyError, ValueError, TypeError) as error:
        raise ProviderError("the provider told nothing that can be believed") from error
    if token.claims.get("azp", provider.client_id) != provider.client_id:
        raise ProviderError("the provider told that to somebody else")
    return str(token.claims["sub"])


def _metadata(provider: Provider) -> dict[str, Any]:
    found: dict[str, Any] = _asked(lambda: _fetched(f"{provider.issuer}/.well-known/openid-configuration"))
    if found.get("issuer", "").rstrip("/") != provider.issuer:
        raise ProviderError("the provider calls itself otherwise than oidc_issuer")
    addresses = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    ours = urlsplit(provider.issuer).scheme
    if not all(urlsplit(str(found.get(one))).scheme in {"https", ours} for one in addresses):
        raise ProviderError("the provider does not say where to ask")
    return found


def _line(provider: Provider) -> Any:
    from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415 - an extra

    return OAuth2Session(
        provider.client_id,
        provider.secret or None,
        scope="openid",
        redirect_uri=provider.ourselves + BACK,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if provider.secret else "none",
    )


def _fetched(address: str) -> dict[str, Any]:
    import requests  # noqa: PLC0415 - an extra

    answer = requests.get(address, timeout=_PATIENCE, allow_redirects=False)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _asked(ask: Callable[[], Any]) -> Any:
    """What the provider answers; whatever goes wrong on the way is one error of ours."""
    try:
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 - an extra
        from requests import RequestException  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise ConfigProviderError("oidc_issuer needs more libraries: pip install tocsin[oidc]") from error
    try:
        return ask()
    except (AuthlibBaseError, RequestException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProviderError("the provider does not answer as it should") from error
