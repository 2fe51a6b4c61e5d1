"""One member: who it is, its keys, its log, what it shared with us; and bundles for it and from it."""

from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import NamedTuple

from console.bundles import read_for, write_for
from console.differences import keys_by_use
from console.errors import EntryError, NoPageError
from console.network import grouped
from console.requests import RECORD_HEADER, record_lines
from console.web.focal.holding import part_of
from console.web.focal.waiting import ONE_FILE_BYTES
from console.web.front import Neighbour, neighbours
from console.web.visit import Answer, Document, Page, Table, Visit
from crypto.certificates import spki_sha256, validity
from crypto.errors import CryptoError
from node.bundle import Asked
from node.errors import MemberError, NodeError, QueryError, StoreError
from node.store.heads import log_head

MOST_ENTRIES = 50_000  # of a bundle that a page hands out; `tocsin bundle write` writes any number


class Key(NamedTuple):
    """A key or certificate of a member: for what, its name, until when, and whether it is in use."""

    use: str
    name: str
    until: datetime
    retired: bool


def show_member(visit: Visit) -> Answer:
    """Who a member is, its keys, and how its log and ours stand."""
    one = _neighbour(visit)
    member = one.member
    keys = [
        Key(use, grouped(key.public_key), key.valid_until, key.retirement is not None)
        for use, found in keys_by_use(member)
        for key in found
    ]
    keys += [
        Key("TLS", grouped(spki_sha256(cert)), validity(cert)[1], retired=False)
        for cert in member.tls_certificates
    ]
    facts = {
        "one": one,
        "keys": keys,
        "ours": _own_size(visit),
        "now": visit.now,
    }
    return Page("focal/member.html", facts)


def show_records(visit: Visit) -> Answer:
    """What a member shared with us and still counts, as far as it is opened here."""
    found = _records(visit)
    facts = {
        "members": [one.member.org_id for one in neighbours(visit) if not one.ourselves],
        "member": visit.asks("member"),
        "country": visit.asks("country"),
        "part": part_of(visit, found),
    }
    return Page("focal/records.html", facts)


def take_records(visit: Visit) -> Answer:
    """The same as a file."""
    return Table("records", RECORD_HEADER, tuple(_records(visit)))


def write_bundle(visit: Visit) -> Answer:
    """A sealed file for a member, with what it would pull from us."""
    text = visit.says("first")
    first = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if _own_size(visit) - first > MOST_ENTRIES:
        raise EntryError({"first": "that is more than a page hands out; use `tocsin bundle write`"})
    content = BytesIO()
    works = visit.works
    directory, asked = works.home.directory(), Asked(visit.says("id"), first)
    try:
        written = write_for(works.store, works.identity, directory, asked, content.write)
    except MemberError as error:
        raise EntryError({"id": str(error)}) from error
    made = written.bundle
    name = f"{works.home.settings.org_id}-{made.recipient_id}-{made.first_index}-{made.log_size}.bundle"
    return Document(name, "application/octet-stream", content.getvalue())


def ask_bundle(visit: Visit) -> Answer:
    """The form that a bundle is sent with, and for whom we write one."""
    return _bundle_form(visit, "", 200)


def take_bundle(visit: Visit) -> Answer:
    """Read a bundle that a member wrote for us: all of it is verified, and what is new is kept."""
    uploads = visit.files.get("file", ())
    if not uploads or not uploads[0].size:
        return _bundle_form(visit, "choose a file", 422)
    works = visit.works
    try:
        read = read_for(works.home, works.store, works.seals(), uploads[0].content, lambda _done, _size: None)
    except StoreError:
        raise  # part of it may be kept; nobody can say that nothing was taken in
    except (NodeError, CryptoError) as error:
        return _bundle_form(visit, str(error), 422)
    uploads[0].content.seek(0)
    facts = {
        "read": read,
        "version": works.home.directory().version,
        "digest": sha256(uploads[0].content.read()).hexdigest(),
    }
    return Page("focal/bundle_read.html", facts)


def _bundle_form(visit: Visit, fault: str, status: int) -> Page:
    others = [one for one in neighbours(visit) if not one.ourselves]
    facts = {"others": others, "fault": fault, "most": ONE_FILE_BYTES >> 20}
    return Page("focal/bundle.html", facts, status)


def _records(visit: Visit) -> list[tuple[str, ...]]:
    try:
        return list(record_lines(visit.store, visit.asks("member"), visit.asks("country")))
    except QueryError:  # nobody was chosen, or nothing came from there yet
        return []


def _neighbour(visit: Visit) -> Neighbour:
    for one in neighbours(visit):
        if one.member.org_id == visit.asks("id"):
            return one
    raise NoPageError("there is no such page")


def _own_size(visit: Visit) -> int:
    with visit.store.read() as connection:
        head = log_head(connection, visit.works.home.settings.org_id)
    return head.committed if head is not None else 0
