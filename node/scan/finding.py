"""What the scanner reports."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a stretch of text looks like."""

    EMAIL = "e-mail"
    ACCOUNT = "account"
    PHONE = "phone"
    PLATE = "plate"
    COORDINATE = "coordinate"
    IDENTITY = "identity number"
    NAME = "name"
    BIRTH = "date of birth"
    AGE = "age"


class Finding(NamedTuple):
    """A stretch of the text as it was given: `text[start:end]`."""

    kind: Kind
    start: int
    end: int
