"""Numbers without records that members gave: what counts in the next release, and a form for more of them."""

from hashlib import sha256

from console.aggregates import TAKEN_HEADER, take_content, taken_lines
from console.web.visit import Answer, Page, Table, Visit
from crypto.errors import CryptoError
from node.cubes.aggregate import Aggregate
from node.errors import NodeError, StoreError
from node.said import Teller

ONE_FILE_BYTES = 32 << 20
FORM_BYTES = ONE_FILE_BYTES + (1 << 20)  # the file and what is sent beside it


def list_taken(visit: Visit) -> Answer:
    """What members gave, over the line or as files, that counts."""
    return _page(visit)


def take_list(visit: Visit) -> Answer:
    """The same as a file."""
    columns = tuple(name.replace(" ", "_") for name in TAKEN_HEADER)
    return Table("numbers_taken", columns, tuple(taken_lines(visit.store)))


def take_file(visit: Visit) -> Answer:
    """Take in what a member wrote for us; taking the same in again changes nothing."""
    sent = visit.files.get("file", ())
    if not sent or not sent[0].size:
        return _page(visit, "choose a file")
    works, teller = visit.works, Teller(visit.who.name, visit.now)
    try:
        found = take_content(works.home, visit.store, works.seals(), sent[0].content, teller)
    except StoreError:
        raise  # part of it may be kept; nobody can say that nothing was taken in
    except (NodeError, CryptoError) as error:
        return _page(visit, str(error))
    sent[0].content.seek(0)
    return _page(visit, found=found, digest=sha256(sent[0].content.read()).hexdigest())


def _page(visit: Visit, fault: str = "", found: Aggregate | None = None, digest: str = "") -> Page:
    facts = {
        "header": TAKEN_HEADER,
        "rows": list(taken_lines(visit.store)),
        "fault": fault,
        "found": found,
        "digest": digest,
        "most": ONE_FILE_BYTES >> 20,
    }
    return Page("coordinator/taking.html", facts, 422 if fault else 200)
