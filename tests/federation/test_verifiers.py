"""Processes that help to verify find what this process finds, and are not missed when they end."""

import asyncio
import ctypes
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from textwrap import dedent

import pytest

from crypto.checkpoint import Checkpoint
from crypto.merkle import Frontier
from node import verifiers as processes
from node.audience import Tier
from node.errors import DisclosureError, PeerError
from node.model import PartialDate
from node.store.heads import open_log
from node.store.own_log import own_page
from node.verifiers import Verifiers
from node.verify import LinkedPage, Origin, Page, VerifiedPage, link_page, log_name, verify_linked
from node.wire import records
from tests.support.incidents import SHOOTING
from tests.support.network import TODAY, Network, Node, on_sqlite_alone

pytestmark = on_sqlite_alone
SHARED = 40
PR_SET_CHILD_SUBREAPER = 36
PATIENCE_SECONDS = 60


@pytest.fixture
def alpha(network: Network) -> Node:
    """A node that has shared, corrected and called back."""
    node = network.node("alpha")
    incidents = {f"k{at}": replace(SHOOTING, when=PartialDate(2020, 1, at % 28 + 1)) for at in range(SHARED)}
    node.holds(on=TODAY, a=SHOOTING, **incidents)
    node.shares("a", *incidents, tiers=frozenset({Tier.COORDINATOR}))
    return node


@pytest.fixture(autouse=True)
def small_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every page be work for several."""
    monkeypatch.setattr(processes, "CHUNK_ENTRIES", 3)


def linked(node: Node) -> LinkedPage:
    """A page with all that a coordinator may see of a node's log."""
    with node.store.read() as connection:
        head = open_log(connection, node.org_id)
        wires = own_page(connection, head.log_id, 0, head.frontier.size, Tier.COORDINATOR)
    checkpoint = Checkpoint(log_name(node.org_id), head.frontier.size, head.frontier.root)
    return link_page(Page(tuple(wires), (), ""), node.origin, checkpoint, Frontier(), records)


def with_helpers(
    page: LinkedPage, origin: Origin, meanwhile: Callable[[Verifiers], None]
) -> list[VerifiedPage]:
    """Verify a page, let something happen, verify it again."""

    async def twice() -> list[VerifiedPage]:
        async with Verifiers() as verifiers:
            verifiers.call_helpers()
            first = await verifiers.begin(page, origin)
            meanwhile(verifiers)
            return [first, await verifiers.begin(page, origin)]

    return asyncio.run(twice())


def nothing(_verifiers: Verifiers) -> None:
    """Nothing happens."""


def broken(page: LinkedPage, *places: int) -> LinkedPage:
    """A page in which the openings of some entries belong to another."""
    wires = list(page.wires)
    entries = [records.decode_entry(wire) for wire in wires]
    for at in places:
        wires[at] = records.encode_entry(entries[at]._replace(openings=entries[at + 1].openings))
    return page._replace(wires=tuple(wires))


def test_they_find_what_this_process_finds(alpha: Node) -> None:
    page = linked(alpha)
    here = verify_linked(page, alpha.origin, records)
    assert with_helpers(page, alpha.origin, nothing) == [here, here]
    assert len(here.entries) == SHARED + 1


def test_the_first_failure_of_a_page_is_named_whoever_finds_it(alpha: Node) -> None:
    page = broken(linked(alpha), 31, 7, 19)

    async def both() -> tuple[PeerError, VerifiedPage]:
        async with Verifiers() as verifiers:
            verifiers.call_helpers()
            with pytest.raises(DisclosureError) as caught:
                await verifiers.begin(page, alpha.origin)
            return caught.value, await verifiers.begin(linked(alpha), alpha.origin)

    error, after = asyncio.run(both())
    assert str(error).startswith("entry 7:")
    assert len(after.entries) == SHARED + 1


def test_a_process_that_was_killed_is_not_missed(alpha: Node) -> None:
    page = linked(alpha)

    def kill(verifiers: Verifiers) -> None:
        assert verifiers.first is not None
        verifiers.first.kill()

    here = verify_linked(page, alpha.origin, records)
    assert with_helpers(page, alpha.origin, kill) == [here, here]


def family(first: int) -> set[int]:
    """A process and those that it forked."""
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return {first, *map(int, children)}


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are given to another process by Linux alone")
def test_none_of_them_is_left_for_another_to_wait_for(alpha: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container orphans come to the first process, which is the node, and would stay for ever."""
    monkeypatch.setattr(processes, "helpers", lambda: 3)
    comes_to_us = partial(ctypes.CDLL(None).prctl, PR_SET_CHILD_SUBREAPER)
    seen: set[int] = set()

    def see(verifiers: Verifiers) -> None:
        assert isinstance(verifiers.first, subprocess.Popen)
        while len(seen) < 3:
            seen.update(family(verifiers.first.pid))

    comes_to_us(1)
    try:
        with_helpers(linked(alpha), alpha.origin, see)
        assert [pid for pid in seen if Path(f"/proc/{pid}").exists()] == []
    finally:
        comes_to_us(0)


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"])
def test_processes_that_do_not_start_are_not_missed(
    alpha: Node, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    page = linked(alpha)
    monkeypatch.setattr(sys, "executable", program)
    here = verify_linked(page, alpha.origin, records)
    assert with_helpers(page, alpha.origin, nothing) == [here, here]


@pytest.mark.parametrize("what", ["called", "killed", "threads", "idle"])
def test_what_stands_by_from_the_start_finds_the_same_or_is_not_missed(alpha: Node, what: str) -> None:
    page = linked(alpha)
    command = [sys.executable, "-m", "tests.support.standing", what]
    done = subprocess.run(command, input=pickle.dumps((page, alpha.origin)), capture_output=True, check=True)
    stood_by, found = pickle.loads(done.stdout)  # noqa: S301 - written by the test's own program
    assert stood_by == (what != "threads" and sys.platform == "linux")
    assert found == verify_linked(page, alpha.origin, records)
    assert done.stderr.count(b"ended") <= (what == "killed")


def test_work_that_nobody_waits_for_any_more_ends(alpha: Node) -> None:
    page = linked(alpha)

    async def give_up() -> asyncio.Task[VerifiedPage]:
        async with Verifiers() as verifiers:
            verifiers.call_helpers()
            begun = verifiers.begin(page, alpha.origin)
            await asyncio.sleep(0)
        return begun

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(give_up()).result()


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("standby", ["None", "stand_by()"])
def test_a_pull_that_ends_as_soon_as_it_has_called_them_does_not_wait_for_ever(standby: str) -> None:
    program = f"""
        from node.standby import stand_by
        standby = {standby}
        import asyncio
        from node.verifiers import Verifiers
        async def end_at_once():
            async with Verifiers(standby) as verifiers:
                verifiers.call_helpers()
        asyncio.run(end_at_once())
    """
    subprocess.run([sys.executable, "-c", dedent(program)], check=True, timeout=PATIENCE_SECONDS)
