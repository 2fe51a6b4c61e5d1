"""What a process has used, read from where Linux tells it."""

import os
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_CPU_FIELD = 11  # of /proc/PID/stat behind the name, counted from 0: user time, then system time


class Memory(NamedTuple):
    """Resident MiB: now, and the most there ever was."""

    now: float
    most: float


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, on all cores."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[_CPU_FIELD : _CPU_FIELD + 2])) / _TICKS


def family_cpu_seconds(pid: int) -> float:
    """Likewise of a process and all that it started, those included that have ended since."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (
        sum(map(int, fields[_CPU_FIELD : _CPU_FIELD + 4])) / _TICKS
    )  # the last two are of children that it waited for
    return own + sum(_living_cpu_seconds(child) for child in _children(pid))


def memory(pid: int) -> Memory:
    """Memory of a process."""
    fields = _fields(Path(f"/proc/{pid}/status"))
    return Memory(*(int(fields[name].removesuffix("kB")) / 1024 for name in ("VmRSS", "VmHWM")))


def helpers_memory(pid: int) -> float:
    """MiB that the processes which a process started have now, their share of what they have in common included."""
    return sum(_pss(child) + helpers_memory(child) for child in _children(pid))


def forget_peak() -> None:
    """Let the most memory that this process ever had be what it has now."""
    Path("/proc/self/clear_refs").write_text("5")


def written_bytes(pid: int) -> int:
    """Bytes that a process has written to files."""
    return int(_fields(Path(f"/proc/{pid}/io"))["wchar"])


def _children(pid: int) -> list[int]:
    running = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())
    return [child for child in running if _parent(child) == pid]


def _living_cpu_seconds(pid: int) -> float:
    try:
        return family_cpu_seconds(pid)
    except OSError:  # it has ended meanwhile, and its parent counts it next time
        return 0.0


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it has ended meanwhile
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _pss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _fields(path: Path) -> dict[str, str]:
    lines = (line.partition(":") for line in path.read_text().splitlines())
    return {name: value.strip() for name, _, value in lines}
