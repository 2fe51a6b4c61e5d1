"""What stands beside the figures of an answer."""

from node.dimensions import UNKNOWN
from node.figures import Group, order
from node.query import Answer

MOST_RANGES = 20  # groups whose bounds are told


def remarks(found: Answer) -> dict[str, object]:
    """What must stand beside the figures of an answer (R24)."""
    seen = found.caveats
    sources = [f"{name}, published {day}" for name, day in found.sources]
    notes: dict[str, object] = {
        "unit": found.unit,
        "as_of": str(found.as_of),
        "sources": [*sources, "records of peers"] if seen.from_peers else sources,
        "definition": found.definition,
        **_beside(found),
    }
    cautions = (
        (seen.from_peers, "shared by peers"),
        (seen.undisclosed, "without a number of affected persons"),
        (seen.inexact, "with a number that is a lower bound or an estimate"),
        (seen.straddling, "dated so roughly that they may lie after the last day"),
    )
    notes["incidents"] = [
        f"{seen.incidents} counted",
        *(f"{number} {text}" for number, text in cautions if number),
    ]
    notes |= _once(found)
    if found.for_outsiders:
        notes["left_out"] = "what peers shared: their records are theirs to give (R20)"
        notes["ask_in_writing"] = found.originators
    elif seen.from_peers:
        notes["use"] = "for own security decisions; not for outsiders: see --for outsiders (R20)"
        notes["purpose"] = f"records of peers count that were shared for {found.purpose} (R16)"
    if found.left_out:
        notes["other_purposes"] = (
            f"{found.left_out} records of peers left out: not shared for {found.purpose} (R16)"
        )
    if found.unconsented:
        notes["consent"] = (
            f"{found.unconsented} of our own incidents count here and not in totals for others:"
            f" no survivor's consent to {found.purpose} (R14)"
        )
    notes["coverage"] = "voluntary reporting: no record does not mean no incident"
    return notes


def _once(found: Answer) -> dict[str, object]:
    """How many reports tell of one event, and between what the figures lie while pairs are open."""
    once = found.once
    if once is None or not (once.events or once.open):
        return {}
    notes: dict[str, object] = {
        "counted_once": f"{once.reports} reports tell of {once.events} event(s), each counted once"
    }
    if not once.open:
        return notes
    notes["open_pairs"] = f"{once.open} pairs of reports may be one event: tocsin match list"
    differing = sorted((group for group in {*once.low, *once.high} if _spans(found, group)), key=order)
    notes["between"] = [
        " ".join((*map(str, group), *_spans(found, group))) for group in differing[:MOST_RANGES]
    ] + ([f"and {len(differing) - MOST_RANGES} more groups"] if len(differing) > MOST_RANGES else [])
    return notes


def _spans(found: Answer, group: Group) -> tuple[str, ...]:
    """The measures of a group that are not sure, each with low, best and high."""
    assert found.once is not None, "asked for only where events are counted once"
    nothing = (0,) * len(found.query.measures)
    low, best, high = (one.get(group, nothing) for one in (found.once.low, found.once.best, found.once.high))
    return tuple(
        f"{name} {least} to {most} (best {likely})"
        for name, least, likely, most in zip(found.query.measures, low, best, high, strict=True)
        if least != most
    )


def _beside(found: Answer) -> dict[str, object]:
    """What figures are compared with, and what is not shown."""
    notes: dict[str, object] = {}
    if found.beside is not None and found.query.since:
        notes["compared_with"] = f"the same as of {found.query.since}"
    elif found.beside is not None:
        days = [str(day) for day in (found.beside.first, found.beside.last) if day]
        notes["compared_with"] = f"the {found.query.grain or 'period'} before" + (
            f": {' to '.join(days)}" if not found.query.grain else ""
        )
    if found.query.share is not None:
        within = f"within each {', '.join(found.query.share)}" if found.query.share else "of all groups"
        notes["share"] = f"percent {within}, {UNKNOWN} included"
    if found.query.rate:
        notes["rate"] = "per 10,000 staff and year; unknown where numbers of staff are not loaded"
    if found.not_shown.groups:
        sums = zip(found.query.measures, found.not_shown.sums, strict=True)
        told = ", ".join(f"{number} {name}" for name, number in sums if number is not None)
        notes["not_shown"] = f"{found.not_shown.groups} more groups" + (f": {told}" if told else "")
    return notes
