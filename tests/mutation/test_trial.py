"""A run finds what a test would notice, whoever ran the changed line first, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = """
from functools import cache

LIMIT = 3


def small(number):
    return number < LIMIT


def raised(number):
    return number + 5


@cache
def doubled(number):
    return number + number


class Kept:
    @property
    def first(self):
        def inner(number):
            return number * 2

        return inner(3)


def untested(number):
    return number > 0


def unasked(number):
    return number > 0
"""
TESTS = """
import pytest
import sample


@pytest.fixture(scope="module")
def made():
    return sample.raised(1)


def test_who_makes_what_is_shared(made):
    assert made


def test_who_uses_what_is_shared(made):
    assert made == 6


def test_who_fills_the_cache():
    sample.doubled(1)


def test_who_reads_the_cache():
    assert sample.doubled(1) == 2


def test_the_others():
    assert sample.small(2)
    assert not sample.small(3)
    assert sample.Kept().first == 6
    sample.unasked(1)
"""
CONFTEST = """
from hypothesis import settings

settings.register_profile("mutation", settings())
"""
RUN = """
from tests.mutation.plan import Target
from tests.mutation.trial import trials

for one in trials(Target("sample", "sample.py", ("test_sample.py",), frozenset()), 2):
    print("survives" if one.survived else "noticed", one.mutant.owner)
"""


@pytest.mark.slow
def test_a_change_is_noticed_by_every_test_that_could(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    files = {
        "sample.py": SAMPLE,
        "test_sample.py": TESTS,
        "conftest.py": CONFTEST,
        "pytest.ini": "[pytest]\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    paths = os.pathsep.join([str(tmp_path), str(pytestconfig.rootpath)])
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )

    said = sorted(set(done.stdout.splitlines()))
    assert said == [
        "noticed Kept.first",
        "noticed Kept.first.inner",
        "noticed LIMIT",
        "noticed doubled",
        "noticed raised",
        "noticed small",
        "survives unasked",
        "survives untested",
    ]
