"""Pages as HTML: templates, in the language of whoever reads, with nothing that runs in a browser."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from casework.vocabulary.written import written
from console.cells import sentence
from console.web.languages import LANGUAGES, is_right_to_left, translations
from console.web.lists import links
from console.web.proofs import write_form_key
from console.web.roles import Role
from console.web.routes import ROUTES, reaches
from console.web.visit import Page, Visit
from console.web.wording import in_html, said_in_html
from console.web.words import choices, heading, in_words, isolated, label, listed, numbered, said_cell
from crypto.sentence import Sentence
from node.holders import read_levels

STYLE = files("console.web").joinpath("static", "console.css").read_bytes()
STYLE_PATH = f"/style-{sha256(STYLE).hexdigest()[:12]}.css"


UPLOAD = "upload"  # says how much of a file was sent; pages whose form takes files run it
SCRIPTS: Mapping[str, bytes] = MappingProxyType(
    {
        name: files("console.web").joinpath("static", f"{name}.js").read_bytes()
        for name in ("passkey", UPLOAD, "days")
    }
)
SCRIPT_PATHS: Mapping[str, str] = MappingProxyType(
    {name: f"/script-{name}-{sha256(content).hexdigest()[:12]}.js" for name, content in SCRIPTS.items()}
)


def script_of(visit: Visit, page: Page) -> str:
    """Which script a page runs: none, the one that it names, or that of forms with files for who reaches one."""
    route = ROUTES.get(visit.path)
    who = visit.account
    # Whoever does not reach a page is refused as on one that there is not: with a script or without tells of it.
    there = route is not None and who is not None and bool(route.uploads) and reaches(who.roles, visit.path)
    return page.script or (UPLOAD if there and page.status != 404 else "")


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
        "script": SCRIPT_PATHS.get(script_of(visit, page), ""),
        "script_name": script_of(visit, page),
        "taken_away": links(visit) if page.status == 200 and _is_list(visit.path) else (),
        "reaches": (lambda path: settled and reaches(roles, path)),
        "form_key": write_form_key(visit.session.form_key) if visit.session is not None else "",
        "org": visit.works.home.settings.org_id,
    }
    return environment(visit.language).get_template(page.template).render(facts)


def write_broken(language: str) -> str:
    """The page in the place of one that could not be made, which needs nothing of the node."""
    direction = "rtl" if is_right_to_left(language) else "ltr"
    facts = {"language": language, "direction": direction, "style": STYLE_PATH}
    return environment(language).get_template("broken.html").render(facts)


@cache
def environment(language: str) -> Environment:
    """The templates, with the words of a language."""
    environment = Environment(
        loader=PackageLoader("console.web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        finalize=partial(said_in_html, language),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # By the new style what a variable holds would be HTML of ours, and its percent signs places to fill in.
    # The extension adds the method to the environment, which the type checker can not know.
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        partial(in_html, language), translations(language).ngettext, newstyle=False
    )
    environment.filters |= {
        "levels_read": read_levels,
        "label": lambda code, name="": label(language, name, code),
        "heading": partial(heading, language),
        "cell": lambda value, column: said_cell(language, column, value),
        "sentence": sentence,
        "isolated": partial(_in_order, language),
        "listed": partial(listed, language),
        "in_words": lambda value, dimension: in_words(language, dimension, value),
        "day": written(language).day,
        "monday": _monday,
        "time": partial(_time, language),
        "number": partial(numbered, language),
        "quoted": lambda text: quote(text, safe=""),
        "query": lambda pairs: urlencode(list(pairs)),
    }
    environment.globals |= {
        "choices_of": lambda name: choices(language, name),
        "named_choices": lambda codes: [(code, label(language, "", code)) for code in codes],
    }
    return environment


def _monday(week: str) -> date:
    year, _, number = week.partition("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def _is_list(path: str) -> bool:
    return path in ROUTES and ROUTES[path].lists is not None


def _in_order(language: str, text: str) -> str:
    """What is said beside figures, its days in order; a sentence with parts keeps them in order by itself."""
    if isinstance(text, Sentence):
        return in_html(language, text)
    return isolated(translations(language).gettext(text) if text else "")


def _time(language: str, at: datetime | None) -> str:
    return "" if at is None else f"{written(language).moment(at)} UTC"
