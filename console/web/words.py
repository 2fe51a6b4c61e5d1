"""Words for codes and values: what a person reads in the place of what is stored."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from markupsafe import Markup

from casework.vocabulary.written import written
from console.cells import DASH, Cell
from console.web.languages import SOURCE, is_right_to_left, translations
from crypto.sentence import Sentence
from node.codes import DETAIL_LISTS, LIST_NAMES, code_list
from node.dimensions import BY_NAME, UNKNOWN

COMMA = ", "  # as each language writes it
SEMICOLON = "; "  # likewise, between what may have commas in it
# Columns of which the name is also a code, such as `state` of an actor: what they are called instead.
_HEADINGS: Mapping[str, str] = MappingProxyType({"state": "State", "for": "For"})
# Columns that hold codes and sentences of the program, and nothing that anybody typed.
_IN_OUR_WORDS = frozenset(
    {
        "state",
        "standing",
        "outcome",
        "sees",
        "for",
        "sealed",
        "why",
        "what_would_release_it",
        "unusual",
        "verdict",
    }
)
# Types and sectors of organizations, as a ladder has them.
_EMPLOYERS: Mapping[str, str] = MappingProxyType(
    {
        "un": "UN agency, fund or programme",
        "ingo": "International NGO",
        "nngo": "National NGO",
        "ngo": "NGO, international or national",
        "rcrc": "Red Cross or Red Crescent",
        "ngo_or_rcrc": "National NGO or national society",
        "nngo_or_rcrc": "National NGO or national society",
        "io": "Other intergovernmental organization",
        "other": "Other employer",
    }
)
_LISTS = frozenset({*LIST_NAMES, *DETAIL_LISTS})


def label(language: str, name: str, code: str) -> str:
    """What a code of a list is called; codes of no list are their own words."""
    if name == "country":
        return country(language, code)
    words = code_list(name).label(code) if name in _LISTS else code.replace("_", " ")
    return str(translations(language).gettext(words)) if words else ""


def heading(language: str, column: str) -> str:
    """What a column of a list is called; a measure of two days as the measure and which of them."""
    measure, _, which = column.replace("_", " ").rpartition(" ")
    if measure and which in {"before", "change"}:
        return f"{label(language, '', measure)} ({label(language, '', which)})"
    return label(language, "", _HEADINGS.get(column, column))


def said_cell(language: str, column: str, value: Cell) -> str:
    """A cell of a list as a person reads it: codes of known lists in words, what is not known as a dash."""
    if value is None:
        return DASH
    if isinstance(value, Sentence):
        return value  # the page says it
    if column in BY_NAME:
        return said_value(language, column, str(value))
    if column in _IN_OUR_WORDS and isinstance(value, str) and value:
        return str(translations(language).gettext(value.replace("_", " ")))
    return value if isinstance(value, str) else numbered(language, value)


def numbered(language: str, value: float) -> str:
    """A number as the language writes it; its sign stays before it where words go from right to left."""
    said = written(language).number(value)
    return f"\u2066{said}\u2069" if value < 0 and is_right_to_left(language) else said


def isolated(text: str) -> str:
    """A text whose days, months and options keep their order within one that is written from right to left."""
    return re.sub(r"\d{4}-\d\d(?:-\d\d)?|--[a-z][a-z-]*", "\u2066\\g<0>\u2069", text)


def listed(language: str, values: Iterable[object]) -> str:
    """Things beside each other as the language sets them apart, each in the direction of its own letters."""
    comma = Markup("{}").format(translations(language).gettext(COMMA))
    return comma.join(Markup("<bdi>{}</bdi>").format(str(one)) for one in values)


def said_value(language: str, dimension: str, value: str) -> str:
    """A value of a dimension as a person reads it."""
    gettext = translations(language).gettext
    known = BY_NAME[dimension]
    if value == UNKNOWN:
        return str(gettext(UNKNOWN))
    if known.codes == "country":
        return country(language, value)
    code = code_list(known.codes).codes.get(value) if known.codes else None
    if code is not None:
        return str(gettext(code.label))
    return str(gettext(value.replace("_", " "))) if known.codes or known.values else value


def country(language: str, code: str) -> str:
    """Name of a country as the United Nations writes it in this language."""
    known = code_list("country").codes.get(code)
    if known is None:
        return code
    return known.label if language == SOURCE else _country_names(language).get(code, known.label)


@cache
def _country_names(language: str) -> Mapping[str, str]:
    text = files("console.web").joinpath("country_names.tsv").read_text("utf-8")
    head, *rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    at = head.index(language)
    return MappingProxyType({row[0]: row[at] for row in rows})


@cache
def choices(language: str, name: str) -> tuple[tuple[str, str], ...]:
    """(code, words) of a list as it is offered: countries by their names, others in the order of the list."""
    codes = code_list(name).codes
    known = [(code, label(language, name, code)) for code in codes if code != "unknown"]
    if name == "country":
        known.sort(key=lambda pair: _order(language, pair[1]))
    return tuple(known)


def _order(language: str, name: str) -> bytes:
    """Where a name stands in a list: without accents, as people look for it; Chinese by sound, as GB 18030 has it."""
    if language == "zh":
        return name.encode("gb18030")
    letters = unicodedata.normalize("NFKD", name)
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold().encode()


def in_words(language: str, dimension: str, value: str) -> str:
    """A value of a ladder as a person would say it; what it is exactly stands beside it on the page.

    What is not in the words of the language keeps the direction of its own letters, so nothing goes around this: what
    goes around has no direction where all that is in it has its own.
    """
    said = _WORDS.get(dimension)
    return said(language, value) if said is not None and value else _own(value)


def _own(value: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(value)


def _where(language: str, value: str) -> str:
    first, *rest = value.partition("@")[0].split("/")
    rest = [name for name in rest if name]
    return listed(language, [*reversed(rest), country(language, first)])


def _parts(*lists: str) -> Callable[[str, str], str]:
    def written(language: str, value: str) -> str:
        pairs = zip(lists, value.split("/"), strict=False)
        said = (label(language, name, code) for name, code in pairs if code != "unknown")
        gettext = translations(language).gettext
        return gettext(COMMA).join(said) or gettext("unknown")

    return written


def _victims(language: str, value: str) -> str:
    gettext = translations(language).gettext
    if value == "0":
        return gettext("nobody affected")
    if "=" not in value:
        return gettext("%(number)s affected") % {"number": value}
    cells, _, _ = value.partition("|")
    said = []
    for cell in cells.split(";"):
        kinds, _, number = cell.partition("=")
        outcome, *more = [label(language, "", kind) for kind in kinds.split("/")]
        said.append(f"{number} {outcome}" + (f" ({gettext(COMMA).join(more)})" if more else ""))
    return str(gettext(SEMICOLON).join(said))


def _target(language: str, value: str) -> str:
    gettext = translations(language).gettext
    if value == "0":
        return str(gettext("nobody"))
    said = []
    for part in value.split(";"):
        kinds, _, number = part.partition("=")
        named = " + ".join(str(gettext(_EMPLOYERS.get(kind.lower(), kind))) for kind in kinds.split("+"))
        said.append(f"{named}{gettext(': ')}{number}" if number else named)
    return str(gettext(SEMICOLON).join(said))


_WORDS: dict[str, Callable[[str, str], str]] = {
    "where": _where,
    "what": _parts("cause", "means", "context", "location_type"),
    "victims": _victims,
    "target": _target,
    "actor": _parts("actor_group", "actor_type", "motive"),
    "certainty": _parts("certainty", "source_kind"),
}
