"""Build a version to hand on, and write its notes: what changed, and the SHA-256 of each file. A key signs them.

    python deploy/release.py --key ~/.ssh/id_ed25519      or: make release KEY=~/.ssh/id_ed25519

Nothing in the files or notes depends on when, where or by whom they are made: whoever builds the same commit gets the
same bytes, and may sign the same notes. The signature is one of SSH, so that who checks it needs nothing of Tocsin.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
SIGNED_FOR = "tocsin-release"  # the namespace of SSH: a signature for anything else is none


class ReleaseError(Exception):
    """There is nothing that could be handed on, for the reason that is told."""


def main() -> int:
    """Build, write and sign; the exit code is 1 where something is refused."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--key", type=Path, help="private key of SSH (Ed25519) of whoever signs; also one in an agent"
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "dist", help="folder for the files; dist without it"
    )
    asked = parser.parse_args()
    try:
        notes = released(asked.out)
        print(notes)
        if asked.key is None:
            print("Not signed: no --key was given.", file=sys.stderr)
        else:
            print(signed(notes, asked.key))
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def released(out: Path) -> Path:
    """Build the files of this version and write its notes.

    Raises:
        ReleaseError: The changelog has no such version, something is not committed, or a file can not be built.
    """
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changed = changes((ROOT / "CHANGELOG.md").read_text(), version)
    commit = _run("git", "rev-parse", "HEAD").decode().strip()
    if _run("git", "status", "--porcelain"):
        raise ReleaseError("there is what is in no commit, and nobody could build that again: git status")
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise ReleaseError(f"{out} is not empty: move away what is in it, or give another folder with --out")
    _run(sys.executable, "-m", "hatchling", "build", "--directory", str(out))
    bill = _run(sys.executable, str(ROOT / "deploy" / "sbom.py"), str(ROOT / "requirements.txt"))
    (out / f"tocsin-{version}.cdx.json").write_bytes(bill)
    shutil.copyfile(ROOT / "requirements.txt", out / "requirements.txt")
    sums = [f"{sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in sorted(out.iterdir())]
    notes = out / f"tocsin-{version}.notes.md"
    parts = (
        f"# Tocsin {version}",
        changed,
        f"## Files of commit {commit}, by their SHA-256",
        "\n".join(sums),
    )
    notes.write_text("\n\n".join(parts) + "\n")
    return notes


def changes(changelog: str, version: str) -> str:
    """What the changelog says of a version.

    Raises:
        ReleaseError: Nothing.
    """
    title = rf"^## \[?{re.escape(version)}\]?(?: [^\n]*)?\n"
    found = re.search(rf"{title}(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    if found is None or not found[1].strip():
        raise ReleaseError(
            f'CHANGELOG.md says nothing of {version}: rename "## Unreleased" to "## {version} - YYYY-MM-DD", '
            "and commit that, before it is released"
        )
    return found[1].strip()


def signed(notes: Path, key: Path) -> Path:
    """Sign the notes, and check the signature as those who get it will.

    Raises:
        ReleaseError: It can not be signed with this key.
    """
    signature = notes.with_name(f"{notes.name}.sig")
    signature.unlink(missing_ok=True)  # ssh-keygen would ask
    _run("ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", SIGNED_FOR, str(notes))
    with notes.open("rb") as content:
        _run("ssh-keygen", "-Y", "check-novalidate", "-n", SIGNED_FOR, "-s", str(signature), stdin=content)
    return signature


def _run(*command: str, stdin: IO[bytes] | int = subprocess.DEVNULL) -> bytes:
    """What a program says.

    Raises:
        ReleaseError: It failed, or is not there.
    """
    try:
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, stdin=stdin)  # noqa: S603 - ours
    except OSError as error:
        raise ReleaseError(f"{command[0]} is needed: {error}") from error
    if done.returncode:
        raise ReleaseError(f"{' '.join(command[:3])} failed: {done.stderr.decode(errors='replace').strip()}")
    return bytes(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
