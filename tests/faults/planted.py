"""Mistakes as somebody might make them, each of which spoils a week."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Connection

import node.logbook
import node.plan
import node.recall
import node.receive
import node.record
import node.server
import node.share
import node.store.database
import node.sync
from node.audience import Tier
from node.pages import own_log_page
from node.receive import Received, keep_page
from node.store.database import Store
from node.store.peer_log import add_peer_entries
from node.verify import page_token

Plant: TypeAlias = Callable[[pytest.MonkeyPatch], None]


def _nothing(*_arguments: Any, **_named: Any) -> None:
    """Forget to do it."""


async def _nothing_yet(*_arguments: Any, **_named: Any) -> None:
    """Forget to do it."""


def half_of_a_page_stays(patch: pytest.MonkeyPatch) -> None:
    """What was written before an error is kept."""

    @contextmanager
    def write(store: Store) -> Iterator[Connection]:
        with node.store.database._our_errors(), store.engine.connect() as connection:
            writer = connection.execution_options(tocsin_write=True)
            transaction = writer.begin()
            try:
                yield writer
            finally:
                transaction.commit()

    patch.setattr(Store, "write", write)


def replaced_records_go_on_counting(patch: pytest.MonkeyPatch) -> None:
    """Receivers do not end what an entry says it replaces."""
    settle = node.receive._settle
    patch.setattr(node.receive, "_settle", lambda *given: (settle(*given)[0], frozenset()))


def call_backs_are_not_followed(patch: pytest.MonkeyPatch) -> None:
    """Receivers follow corrections alone."""
    targets = node.receive.targets_of
    patch.setattr(node.receive, "targets_of", lambda one: targets(one) if hasattr(one, "stands_for") else ())


def the_cursor_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    """A page is stored, and how far the log is held is not."""
    patch.setattr(node.receive, "advance_log", _nothing)


def a_page_is_stored_twice(patch: pytest.MonkeyPatch) -> None:
    """What another process has stored meanwhile is not looked at."""
    keep, again = keep_page, {"left": 3}

    def twice(store: Store, head: Any, span: Any, *rest: Any, **named: Any) -> Any:
        done = keep(store, head, span, *rest, **named)
        if again["left"]:
            again["left"] -= 1
            with store.write() as connection:
                add_peer_entries(connection, head, span.entries, frozenset(), 1)
        return done

    patch.setattr(node.sync, "keep_page", twice)


def what_left_is_released_again(patch: pytest.MonkeyPatch) -> None:
    """What left before is not remembered."""
    patch.setattr(node.plan, "released", lambda *_: {})


def corrections_stay_at_home(patch: pytest.MonkeyPatch) -> None:
    """What changed since it left is not told."""
    outdated = node.share._outdated
    patch.setattr(node.share, "_outdated", lambda *given: (outdated(*given)[0], ()))


def withdrawals_stay_at_home(patch: pytest.MonkeyPatch) -> None:
    """What was withdrawn is not called back."""
    outdated = node.share._outdated
    patch.setattr(node.share, "_outdated", lambda *given: ((), outdated(*given)[1]))


def demands_are_not_logged(patch: pytest.MonkeyPatch) -> None:
    """What is called back on demand is closed here and told to nobody."""
    patch.setattr(node.recall, "append", _nothing)


def nobody_confirms(patch: pytest.MonkeyPatch) -> None:
    """Receipts are not given."""
    patch.setattr(node.sync, "_confirm", _nothing_yet)


def what_a_relay_withheld_is_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    """What somebody else may not pass on is taken for what nobody may have."""

    async def ask_nobody(*_given: Any) -> Received:
        return Received()

    patch.setattr(node.sync, "_ask_again", ask_nobody)


def everybody_is_a_coordinator(patch: pytest.MonkeyPatch) -> None:
    """The server looks up the view of the wrong tier."""
    patch.setattr(
        node.server,
        "own_log_page",
        lambda connection, head, caller, *rest: own_log_page(
            connection, head, caller._replace(tier=Tier.COORDINATOR), *rest
        ),
    )


def the_next_page_starts_too_late(patch: pytest.MonkeyPatch) -> None:
    """An entry between two pages is skipped."""
    patch.setattr(
        node.sync, "page_token", lambda size, start: page_token(size, start and min(size, start + 1))
    )


def facts_are_not_written(patch: pytest.MonkeyPatch) -> None:
    """Of what came, nothing is counted once a page has more than two entries."""

    def without(connection: Any, head: Any, entries: Any, *rest: Any) -> None:
        add_peer_entries(
            connection,
            head,
            [one._replace(fact=None) for one in entries] if len(entries) > 2 else entries,
            *rest,
        )

    patch.setattr(node.receive, "add_peer_entries", without)


def the_log_forgets_its_head(patch: pytest.MonkeyPatch) -> None:
    """A release appends, and signs the head from before."""
    sign = node.logbook.sign_head
    signed: dict[str, bytes] = {}
    patch.setattr(
        node.logbook,
        "sign_head",
        lambda frontier, who, name: signed.setdefault(who.org_id, sign(frontier, who, name)),
    )


def what_vanished_goes_on_to_stand(patch: pytest.MonkeyPatch) -> None:
    """An import withdraws nothing."""
    patch.setattr(node.record._Change, "withdraw_all_but", _nothing)


PLANTED: MappingProxyType[str, Plant] = MappingProxyType(
    {
        name: one
        for name, one in list(globals().items())
        if callable(one) and getattr(one, "__module__", "") == __name__ and not name.startswith("_")
    }
)
