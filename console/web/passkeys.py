"""Passkeys (W3C Web Authentication): added by who is signed in, several each; they sign in alone or after a passphrase.

Alone a passkey counts if it asked for a PIN, a fingerprint or a face; else it stands in the place of the code. What
an authenticator is made of is not asked for: its answer is judged by our challenge, our name and its signature.
"""

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, select, update
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from console.errors import AccountError, SignInError
from console.web.accounts import Account, read_account
from console.web.challenges import new_challenge, take_challenge
from console.web.sessions import open_session
from console.web.tables import account, account_passkey
from crypto.sentence import Sentence
from node.store.database import Store, insert_many, next_id

MAX_PASSKEYS = 10  # of one account
MAX_NAME = 80  # characters
_ADD, _SIGN_IN = "add", "sign in"
_NO = Sentence("this passkey does not open an account here")


class Passkey(NamedTuple):
    """A passkey as its owner sees it."""

    key: int
    name: str
    made_at: int
    used_at: int | None


class Site(NamedTuple):
    """Who asks, as browsers know us: the name that passkeys are bound to, and the address of the page."""

    name: str
    origin: str


class Shown(NamedTuple):
    """What a passkey proved: whose it is, and whether it asked for a PIN, a fingerprint or a face."""

    account: Account
    verified: bool


def ask_to_add(store: Store, who: Account, site: str, now: datetime) -> str:
    """What a browser is asked so that it makes a passkey, as JSON."""
    with store.read() as connection:
        mine = account_passkey.c.account_id == who.key
        held = connection.execute(select(account_passkey.c.credential).where(mine)).scalars().all()
    options = generate_registration_options(
        rp_id=site,
        rp_name="Tocsin",
        user_name=who.name,
        user_id=f"tocsin-{who.key}".encode(),
        challenge=new_challenge(store, now, what=_ADD, account=who.key),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in held],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return options_to_json(options)


def add_passkey(store: Store, who: Account, site: Site, told: str, name: str, now: datetime) -> None:
    """Add a passkey to an account.

    Raises:
        AccountError: What the browser told is no answer to what we asked, or there are too many passkeys.
    """
    if not name.strip() or len(name) > MAX_NAME:
        raise AccountError("say in a few words which passkey it is")
    try:
        credential, challenge = _read(told)
        held = take_challenge(store, challenge, now)
        if held != {"what": _ADD, "account": who.key}:
            raise AccountError("this passkey was asked for too long ago; try again")
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise AccountError("this passkey could not be added") from error
    with store.write() as connection:
        known = account_passkey.c.credential == made.credential_id
        mine = select(func.count()).where(account_passkey.c.account_id == who.key)
        if connection.execute(select(account_passkey.c.id).where(known)).scalar_one_or_none() is not None:
            raise AccountError("this passkey is known already")
        if connection.execute(mine).scalar_one() >= MAX_PASSKEYS:
            raise AccountError("there are enough passkeys; end one first")
        row = (
            next_id(connection, account_passkey), made.credential_id, who.key, made.credential_public_key,
            made.sign_count, name.strip(), int(now.timestamp()), None,
        )  # fmt: skip
        insert_many(connection, account_passkey, [row])


def passkeys_of(store: Store, account_key: int) -> tuple[Passkey, ...]:
    """Passkeys of an account, the newest first."""
    held = account_passkey.c
    with store.read() as connection:
        rows = connection.execute(
            select(held.id, held.name, held.made_at, held.used_at)
            .where(held.account_id == account_key)
            .order_by(held.id.desc())
        ).all()
    return tuple(Passkey(*row) for row in rows)


def end_passkey(store: Store, account_key: int, key: int) -> None:
    """End one passkey of an account; nothing happens where it is somebody else's."""
    with store.write() as connection:
        ours = and_(account_passkey.c.id == key, account_passkey.c.account_id == account_key)
        connection.execute(delete(account_passkey).where(ours))


def ask_to_sign_in(store: Store, site: str, now: datetime) -> str:
    """What a browser is asked so that it shows a passkey, as JSON; which accounts there are it is not told."""
    options = generate_authentication_options(rp_id=site, challenge=new_challenge(store, now, what=_SIGN_IN))
    return options_to_json(options)


def read_passkey(store: Store, site: Site, told: str, now: datetime) -> Shown:
    """Whose passkey a browser showed.

    Raises:
        SignInError: It is nobody's here, or no answer to what we asked.
    """
    try:
        credential, challenge = _read(told)
        if take_challenge(store, challenge, now) != {"what": _SIGN_IN}:
            raise SignInError(_NO)
        with store.read() as connection:
            row = connection.execute(
                select(account_passkey.c.id, account_passkey.c.public_key, account_passkey.c.uses, account)
                .join_from(account_passkey, account, account.c.id == account_passkey.c.account_id)
                .where(account_passkey.c.credential == base64url_to_bytes(credential["rawId"]))
            ).one_or_none()
        if row is None:
            raise SignInError(_NO)
        key, public_key, uses, *rest = row
        proved = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=uses,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise SignInError(_NO) from error
    with store.write() as connection:
        # Of two answers with one count the second is a copy.
        same = and_(account_passkey.c.id == key, account_passkey.c.uses == uses)
        changed = update(account_passkey).where(same)
        changed = changed.values(uses=proved.new_sign_count, used_at=int(now.timestamp()))
        if not connection.execute(changed).rowcount:
            raise SignInError(_NO)
    found = read_account(rest)
    if found.closed_at is not None:
        raise SignInError(_NO)
    return Shown(found, proved.user_verified)


def open_alone(store: Store, shown: Shown, now: datetime) -> str:
    """Open a session by a passkey alone, and give its token.

    Raises:
        SignInError: It asked for no PIN, fingerprint or face, so that whoever found it could use it.
    """
    if not shown.verified:
        raise SignInError("this passkey asks for no PIN: type name and passphrase too")
    with store.write() as connection:
        return open_session(connection, shown.account.key, now)


def _read(told: str) -> tuple[dict[str, Any], bytes]:
    """What a browser told, and the challenge that it says it answers."""
    credential = json.loads(told)
    said = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    return credential, base64url_to_bytes(said["challenge"])
