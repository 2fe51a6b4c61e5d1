"""Names of an organization's own list are found in every script, and no other word is; all names are made up."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from node.errors import NamesError
from node.scan import NO_NAMES, Kind, read_names, scan

FOUND = [
    ("Alphaname", "ALPHANAME was there"),
    ("Alphaname", "Alphaname's car"),
    ("Alphaname", "with alphaname."),
    ("Alphaname", "l'Alphaname"),
    ("Alphaname", "Al\u200bpha\u00adname"),
    ("Alphaname", "of\u200bAlphaname"),
    ("Alphaname", "Àlphanâme"),
    ("Alphaname", "A\u0301lphaname"),
    ("Alphaname", "Аlphаnаme"),  # Cyrillic А
    ("Alphaname", "Ａｌｐｈａｎａｍｅ"),
    ("Alphaname", "𝐀𝐥𝐩𝐡𝐚𝐧𝐚𝐦𝐞"),
    ("Alphaname", "Alphaname2"),
    ("Alphaname", "由Alphaname说"),
    ("Älphaname", "Alphaname"),
    ("Łøphaname", "lophaname"),
    ("Straßname", "STRASSNAME"),
    ("Alphaname Betaname", "Mr Betaname, Alphaname"),
    ("Alphaname Betaname", "Alphaname-Betaname"),
    ("Alphaname Betaname Gammaname", "Gammaname Alphaname Betaname"),
    ("Альфёров", "Альферов"),
    ("Альферов", "АЛЬФЁРОВ"),
    ("الفااسم", "قال الفااسم"),
    ("ألفااسم", "الفااسم"),
    ("آلفااسمى", "الفااسمي"),
    ("فاطبة", "وفاطبه"),
    ("فاطبه", "فَاطِبَة"),
    ("فاطبة بتااسم", "لفاطبة البتااسم"),
    ("کیااسم", "كيااسم"),
    ("اسمء", "اسم"),
    ("بتااسم", "بتــااسم"),
    ("阿尔法", "由阿尔法说"),
    ("阿尔法·贝塔", "司机阿尔法贝塔说"),
    ("阿 尔法", "阿尔 法"),
    ("알파름", "알파름이 말했다"),
    ("アルファ", "ｱﾙﾌｧさん"),
    ("अल्फानाम", "श्री अल्फानाम"),
    ("# a remark\n\nAlphaname\r\nBetaname", "betaname"),
    ("\ufeffAlphaname", "alphaname"),
]
NOT_FOUND = [
    ("Alphaname", "Alphanames"),
    ("Alphaname", "Betalphaname"),
    ("Alphaname", "Alpha name"),
    ("Alphaname Betaname", "Alphaname Gammaname Betaname"),
    ("Alphaname Betaname", "Alphaname"),
    ("Li", "Lima, Lisboa, Mali"),
    ("الفااسم", "الفااسمون"),
    ("阿尔法", "阿尔, 法"),
    ("", "anything at all"),
    ("# Alphaname", "Alphaname"),
]


@pytest.mark.parametrize(("lines", "text"), FOUND)
def test_a_name_is_found_however_it_is_written(lines: str, text: str) -> None:
    assert Kind.NAME in {one.kind for one in scan(text, read_names(lines.split("\n")))}


@pytest.mark.parametrize(("lines", "text"), NOT_FOUND)
def test_other_words_are_not_taken_for_a_name(lines: str, text: str) -> None:
    assert scan(text, read_names(lines.split("\n"))) == ()


def test_a_name_is_found_where_it_stands() -> None:
    text = "— Älphánáme\u200b Betaname…"

    (found,) = scan(text, read_names(["Betaname Alphaname"]))

    assert text[found.start : found.end] == "Älphánáme\u200b Betaname"


@pytest.mark.parametrize(
    ("lines", "line"),
    [(["Alphaname", "x"], 2), (["..."], 1), (["", "one two three four five six seven"], 2), (["阿" * 41], 1)],
)
def test_a_line_that_is_no_name_is_refused_by_its_number_alone(lines: list[str], line: int) -> None:
    with pytest.raises(NamesError) as refused:
        read_names(lines)

    assert str(refused.value).startswith(f"line {line}: ")
    assert lines[line - 1] not in str(refused.value)


words = st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=2, max_size=12)


@given(words, words, words)
@example("Alphaname", "", "")
def test_a_name_between_any_other_words_is_found(name: str, before: str, after: str) -> None:
    try:
        names = read_names([name])
    except NamesError:
        return  # nothing is left of it that could be compared

    assert Kind.NAME in {one.kind for one in scan(f"{before} {name}. {after}", names)}


@given(words)
def test_without_a_list_nobody_has_a_name(text: str) -> None:
    assert Kind.NAME not in {one.kind for one in scan(text, NO_NAMES)}
