"""The pages of the anonymous form as HTML, in one of six languages, which the address says and no cookie."""

from datetime import date
from functools import cache

from casework.tip import CASE_OPENED, ERASURE_PROPOSED, LOST, MAX_FILE_BYTES, WHAT_NEXT
from casework.vocabulary import codes
from casework.vocabulary.words import words
from casework.vocabulary.written import written
from console.web.languages import LANGUAGES, is_right_to_left
from console.web.pages import STYLE_PATH, environment
from console.web.tips.reception import Sheet

YEARS_BACK = 15
_SAME_PAGE = {"tell": "tell", "mailbox": "mailbox", "write": "mailbox"}  # in another language


def write_sheet(sheet: Sheet, language: str, name: str, org_id: str, today: date) -> str:
    """A page as the text that travels; `name` is how its address ends."""
    facts = {
        **sheet.facts,
        "page": _SAME_PAGE.get(name, ""),
        "language": language,
        "languages": LANGUAGES,
        "direction": "rtl" if is_right_to_left(language) else "ltr",
        "style": STYLE_PATH,
        "org": org_id,
        "years": tuple(map(str, range(today.year, today.year - YEARS_BACK, -1))),
        "months": _months(language),
        "kinds": _words(language, "category"),
        "reasons": _words(language, "not_reported"),
        "what_next": WHAT_NEXT,
        "lost": LOST,
        "case_opened": CASE_OPENED,
        "erasure_proposed": ERASURE_PROPOSED,
        "most": MAX_FILE_BYTES >> 20,
    }
    return environment(language).get_template(sheet.template).render(facts)


@cache
def _words(language: str, name: str) -> tuple[tuple[str, str], ...]:
    said = words(language)
    return tuple((code, said.code(name, code)) for code in codes(name))


@cache
def _months(language: str) -> tuple[tuple[str, str], ...]:
    named = written(language).names_of_months
    return tuple((f"{number:02}", name) for number, name in enumerate(named, 1))
