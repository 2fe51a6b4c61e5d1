"""Every request goes through here: who asks, may they, did the form come from our own page; then the page answers.

Nothing tells somebody who is not signed in which pages there are, and nothing tells who is signed in which pages there
are beyond theirs.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qs, quote

from sqlalchemy import select

from console.errors import ForeignFormError, LargeFormError, MethodError, NoPageError
from console.web.accounts import Account, read_account
from console.web.drafts import keep_draft
from console.web.languages import choose
from console.web.lists import take_away
from console.web.proofs import is_form_key
from console.web.route import Route
from console.web.routes import ROUTES, reaches
from console.web.sessions import find_session, note_use
from console.web.statuses import KINDS, status_of
from console.web.tables import account
from console.web.visit import Elsewhere, Fields, Files, Final, Page, Table, Visit, Works

MAX_FIELDS = 400
MAX_QUERY = 8_192  # characters
FORM_KEY = "form_key"
LEAVE = "/leave"
_SECRET = re.compile("passphrase|code|credential")  # in names of fields

logger = logging.getLogger(__name__)


class Sent(NamedTuple):
    """A form with files, as the edge read it."""

    fields: Fields
    files: Files


class Asked(NamedTuple):
    """A request as the edge read it: `origin` is what the browser says the form came from."""

    method: str
    path: str
    query: str
    body: bytes | Sent | None  # `None` is larger than it may be, or broken
    token: str
    origin: str
    accepted: str  # languages


def answer(works: Works, origins: frozenset[str], asked: Asked) -> tuple[Visit, Final]:
    """Answer a request; an error is a page too."""
    visit = Visit(works, asked.path, asked.query, {}, {}, choose(accepted=asked.accepted))
    try:
        visit = _opened(visit, asked)
        return visit, _answered(visit, origins, asked)
    except KINDS as error:
        status = status_of(error)
        if status >= 500:
            logger.warning("a page failed: path=%s reason=%s", _logged(asked.path), error.reason)
            if (asked.path, asked.method) == (LEAVE, "POST") and asked.origin in origins:
                # Whoever has to be gone now is not shown why the session could not be ended; it ends by its time.
                return visit, Elsewhere("/blank", forget=True)
        again = _typed(visit, asked) if status >= 500 else None
        facts = {"status": status, "reason": error.reason, "told": str(error), "again": again}
        return visit, Page("error.html", facts, status)


def may_send(works: Works, path: str, token: str) -> int:
    """Bytes that a form with files may have from this session; none but from who reaches a page that takes files."""
    route = ROUTES.get(path)
    if route is None or not route.uploads:
        return 0
    visit = _with_session(Visit(works, path, "", {}, {}, ""), token, "")
    return route.uploads if _signed_in(visit) and reaches(visit.who.roles, path) else 0


def stays_in_memory(path: str) -> bool:
    """Whether what is sent to a page is of a case."""
    route = ROUTES.get(path)
    return route is not None and route.sealed


def _opened(visit: Visit, asked: Asked) -> Visit:
    """The visit with what was asked and sent, and with whose session it is, whether that counts or not."""
    body = asked.body or b""
    sent = body if isinstance(body, Sent) else Sent(_fields(body.decode(errors="replace")), {})
    visit = replace(
        visit,
        asked=_fields(asked.query[:MAX_QUERY]),
        form=sent.fields,
        files=sent.files,
        origin=asked.origin,
        held=asked.token,
    )
    return _with_session(visit, asked.token, asked.accepted)


def _with_session(visit: Visit, token: str, accepted: str) -> Visit:
    session = find_session(visit.store, token) if token else None
    if session is None:
        return visit
    with visit.store.read() as connection:
        row = connection.execute(select(account).where(account.c.id == session.account_key)).one()
    found = read_account(row)
    return replace(visit, session=session, account=found, language=choose(found.language, accepted=accepted))


def _signed_in(visit: Visit) -> bool:
    session, who = visit.session, visit.account
    return session is not None and who is not None and who.closed_at is None and session.counts(visit.now)


def _answered(visit: Visit, origins: frozenset[str], asked: Asked) -> Final:
    route = ROUTES.get(visit.path)
    signed_in = _signed_in(visit)
    sends = asked.method == "POST"
    if sends and asked.origin not in origins:
        raise ForeignFormError("this form did not come from a page of this console")
    if asked.body is None:
        raise LargeFormError(
            "what you sent is larger than this page takes, or arrived broken; nothing was kept"
        )
    if route is None or route.roles is not None:
        if not signed_in:
            return _to_sign_in(visit, route, sends=sends)
        who, session = visit.who, visit.sitting
        if not who.second_step and not (route is not None and route.early):
            return Elsewhere("/second-step")
        if route is None or not reaches(who.roles, visit.path):
            raise NoPageError("there is no such page")
        note_use(visit.store, session, visit.now)
        if sends and not is_form_key(session.form_key, visit.says(FORM_KEY)):
            return _from_before(visit, route)
    elif not signed_in:
        visit = replace(visit, session=None, account=None)
    handler = route.takes if sends else route.shows
    if handler is None:
        raise MethodError("this page can not be asked for like this")
    found = handler(visit)
    return take_away(visit, found) if isinstance(found, Table) else found


def _typed(visit: Visit, asked: Asked) -> tuple[tuple[str, str], ...] | None:
    """What was typed into a form that could not be kept, for its sender to send again; no secrets, and no files."""
    if asked.method != "POST" or visit.files or not _signed_in(visit):
        return None
    if not reaches(visit.who.roles, visit.path):
        return None
    return tuple(
        (name, value)
        for name, values in visit.form.items()
        for value in values
        if name != FORM_KEY and not _SECRET.search(name)
    )


def _to_sign_in(visit: Visit, route: Route | None, *, sends: bool) -> Final:
    """Ask to sign in first; what was typed waits for its owner, if this was a session of theirs."""
    session, who = visit.session, visit.account
    if (
        sends
        and session is not None
        and who is not None
        and session.ended_at is None
        and who.closed_at is None
    ):
        keeps = route is not None and route.keeps and reaches(who.roles, visit.path)
        if route is not None and keeps and is_form_key(session.form_key, visit.says(FORM_KEY)):
            _keep(visit, who, route)
    return Elsewhere(f"/sign-in?next={quote(visit.page, safe='')}")


def _from_before(visit: Visit, route: Route) -> Final:
    """A form of ours, from an earlier session: what was typed is kept and shown again, and nothing is done."""
    if not (route.keeps and route.shows):
        raise ForeignFormError("this form is of an earlier session; open the page again")
    _keep(visit, visit.who, route)
    return Elsewhere(visit.page)


def _keep(visit: Visit, who: Account, route: Route) -> None:
    fields = {name: values for name, values in visit.form.items() if name != FORM_KEY}
    if route.sealed:
        visit.works.desks.keep(who.key, visit.page, fields, visit.now)
    else:
        typed = {name: values[0] for name, values in fields.items()}
        keep_draft(visit.store, who.key, visit.page, typed, visit.now)


def _fields(text: str) -> Fields:
    try:
        found: Mapping[str, list[str]] = parse_qs(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise LargeFormError("this form has more fields than any of this console") from error
    return {name: tuple(value.replace("\0", "") for value in values) for name, values in found.items()}


def _logged(path: str) -> str:
    """The path of a page that there is; another may hold anything."""
    return path if path in ROUTES else "?"
