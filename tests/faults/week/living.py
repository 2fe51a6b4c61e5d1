"""Live a week, and audit it."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Engine, event

from console.database import open_store
from tests.faults.week.audit import faults
from tests.faults.week.days import Week
from tests.faults.week.mishaps import NAME
from tests.faults.week.town import COUNTRIES
from tests.support.statements import share_statements

DAYS = 7


def live(
    folder: Path, seed: int, nodes: int = len(COUNTRIES), days: int = DAYS
) -> tuple[list[str], Counter[str]]:
    """Live a week on SQLite in a folder: what was wrong in the end, and what was met on the way."""
    template = folder / "template.sqlite3"
    if not template.exists():
        open_store(f"sqlite:///{template}").close()
    homes = [folder / str(seed) / f"n{at:02}" for at in range(nodes)]
    for home in homes:
        home.mkdir(parents=True)
        shutil.copy(template, home / NAME)
    return live_on(homes[0].parent, seed, [f"sqlite:///{home / NAME}" for home in homes], days)


def live_on(
    folder: Path, seed: int, urls: Sequence[str], days: int, server: Callable[[], None] | None = None
) -> tuple[list[str], Counter[str]]:
    """Likewise on these databases, of which the server ends and starts anew when it is told to."""
    if not event.contains(Engine, "engine_connect", share_statements):
        event.listen(Engine, "engine_connect", share_statements)
    week = Week(seed, folder, urls, days, server)
    try:
        asyncio.run(week.lives())
        return faults(week), week.met
    finally:
        week.close()
