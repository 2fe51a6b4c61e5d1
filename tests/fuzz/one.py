"""Fuzz one target in this process: `python -m tests.fuzz.one NAME [options of libFuzzer]`."""

import sys

import atheris  # type: ignore[import-untyped] # it has no types

# Before anything of ours is imported: what is not watched leads it nowhere.
with atheris.instrument_imports(include=["crypto", "node", "casework", "console"]):
    from tests.fuzz.targets import attack


def main() -> None:
    """Try bytes until the time is over or there is a fault."""
    program, name, *options = sys.argv
    atheris.Setup([program, *options], lambda data: _tried(name, data))
    atheris.Fuzz()


def _tried(name: str, data: bytes) -> None:
    attack(name, data)


if __name__ == "__main__":
    main()
