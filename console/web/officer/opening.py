"""Unlock the own desk with the passphrase of one's key, and lock it again; every page of cases stands behind that.

What a case server refuses is told as it says; a case that is not for this officer is a page that does not exist.
"""

from collections.abc import Callable
from urllib.parse import quote

from casework.client.desk import RemoteDesk
from casework.errors import NotFoundError, OfficeUnavailableError, RefusedError, SessionError
from console.errors import NoPageError
from console.web.front import safe_page
from console.web.roles import Role
from console.web.unlocked import Sitting
from console.web.visit import Answer, Elsewhere, Page, Visit

UNLOCK = "/cases/unlock"
BOARD = "/cases"
LOG = "/cases/log"


def ask_unlock(visit: Visit) -> Answer:
    """The form of id and passphrase."""
    return _asked(safe_page(visit.asks("next") or _first(visit)), visit.who.name, "", 200)


def take_unlock(visit: Visit) -> Answer:
    """Open the desk and go where somebody was going."""
    page, name = safe_page(visit.says("next") or _first(visit)), visit.says("officer").strip()
    try:
        sitting = Sitting(visit.sitting.key, visit.who.key)
        visit.works.desks.open(visit.works.home, sitting, name, visit.says("passphrase"), visit.now)
    except (RefusedError, OfficeUnavailableError) as error:
        status = 403 if isinstance(error, RefusedError) else 503
        return _asked(page, name[:80], str(error), status)
    return Elsewhere(page)


def _asked(page: str, name: str, fault: str, status: int) -> Answer:
    return Page("officer/unlock.html", {"next": page, "officer": name, "fault": fault}, status)


def _first(visit: Visit) -> str:
    return LOG if visit.who.roles == {Role.AUDITOR} else BOARD


def lock(visit: Visit) -> Answer:
    """Close the desk."""
    visit.works.desks.close(visit.sitting.key)
    return Elsewhere("/")


def at_desk(answer: Callable[[Visit, RemoteDesk], Answer]) -> Callable[[Visit], Answer]:
    """A page that somebody sees at their open desk; where it is closed they are asked to unlock it first."""

    def opened(visit: Visit) -> Answer:
        desk = visit.works.desks.find(visit.sitting.key, visit.now)
        if desk is None:
            return _first_unlock(visit)
        try:
            return answer(visit, desk)
        except RefusedError as error:
            if error.reason == SessionError.reason:
                return _first_unlock(visit)
            if error.reason == NotFoundError.reason:
                raise NoPageError("there is no such page") from error
            raise
        except OfficeUnavailableError:
            _close(visit)  # another server may run by now
            raise

    return opened


def _first_unlock(visit: Visit) -> Answer:
    _close(visit)
    return Elsewhere(f"{UNLOCK}?next={quote(visit.page, safe='')}")


def _close(visit: Visit) -> None:
    """Close the desk; what was typed waits in memory for the same officer."""
    visit.works.desks.close(visit.sitting.key)
    if visit.form:
        fields = {name: values for name, values in visit.form.items() if name != "form_key"}
        visit.works.desks.keep(visit.who.key, visit.page, fields, visit.now)
