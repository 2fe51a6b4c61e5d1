"""`tocsin share --uniqueness K`: how sparse a selection is at the levels that each tier sees."""

from collections.abc import Iterator, Mapping

from console.cells import Cell
from console.cli.options import Format
from console.cli.output import show
from node.audience import Audience, Tier
from node.explain import foresee
from node.plan import Request
from node.store.database import Store
from node.uniqueness import Coarser, Rarity, Uniqueness, Views

HEADER = ("tier", "seen", "records", "groups", "unique", "unique %", "rare", "risk %", "helps")
AS_IT_IS = "as the tier sees it"


def show_uniqueness(store: Store, request: Request, k: int, style: Format) -> None:
    """Print how many records of a selection stand alone, tier by tier, and what would help; nothing leaves."""
    views = {tier: Views() for tier in sorted(request.tiers)}
    held = 0
    for one in foresee(store, request):
        held += not one.views
        for tier, collected in views.items():
            if seen := one.seen_by(Audience(tier)):
                collected.add(seen)
    reports = {tier: collected.uniqueness(k) for tier, collected in views.items()}
    rows = [row for tier, report in reports.items() for row in _rows(tier, report)]
    show(HEADER, rows, style, _remarks(reports, k, held))


def _rows(tier: Tier, report: Uniqueness) -> Iterator[tuple[Cell, ...]]:
    yield _row(tier, AS_IT_IS, report.rarity, "")
    for one in report.coarser:
        yield _row(tier, _words(one), one.rarity, "most" if one == report.helpful else "")


def _row(tier: Tier, seen: str, rarity: Rarity, helps: str) -> tuple[Cell, ...]:
    unique, risk = (round(100 * share, 1) for share in (rarity.unique_share, rarity.risk))
    numbers = (rarity.records, rarity.groups, rarity.unique, unique, rarity.rare, risk)
    return (tier.name.lower(), seen, *numbers, helps)


def _words(coarser: Coarser) -> str:
    return ", ".join(
        f"{step.dimension} only to {step.level}" if step.level else f"without {step.dimension}"
        for step in coarser.steps
    )


def _remarks(reports: Mapping[Tier, Uniqueness], k: int, held: int) -> dict[str, object]:
    return {
        "nothing_left": "this was a look at the selection",
        "rare": f"in a group of fewer than {k} records that look alike",
        "risk": "share of records that somebody picks rightly who knows of each event; HDX asks for less than 3 %",
        "held": f"{held} records, which are not counted",
        "advice": [_advice(tier, report) for tier, report in reports.items()],
    }


def _advice(tier: Tier, report: Uniqueness) -> str:
    name, rarity = tier.name.lower(), report.rarity
    if not rarity.unique:
        return f"{name}: no record stands alone"
    told = f"{name}: {rarity.unique} of {rarity.records} records stand alone"
    if report.helpful is None:
        return f"{told}, and no coarser level would help"
    return f"{told}; {_words(report.helpful)} it would be {report.helpful.rarity.unique}"
