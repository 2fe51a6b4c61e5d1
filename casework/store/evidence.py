"""Which sealed files there are beside the database, and their digests."""

from typing import NamedTuple

from sqlalchemy import delete, select

from casework.store.database import Transaction, add, next_id
from casework.tables import case_evidence


class EvidenceFile(NamedTuple):
    """A sealed file.

    Attributes:
        file: Its name, 32 hexadecimal digits.
        digest: SHA-256 of its sealed bytes.
        size: Number of its sealed bytes.
    """

    file: str
    digest: bytes
    size: int


def add_evidence_file(connection: Transaction, case_id: int, file: EvidenceFile) -> None:
    """Note a file that lies in the folder already."""
    row = {
        "id": next_id(connection, case_evidence),
        "case_id": case_id,
        "file": bytes.fromhex(file.file),
        "digest": file.digest,
        "size": file.size,
    }
    add(connection, case_evidence, row)


def evidence_files(connection: Transaction, case_id: int | None = None) -> tuple[EvidenceFile, ...]:
    """Files of a case or of all."""
    chosen = select(case_evidence.c.file, case_evidence.c.digest, case_evidence.c.size).order_by(
        case_evidence.c.id
    )
    if case_id is not None:
        chosen = chosen.where(case_evidence.c.case_id == case_id)
    return tuple(EvidenceFile(file.hex(), digest, size) for file, digest, size in connection.execute(chosen))


def drop_evidence_file(connection: Transaction, file: str) -> None:
    """Forget a file that is to be destroyed."""
    connection.execute(delete(case_evidence).where(case_evidence.c.file == bytes.fromhex(file)))
