"""Two Synapse servers on PostgreSQL and one room: the same incidents as messages, each hashed and signed, over TLS."""

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from time import monotonic, perf_counter, sleep
from urllib.parse import quote

from benchmarks.lab import Lab
from benchmarks.processes import family_cpu_seconds
from benchmarks.rivals.homeserver import Homeserver, User, serving
from benchmarks.rivals.incidents import message, wires
from benchmarks.rivals.installed import installed
from benchmarks.rivals.ours import take
from benchmarks.table import Line

ALONE = 7  # sent one by one to an idle server
PACED = 100
PER_SECOND = 5.0
LONGEST_SECONDS = 60.0  # to wait for what has not arrived
EVERYTHING = quote('{"room": {"timeline": {"limit": 1000}}}')  # or all but the newest ten would be left out


class Room:
    """A room with one user on either server: one sends, the other hears."""

    def __init__(self, sender: User, hearer: User) -> None:
        self._sender, self._hearer = sender, hearer
        made = sender.ask("POST", "/createRoom", {"preset": "public_chat"})
        self._room = str(made["room_id"])
        hearer.ask("POST", f"/join/{self._room}?server_name={sender.server}&via={sender.server}", {})
        self._since = ""
        self._sent = 0
        self.heard()

    def send(self, content: str) -> None:
        """Send a message and wait until the sender's own server has it."""
        self._sent += 1
        self._sender.ask("PUT", f"/rooms/{self._room}/send/m.room.message/{self._sent}", content)

    def heard(self, wait_ms: int = 0) -> int:
        """How many messages have come since this was asked last."""
        since = f"&since={self._since}" if self._since else ""
        answer = self._hearer.ask("GET", f"/sync?timeout={wait_ms}&filter={EVERYTHING}{since}")
        self._since = answer["next_batch"]
        joined = answer.get("rooms", {}).get("join", {}).get(self._room, {})
        events = joined.get("timeline", {}).get("events", [])
        return sum(one["type"] == "m.room.message" for one in events)

    def hear(self, wanted: int) -> int:
        """Wait for so many messages; gives how many came in time."""
        come, deadline = 0, monotonic() + LONGEST_SECONDS
        while come < wanted and monotonic() < deadline:
            come += self.heard(1_000)
        return come


def lines(lab: Lab) -> Iterator[Line]:
    """Send a few messages one by one, then more at a pace that it can hold."""
    program, size = installed("synapse"), lab.sizes[0]
    contents = [message(one) for one in wires(lab.network(size).origin, ALONE + PACED)]
    mine = take(lab, "postgresql", size)
    with ExitStack() as stack:
        servers: list[Homeserver] = []
        for name in ("here", "there"):
            url = stack.enter_context(lab.database("postgresql"))
            servers.append(stack.enter_context(serving(program, url, lab.folder(), name)))
        room = Room(*(one.register() for one in servers))
        times = []
        for content in contents[:ALONE]:
            sleep(0.5)
            start = perf_counter()
            room.send(content)
            assert room.hear(1) == 1, "a message was lost"
            times.append(perf_counter() - start)
        everybody = (*(one.pid for one in servers), lab.database_pid)
        before = sum(map(family_cpu_seconds, everybody))
        start = perf_counter()
        for number, content in enumerate(contents[ALONE:]):
            sleep(max(0.0, start + number / PER_SECOND - perf_counter()))
            room.send(content)
        arrived = room.hear(PACED)
        spent = (sum(map(family_cpu_seconds, everybody)) - before) / PACED * 1_000
    yield Line("R4", "Synapse: one record at an idle peer", f"{median(times):.3f} s", "-", None)
    yield Line(
        "R9",
        f"processor seconds for 1,000 records ({PACED} messages, {PER_SECOND:g} asked for a second)",
        f"{mine.cpu_per_thousand:.2f} s",
        f"Synapse: {spent:.1f} s, {arrived} of {PACED} arrived",
        mine.cpu_per_thousand / spent,
    )
