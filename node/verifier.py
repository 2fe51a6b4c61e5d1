"""Processes that check entries for the node, each one job after the other, until its line ends.

    python -m node.verifier SOCKET...

There is one process for each inherited socket; they are forked from the first, as it is importing that takes time.
Jobs and answers are frames: four bytes that say how many follow, then those. Both ends are this node, so that they may
be pickled; what a peer sent lies inside as bytes. When the node ends, however it ends, its ends of the lines do too.
"""

import gc
import os
import pickle
import signal
import socket
import sys
from collections.abc import Sequence
from struct import Struct
from typing import Any, BinaryIO

from node.codes import LIST_NAMES, code_list
from node.errors import PeerError
from node.verify import Origin, verify_entries
from node.wire import records

SIZE = Struct(">I")


def frame(value: object) -> bytes:
    """Write a job or an answer."""
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return SIZE.pack(len(body)) + body


def read_frame(body: bytes) -> Any:
    """Read what a frame holds behind its size."""
    return pickle.loads(body)  # noqa: S301 - written by this node


def answer(job: tuple[Sequence[bytes], int, Origin]) -> list[tuple[Any, ...]] | PeerError:
    """Do `verify_entries`; its findings go as plain tuples, which travel at a fraction of the cost of named ones."""
    wires, start, origin = job
    try:
        return [tuple(one) for one in verify_entries(wires, start, origin, records)]
    except PeerError as error:
        return error


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Say that we are ready, then answer each job."""
    answers.write(frame(None))
    answers.flush()
    while size := jobs.read(SIZE.size):
        answers.write(frame(answer(read_frame(jobs.read(*SIZE.unpack(size))))))
        answers.flush()


def main(lines: list[socket.socket]) -> None:
    """Become as many processes as there are lines, and serve one of them."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # whoever interrupts the node lets it end its processes itself
    gc.disable()  # what is made here has no cycles
    for name in LIST_NAMES:  # once for all of them
        code_list(name)
    line, *others = lines
    forked: list[int] = []
    while others:
        pid = os.fork()
        if not pid:
            forked.clear()
            break
        forked.append(pid)
        line.close()
        line, *others = others
    for other in others:
        other.close()
    serve(line.makefile("rb"), line.makefile("wb"))
    for pid in forked:  # or whoever is the first process of all would have to
        os.waitpid(pid, 0)
    os._exit(0)  # nothing is left to write, and giving back memory piece by piece would hold up the pull


if __name__ == "__main__":
    main([socket.socket(fileno=int(number)) for number in sys.argv[1:]])
