"""Ceremonies of the directory, step by step: what is typed where the keys lie, and files that are checked here.

No key of the network comes into the console, and no key is made here: a page says what to type beside the stick, takes
the file that comes of it, and shows what it is before anything is done with it.
"""

from console.applications import fingerprint, open_application, sponsor, verify_known
from console.differences import differences, reached_at
from console.errors import EntryError
from console.keyring import use_waiting
from console.network import read_draft, take_over
from console.web.focal.waiting import keep_files
from console.web.tray import Waiting
from console.web.visit import Answer, Document, Elsewhere, Page, Visit
from crypto.errors import CryptoError
from crypto.sentence import Sentence
from node.errors import DirectoryError, MemberError, PayloadError
from node.wire.network import decode_document

_GONE = "/ceremonies?gone=1"


def show_ceremonies(visit: Visit) -> Answer:
    """Every ceremony with its steps, and the form for the files that come of them."""
    return _steps(visit, "gone" if visit.asks("gone") else "", 200)


def take_file(visit: Visit) -> Answer:
    """Keep a request, a draft or the file of a network until somebody has decided about it."""
    token = keep_files(visit, "file")
    return Elsewhere(f"/ceremonies/file?file={token}") if token else _steps(visit, "none", 422)


def look(visit: Visit) -> Answer:
    """Show what a file is: whose request with its words, or what a network's file changes."""
    kept = _kept(visit, visit.asks("file"))
    return _look(visit, kept, visit.asks("file"), "") if kept else Elsewhere(_GONE)


def sign(visit: Visit) -> Answer:
    """Sign for a request whose words somebody has heard, and hand the file back."""
    kept = _kept(visit, visit.says("file"))
    if kept is None:
        return Elsewhere(_GONE)
    found = open_application(kept.content, kept.name)
    if not visit.says("heard"):
        return _look(visit, kept, visit.says("file"), "say that you have heard these words", 422)
    try:
        signed = sponsor(visit.works.home, visit.works.identity, found, visit.now)
    except MemberError as error:
        return _look(visit, kept, visit.says("file"), str(error), 422)
    return Document(f"{found.member.org_id}.req", "application/octet-stream", signed)


def join(visit: Visit) -> Answer:
    """Take over the file of a network that everybody has signed who has to."""
    home, kept = visit.works.home, _kept(visit, visit.says("file"))
    if kept is None:
        return Elsewhere(_GONE)
    first = not home.network_file.exists()
    try:
        typed = visit.says("fingerprint").replace(" ", "")
        known = bytes.fromhex(typed) if first else home.fingerprint()
        directory, discredited = take_over(home, kept.content, known)
    except ValueError:
        return _look(visit, kept, visit.says("file"), "a fingerprint has 64 hexadecimal digits", 422)
    except (DirectoryError, PayloadError, CryptoError) as error:
        return _look(visit, kept, visit.says("file"), str(error), 422)
    uses = use_waiting(home, directory)
    visit.works.tray.drop(visit.sitting.key)
    return Page(
        "focal/joined.html",
        {"directory": directory, "discredited": discredited, "uses": uses, "first": first},
    )


def forget(visit: Visit) -> Answer:
    """Do nothing with the file, and forget it."""
    visit.works.tray.drop(visit.sitting.key)
    return Elsewhere("/ceremonies")


def _kept(visit: Visit, token: str) -> Waiting | None:
    return visit.works.tray.find(visit.sitting.key, token, visit.now).get("file")


def _steps(visit: Visit, fault: str, status: int) -> Page:
    home = visit.works.home
    facts = {
        "fault": fault,
        "home": str(home.path),
        "joined": home.network_file.exists(),
        "network_file": str(home.network_file),
    }
    return Page("focal/ceremonies.html", facts, status)


def _look(visit: Visit, kept: Waiting, token: str, fault: str, status: int = 200) -> Page:
    """A page about a file: a request for membership where it is one, else the file of a network."""
    home = visit.works.home
    held = home.network() if home.network_file.exists() else None
    facts: dict[str, object] = {"name": kept.name, "file": token, "fault": fault, "home": str(home.path)}
    try:
        found = open_application(kept.content, kept.name)
    except DirectoryError as not_a_request:
        return _look_at_network(visit, kept, facts, not_a_request, status)
    directory = held.directory if held else None
    known = ""
    try:
        if directory is not None:
            verify_known(found, directory)
    except DirectoryError as error:
        known = str(error)
    facts |= {
        "member": found.member,
        "at": reached_at(found.member),
        "words": fingerprint(found.member),
        "sponsors": found.sponsors(directory, visit.now) if directory else (),
        "is_member": directory is not None,
        "unknown": known,
    }
    return Page("focal/ceremony_request.html", facts, status)


def _look_at_network(
    visit: Visit, kept: Waiting, facts: dict[str, object], why: DirectoryError, status: int
) -> Page:
    home = visit.works.home
    held = home.network() if home.network_file.exists() else None
    try:
        document = decode_document(kept.content)
        draft = read_draft(document)
        lines = list(differences(held, document))
    except (DirectoryError, PayloadError) as error:
        raise EntryError(
            {
                "file": Sentence(
                    "neither a request ({why}) nor the file of a network ({error})", why=why, error=error
                )
            }
        ) from error
    facts |= {"draft": draft, "lines": lines, "first": held is None, "fingerprint": draft.fingerprint.hex()}
    return Page("focal/ceremony_network.html", facts, status)
