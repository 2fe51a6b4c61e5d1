"""Unlock the own desk with the passphrase of one's key, and lock it again; every page of cases stands behind that.

What a case server refuses is told as it says; a case that is not for this officer is a page that does not exist.
"""

from collections.abc import Callable
from urllib.parse import quote

from casework.client.desk import RemoteDesk
from casework.errors import CaseworkError, NotFoundError, OfficeUnavailableError, RefusedError, SessionError
from console.errors import NoPageError
from console.web.front import safe_page
from console.web.roles import Role
from console.web.statuses import status_of
from console.web.unlocked import Sitting
from console.web.visit import Answer, Elsewhere, Page, Visit

UNLOCK = "/cases/unlock"
BOARD = "/cases"
LOG = "/cases/log"
_BELOW = frozenset({"erase", "file", "content", "start", "cancel"})  # where forms of the page above go


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
            return _failed(visit, error)
        except OfficeUnavailableError as error:
            _close(visit)  # another server may run by now
            return _failed(visit, error)

    return opened


def _failed(visit: Visit, error: CaseworkError) -> Page:
    """Say that a form, or a page, did not get through; what was typed waits where it was typed."""
    if not visit.form:
        raise error
    _keep(visit)
    return Page("officer/failed.html", {"told": str(error), "back": _page_of(visit)}, status_of(error))


def _page_of(visit: Visit) -> str:
    """The page on which a form stands: some go to an address of their own below it."""
    path, _, last = visit.path.rpartition("/")
    page = path if last in _BELOW else visit.path
    return f"{page}?{visit.query}" if visit.query else page


def _first_unlock(visit: Visit) -> Answer:
    _close(visit)
    return Elsewhere(f"{UNLOCK}?next={quote(visit.page, safe='')}")


def _close(visit: Visit) -> None:
    """Close the desk; what was typed waits in memory for the same officer."""
    visit.works.desks.close(visit.sitting.key)
    _keep(visit)


def _keep(visit: Visit) -> None:
    if visit.form:
        fields = {name: values for name, values in visit.form.items() if name != "form_key"}
        visit.works.desks.keep(visit.who.key, _page_of(visit), fields, visit.now)


def kept_of(visit: Visit, desk: RemoteDesk) -> dict[str, str]:
    """What this officer had typed on a page when it did not get through, once."""
    found = visit.works.desks.take(visit.who.key, visit.page, desk.officer.officer_id, visit.now)
    return {name: ",".join(values) for name, values in found.items()}
