"""Reads the events of one proceeding, in the order in which they happened."""

from collections.abc import Iterator

from casework.casefile import CaseFile, counted, moment
from casework.event import Event
from casework.proceedings.records import OUTCOMES, RANK, Accused, Judgment, Proceeding
from casework.span import Range
from casework.vocabulary import codes

_REACHES = {
    "complaint_filed": "complaint",
    "charged": "charged",
    "trial_opened": "trial",
    "plea": "trial",
    "verdict": "first_judgment",
    "sentenced": "first_judgment",
    "appeal_lodged": "appeal_pending",
    "appeal_blocked": "appeal_pending",
    "became_final": "final",
}
_SENT_BACK = frozenset({"retrial", "overturned"})


def forum_class(case: CaseFile, state: str, *, international: bool = False) -> str:
    """Which class of forum a State's is; none where the State is not known, so that it counts for nobody."""
    if international or not state:
        return "international" if international else ""
    return "host" if state == case.host_state else "other"


class Docket:
    """Reads the events of one proceeding."""

    def __init__(self, case: CaseFile, name: str, events: tuple[Event, ...]) -> None:
        self._case, self._name, self._events = case, name, events
        self._persons = {person.id for person in case.persons}

    def proceeding(self) -> Proceeding:
        """All that they say together."""
        court = self._last("court")
        accused = tuple(self._accused())
        ids = {one for event in self._events for one in event.many("accused")}
        staff = bool(ids) and ids <= self._persons
        flags = dict(self._flags())
        if staff and court == "military":
            flags.setdefault("military_forum", Range(0, 0))
        if any("death" in one.sentences for one in accused):
            flags.setdefault("death_sentence", Range(0, 0))
        return Proceeding(
            self._name,
            forum_class(self._case, self._last("state"), international=court == "international"),
            self._last("state"),
            tuple(dict.fromkeys(one.text("forum") for one in self._events if one.text("forum"))),
            court,
            self._last("jurisdiction"),
            staff,
            accused,
            next(
                (one.count("number") for one in self._of("trial_opened", "charged") if one.count("number")),
                None,
            ),
            tuple(flags.items()),
            self._furthest(accused),
            self._current(accused),
            self._events,
        )

    def _accused(self) -> Iterator[Accused]:
        """Everybody who is judged, then those who are only charged."""
        judged: dict[tuple[tuple[str, ...], str], list[Event]] = {}
        decided = [who for event in self._of("verdict") for who in _groups(event)]
        for event in self._of("verdict", "sentenced"):
            for who in _groups(event):
                if event.kind == "verdict" or who not in decided:
                    apart = "" if len(who) == 1 else _verdict(event)
                    judged.setdefault((who, event.text("charge") + apart), []).append(event)
        for (who, _), events in judged.items():
            yield self._judged(who, events)
        named = {person for who, _ in judged for person in who}
        waiting = {
            who: event for event in self._of("trial_opened", "charged") for who in _groups(event) if who
        }
        for who, event in waiting.items():
            if not named & set(who):
                yield Accused(
                    who,
                    _number_of(event, who),
                    event.text("charge"),
                    (),
                    "pending",
                    "unknown",
                    (),
                    self._custody(who),
                    self._flags_of(who),
                )

    def _judged(self, who: tuple[str, ...], events: list[Event]) -> Accused:
        judgments = tuple(self._judgments(who, events))
        last = judgments[-1]
        outcome = OUTCOMES[last.verdict]
        return Accused(
            who,
            last.number,
            events[0].text("charge"),
            judgments,
            outcome,
            self._finality(who, last),
            self._sentences(who, last) if outcome == "convicted" else (),
            self._custody(who),
            self._flags_of(who),
        )

    def _judgments(self, who: tuple[str, ...], events: list[Event]) -> Iterator[Judgment]:
        """Group statements of one decision; after one that sends the case back, the instances begin anew."""
        rounds: dict[tuple[int, str], list[Event]] = {}
        number, sent_back = 0, False
        for event in events:
            back = _verdict(event) in _SENT_BACK
            number += sent_back and not back
            sent_back = back
            rounds.setdefault((number, event.text("instance") or "first"), []).append(event)
        for (_, instance), claims in rounds.items():
            chosen = self._case.choose(claims)
            numbers = [_number_of(one, who) for one in claims]
            yield Judgment(
                instance,
                _verdict(chosen),
                Range(min(one.low for one in numbers), max(one.high for one in numbers)),
                chosen.when,
                (chosen, *(one for one in claims if one is not chosen)),
            )

    def _sentences(self, who: tuple[str, ...], last: Judgment) -> tuple[str, ...]:
        """What was imposed at the last judgment or after it, or else before, where an appeal left it as it was."""
        told = [one for one in self._of("sentenced") if _concerns(one, who)]
        since = [one for one in told if moment(one) >= moment(last.claims[0])]
        return tuple(dict.fromkeys(one.text("sentence") for one in since or told))

    def _finality(self, who: tuple[str, ...], last: Judgment) -> str:
        chosen = last.claims[0]
        after = self._events[self._events.index(chosen) + 1 :]
        steps = {one.kind for one in after if not one.many("accused") or _concerns(one, who)}
        said = chosen.text("finality")
        if "became_final" in steps:
            return "final"
        if OUTCOMES[last.verdict] == "pending":
            return "unknown"
        if "appeal_lodged" in steps or "appeal_blocked" in steps:
            return "appealed"
        until = chosen.day("appeal_until")
        if said == "appealable" and until is not None and until < self._case.valid_as_of:
            return "unknown"  # nobody told whether an appeal came in time
        if said and said != "unknown":
            return said
        return "final" if last.instance == "final" else "unknown"

    def _custody(self, who: tuple[str, ...]) -> str:
        said = [
            event.text("status")
            for event in sorted(self._case.of("custody_changed"), key=moment)
            if who and _concerns(event, who) and event.text("proceeding") in {"", self._name}
        ]
        died = any(set(who) & set(one.many("parties")) for one in self._case.of("suspect_died"))
        return "died" if died and len(who) == 1 else said[-1] if said else ""

    def _flags(self) -> Iterator[tuple[str, Range]]:
        for event in self._of("proceeding_flagged"):
            yield event.text("flag"), counted(event, "accused")

    def _flags_of(self, who: tuple[str, ...]) -> tuple[str, ...]:
        """Flags of this accused; one that is said of a number without ids marks nobody in particular."""
        said = {
            one.text("flag")
            for one in self._of("proceeding_flagged")
            if (who and _concerns(one, who)) or (not one.many("accused") and one.count("number") is None)
        }
        return tuple(code for code in codes("proceeding_flag") if code in said)

    def _furthest(self, accused: tuple[Accused, ...]) -> str:
        reached = {"none_known"}
        charged = False
        for event in self._events:
            charged = charged or event.kind in {"charged", "trial_opened", "plea"}
            reached.add(_REACHES.get(event.kind, "none_known"))
            if event.kind == "hearing_held":
                reached.add("trial" if charged else "investigation")
            if event.kind == "verdict" and event.text("instance") != "first":
                reached.add("appeal_pending")
        if any(one.finality == "final" for one in accused):
            reached.add("final")
        return max(reached, key=RANK.__getitem__)

    def _current(self, accused: tuple[Accused, ...]) -> str:
        judged = [one for one in accused if one.judgments]
        waiting = [one for one in judged if one.finality != "final"]
        if judged and not waiting:
            return "final"
        if any(one.finality == "appealed" for one in waiting):
            moves = [one.kind for one in self._of("appeal_lodged", "appeal_blocked")]
            return "appeal_blocked" if moves and moves[-1] == "appeal_blocked" else "appeal_pending"
        if any(one.outcome != "pending" for one in waiting):
            return "first_judgment"
        return "trial" if judged else self._furthest(())

    def _last(self, name: str) -> str:
        said = [event.text(name) for event in self._events if event.text(name)]
        return said[-1] if said else ""

    def _of(self, *kinds: str) -> Iterator[Event]:
        return (event for event in self._events if event.kind in kinds)


def _groups(event: Event) -> tuple[tuple[str, ...], ...]:
    """The accused of an event, one by one where each is meant, together where only a number of them is."""
    ids = event.many("accused")
    number = event.count("number")
    if ids and (number is None or number == Range(len(ids), len(ids))):
        return tuple((one,) for one in ids)
    return (tuple(sorted(ids)),)


def _number_of(event: Event, who: tuple[str, ...]) -> Range:
    ids = event.many("accused")
    return Range(1, 1) if len(who) == 1 and len(ids) > 1 else counted(event, "accused")


def _concerns(event: Event, who: tuple[str, ...]) -> bool:
    ids = event.many("accused")
    return bool(set(ids) & set(who)) if ids else not who


def _verdict(event: Event) -> str:
    """A sentence of which no verdict is told is one as well: who is sentenced was convicted."""
    return event.text("verdict") or "convicted"
