"""A process that verifies a page with what stood by since its start: page and origin come in, what was found goes out.

python -m tests.support.standing called|killed|threads|idle
"""

import asyncio
import pickle
import sys
from threading import Event, Thread

from node import verifiers as processes
from node.standby import stand_by
from node.verifiers import Verifiers


def main(what: str) -> None:
    """Say whether anything stands by, and what was found."""
    done = Event()
    if what == "threads":
        Thread(target=done.wait).start()
    standby = stand_by()
    page, origin = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the test
    if what == "killed":
        assert standby is not None
        standby.kill()

    if what == "called":  # all of it is their work
        vars(processes).pop("verify_entries")

    async def verify() -> object:
        async with Verifiers(standby) as verifiers:
            if what != "idle":
                verifiers.call_helpers()
            return await verifiers.begin(page, origin)

    sys.stdout.buffer.write(pickle.dumps((standby is not None, asyncio.run(verify()))))
    done.set()


if __name__ == "__main__":
    main(sys.argv[1])
