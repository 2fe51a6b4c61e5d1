"""CW-05: clocks under any order of letters, answers, holds and days, held against a model that counts day by day."""

from datetime import date, timedelta

import hypothesis.strategies as st
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from casework.deadlines import ClockState
from casework.span import Range
from tests.casework.story import Story

START = date(2026, 1, 5)
ONE = timedelta(days=1)


class Waiting:
    """The model of one clock: it is asked every evening, and never looks back."""

    def __init__(self, days: int) -> None:
        self.left = days
        self.missed = False
        self.met_on: date | None = None
        self.paused = 0

    def evening(self, *, held: bool) -> None:
        if self.met_on is not None:
            return
        if held and not self.missed:
            self.paused += 1
            return
        self.left -= 1
        self.missed = self.missed or self.left < 0

    def state(self) -> ClockState:
        if self.met_on is not None:
            return ClockState.MET
        return ClockState.MISSED if self.missed else ClockState.OPEN


class Clocks(RuleBasedStateMachine):
    """A case lives day by day; D2, D4 and D5 of every letter must say what the model says."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(str(START)).registered(str(START))
        self.today = START
        self.held = False
        self.letters = 0
        self.answers = 0
        self.models: dict[str, Waiting] = {"D2": Waiting(7)}
        self.seen: dict[str, ClockState] = {}
        self.then: list[tuple[date, dict[str, ClockState]]] = []

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.then.append((self.today, self.states(self.today)))
        for _ in range(days):
            for model in self.models.values():
                model.evening(held=self.held)
            self.today += ONE

    @precondition(lambda self: not self.held)
    @rule()
    def letter_goes_out(self) -> None:
        self.letters += 1
        self.story.letter(f"L{self.letters}", str(self.today))
        self.models[f"D4:L{self.letters}"] = Waiting(14)
        self.models[f"D5:L{self.letters}"] = Waiting(60)
        self._meet("D2")

    @precondition(lambda self: self.letters)
    @rule(data=st.data(), kind=st.sampled_from(("acknowledgement", "reply")))
    def answer_comes(self, data: st.DataObject, kind: str) -> None:
        letter = data.draw(st.integers(1, self.letters))
        self.answers += 1
        self.story.answer(f"A{self.answers}", f"L{letter}", str(self.today), kind)
        self._meet(f"D4:L{letter}")
        if kind == "reply":
            self._meet(f"D5:L{letter}")

    @precondition(lambda self: not self.held)
    @rule()
    def case_is_held(self) -> None:
        self.held = True
        review = self.today + timedelta(days=30)
        self.story.say("hold_set", str(self.today), reason="safety", review_on=str(review))

    @precondition(lambda self: self.held)
    @rule()
    def hold_is_lifted(self) -> None:
        self.held = False
        self.story.say("hold_lifted", str(self.today), reason="safe")

    @invariant()
    def every_clock_says_what_the_model_says(self) -> None:
        found = self.story.clocks(self.today)
        for key, model in self.models.items():
            clock = found[key]
            assert (key, clock.state) == (key, model.state())
            if model.met_on is None:
                assert (key, clock.paused) == (key, Range(model.paused, model.paused))

    @invariant()
    def what_was_met_stays_met(self) -> None:
        now = self.states(self.today)
        for key, state in self.seen.items():
            if state is ClockState.MET and key in now:
                assert (key, now[key]) == (key, ClockState.MET)
        self.seen |= now

    @invariant()
    def earlier_knowledge_never_sees_later_events(self) -> None:
        for day, states in self.then[-3:]:
            if day < self.today:
                assert self.states(day) == states

    def states(self, day: date) -> dict[str, ClockState]:
        return {key: clock.state for key, clock in self.story.clocks(day).items()}

    def _meet(self, key: str) -> None:
        model = self.models[key]
        if model.met_on is None:
            model.met_on = self.today


Clocks.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
test_clocks_under_any_order_of_events = Clocks.TestCase


@settings(max_examples=50, deadline=None)
@given(start=st.integers(0, 13), days=st.integers(0, 60))
def test_pausing_for_some_days_moves_the_due_day_by_as_many(start: int, days: int) -> None:
    story = Story(str(START)).registered(str(START))
    story.letter("L1", str(START))
    plain = story.clocks(START)["D4:L1"].due
    first = START + timedelta(days=start)
    story.say("hold_set", str(first), reason="safety", review_on=str(first + timedelta(days=30)))
    story.say("hold_lifted", str(first + timedelta(days=days)), reason="safe")

    clock = story.clocks(START + timedelta(days=90))["D4:L1"]
    assert clock.due.latest - plain.latest == timedelta(days=days)
    assert clock.paused == Range(days, days)


@settings(max_examples=50, deadline=None)
@given(later=st.integers(0, 4000), answered=st.integers(0, 100))
def test_no_later_day_takes_back_what_was_met(later: int, answered: int) -> None:
    story = Story(str(START)).registered(str(START))
    story.letter("L1", str(START))
    story.answer("A1", "L1", str(START + timedelta(days=answered)))

    found = story.clocks(START + timedelta(days=answered + later))
    assert found["D4:L1"].state is found["D5:L1"].state is ClockState.MET
    assert found["D4:L1"].late == Range(max(answered - 14, 0), max(answered - 14, 0))


@settings(max_examples=50, deadline=None)
@given(asked=st.integers(0, 200), known=st.integers(0, 200))
def test_what_becomes_known_later_does_not_change_what_was_known_then(asked: int, known: int) -> None:
    story = Story(str(START)).registered(str(START))
    story.letter("L1", str(START))
    before = story.clocks(START + timedelta(days=asked), START + timedelta(days=asked))
    story.answer("A1", "L1", str(START), known=str(START + timedelta(days=known)))

    after = story.clocks(START + timedelta(days=asked), START + timedelta(days=asked))
    assert (after == before) is (known > asked)
