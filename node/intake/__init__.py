"""Published data sets: bytes in, checked incidents and every problem at once out."""

from node.intake.publication import Publication, Reject, Row
from node.intake.reading import read_publication
from node.intake.rejects import rejects_csv

__all__ = ["Publication", "Reject", "Row", "read_publication", "rejects_csv"]
