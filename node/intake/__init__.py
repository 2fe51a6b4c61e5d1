"""Files of incidents: bytes in, checked incidents and every problem at once out."""

from node.intake.json_table import is_json
from node.intake.profile import Profile, built_in, read_profile
from node.intake.publication import Publication, Reject, Row
from node.intake.reading import read_publication
from node.intake.rejects import rejects_csv, rejects_workbook
from node.intake.template import template

__all__ = [
    "Profile",
    "Publication",
    "Reject",
    "Row",
    "built_in",
    "is_json",
    "read_profile",
    "read_publication",
    "rejects_csv",
    "rejects_workbook",
    "template",
]
