"""What `tocsin audience` does when members join or leave: preview, ask, change."""

import sys
from pathlib import Path

import typer

from console.audiences import author
from console.cli.asking import ask_first
from console.cli.options import Format, passphrase
from console.cli.output import say, show
from console.home import open_home
from console.sharing import PREVIEW_HEADER, preview_lines, totals
from node.audiences import Change, change_audience, preview_change


def change_members(
    home: Path, name: str, change: Change, by: str, style: Format, *, dry_run: bool, yes: bool
) -> None:
    """Preview a change of an audience, ask where somebody sits at the keyboard, and do it.

    Raises:
        AudienceError: The change is refused; nothing is changed then.
    """
    opened = open_home(home)
    store = opened.store()
    secret = passphrase(home)
    who = author(opened, by, secret)
    plan = preview_change(store, name, change, who)
    if dry_run:
        show(PREVIEW_HEADER, preview_lines([plan]), style, {"nothing_left": "this was a preview"})
        return
    if (plan.outgoing or plan.callbacks) and sys.stdin.isatty() and not yes:
        say(", ".join(f"{number} {what}" for what, number in totals([plan]).items()))
        typer.confirm("Change who sees these records? (--dry-run shows every value)", abort=True, err=True)
    ask_first(opened, store, secret)
    charter, done = change_audience(store, name, change, who)
    left = totals([done])
    show(tuple(left), [tuple(left.values())], style)
    say(f"Version {charter.version} of the audience {name}; {len(charter.members)} members.")
