"""What `tocsin share --call-back` does."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from console.cli.options import Format, passphrase
from console.cli.output import say, show
from console.cli.selection import select_records
from console.home import open_home
from node.alert import Sender, cancel_called_back
from node.errors import QueryError
from node.logbook import Callback, Identity
from node.recall import call_back, callbacks_on_demand
from node.signed import Reason
from node.store.database import Store
from node.wire import alerts, records

_REASONS = (Reason.WITHDRAWN, Reason.SHARED_IN_ERROR)  # for which people call records back
_HEADER = ("log entry", "what", "because")


def recall(
    home: Path, ids: Sequence[str], because: str, style: Format, *, purge: bool, dry_run: bool, yes: bool
) -> None:
    """Call records back, or show what would be; asks first on a terminal.

    Raises:
        QueryError: There is no such record or reason.
    """
    if because not in _REASONS:
        raise QueryError(f"--because: {because!r} is none of {', '.join(_REASONS)}")
    opened = open_home(home)
    store = opened.store()
    chosen = select_records(store, "--call-back", ids)
    why = Reason(because)
    planned = callbacks_on_demand(store, chosen, why, records, purge=purge)
    if dry_run:
        show(_HEADER, _rows(planned), style, {"nothing_left": "this was a preview"})
        return
    if sys.stdin.isatty() and not yes:
        typer.confirm(f"Call {len(planned)} records back from everybody who saw them?", abort=True, err=True)
    identity = opened.identity(passphrase(home))
    done = call_back(store, chosen, why, identity, records, now=datetime.now(UTC), purge=purge)
    cancel_their_alerts(store, identity)
    show(_HEADER, _rows(done), style)
    if len(done) < len(chosen):
        say(f"{len(chosen) - len(done)} never left, or are called back already.")


def cancel_their_alerts(store: Store, identity: Identity) -> None:
    """Cancel the alerts about what is called back, and say so."""
    cancelled = cancel_called_back(store, datetime.now(UTC), Sender(identity, records, alerts))
    for one in cancelled:
        say(f"Alert {one.uid.hex()[:8]} is cancelled: its record was called back.")


def _rows(callbacks: Sequence[Callback]) -> list[tuple[int, str, str]]:
    what = ("called back", "called back, to be destroyed")
    return [(one.before.log_index, what[one.purge], one.reason) for one in callbacks]
