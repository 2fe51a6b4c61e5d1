"""Investigations and commissions of inquiry: who looks, since when, with which outcome, and how well."""

from collections.abc import Iterator
from dataclasses import dataclass

from casework.casefile import CaseFile, moment
from casework.event import Event
from casework.proceedings import forum_class
from casework.span import Span
from casework.vocabulary import codes


@dataclass(frozen=True, slots=True)
class Investigation:
    """An investigation or commission of inquiry.

    Attributes:
        id: As the events name it.
        forum_class: Code of the list `forum`; empty for the organization's own, or where the State is not known.
        body: Code of the list `body`.
        opened: When.
        closed: When; nothing while it is open.
        outcome: Code of the list `investigation_outcome`; empty while it is open.
        quality: Each code of the list `quality` with `met` or `not_met`; empty where nobody said.
    """

    id: str
    forum_class: str
    body: str
    opened: Span
    closed: Span | None
    outcome: str
    quality: tuple[tuple[str, str], ...]


def investigations(case: CaseFile) -> tuple[Investigation, ...]:
    """Every investigation, by its first day."""
    opened = {one.text("investigation"): one for one in sorted(case.of("investigation_opened"), key=moment)}
    closed = {one.text("investigation"): one for one in sorted(case.of("investigation_closed"), key=moment)}
    return tuple(
        Investigation(
            name,
            _inquiry_class(case, event),
            event.text("body"),
            event.when,
            closed[name].when if name in closed else None,
            closed[name].text("outcome") if name in closed else "",
            tuple(_quality(case, name)),
        )
        for name, event in opened.items()
    )


def _inquiry_class(case: CaseFile, event: Event) -> str:
    body = event.text("body")
    if body == "organization":
        return ""
    if body == "foreign" and "state" not in event.fields:
        return "other"
    here = case.host_state if "state" not in event.fields else event.text("state")
    return forum_class(case, here, international=body == "un_board")


def _quality(case: CaseFile, investigation: str) -> Iterator[tuple[str, str]]:
    marks = {
        one.text("quality"): one.text("mark")
        for one in sorted(case.of("investigation_assessed"), key=moment)
        if one.text("investigation") == investigation
    }
    return ((name, marks.get(name, "")) for name in codes("quality"))
