"""What a case says of its evidence: each item with its chain of custody."""

from typing import NamedTuple

from casework.casefile import CaseFile
from casework.errors import EvidenceError
from casework.event import Event


class Item(NamedTuple):
    """One item of evidence: what was said when it was added, and every act since, in order."""

    added: Event
    acts: tuple[Event, ...]

    @property
    def id(self) -> str:
        """Its id in the case."""
        return self.added.text("evidence")

    @property
    def digest(self) -> str:
        """SHA-256 of its content as it was collected, hexadecimal."""
        return self.added.text("sha256")

    @property
    def file(self) -> str:
        """Name of its sealed file; empty where none is kept here."""
        return self.added.text("file")

    @property
    def is_destroyed(self) -> bool:
        """Whether its sealed file is gone."""
        return any(act.text("act") == "destroy" for act in self.acts)

    @property
    def verified(self) -> Event | None:
        """When it was last hashed again, and with which result."""
        return next((act for act in reversed(self.acts) if act.text("act") == "verify"), None)


def items(case: CaseFile) -> tuple[Item, ...]:
    """Every item of evidence of a case with its chain of custody."""
    return tuple(
        Item(
            added, tuple(one for one in case.of("custody") if one.text("evidence") == added.text("evidence"))
        )
        for added in case.of("evidence_added")
    )


def item_of(case: CaseFile, evidence: str) -> Item:
    """Find an item.

    Raises:
        EvidenceError: There is none of that id, or its file is gone.
    """
    for one in items(case):
        if one.id == evidence:
            if one.is_destroyed or not one.file:
                raise EvidenceError("the file of {evidence} is not kept here", evidence=evidence)
            return one
    raise EvidenceError("there is no evidence {evidence!r} in this case", evidence=evidence[:40])
