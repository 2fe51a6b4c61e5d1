"""What is told of an import, at the command line and in the console."""

from node.store.records import Imported

COUNTS = ("accepted", "updated", "unchanged", "withdrawn", "quarantined")
_MANY = 0.1  # share of a publication that seldom vanishes at once


def looks_cut(done: Imported, rows: int) -> bool:
    """Whether so much is withdrawn that the file of so many rows may have been cut short."""
    return done.withdrawn > _MANY * rows
