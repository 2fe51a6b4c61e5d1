"""An anonymous report from the command line, as its reporter and the office meet it."""

from pathlib import Path

import pytest

from tests.console.command_line import tocsin

TOLD = "they took the vehicle\nCMR\n2026-03\ndetention\nafraid,useless\n"


@pytest.mark.slow
def test_somebody_tells_comes_back_and_talks_with_the_office(tmp_path: Path) -> None:
    home, photo, out = tmp_path / "node", tmp_path / "photo.jpg", tmp_path / "out.jpg"
    photo.write_bytes(b"Exif of a camera")
    assert tocsin("init", home, "--org", "aid-a", "--type", "INGO").code == 0
    assert tocsin("case", "officer", "new", "ops", "--role", "country_focal_point", "--home", home).code == 0
    office = {"TOCSIN_OFFICER": "ops", "TOCSIN_HOME": str(home)}

    refused = tocsin("report", "new", typed=TOLD.replace("CMR", "Cameroon"), **office)
    assert (refused.code, refused.out) == (1, "")
    assert "country: " in refused.err
    assert tocsin("report", "new", typed="cut off\n", **office).code == 1
    told = tocsin("report", "new", "--file", photo, typed=TOLD, **office)
    (receipt,) = told.lines
    assert receipt not in told.err
    assert "What happens next" in told.err
    assert "no copy without what is hidden in it" in told.err
    again = tocsin("report", "new", "--again", "--file", photo, typed=f"{TOLD}{receipt}\n", **office)
    assert (again.code, again.out) == (0, "")

    (listed,) = tocsin("case", "tip", "list", "--format", "json", **office).rows
    assert (listed["messages"], listed["mailbox"]) == (1, "waits for you")
    name = listed["report"]
    assert tocsin("case", "tip", "answer", name, "--text", "Are you safe?", **office).code == 0
    assert tocsin("case", "tip", "open", name, "place=Bamenda", **office).code == 0
    assert tocsin("case", "tip", "open", name, **office).err.endswith("[ACTION_NOT_POSSIBLE]\n")
    assert len(tocsin("case", "list", "--format", "json", **office).rows) == 1
    kept_back = tocsin("case", "tip", "save", name, 1, "--out", out, **office)
    assert "no working copy can be made (--original)" in kept_back.err
    assert not out.exists()
    assert tocsin("case", "tip", "save", name, 1, "--out", out, "--original", **office).code == 0
    assert out.read_bytes() == photo.read_bytes()
    assert tocsin("case", "tip", "save", name, 2, "--out", out, **office).err.startswith("tocsin: message: 2")

    assert tocsin("report", "write", typed=f"{receipt}\nI am.\n", **office).code == 0
    mailbox = tocsin("report", "read", "--format", "json", typed=f"{receipt}\n", **office).rows
    assert [one["by"] for one in mailbox] == ["you", "office", "office", "you"]
    mistyped = receipt[:-1] + str((int(receipt[-1]) + 1) % 10)
    assert tocsin("report", "read", typed=f"{mistyped}\n", **office).err.endswith("[RECEIPT_INVALID]\n")
    figures = tocsin("case", "figures", "--format", "json", **office).rows
    assert [one["figure"] for one in figures if one["name"] == "not reported: afraid"] == ["100%"]
    assert tocsin("case", "retention", "--format", "json", **office).rows == []
    early = tocsin("case", "tip", "erase", name, "--yes", **office)
    assert (early.code, early.err.endswith("[ERASURE_BLOCKED]\n")) == (1, True)
    proposed = tocsin("case", "tip", "erase", name, "--propose", **office)
    assert "The reporter is told." in proposed.err
    mailbox = tocsin("report", "read", "--format", "json", typed=f"{receipt}\n", **office).rows
    assert "mean to erase it, not before" in mailbox[-1]["text"]
    alone = tocsin("case", "tip", "erase", name, typed="y\n", **office)
    assert alone.err.endswith("[FOUR_EYES_NEEDED]\n")
