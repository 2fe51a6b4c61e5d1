"""Every file of public vectors is run by some test; none of it is copied into the project."""

from pathlib import Path


def test_every_file_of_vectors_is_read_by_a_test(shared: Path) -> None:
    here = Path(__file__).parent
    read = "\n".join(path.read_text() for path in here.rglob("test_*.py"))
    files = (
        path.relative_to(shared).as_posix() for path in (shared / "vectors").rglob("*") if path.is_file()
    )
    wanted = {name for name in files if not name.endswith(("README.md", "LICENSE"))}
    assert wanted
    assert {name for name in wanted if name not in read} == set()
