"""Try every change of a module: which tests are asked of it, and how they are run."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.anew import try_anew
from tests.mutation.changes import Mutant, mutants
from tests.mutation.in_place import Asked, Work, try_in_place
from tests.mutation.plan import Target
from tests.mutation.process import import_others
from tests.mutation.record import Recording, record


class Trial:
    """One change, and whether no test noticed it."""

    def __init__(self, mutant: Mutant, *, survived: bool) -> None:
        self.mutant = mutant
        self.survived = survived


def trials(target: Target, workers: int) -> Iterator[Trial]:
    """Try every change of a module, so many at once.

    A change is asked of the tests that run its lines, quickest first, until one fails, and survives at once where there
    is none. What runs at import could change every test, so it is asked of all.

    Raises:
        RuntimeError: The tests fail although nothing is changed.
    """
    import_others()
    module = ast.parse(Path(target.file).read_text(), target.file)
    changes = mutants(module, vars(importlib.import_module(target.module)))
    changes = [one for one in changes if one.owner not in target.harmless]
    recording = record(target, module)
    for number, survives in _tried(Work(target, module, recording, workers), changes):
        yield Trial(changes[number], survived=survives)


def _tried(work: Work, changes: list[Mutant]) -> Iterator[tuple[int, bool]]:
    recording = work.recording
    asked = [Asked(number, one, _tests(recording, one)) for number, one in enumerate(changes)]
    at_import = [one for one in asked if not recording.at_import.isdisjoint(changes[one.number].lines)]
    inside = [one for one in asked if recording.at_import.isdisjoint(changes[one.number].lines)]
    yield from ((one.number, True) for one in inside if not one.tests)
    for number, survives in try_in_place(work, [one for one in inside if one.tests]):
        if survives is None:
            at_import.append(asked[number])
        else:
            yield number, survives
    yield from try_anew(work, at_import)


def _tests(recording: Recording, one: Mutant) -> list[str]:
    if recording.at_import.isdisjoint(one.lines):
        return recording.running(one.lines)
    return recording.all
