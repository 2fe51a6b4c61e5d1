"""Tables of a node; private to `node.store`.

Trusted: `record` and `revision` (what this organization knows), `release` (what it let out, and the secrets that open
it). The log tables hold bytes exactly as signed or received. `fact`, `detail` and `log.frontier` are projections that
can be rebuilt from the rest. Every primary key grows with time, so that inserts append, and is given out by the one
writer; days are whole numbers YYYYMMDD, so that both databases compare them alike.
"""

from node.tables import alerts, audiences, facts, figures, incidents, logs, matches, releases, witnesses
from node.tables.columns import metadata

__all__ = [
    "alerts",
    "audiences",
    "facts",
    "figures",
    "incidents",
    "logs",
    "matches",
    "metadata",
    "releases",
    "witnesses",
]
