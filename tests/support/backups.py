"""Backups of a node, made and put back in this process or in one that is killed or has no room."""

import os
import resource
import signal
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from console.archive import Key, lock_to
from console.home import open_home
from console.restoring import Wanted, restore
from console.saving import Saved, save
from crypto.sealing import SealKey
from tests.support.network import NOW
from tests.support.processes import exit_code

SECRET = bytes(range(32))
LOCK = lock_to(SealKey(SECRET).public_key)
KEY = Key(secret=SECRET)
NO_ROOM = 3  # how a process ends that could not write


def backed_up(home: Path, path: Path) -> Saved:
    """Back a node up."""
    opened = open_home(home)
    return save(opened, opened.identity(None).signing, path, LOCK, NOW)


def put_back(path: Path, folder: Path) -> Path:
    """Put a backup into a folder."""
    restore(Wanted(path, KEY), folder)
    return folder


def killed_at(step: int, *job: Any) -> int:
    """Do a job in a process that is killed where it gives a file its name, is that the `step`th time; its exit code."""
    return exit_code(_killed_at, step, *job)


def without_room(room: int, *job: Any) -> int:
    """Do a job in a process in which no file can be larger than that; its exit code."""
    return exit_code(_without_room, room, *job)


def _killed_at(step: int, do: Any, *arguments: Any) -> None:
    numbers, rename = count(), Path.rename

    def killing(self: Path, target: Path) -> Path:
        if next(numbers) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, target)

    Path.rename = killing  # type: ignore[method-assign, assignment] # of this process, which ends with it
    do(*arguments)


def _without_room(room: int, do: Any, *arguments: Any) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    with suppress(Exception):
        do(*arguments)
        os._exit(0)
    os._exit(NO_ROOM)
