"""Pages on which a passkey is added, and on which it signs in, by a script; nothing needs them."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import and_, update

from console.errors import AccountError, SignInError, TooManyTriesError
from console.web.doors.keys import number
from console.web.front import safe_page
from console.web.passkeys import (
    Site,
    add_passkey,
    ask_to_add,
    ask_to_sign_in,
    end_passkey,
    open_alone,
    read_passkey,
)
from console.web.proofs import step_of
from console.web.signing_in import sign_in
from console.web.tables import account
from console.web.visit import Answer, Elsewhere, Page, Visit

SCRIPT = "passkey"


def ask_sign_in(visit: Visit) -> Answer:
    """The page on which a passkey signs in."""
    return _sign_in(visit, visit.asks("next"), "")


def take_sign_in(visit: Visit) -> Answer:
    """Sign in by a passkey: alone, or with name and passphrase."""
    name = visit.says("name").strip()
    try:
        shown = read_passkey(visit.store, _site(visit), visit.says("credential"), visit.now)
        if name:
            given = (name, visit.says("passphrase"), "")
            token = sign_in(visit.store, *given, visit.now, shown=shown.account.key)
        else:
            token = open_alone(visit.store, shown, visit.now)
    except (SignInError, TooManyTriesError) as error:
        return _sign_in(
            visit, visit.says("next"), str(error), 429 if isinstance(error, TooManyTriesError) else 403
        )
    return Elsewhere(safe_page(visit.says("next")), token=token)


def ask_add(visit: Visit) -> Answer:
    """The page on which a passkey is added."""
    return _add(visit, "")


def take_add(visit: Visit) -> Answer:
    """Add a passkey; a code has to go with it, so that an open screen is not enough to get in for good."""
    if not _uses_code(visit, visit.says("code"), visit.now):
        return _add(visit, "the code does not fit; look at the clock of the telephone", 403)
    try:
        add_passkey(
            visit.store, visit.who, _site(visit), visit.says("credential"), visit.says("name"), visit.now
        )
    except AccountError as error:
        return _add(visit, str(error), 422)
    return Elsewhere("/account/keys")


def end(visit: Visit) -> Answer:
    """End a passkey."""
    end_passkey(visit.store, visit.who.key, number(visit.says("key")))
    return Elsewhere("/account/keys")


def _uses_code(visit: Visit, code: str, now: datetime) -> bool:
    who = visit.who
    step = step_of(who.second_step, code, now, who.last_step)
    if step is None:
        return False
    unused = and_(account.c.id == who.key, account.c.last_step == who.last_step)
    with visit.store.write() as connection:
        return bool(connection.execute(update(account).where(unused).values(last_step=step)).rowcount)


def _sign_in(visit: Visit, page: str, fault: str, status: int = 200) -> Page:
    asked = ask_to_sign_in(visit.store, _name(visit), visit.now)
    facts = {"asked": asked, "next": safe_page(page), "name": visit.says("name")[:80], "fault": fault}
    return Page("doors/passkey.html", facts, status, SCRIPT)


def _add(visit: Visit, fault: str, status: int = 200) -> Page:
    asked = ask_to_add(visit.store, visit.who, _name(visit), visit.now)
    facts = {"asked": asked, "name": visit.says("name")[:80], "fault": fault}
    return Page("doors/add_passkey.html", facts, status, SCRIPT)


def _name(visit: Visit) -> str:
    """Name that passkeys are bound to: the console's own, or that of this machine."""
    return urlsplit(visit.works.home.settings.web_origin).hostname or "localhost"


def _site(visit: Visit) -> Site:
    return Site(_name(visit), visit.origin)
