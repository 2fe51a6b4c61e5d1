"""Pages as HTML: templates, in the language of whoever reads, with nothing that runs in a browser."""

import csv
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from io import StringIO
from urllib.parse import quote, urlencode

from babel.dates import format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined

from console.cells import harmless
from console.web.languages import LANGUAGES, is_right_to_left, translations
from console.web.proofs import write_form_key
from console.web.roles import Role
from console.web.routes import reaches
from console.web.visit import Page, Table, Visit
from console.web.words import choices, in_words, label

STYLE = files("console.web").joinpath("static", "console.css").read_bytes()
STYLE_PATH = f"/style-{sha256(STYLE).hexdigest()[:12]}.css"


def write_page(visit: Visit, page: Page) -> str:
    """A page as the text that travels."""
    roles = visit.account.roles if visit.account is not None else frozenset[Role]()
    settled = visit.account is not None and bool(visit.account.second_step)
    facts: Mapping[str, object] = {
        **page.facts,
        "visit": visit,
        "language": visit.language,
        "languages": LANGUAGES,
        "direction": "rtl" if is_right_to_left(visit.language) else "ltr",
        "style": STYLE_PATH,
        "reaches": (lambda path: settled and reaches(roles, path)),
        "form_key": write_form_key(visit.session.form_key) if visit.session is not None else "",
        "org": visit.works.home.settings.org_id,
    }
    return _environment(visit.language).get_template(page.template).render(facts)


def write_table(table: Table) -> bytes:
    """A list as CSV, in which no cell is a formula; with the mark by which a spreadsheet knows UTF-8."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.header)
    writer.writerows([harmless(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("console.web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The extension adds the method to the environment, which the type checker can not know.
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {
        "label": lambda code, name="": label(language, name, code),
        "in_words": lambda value, dimension: in_words(language, dimension, value),
        "time": partial(_time, language),
        "number": lambda value: format_decimal(value, locale=language),
        "quoted": lambda text: quote(text, safe=""),
        "query": lambda pairs: urlencode(list(pairs)),
    }
    environment.globals |= {
        "choices_of": lambda name: choices(language, name),
        "named_choices": lambda codes: [(code, label(language, "", code)) for code in codes],
    }
    return environment


def _time(language: str, at: datetime | None) -> str:
    return "" if at is None else f"{format_datetime(at, 'medium', locale=language)} UTC"
