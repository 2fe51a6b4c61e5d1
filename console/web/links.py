"""Links that sign in once: from whoever runs the node to whoever is beside them.

Such a link is a session that waits to be taken over. So it shows among the sessions of its account, ends like one, and
needs no secret of its own.
"""

from datetime import datetime

from console.errors import SignInError
from console.web.accounts import open_account
from console.web.sessions import find_session, open_session, use_up
from node.store.database import Store


def make_link(store: Store, name: str, now: datetime) -> str:
    """The token of a link that signs in to an account once, until a session would end unused.

    Raises:
        AccountError: There is no such account.
    """
    with store.write() as connection:
        return open_session(connection, open_account(connection, name).key, now)


def take_link(store: Store, token: str, now: datetime) -> str:
    """Open a session for whoever follows a link, and give its token; the link is used up.

    Raises:
        SignInError: It was used, is too old, or never was.
    """
    waiting = find_session(store, token)
    if waiting is not None and waiting.counts(now):
        with store.write() as connection:
            if use_up(connection, waiting.account_key, waiting.key, now):
                return open_session(connection, waiting.account_key, now)
    raise SignInError("this link was used or is too old; ask whoever runs this node for another")
