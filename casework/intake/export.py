"""Rows of a case as they go back into a file: those that were imported as they stood, all else by our own kinds.

Fields under keys of their own (identities, medical facts, evidence) are never among them.
"""

import json
from collections.abc import Iterator

from casework.casefile import CaseFile
from casework.event import Event
from casework.intake.told import ROW_KIND
from casework.span import Range, Span
from casework.values import Gap, Value
from casework.vocabulary import Group, imports, kinds

_WITHHELD = "withheld"


def case_rows(case: CaseFile) -> Iterator[dict[str, str]]:
    """Cells of every row of a case, by their columns, in the order in which they were written down."""
    name = case.about.text("imported_as") or case.name
    kept = {event.text("row"): event for event in case.of(ROW_KIND)}
    last = 0
    for event in kept.values():
        cells = {str(column): str(cell) for column, cell in json.loads(event.text("text")).items()}
        last = max(last, int(cells["event_no"]))
        who = event.fields.get("who", "")
        yield {**cells, "source": _WITHHELD if isinstance(who, Gap) else str(who)}
    for event in case.events:
        if _leaves(event) and not kept.keys() & set(event.sources) and not _opens_imported(event):
            last += 1
            yield {"case_id": name, "event_no": str(last), **_own(case, event)}


def _leaves(event: Event) -> bool:
    leaving = imports()["export"]
    kind = kinds().get(event.kind)
    return kind is not None and (kind.lane in leaving["lanes"] or event.kind in leaving["kinds"])


def _opens_imported(event: Event) -> bool:
    return event.kind == "opened" and bool(event.text("imported_as"))


def _own(case: CaseFile, event: Event) -> dict[str, str]:
    kind = kinds()[event.kind]
    names = {one.text("source"): one.fields.get("who", "") for one in case.of("source_named")}
    told = [names.get(source, source) for source in event.sources]
    basis = {reliability: word for word, reliability in imports()["basis"].items() if word}
    return {
        "date_from": str(event.when.earliest),
        "date_to": str(event.when.latest),
        "known_on": "" if event.known_on == event.when.latest else str(event.known_on),
        "event_type": event.kind,
        "forum": event.text("forum"),
        "state_iso3": event.text("state") or event.text("host_state"),
        "outcome": "; ".join(
            f"{name}={_text(value)}"
            for name, value in event.fields.items()
            if name in kind.fields and kind.fields[name].group is Group.CASE
        ),
        "basis": basis.get(event.reliability, ""),
        "source": "; ".join(_WITHHELD if isinstance(one, Gap) else str(one) for one in told),
    }


def _text(value: Value) -> str:
    if isinstance(value, Gap):
        return f"?{value}"
    if isinstance(value, tuple) and not isinstance(value, Span | Range):
        return ",".join(value)  # ids, codes and States need no quotes
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(sign in text for sign in ';"\n\r') else text
