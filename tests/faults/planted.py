"""Mistakes as somebody might make them, each of which spoils a week."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Connection

import casework.answering
import casework.deadlines.view
import casework.desk
import casework.posting
import casework.publishing
import casework.taking
import console.confirming
import console.dump
import console.place
import console.restoring
import console.saving
import node.fetching
import node.logbook
import node.newepoch
import node.plan
import node.recall
import node.receive
import node.record
import node.server
import node.share
import node.slots
import node.store.database
import node.sync
from casework.keyholder import Keyholder
from casework.store.post import posted_after
from node.audience import Tier
from node.pages import own_log_page
from node.receive import Received, keep_page
from node.store.database import Store
from node.store.peer_log import add_peer_entries
from node.verify import page_token
from tests.faults.week import hands

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
        node.fetching, "page_token", lambda size, start: page_token(size, start and min(size, start + 1))
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


# Nodes that were put back


def an_old_copy_writes_its_log(patch: pytest.MonkeyPatch) -> None:
    """Nothing speaks against adding to the log."""
    for module in (node.logbook, node.slots):
        patch.setattr(module, "verify_writable", _nothing)


def a_copy_takes_itself_for_the_node(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks whether the database is where it was."""
    patch.setattr(console.place, "note_place", lambda *_given, **_named: 0)
    patch.setattr(console.restoring, "put_place", _nothing)


def what_members_say_of_our_log_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """They are asked, and nobody writes down what they say."""
    patch.setattr(console.confirming, "hear", _nothing)


def what_a_log_gave_up_is_still_wanted(patch: pytest.MonkeyPatch) -> None:
    """Who follows to another epoch drops nothing."""
    patch.setattr(node.newepoch, "drop_within", _nothing)


# Processes that are killed


def what_was_killed_is_half_done(patch: pytest.MonkeyPatch) -> None:
    """A process writes each statement by itself, and is killed between two of them."""
    patch.setattr(hands, "SPOILED_BY", (_statement_by_statement,))


def _statement_by_statement(patch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def write(store: Store) -> Iterator[Connection]:
        with node.store.database._our_errors(), store.engine.connect() as connection:
            writer = connection.execution_options(tocsin_write=True)
            dialect = store.engine.dialect
            perform = dialect.do_execute

            def and_keep(cursor: Any, *given: Any) -> Any:
                done = perform(cursor, *given)
                cursor.connection.commit()
                return done

            with pytest.MonkeyPatch.context() as inner, writer.begin():
                inner.setattr(dialect, "do_execute", and_keep)
                yield writer

    patch.setattr(Store, "write", write)


# Cases


def what_was_said_is_said_again(patch: pytest.MonkeyPatch) -> None:
    """An officer who asks again what was done already does it twice."""
    plain = Keyholder.id_for
    patch.setattr(Keyholder, "id_for", lambda desk, _request, what: plain(desk, "", what))


def a_hold_stops_no_clock(patch: pytest.MonkeyPatch) -> None:
    """Days on hold count like others."""
    patch.setattr(
        casework.deadlines.view, "_shifted", lambda start, days, *_: (start + timedelta(days=days), 0)
    )


def an_acknowledgement_is_an_answer(patch: pytest.MonkeyPatch) -> None:
    """Whatever comes in stops every clock of its letter."""
    letters = import_module("casework.deadlines.letters")  # beside it is a function of that name
    patch.setattr(letters, "ACKNOWLEDGEMENT", "")


def what_is_on_hold_is_told(patch: pytest.MonkeyPatch) -> None:
    """What may not be told of a case is not kept back."""
    patch.setattr(casework.desk, "settle", lambda *_: {})


def what_is_newer_of_a_case_is_not_taken(patch: pytest.MonkeyPatch) -> None:
    """Of each case the first that was heard of it stays."""
    judge = casework.taking._judge
    patch.setattr(
        casework.taking,
        "_judge",
        lambda held, new, about: judge(
            held, new._replace(number=held.number, line=held.line) if held else new, about
        ),
    )


def what_is_for_one_member_is_in_the_list_of_all(patch: pytest.MonkeyPatch) -> None:
    """Whoever asks is given what others are told."""
    everybody = ("", *(f"n{at:02}" for at in range(12)))
    patch.setattr(
        casework.posting,
        "posted_after",
        lambda connection, _reader, after, most: [
            row for one in everybody for row in posted_after(connection, one, after, most)
        ],
    )


def what_came_in_at_a_co_sender_is_not_written_down(patch: pytest.MonkeyPatch) -> None:
    """Notices are fetched and left lying."""
    patch.setattr(
        casework.answering, "_take_notice", lambda *given: casework.answering._outcome(*given[2::2])
    )


def what_is_done_to_a_case_stands_in_no_log(patch: pytest.MonkeyPatch) -> None:
    """Of what was written, the audit log is not told the digests."""
    note = Keyholder.note
    patch.setattr(
        Keyholder, "note", lambda desk, *given, **named: note(desk, *given, **{**named, "digests": {}})
    )


def a_backup_lacks_a_row(patch: pytest.MonkeyPatch) -> None:
    """The last row of each table is forgotten, and the manifest says so as well."""

    def all_but_one(connection: Any, shape: Any) -> Iterator[Any]:
        rows = list(console.dump.rows_of(connection, shape))
        yield from rows[:-1] if len(rows) > 2 else rows

    patch.setattr(console.saving, "rows_of", all_but_one)


PLANTED: MappingProxyType[str, Plant] = MappingProxyType(
    {
        name: one
        for name, one in list(globals().items())
        if callable(one) and getattr(one, "__module__", "") == __name__ and not name.startswith("_")
    }
)
