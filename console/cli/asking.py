"""What every command does before it adds to the log: ask the members, and say so where nobody answered."""

from console.cli.output import say
from console.confirming import ask_before_writing
from console.home import Home
from node.store.database import Store

UNASKED = (
    "No member could be asked what it holds of your log. If this machine was set back to an older copy, stop: "
    "docs/ceremonies.md."
)


def ask_first(home: Home, store: Store, secret: str | None) -> None:
    """Ask members what they hold of our log.

    Raises:
        NodeError: As of `ask_before_writing`.
        CryptoError: Likewise.
    """
    if not ask_before_writing(home, store, secret):
        say(UNASKED)
