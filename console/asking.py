"""Questions that come over the line, answered with everything that must stand beside the figures."""

from collections.abc import Callable
from datetime import datetime

from console.cells import sentence
from console.remarks import remarks
from node.query import answer
from node.query_text import read_query
from node.store.database import Store
from node.wire.coordinating import Told


def asker(store: Store, clock: Callable[[], datetime]) -> Callable[[str], Told]:
    """What answers a question that is written as the text of a link.

    Args:
        store: Of the node.
        clock: Tells the time, aware UTC; without an as-of day a question is as of today.
    """

    def ask(text: str) -> Told:
        found = answer(store, read_query(text, clock().date()))
        notes = {name: sentence(note) for name, note in remarks(found).items()}
        return Told(found.header, found.rows, notes)

    return ask
