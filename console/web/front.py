"""Pages around the work: signing in and out, the second step, the first page, the network, the own account."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import segno

from console.errors import SignInError, TooManyTriesError
from console.forks import LogSign, log_signs
from console.web import links
from console.web.accounts import choose_language
from console.web.languages import LANGUAGES
from console.web.proofs import new_second_step, second_step_address
from console.web.sessions import end_session, offer_second_step, open_sessions
from console.web.signing_in import confirm_second_step, sign_in
from console.web.visit import Answer, Elsewhere, Page, Table, Visit
from node.directory import Member
from node.store.heads import LogHead, log_heads
from node.store.receipts import receipts_for
from node.store.records import record_count
from node.store.requests import stored_requests

MAX_PAGE = 2_048  # characters of a link
NEIGHBOUR_COLUMNS = ("member", "type", "sees", "standing", "last_heard", "entries_verified", "refused")
STALE = timedelta(days=2)  # without a word from a member: it is shown as stale


class Neighbour(NamedTuple):
    """A member of the network: who it is, what was verified of it when, and how it stands to our log.

    `confirmed` is up to which entry of ours it has signed a receipt, `log` what is to be said of its log.
    """

    member: Member
    size: int
    heard: datetime | None
    stale: bool
    refused: str
    ourselves: bool
    confirmed: int
    log: LogSign


def ask_sign_in(visit: Visit) -> Answer:
    """The form of name, passphrase and code."""
    return Page("sign_in.html", {"next": safe_page(visit.asks("next")), "name": "", "fault": ""})


def take_sign_in(visit: Visit) -> Answer:
    """Sign in and go where somebody was going."""
    name, page = visit.says("name"), safe_page(visit.says("next"))
    try:
        token = sign_in(visit.store, name, visit.says("passphrase"), visit.says("code"), visit.now)
    except (SignInError, TooManyTriesError) as error:
        status = 429 if isinstance(error, TooManyTriesError) else 403
        return Page("sign_in.html", {"next": page, "name": name[:80], "fault": str(error)}, status)
    return Elsewhere(page, token=token)


def ask_link(visit: Visit) -> Answer:
    """What follows a link that signs in: one button, as whatever looks at links in advance should not use it up."""
    return Page(
        "link.html", {"token": visit.asks("token"), "next": safe_page(visit.asks("next")), "fault": ""}
    )


def take_link(visit: Visit) -> Answer:
    """Sign in by a link, and go where it leads."""
    try:
        token = links.take_link(visit.store, visit.says("token"), visit.now)
    except SignInError as error:
        return Page("link.html", {"token": "", "next": "/", "fault": str(error)}, 403)
    return Elsewhere(safe_page(visit.says("next")), token=token)


def safe_page(text: str) -> str:
    """A page of this console that a link names; the first page where it names something else."""
    if not (text.isascii() and text.isprintable() and len(text) <= MAX_PAGE) or "\\" in text:
        return "/"
    parts = urlsplit(text)
    ours = not parts.scheme and not parts.netloc and text.startswith("/") and not text.startswith("//")
    return text if ours else "/"


def sign_out(visit: Visit) -> Answer:
    """End the session."""
    visit.works.tray.drop(visit.sitting.key)
    visit.works.desks.close(visit.sitting.key)
    end_session(visit.store, visit.who.key, visit.sitting.key, visit.now)
    return Elsewhere("/sign-in", forget=True)


def leave(visit: Visit) -> Answer:
    """End the session and show a page that says nothing; the browser forgets what came from here."""
    visit.works.tray.drop(visit.sitting.key)
    visit.works.desks.close(visit.sitting.key)
    end_session(visit.store, visit.who.key, visit.sitting.key, visit.now)
    return Elsewhere("/blank", forget=True)


def blank(_visit: Visit) -> Answer:
    """A page that says nothing."""
    return Page("blank.html")


def ask_second_step(visit: Visit) -> Answer:
    """Show the picture that an authenticator reads, and ask for its first code."""
    return _second_step(visit, "", 200)


def take_second_step(visit: Visit) -> Answer:
    """Take over the authenticator."""
    if visit.who.second_step:
        return Elsewhere("/")
    try:
        token = confirm_second_step(visit.store, visit.sitting, visit.says("code"), visit.now)
    except SignInError as error:
        return _second_step(visit, str(error), 403)
    return Elsewhere("/", token=token)


def _second_step(visit: Visit, fault: str, status: int) -> Answer:
    if visit.who.second_step:
        return Elsewhere("/")
    secret = visit.sitting.offered
    if not secret:
        secret = new_second_step()
        offer_second_step(visit.store, visit.sitting, secret)
    org = visit.works.home.settings.org_id
    picture = segno.make(second_step_address(secret, visit.who.name, f"Tocsin {org}"), error="m")
    facts = {
        "picture": picture.svg_inline(scale=4, omitsize=True, lineclass="dark", svgclass="code"),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "fault": fault,
    }
    return Page("second_step.html", facts, status)


def first_page(visit: Visit) -> Answer:
    """What somebody with these roles can do, and how the node stands."""
    with visit.store.read() as connection:
        count, asked = record_count(connection), stored_requests(connection)
    waiting = sum(one.request.state.waits for one in asked)
    return Page("first.html", {"count": count, "waiting": waiting, "neighbours": neighbours(visit)})


def show_network(visit: Visit) -> Answer:
    """Who is who, when each was last heard, and how much of its log was verified."""
    home = visit.works.home
    directory = home.directory() if home.network_file.exists() else None
    return Page("network.html", {"directory": directory, "neighbours": neighbours(visit)})


def take_network(visit: Visit) -> Answer:
    """The members of the network as a file."""
    rows = (
        (
            one.member.org_id,
            one.member.type.name,
            one.member.tier.name.lower(),
            one.member.status.name.lower(),
            f"{one.heard:%Y-%m-%dT%H:%M:%SZ}" if one.heard else None,
            one.size,
            one.refused,
        )
        for one in neighbours(visit)
    )
    return Table("network", NEIGHBOUR_COLUMNS, tuple(rows))


def neighbours(visit: Visit) -> list[Neighbour]:
    """The members of the network; none before there is one."""
    home = visit.works.home
    if not home.network_file.exists():
        return []
    own, directory = home.settings.org_id, home.directory()
    with visit.store.read() as connection:
        heads = {head.origin_id: head for head in log_heads(connection)}
        receipts = receipts_for(connection, own)
    signs = log_signs(visit.store, directory, own, visit.now)
    found = []
    for member in directory.members:
        one = _neighbour(member, heads.get(member.org_id), visit.now, own)
        receipt = receipts.get(member.org_id)
        found.append(one._replace(log=signs[member.org_id], confirmed=receipt.log_size if receipt else 0))
    return found


def _neighbour(member: Member, head: LogHead | None, now: datetime, own_id: str) -> Neighbour:
    ourselves = member.org_id == own_id
    heard = datetime.fromtimestamp(head.heard_at, UTC) if head is not None and head.heard_at else None
    stale = not ourselves and (heard is None or now - heard > STALE)
    size = head.frontier.size if head is not None else 0
    refused = head.refused_reason if head is not None else ""
    return Neighbour(member, size, heard, stale, refused, ourselves, 0, LogSign("", ""))


def show_account(visit: Visit) -> Answer:
    """The own account: roles, language, and where one is signed in."""
    sessions = [
        (one, datetime.fromtimestamp(one.opened_at, UTC), datetime.fromtimestamp(one.seen_at, UTC))
        for one in open_sessions(visit.store, visit.who.key, visit.now)
    ]
    return Page("account.html", {"sessions": sessions})


def end_one_session(visit: Visit) -> Answer:
    """End one of the own sessions."""
    number = visit.says("session")
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    if is_number and end_session(visit.store, visit.who.key, int(number), visit.now):
        visit.works.desks.close(int(number))
    return Elsewhere("/account")


def take_language(visit: Visit) -> Answer:
    """Read in another language from now on."""
    if visit.says("language") in LANGUAGES:
        choose_language(visit.store, visit.who.key, visit.says("language"))
    return Elsewhere("/account")
