"""The one sentence of free text that may travel: what to do, never who, where exactly or how to reach somebody."""

import re

from node.scan import NO_NAMES, Names, scan

_LINK = re.compile(r"https?:|www\.", re.IGNORECASE)  # it leads to more text, which nobody has looked through


def telling_parts(text: str, names: Names = NO_NAMES) -> tuple[str, ...]:
    """Kinds of things in a text that could tell who or where somebody is; a text that holds any must not leave."""
    kinds = {str(one.kind) for one in scan(text, names)}
    return tuple(sorted(kinds | {"link"} if _LINK.search(text) else kinds))
