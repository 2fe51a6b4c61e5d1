"""What stands beside the figures of an answer, in English or as a catalogue says it."""

from collections.abc import Callable
from typing import TypeAlias

from node.figures import Group, order
from node.query import Answer

MOST_RANGES = 20  # groups whose bounds are told
Say: TypeAlias = Callable[[str], str]


def remarks(found: Answer, say: Say = str) -> dict[str, object]:
    """What must stand beside the figures of an answer (R24); `say` translates each sentence."""
    seen = found.caveats
    sources = [
        say("%(source)s, published %(day)s") % {"source": name, "day": day} for name, day in found.sources
    ]
    notes: dict[str, object] = {
        "unit": say(" and ").join(map(say, found.units)),
        "as_of": str(found.as_of),
        "sources": [*sources, say("records of peers")] if seen.from_peers else sources,
        "definition": found.definition,
        **_beside(found, say),
    }
    cautions = (
        (seen.from_peers, say("%(number)s shared by peers")),
        (seen.undisclosed, say("%(number)s without a number of affected persons")),
        (seen.inexact, say("%(number)s with a number that is a lower bound or an estimate")),
        (seen.straddling, say("%(number)s dated so roughly that they may lie after the last day")),
    )
    notes["incidents"] = [
        say("%(number)s counted") % {"number": seen.incidents},
        *(text % {"number": number} for number, text in cautions if number),
    ]
    notes |= _standing(found, say) | _once(found, say) | _use(found, say)
    notes["coverage"] = say("voluntary reporting: no record does not mean no incident")
    return notes


def _standing(found: Answer, say: Say) -> dict[str, object]:
    """How far the replica had come that was asked."""
    if found.standing is None:
        return {}
    at = found.standing.changed_at
    values = {
        "revision": found.standing.revision,
        "time": f"{at:%Y-%m-%d %H:%M:%S}" if at else say("unknown"),
    }
    told = say(
        "from a replica as of revision %(revision)s, last changed %(time)s UTC: what came since is not counted"
    )
    return {"replica": told % values}


def _use(found: Answer, say: Say) -> dict[str, object]:
    """Who may use the answer and what for, and what it leaves out for that."""
    notes: dict[str, object] = {}
    purpose = {"purpose": say(str(found.purpose)) if found.purpose else ""}
    if found.for_outsiders:
        notes["left_out"] = say("what peers shared: their records are theirs to give (R20)")
        notes["ask_in_writing"] = found.originators
    elif found.caveats.from_peers:
        notes["use"] = say(
            "for own security decisions; not for outsiders: ask again with outsiders as readers (R20)"
        )
        notes["purpose"] = say("records of peers count that were shared for %(purpose)s (R16)") % purpose
    if found.left_out:
        notes["other_purposes"] = say(
            "%(number)s records of peers left out: not shared for %(purpose)s (R16)"
        ) % {"number": found.left_out, **purpose}
    if found.unconsented:
        notes["consent"] = say(
            "%(number)s of our own incidents count here and not in totals for others:"
            " no survivor's consent to %(purpose)s (R14)"
        ) % {"number": found.unconsented, **purpose}
    return notes


def _once(found: Answer, say: Say) -> dict[str, object]:
    """How many reports tell of one event, and between what the figures lie while pairs are open."""
    once = found.once
    if once is None or not (once.events or once.open):
        return {}
    notes: dict[str, object] = {
        "counted_once": say("%(reports)s reports tell of %(events)s event(s), each counted once")
        % {"reports": once.reports, "events": once.events}
    }
    if not once.open:
        return notes
    open_pairs = say("%(number)s pairs of reports may be one event: see the matches")
    notes["open_pairs"] = open_pairs % {"number": once.open}
    differing = sorted((group for group in {*once.low, *once.high} if _spans(found, group, say)), key=order)
    more = len(differing) - MOST_RANGES
    notes["between"] = [
        " ".join((*map(str, group), *_spans(found, group, say))) for group in differing[:MOST_RANGES]
    ] + ([say("and %(number)s more groups") % {"number": more}] if more > 0 else [])
    return notes


def _spans(found: Answer, group: Group, say: Say) -> tuple[str, ...]:
    """The measures of a group that are not sure, each with low, best and high."""
    assert found.once is not None, "asked for only where events are counted once"
    nothing = (0,) * len(found.query.measures)
    low, best, high = (one.get(group, nothing) for one in (found.once.low, found.once.best, found.once.high))
    span = say("%(measure)s %(low)s to %(high)s (best %(best)s)")
    return tuple(
        span % {"measure": say(name.replace("_", " ")), "low": least, "high": most, "best": likely}
        for name, least, likely, most in zip(found.query.measures, low, best, high, strict=True)
        if least != most
    )


def _beside(found: Answer, say: Say) -> dict[str, object]:
    """What figures are compared with, and what is not shown."""
    notes: dict[str, object] = {}
    if found.beside is not None and found.query.since:
        notes["compared_with"] = say("the same as of %(day)s") % {"day": found.query.since}
    elif found.beside is not None and found.query.grain:
        before = {
            "year": say("the year before"),
            "quarter": say("the quarter before"),
            "month": say("the month before"),
        }
        notes["compared_with"] = before[found.query.grain]
    elif found.beside is not None:
        days = {"first": found.beside.first, "last": found.beside.last}
        notes["compared_with"] = say("the period before: %(first)s to %(last)s") % days
    if found.query.share is not None:
        within = say("percent within each %(names)s, unknown included")
        names = ", ".join(say(name.replace("_", " ")) for name in found.query.share)
        notes["share"] = (
            within % {"names": names} if names else say("percent of all groups, unknown included")
        )
    if found.query.rate:
        notes["rate"] = say("per 10,000 staff and year; unknown where numbers of staff are not loaded")
    if found.not_shown.groups:
        sums = zip(found.query.measures, found.not_shown.sums, strict=True)
        told = ", ".join(
            f"{number} {say(name.replace('_', ' '))}" for name, number in sums if number is not None
        )
        more = say("%(number)s more groups") % {"number": found.not_shown.groups}
        notes["not_shown"] = f"{more}: {told}" if told else more
    return notes
