"""What `tocsin share --call-back` does."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from console.cli.asking import ask_first
from console.cli.options import Format, passphrase
from console.cli.output import say, show
from console.home import open_home
from console.selection import select_records
from node.errors import QueryError
from node.logbook import Callback, Identity
from node.recall import call_back, callbacks_on_demand
from node.signed import Reason
from node.urgent import Alert, Kind
from node.wire import records

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
    secret = passphrase(home)
    ask_first(opened, store, secret)
    identity = opened.identity(secret)
    done = call_back(store, chosen, why, identity, records, now=datetime.now(UTC), purge=purge)
    show(_HEADER, _rows(done.callbacks), style)
    say_when(identity)
    say_alerts(done.alerts)
    untouched = set(chosen) - {one.before.record_id for one in done.callbacks}
    if untouched:
        say(f"{len(untouched)} never left, or are called back already.")


def say_when(identity: Identity) -> None:
    """Say when members see what has just been released or taken back."""
    if identity.pace.slot_seconds:
        slot = identity.pace.slot_seconds
        say(f"Members see it with the next checkpoint, which `tocsin serve` signs every {slot} s.")


def say_alerts(signed: Iterable[Alert]) -> None:
    """Say which alerts have ended, and which go on for those who may still see their record."""
    for one in signed:
        if one.kind is Kind.CANCEL:
            say(f"Alert {one.uid.hex()[:8]} is cancelled: its record is no longer for all who had it.")
        else:
            say(f"Alert {one.uid.hex()[:8]} takes its place for those who may still see the record.")


def _rows(callbacks: Sequence[Callback]) -> list[tuple[int, str, str]]:
    what = ("called back", "called back, to be destroyed")
    return [(one.before.log_index, what[one.purge], one.reason) for one in callbacks]
