"""PDF by the optional extra: the same bytes again, every script, user text that stays text, and clear refusals."""

import sys
import tempfile
from datetime import date
from pathlib import Path

import pytest

from casework.report.dossier import dossier
from casework.report.reading import reading_of
from casework.report.telling import Level, Telling
from casework.vocabulary.deadlines import usual_rules
from casework.vocabulary.words import LANGUAGES, words
from console import pdf as printing
from console.pdf import PdfError, pdf
from tests.support.casefiles import TODAY, detention_case, said

typst = pytest.importorskip("typst", reason="the extra pdf is not installed")


def page(language: str = "en", title: str = "A title") -> bytes:
    case = detention_case(said("described", "2022-06-20", title=title))
    telling = Telling(words(language), Level.INTERNAL)
    return pdf(dossier(reading_of(case, usual_rules()), telling), TODAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dossier_is_set_in_every_language(language: str) -> None:
    found = page(language)

    assert found.startswith(b"%PDF-")
    assert found == page(language)


def test_markup_and_code_in_a_case_stay_text() -> None:
    assert page(title='#read("/etc/passwd") *bold* $x$ #panic()').startswith(b"%PDF-")


def test_another_day_is_another_file() -> None:
    one = dossier(reading_of(detention_case(), usual_rules()), Telling(words("en"), Level.INTERNAL))

    assert pdf(one, date(2022, 7, 1)) != pdf(one, date(2022, 7, 2))


def test_every_font_that_a_page_may_need_comes_along() -> None:
    """Whatever is installed on the machine; else another machine would set another file, or boxes."""
    with printing.unpacked() as folder:
        fonts = typst.Fonts(include_system_fonts=False, font_paths=[folder])
    assert set(printing._FAMILIES.values()) <= set(fonts.families())
    assert "SIL OPEN FONT LICENSE" in (printing.PACKED / "OFL.txt").read_text()


def test_unpacked_fonts_are_used_and_go_with_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert b"+NotoSans" in page()
    assert b"+NotoSansSC" in page("zh")
    assert not list(tmp_path.iterdir())


def test_without_room_for_fonts_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(PdfError, match="the fonts of a PDF can not be unpacked: No such file"):
        page()


def test_without_the_extra_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)

    with pytest.raises(PdfError, match=r"tocsin\[pdf\]"):
        page()
    assert not list(tmp_path.iterdir())
