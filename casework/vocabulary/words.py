"""What people read of casework, in the six official languages of the United Nations.

English words of codes and kinds stand in the tables themselves; all other words stand in labels/LANGUAGE.toml. A word
that a language lacks is shown in English, and never fails.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from casework.errors import FieldError
from casework.vocabulary import codes, kinds
from casework.vocabulary.deadlines import usual_rules
from casework.vocabulary.written import written

VISITS = "D3"  # a request for access to who is detained
LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; `table` is what its file holds."""

    language: str
    table: Mapping[str, Mapping[str, str]]

    @property
    def right_to_left(self) -> bool:
        """Whether it is written from right to left."""
        return written(self.language).right_to_left

    def code(self, name: str, code: str) -> str:
        """A code of a list; one that this version does not know reads as it is."""
        known = codes(name).get(code)
        return self._find(f"code.{name}", code) or (known.label if known else code)

    def kind(self, name: str) -> str:
        """A kind of event, likewise."""
        known = kinds().get(name)
        return self._find("kind", name) or (known.text if known else name)

    def rule(self, rule: str) -> str:
        """A rule by which clocks run."""
        known = usual_rules().by_id.get(rule)
        return self._find("rule", rule) or (known.text if known else rule)

    def asked(self, rule: str, clock: str) -> str:
        """What a rule asks for by a clock, such as D3:D1:medical:1; for visits it says which kind."""
        asked = self.rule(rule)
        return self.pair(asked, self.code("access", clock.split(":")[2])) if rule == VISITS else asked

    def field(self, name: str) -> str:
        """A field of an event."""
        return self.word("field", name)

    def say(self, name: str) -> str:
        """A heading or a sentence of a report."""
        return self.word("say", name)

    def pair(self, name: str, value: str) -> str:
        """A name with its value, with the colon as this language sets it."""
        return self.say("pair").format(name=name, value=value)

    def listed(self, values: Iterable[str]) -> str:
        """Things beside each other, set apart as this language does."""
        return self.say("comma").join(values)

    def apart(self, values: Iterable[str]) -> str:
        """The same where commas may stand in what is set apart."""
        return self.say("semicolon").join(values)

    def word(self, section: str, name: str) -> str:
        """A word of a section of the file, else in English, else the name itself."""
        return self._find(section, name) or words("en").table.get(section, {}).get(name, "") or name

    def state(self, code: str) -> str:
        """A State as the United Nations write it, by its code of three letters; an unknown code reads as it is."""
        return self._find("state_name", code) or written(self.language).states.get(code, code)

    def _find(self, section: str, name: str) -> str:
        return self.table.get(section, {}).get(name, "")


@cache
def words(language: str) -> Words:
    """The words of a language.

    Raises:
        FieldError: It is none of the six.
    """
    if language not in LANGUAGES:
        raise FieldError(
            "language",
            "{language!r} is none of {languages}",
            language=language[:40],
            languages=", ".join(LANGUAGES),
        )
    plain = tomllib.loads((files(__package__) / "labels" / f"{language}.toml").read_text("utf-8"))
    listed = {f"code.{name}": table for name, table in plain.pop("code", {}).items()}
    return Words(language, MappingProxyType({**plain, **listed}))
