"""Help reads well on a small terminal, names what can be asked for, and is there at once."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from console.cli.main import command_line
from node.dimensions import COLUMN_DIMENSIONS, DETAIL_DIMENSIONS, MEASURES, SPLIT_DIMENSIONS, TIME_DIMENSIONS
from tests.console.command_line import tocsin

COLUMNS = 80
SLOW = {
    "alembic",
    "cryptography",
    "google",
    "grpc",
    "jinja2",
    "nacl",
    "node",
    "pydantic_settings",
    "rich",
    "sqlalchemy",
    "starlette",
    "uvicorn",
}


def commands() -> Iterator[tuple[str, ...]]:
    """Every command, as the words that call it."""
    root = command_line()
    yield ()
    for name, command in root.commands.items():
        yield (name,)
        yield from ((name, inner) for inner in getattr(command, "commands", {}))


@pytest.mark.parametrize("words", tuple(commands()), ids=" ".join)
def test_the_help_of_every_command_fits_the_terminal(words: tuple[str, ...]) -> None:
    helped = tocsin(*words, "--help", COLUMNS=str(COLUMNS))

    assert helped.code == 0
    assert helped.out.startswith(f"Usage: {' '.join(('tocsin', *words))} ")
    assert max(map(len, helped.lines)) <= COLUMNS
    assert "..." not in helped.out.partition("Commands:\n")[2]  # no summary is cut off


def test_help_of_query_names_everything_that_can_be_asked_for() -> None:
    text = " ".join(tocsin("query", "--help").out.split())

    named = text.partition("To group and filter by: ")[2].partition(".")[0]
    to_filter, _, to_group = named.partition("; to group by only: ")
    counted = text.partition("To count: ")[2].partition(".")[0]
    assert tuple(to_filter.split(", ")) == (*COLUMN_DIMENSIONS, *SPLIT_DIMENSIONS, *DETAIL_DIMENSIONS)
    assert tuple(to_group.split(", ")) == TIME_DIMENSIONS
    assert tuple(counted.split(", ")) == MEASURES


def test_help_loads_nothing_that_is_slow_to_load() -> None:
    script = (
        "import sys, console.cli.main as m\n"
        "try: m.command_line()(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    )

    helped = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in helped.stderr.split()}
    assert "typer" in loaded
    assert not loaded & SLOW


def test_without_a_command_the_help_is_shown() -> None:
    assert "Usage: tocsin [OPTIONS] COMMAND" in tocsin().out + tocsin().err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("tocsin qu", "query"), ("tocsin peer adm", "admit"), ("tocsin share --dr", "--dry-run")],
)
def test_the_shell_completes_commands_and_options(typed: str, offered: str) -> None:
    ran = tocsin(_TOCSIN_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=str(len(typed.split()) - 1))

    assert offered in ran.out.split()
