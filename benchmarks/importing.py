"""How fast a publication is stored, and how fast records are released, beside one signature for each."""

from collections.abc import Iterator
from functools import partial
from statistics import median

from benchmarks.clock import seconds
from benchmarks.lab import Lab
from benchmarks.samples import NOW, publication, release_all
from benchmarks.table import Line, at_most
from console.database import open_store
from crypto.signing import Signer
from node.logbook import Identity
from node.record import import_publication

ROUNDS = 5
ROWS = 5_000
A_FEW_SECONDS = 3.0


def lines(lab: Lab) -> Iterator[Line]:
    """Import a publication of the usual size into new databases, then release it."""
    rows = publication(ROWS)
    identity = Identity("bench", Signer.generate(), Signer.generate())
    for engine in lab.engines:
        importing, releasing = [], []
        for _ in range(ROUNDS):
            with lab.database(engine) as url:
                store = open_store(url)
                importing.append(seconds(partial(import_publication, store, rows, bytes(32), NOW)))
                releasing.append(seconds(partial(release_all, store, identity, ROWS)))
                store.close()
        for what, taken in (("import", median(importing)), ("release to two tiers", median(releasing))):
            yield Line(
                "-",
                f"{what}, {ROWS:,} rows, {engine}",
                f"{ROWS / taken:,.0f}/s",
                f"a few seconds: {taken:.1f} s",
                taken / A_FEW_SECONDS,
                at_most(1),
            )
