"""Share requests: what members ask of us, with what granting it would open, and what we ask of them."""

import logging
from hashlib import sha256
from urllib.parse import urlencode

from console.errors import ChangedError, EntryError, NoPageError
from console.requests import (
    LIST_HEADER,
    SENT_HEADER,
    answer_text,
    read_levels,
    read_reason,
    read_wish,
    reason_text,
    request_lines,
    sent_lines,
    sight_lines,
    step_lines,
)
from console.sharing import read_purpose
from console.web.drafts import drop_draft, find_draft
from console.web.focal.holding import seen_levels
from console.web.sharing import RULE_TEXTS
from console.web.visit import Answer, Elsewhere, Fields, Page, Table, Visit
from node.asking import ask as keep_wish
from node.asking import cancel_untold
from node.audience import Purpose, narrowest
from node.errors import InputError, QueryError, UnknownRecordError, UnknownRequestError
from node.granting import (
    Decider,
    Prospect,
    agree_to_grant,
    find_request,
    foresee_grant,
    grant,
    reject,
    revoke,
)
from node.ladders import DIMENSIONS
from node.share_request import Refusal, State
from node.store.requests import StoredRequest, sent_requests, stored_requests
from node.wire import records as codec

_LEVEL = "level_"  # in front of a dimension, in the names of fields

logger = logging.getLogger(__name__)


def list_requests(visit: Visit) -> Answer:
    """What waits for us to decide, or all that was asked; and what we asked of others."""
    everything = bool(visit.asks("all"))
    with visit.store.read() as connection:
        asked, sent = stored_requests(connection), sent_requests(connection)
    facts = {
        "asked": [one for one in asked if everything or one.request.state.waits],
        "sent": [(one, answer_text(one.answer)) for one in sent],
        "all": everything,
        "seen_levels": seen_levels,
        "state_of": lambda one: one.request.state.name.lower(),
        "reason_text": reason_text,
    }
    return Page("focal/requests.html", facts)


def take_requests(visit: Visit) -> Answer:
    """What members asked of us as a file."""
    return Table("requests", LIST_HEADER, tuple(request_lines(visit.store, everything=True)))


def take_sent(visit: Visit) -> Answer:
    """What we asked of members as a file."""
    return Table("requests_sent", SENT_HEADER, tuple(sent_lines(visit.store)))


def show_request(visit: Visit) -> Answer:
    """One request: what the member sees, what it would see, the rule that decides, and all that was done about it."""
    return _page(visit, visit.asks("id"), visit.asked)


def decide(visit: Visit) -> Answer:
    """Grant, narrow, agree, reject or revoke, as it was shown."""
    text, action, decider = visit.says("id"), visit.says("action"), _decider(visit)
    try:
        stored = _find(visit, text)
    except NoPageError as error:
        raise EntryError({"id": "there is no such request"}) from error
    if action in {"reject", "revoke"}:
        end = reject if action == "reject" else revoke
        end(visit.store, text, decider, read_reason(visit.says("because")))
    elif action in {"grant", "agree"}:
        levels = _levels(visit.form)
        if visit.says("seen") != _digest(_prospect(visit, stored, levels)):
            changed = ChangedError("what it would open has changed since you looked; nothing was granted")
            return _page(visit, text, visit.form, changed)
        if action == "grant":
            grant(visit.store, text, decider, levels)
        else:
            agree_to_grant(visit.store, text, decider)
    else:
        raise EntryError({"action": "choose one of the list"})
    logger.info("request decided: account=%s request=%s action=%s", visit.who.key, text[:8], action)
    return Elsewhere(f"/request?{urlencode({'id': text})}")


def ask(visit: Visit) -> Answer:
    """The form with which we ask a member to see more of a record."""
    entry, fault = visit.asks("entry"), ""
    try:
        read_wish(visit.store, entry, Purpose.ANALYSIS, {}, "", reviewed=False)
    except QueryError as error:
        fault = str(error)
    typed = find_draft(visit.store, visit.who.key, visit.page)
    return _form(entry, typed, fault, 422 if fault else 200)


def take(visit: Visit) -> Answer:
    """Keep our request; its owner is told with the next contact."""
    entry = visit.says("entry")
    values = {name: given[0] for name, given in visit.form.items()}
    try:
        purpose = read_purpose(visit.says("for"))
        reviewed = bool(visit.says("reviewed"))
        note = visit.says("note").strip()
        origin_id, wish = read_wish(visit.store, entry, purpose, _levels(visit.form), note, reviewed=reviewed)
        keep_wish(
            visit.store, origin_id, wish, visit.works.home.names(), asked_by=visit.who.name, now=visit.now
        )
    except InputError as error:
        return _form(entry, values, str(error), 422)
    drop_draft(visit.store, visit.who.key, visit.page)
    return Elsewhere("/requests")


def take_back(visit: Visit) -> Answer:
    """Take back a request of ours that its owner has not been told yet."""
    with visit.store.read() as connection:
        found = [one for one in sent_requests(connection) if one.answer.wish.request_id == visit.says("id")]
    if not found or found[0].taken_at or found[0].answer.state is not State.ASKED:
        raise EntryError({"id": "there is no such request, or its owner knows of it already"})
    cancel_untold(visit.store, found[0], visit.now)
    return Elsewhere("/requests")


def _form(entry: str, values: dict[str, str], fault: str, status: int) -> Page:
    facts = {
        "entry": entry,
        "values": values,
        "fault": fault,
        "dimensions": DIMENSIONS,
        "purposes": tuple(Purpose),
    }
    return Page("focal/request_new.html", facts, status)


def _page(visit: Visit, text: str, asked: Fields, changed: ChangedError | None = None) -> Page:
    stored = _find(visit, text)
    levels, prospect, fault = _levels(asked), None, ""
    if stored.request.state.waits:
        try:
            prospect = _prospect(visit, stored, levels)
        except (InputError, UnknownRecordError) as error:
            fault = str(error)
    facts = {
        "stored": stored,
        "state": stored.request.state.name.lower(),
        "prospect": prospect,
        "sights": list(sight_lines(prospect)) if prospect else [],
        "steps": list(step_lines(stored)),
        "levels": levels,
        "dimensions": DIMENSIONS,
        "seen": _digest(prospect) if prospect else "",
        "seen_levels": seen_levels,
        "rules": RULE_TEXTS,
        "reasons": [reason_text(one) for one in Refusal],
        "fault": str(changed) if changed else fault,
    }
    return Page("focal/request.html", facts, 409 if changed else 200)


def _prospect(visit: Visit, stored: StoredRequest, levels: dict[int, int]) -> Prospect:
    """What a grant would do; where a first person has proposed one, what agreeing to it would do."""
    text, decider = stored.request.wish.request_id, _decider(visit)
    if stored.request.state is State.PROPOSED:
        full = foresee_grant(visit.store, text, decider, {}).would_see
        levels = dict(enumerate(narrowest((stored.request.levels, full))))
    return foresee_grant(visit.store, text, decider, levels)


def _find(visit: Visit, text: str) -> StoredRequest:
    try:
        with visit.store.read() as connection:
            found = find_request(connection, text)
    except UnknownRequestError as error:
        raise NoPageError("there is no such page") from error
    if found.request.wish.request_id != text:
        raise NoPageError("there is no such page")
    return found


def _decider(visit: Visit) -> Decider:
    works = visit.works
    return Decider(visit.who.name, works.identity, works.home.bounds(), visit.now, codec)


def _levels(asked: Fields) -> dict[int, int]:
    return read_levels(
        [
            f"{name.removeprefix(_LEVEL)}={values[0]}"
            for name, values in asked.items()
            if name.startswith(_LEVEL) and values[0]
        ]
    )


def _digest(prospect: Prospect) -> str:
    """What a page shows of what a grant would open, in 32 bytes."""
    shown = (list(sight_lines(prospect)), prospect.would_see, prospect.widens, prospect.hold)
    return sha256(repr(shown).encode()).hexdigest()
