"""The parts of a case that `tocsin case show --part` shows."""

from enum import StrEnum


class Part(StrEnum):
    """What of a case to show."""

    ABOUT = "about"
    LETTERS = "letters"
    INVESTIGATIONS = "investigations"
    PROCEEDINGS = "proceedings"
    CAPTIVITY = "captivity"
    ACCESS = "access"
    LAW = "law"
    CONFLICTS = "conflicts"


PARTS = f"What of it to show: {', '.join(Part)}."
