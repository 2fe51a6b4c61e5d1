"""What is new to us in a peer's log, on its way from the line to the store, each step at work on its own page.

While some pages are being stored, the next is being verified, on every core, the one after it is being read, and one
more is on the line; the event loop does nothing but wait.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AbstractAsyncContextManager, aclosing
from math import ceil
from typing import TypeVar

from crypto.checkpoint import Checkpoint
from crypto.merkle import Frontier
from node.audience import Tier
from node.client import PeerClient
from node.errors import NodeError
from node.relayed import verify_relayed
from node.verifiers import Verifiers
from node.verify import LinkedPage, Origin, Page, VerifiedPage, join_pages, link_page, page_token
from node.wire import records

SPAN_ENTRIES = 2_500  # in one transaction: what a crash may cost to do again, and what is held in memory
LAST_ENTRIES = 1_000  # about as many are left to store after the last page

T = TypeVar("T")


class NewEntries:
    """Those of one log, up to a checkpoint.

    Args:
        client: The line to who shows the log.
        origin: Whose log it is.
        checkpoint: Up to where it is wanted.
        held: The log as it was verified before.
        verifiers: Who checks what the entries say.
        relayed_to: Our tier, where it is another member that shows the log.
    """

    def __init__(
        self,
        client: PeerClient,
        origin: Origin,
        checkpoint: Checkpoint,
        held: Frontier,
        verifiers: Verifiers,
        relayed_to: Tier | None = None,
    ) -> None:
        self._client = client
        self._relayed_to = relayed_to
        self._origin = origin
        self._checkpoint = checkpoint
        self._held = held
        self._verifiers = verifiers

    async def spans(self) -> AsyncGenerator[VerifiedPage, None]:
        """Verified pages joined to what is worth a transaction; those before a bad page come before its error."""
        span: list[VerifiedPage] = []
        left = self._checkpoint.size - self._held.size
        failure: NodeError | None = None
        async with ahead(self._begun()) as pages:
            try:
                async for page in pages:
                    span.append(await self._permitted(await page))
                    del page
                    entries = sum(len(one.entries) for one in span)
                    if entries >= _share(left):
                        yield join_pages(span)
                        span.clear()
                        left -= entries
            except NodeError as error:
                failure = error
        if span:
            yield join_pages(span)
        if failure is not None:
            raise failure

    async def _permitted(self, page: VerifiedPage) -> VerifiedPage:
        """A page of a log that is passed on, if it shows no more than may be."""
        if self._relayed_to is not None:
            wires = [one.wire for one in page.entries]
            await asyncio.to_thread(verify_relayed, wires, self._relayed_to, records)
        return page

    async def _begun(self) -> AsyncGenerator[Awaitable[VerifiedPage], None]:
        """Pages that are being verified."""
        async with aclosing(self._linked()) as pages:
            async for page in pages:
                yield self._verifiers.begin(page, self._origin)

    async def _linked(self) -> AsyncGenerator[LinkedPage, None]:
        held = self._held
        async with ahead(self._fetched()) as pages:
            async for page in pages:
                linked = await asyncio.to_thread(
                    link_page, page, self._origin, self._checkpoint, held, records
                )
                held = linked.frontier
                yield linked

    async def _fetched(self) -> AsyncGenerator[Page, None]:
        """Pages as they come, asked for by tokens that we make ourselves, so a peer's token never steers us."""
        at = self._held.size
        other = "" if self._relayed_to is None else self._origin.org_id
        while token := page_token(self._checkpoint.size, at):
            page = await self._client.entries(token, origin_id=other)
            at += len(page.entries)
            yield page


def _share(entries: int) -> float:
    """What to store at a time: even shares at first, then less, so that little is left to store after the last page."""
    match ceil(entries / SPAN_ENTRIES):
        case 1:
            return entries
        case 2:
            return entries - LAST_ENTRIES
        case shares:
            return (entries - 3 * LAST_ENTRIES) / (shares - 2)


def ahead(step: AsyncGenerator[T, None]) -> AbstractAsyncContextManager[AsyncGenerator[T, None]]:
    """Take what a step yields while it works on the next one already."""
    return aclosing(_run_ahead(step))


async def _run_ahead(step: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    async with aclosing(step):
        coming = asyncio.ensure_future(anext(step, None))
        try:
            while (one := await coming) is not None:
                coming = asyncio.ensure_future(anext(step, None))
                yield one
                del one
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
