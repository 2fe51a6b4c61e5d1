"""The page of the other ways in: passkeys of its reader, and tokens that their programs show."""

from datetime import UTC, datetime

from console.errors import AccountError
from console.web.passkeys import passkeys_of
from console.web.tokens import end_token, make_token, tokens_of
from console.web.visit import Answer, Elsewhere, Page, Visit


def show(visit: Visit) -> Answer:
    """Passkeys and tokens that there are."""
    return _page(visit)


def take_token(visit: Visit) -> Answer:
    """Make a token, and show it once."""
    try:
        shown = make_token(visit.store, visit.who.key, visit.says("name"), visit.now)
    except AccountError as error:
        return _page(visit, fault=str(error))
    return _page(visit, shown=shown)


def end(visit: Visit) -> Answer:
    """End a token."""
    end_token(visit.store, visit.who.key, number(visit.says("key")))
    return Elsewhere("/account/keys")


def number(text: str) -> int:
    """The number of something in a list; none that there is where it is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _page(visit: Visit, *, shown: str = "", fault: str = "") -> Page:
    passkeys = [
        (one, _day(one.made_at), _day(one.used_at)) for one in passkeys_of(visit.store, visit.who.key)
    ]
    tokens = [(one, _day(one.made_at), _day(one.used_at)) for one in tokens_of(visit.store, visit.who.key)]
    return Page(
        "doors/keys.html",
        {"passkeys": passkeys, "tokens": tokens, "shown": shown, "fault": fault},
        422 if fault else 200,
    )


def _day(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
