"""What can be printed, by name; light enough for the help of a command to read."""

from enum import StrEnum


class Report(StrEnum):
    """What can be printed."""

    DOSSIER = "dossier"
    TIMELINE = "timeline"
    STATE = "state"
    WORKLIST = "worklist"
    AGEING = "ageing"
    YEARLY = "yearly"
    DETENTION = "detention"
    CORRECTION = "correction"


OF_ONE_CASE = frozenset({Report.DOSSIER, Report.TIMELINE, Report.CORRECTION})
