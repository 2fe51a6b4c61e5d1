"""Pages without words of their own: to the provider that signs people in, and back."""

from console.errors import NoPageError, SignInError
from console.web.front import safe_page
from console.web.provider import Provider, provider_of, send_there, take_back
from console.web.visit import Answer, Elsewhere, Page, Visit


def go(visit: Visit) -> Answer:
    """Send somebody to the provider."""
    sent = send_there(visit.store, _provider(visit), safe_page(visit.asks("next")), visit.now)
    return Elsewhere(sent.address, token=sent.token)


def come_back(visit: Visit) -> Answer:
    """Take somebody in who comes from there."""
    back = (visit.asks("state"), visit.asks("code"), visit.held)
    try:
        token, page = take_back(visit.store, _provider(visit), *back, visit.now)
    except SignInError as error:
        return Page("sign_in.html", {"next": "/", "name": "", "fault": str(error)}, 403)
    return Elsewhere(safe_page(page), token=token)


def _provider(visit: Visit) -> Provider:
    provider = provider_of(visit.works.home)
    if provider is None:
        raise NoPageError("there is no such page")
    return provider
