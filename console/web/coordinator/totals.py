"""Private totals: declared and agreed to by the owners of two servers, given to by members, and added up unseen."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from urllib.parse import urlencode

from console.errors import ChangedError
from console.totals import (
    FIGURE_HEADER,
    LIST_HEADER,
    OWN_HEADER,
    chosen_figures,
    declaration_file,
    figure_lines,
    list_lines,
    own_lines,
    remarks,
    standing_of,
    take_content,
)
from console.web.front import neighbours
from console.web.line import over_the_line
from console.web.visit import Answer, Document, Elsewhere, Page, Table, Visit
from node.adding_up import Adder
from node.agreeing import agree_to_total, declare_total, named_total, settled
from node.client import PeerClient
from node.directory import Directory
from node.errors import MemberError, NodeError, PeerError, StoreError, TotalError, UnavailableError
from node.logbook import Identity
from node.said import Teller
from node.splitting import Giver, Own, give, own_figures
from node.store.totals import Gave, HeldTotal, gave, papers, totals
from node.totalling import fetch_totals, give_share, settle, tell_total
from node.totals.declaration import read_total
from node.totals.papers import Share
from node.wire import totals as codec

MAX_TYPED = 65_536  # characters of a declaration
ONE_FILE_BYTES = 2 << 20  # a declaration or a share
FORM_BYTES = ONE_FILE_BYTES + (1 << 20)  # the file and what is sent beside it
_FIELD = "n_"  # in front of an area, in the names of fields

logger = logging.getLogger(__name__)


def list_totals(visit: Visit) -> Answer:
    """The totals that are known here, and the ways to learn of others and to declare one."""
    return _list(visit)


def take_list(visit: Visit) -> Answer:
    """The same as a file."""
    return Table("totals", _columns(LIST_HEADER), tuple(list_lines(visit.store, visit.now)))


def take_declaration(visit: Visit) -> Answer:
    """Declare a total as the owner of one of its servers, and tell the other owner."""
    typed = visit.says("declaration")[:MAX_TYPED]
    try:
        held = declare_total(visit.store, read_total(typed), _signer(visit), _teller(visit))
    except (TotalError, MemberError) as error:
        return _list(visit, typed, str(error))
    return _told(visit, held)


def take_agreement(visit: Visit) -> Answer:
    """Agree to what the owner of the other server declared, or tell it again what we signed."""
    held = agree_to_total(visit.store, _total(visit), _signer(visit), _teller(visit))
    return _told(visit, held)


def fetch(visit: Visit) -> Answer:
    """Ask a server what it declared for us, and what came of it."""
    org_id = visit.says("server")
    who, teller = (visit.works.identity.org_id, _directory(visit)), Teller("", visit.now)
    try:
        kept, refused = over_the_line(
            visit.works.line, org_id, lambda client: fetch_totals(client, visit.store, who, teller)
        )
    except (PeerError, UnavailableError, MemberError) as error:
        return _list(visit, fault=str(error))
    return Elsewhere(f"/totals?{urlencode({'from': org_id, 'kept': kept, 'refused': refused})}")


def take_file(visit: Visit) -> Answer:
    """Take in a declaration, or a share for this server, that came as a file."""
    sent = visit.files.get("file", ())
    try:
        took = take_content(visit.store, sent[0].content.read() if sent else b"", _adder(visit))
    except StoreError:
        raise  # part of it may be kept; nobody can say that nothing was taken in
    except NodeError as error:
        return _list(visit, fault=str(error))
    if isinstance(took, Share):
        return Elsewhere(f"/totals?{urlencode({'from': took.member, 'share': took.number})}")
    return Elsewhere(_link("/total", took))


def show_total(visit: Visit) -> Answer:
    """One total: who adds up, who may give, what came out, and what is for us to do."""
    return _page(visit, _total(visit))


def take_figures(visit: Visit) -> Answer:
    """The figures as a file."""
    held = _total(visit)
    rows = tuple(figure_lines(visit.store, held))
    return Table("total", _columns(FIGURE_HEADER), rows, notes=remarks(visit.store, held, visit.now))


def take_sum(visit: Visit) -> Answer:
    """Add up a closed total with the other server; what was said is said again, and nothing else."""
    held, adder = _total(visit), _adder(visit)
    other = held.total.other(adder.identity.org_id)
    return _reach(visit, held, [other], lambda client: settle(client, visit.store, held.digest, adder))


def ask_numbers(visit: Visit) -> Answer:
    """Our own figures, to be looked at by a person; nothing leaves."""
    held = _total(visit)
    return _numbers(visit, held, [])


def look(visit: Visit) -> Answer:
    """Show what would be given; nothing leaves."""
    held = _total(visit)
    try:
        return _preview(visit, held, _typed(visit, held))
    except TotalError as error:
        return _numbers(visit, held, _said(visit), str(error))


def send(visit: Visit) -> Answer:
    """Split what was shown in two, and give each server its share; the same again gives the same shares again."""
    held = _total(visit)
    figures = _typed(visit, held)
    if visit.says("seen") != _digest(held, _own(visit, held), figures):
        changed = ChangedError("what would be given has changed since you looked; nothing has left")
        return _preview(visit, held, figures, changed)
    giver = Giver(visit.works.identity, _directory(visit), _teller(visit), codec, secrets.token_bytes)
    given = give(visit.store, held.digest, figures, giver)
    logger.info("total given: account=%s total=%s", visit.who.key, held.digest[:16])
    if visit.says("way") == "file":
        return Elsewhere(_link("/total", held))
    return _reach(visit, held, held.total.servers, lambda client: give_share(client, held, given))


def take_declared(visit: Visit) -> Answer:
    """The declaration with its signatures as a file."""
    held = _total(visit)
    return Document(f"{held.total.name}.json", "application/json", declaration_file(held))


def take_share(visit: Visit) -> Answer:
    """The share that was made for a server as a file that it alone can read."""
    held, server = _total(visit), visit.asks("server")
    ours = _gave(visit, held)
    if not ours or server not in held.total.servers:
        raise TotalError("no share was made for that server")
    box = ours[-1].boxes[held.total.servers.index(server)]
    return Document(f"{held.total.name}-for-{server}.share", "application/octet-stream", box)


def _told(visit: Visit, held: HeldTotal) -> Answer:
    other = held.total.other(visit.works.identity.org_id)
    return _reach(visit, held, [other], lambda client: tell_total(client, held))


def _reach(
    visit: Visit, held: HeldTotal, members: Sequence[str], do: Callable[[PeerClient], Awaitable[None]]
) -> Answer:
    """Do something with some members; who can not be reached is named, and it is done again when it is sent again."""
    failed: list[str] = []
    for org_id in members:
        try:
            over_the_line(visit.works.line, org_id, do)
        except (PeerError, UnavailableError, MemberError) as error:
            failed.append(str(error))
    return _page(visit, held, failed) if failed else Elsewhere(_link("/total", held))


def _page(visit: Visit, held: HeldTotal, failed: Sequence[str] = ()) -> Page:
    total, org_id = held.total, visit.works.identity.org_id
    held = named_total(visit.store, held.digest)  # another signature may have been kept meanwhile
    with visit.store.read() as connection:
        outcome = settled(papers(connection), held)
    closed, serves = visit.now >= total.closes, org_id in total.servers
    signed = serves and bool(held.signatures[total.servers.index(org_id)])
    ours = _gave(visit, held)
    facts = {
        "held": held,
        "total": total,
        "state": standing_of(visit.store, held, visit.now),
        "figures": figure_lines(visit.store, held),
        "figure_header": FIGURE_HEADER,
        "may_sign": serves and not signed and not closed,
        "may_tell": serves and signed and not held.agreed and not closed,
        "may_add": serves and held.agreed and closed and (outcome is None),
        "may_give": org_id in total.group and held.agreed and not closed,
        "ours": ours[-1] if ours else None,
        "failed": list(failed),
    }
    return Page("coordinator/total.html", facts, 422 if failed else 200)


def _numbers(visit: Visit, held: HeldTotal, said: Sequence[str], fault: str = "") -> Page:
    found = _own(visit, held)
    typed = dict(one.partition("=")[::2] for one in said)
    facts = {
        "held": held,
        "total": held.total,
        "rows": [(one.area, typed.get(one.area, str(one.least)), one.most) for one in found],
        "field": _FIELD,
        "fault": fault,
    }
    return Page("coordinator/total_numbers.html", facts, 422 if fault else 200)


def _preview(
    visit: Visit, held: HeldTotal, figures: Sequence[int], changed: ChangedError | None = None
) -> Page:
    found = _own(visit, held)
    facts = {
        "held": held,
        "total": held.total,
        "header": OWN_HEADER,
        "rows": list(own_lines(found, figures)),
        "fields": [(f"{_FIELD}{one.area}", figure) for one, figure in zip(found, figures, strict=True)],
        "seen": _digest(held, found, figures),
        "before": bool(_gave(visit, held)),
        "changed": str(changed) if changed else "",
    }
    return Page("coordinator/total_preview.html", facts, 409 if changed else 200)


def _list(visit: Visit, typed: str = "", fault: str = "") -> Page:
    with visit.store.read() as connection:
        known, given = totals(connection), {one.total_key: one for one in gave(connection)}
    facts = {
        "rows": [(one, standing_of(visit.store, one, visit.now), given.get(one.key)) for one in known],
        "members": [one.member.org_id for one in neighbours(visit) if not one.ourselves],
        "typed": typed,
        "fault": fault,
        "from": visit.asks("from"),
        "kept": _count(visit.asks("kept")),
        "refused": _count(visit.asks("refused")),
        "share": bool(visit.asks("share")),
        "most": ONE_FILE_BYTES >> 20,
    }
    return Page("coordinator/totals.html", facts, 422 if fault else 200, "upload")


def _total(visit: Visit) -> HeldTotal:
    return named_total(visit.store, visit.asks("id"))


def _own(visit: Visit, held: HeldTotal) -> list[Own]:
    settings = visit.works.home.settings
    return own_figures(visit.store, held.total, (settings.org_id, settings.org_type), visit.now.date())


def _said(visit: Visit) -> list[str]:
    return [
        f"{name.removeprefix(_FIELD)}={values[0].strip()}"
        for name, values in visit.form.items()
        if name.startswith(_FIELD)
    ]


def _typed(visit: Visit, held: HeldTotal) -> list[int]:
    return chosen_figures(_own(visit, held), _said(visit))


def _gave(visit: Visit, held: HeldTotal) -> list[Gave]:
    with visit.store.read() as connection:
        return [one for one in gave(connection) if one.total_key == held.key]


def _directory(visit: Visit) -> Directory:
    return visit.works.home.directory()


def _signer(visit: Visit) -> tuple[Identity, Directory]:
    return visit.works.identity, _directory(visit)


def _adder(visit: Visit) -> Adder:
    return Adder(visit.works.identity, visit.works.seals, _directory(visit), codec, visit.now)


def _teller(visit: Visit) -> Teller:
    return Teller(visit.who.name, visit.now)


def _digest(held: HeldTotal, found: Sequence[Own], figures: Sequence[int]) -> str:
    """What a page shows of what would be given, in 32 bytes."""
    return sha256(repr((held.digest, list(found), list(figures))).encode()).hexdigest()


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _columns(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.replace(" ", "_") for name in names)


def _link(path: str, held: HeldTotal) -> str:
    return f"{path}?{urlencode({'id': held.digest})}"
