"""What somebody may do in the console; an account has one role or several."""

from enum import StrEnum


class Role(StrEnum):
    """A role, as the field calls it."""

    REPORTER = "reporter"
    FOCAL_POINT = "focal_point"
    ACCOUNTABILITY_OFFICER = "accountability_officer"
    APPROVER = "approver"
    LEGAL_ADVISER = "legal_adviser"
    SURVIVOR_ADVOCATE = "survivor_advocate"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    OPERATOR = "operator"


ANYBODY = frozenset(Role)  # who is signed in
