"""One comparable form for what people type: data sets spell one name in many ways."""

import re
import unicodedata
from functools import lru_cache

_GAPS = re.compile(r"[\W_]+")


@lru_cache(maxsize=1 << 14)  # a publication repeats few words many times
def fold(text: str) -> str:
    """Text without case, accents, punctuation and surplus blanks; empty when nothing is left."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _GAPS.sub(" ", bare).strip().casefold()
