"""Write how the six languages write numbers, days, moments and names of States, out of the Unicode CLDR.

    python deploy/locales.py casework/vocabulary/cldr      or: make locales

Babel has all of the CLDR, over 30 MB of it; Tocsin has the few words that it says (`casework.vocabulary.written`).
"""

import json
import re
import shutil
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from babel import Locale
from babel.core import get_global

# The United Nations write the day before the month, and a moment in English is written as most programs do.
DAYS_OF = {"en": "en_GB"}
LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh")
# What stays to be filled in with a day or moment; all other fields are words of a month or quarter.
FILLED = {
    "d": "{at.day}",
    "dd": "{at:%d}",
    "y": "{at.year}",
    "h": "{hour}",
    "H": "{at.hour}",
    "HH": "{at:%H}",
    "mm": "{at:%M}",
    "ss": "{at:%S}",
    "a": "{half}",
}


def main() -> None:
    """Write the table of each language, and the licence of the CLDR."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        text = json.dumps(table(language), ensure_ascii=False, indent=1)
        (folder / f"{language}.json").write_text(text + "\n", "utf-8")
    shutil.copyfile(str(files("babel") / "locale-data" / "LICENSE.unicode"), folder / "LICENSE.unicode")


def table(language: str) -> Mapping[str, object]:
    """All that is taken over of a language."""
    locale, of_days = Locale.parse(language), Locale.parse(DAYS_OF.get(language, language))
    symbols = locale.number_symbols["latn"]
    if locale.decimal_formats[None].pattern != "#,##0.###":
        raise SystemExit(f"{language}: numbers are written by another pattern, for which there is no code")
    when = locale.datetime_formats["medium"].format(
        locale.time_formats["medium"].format, locale.date_formats["medium"].format
    )
    halves = locale.day_periods["format"]["abbreviated"]
    skeletons = of_days.datetime_skeletons
    return {
        "right_to_left": locale.text_direction == "rtl",
        "marks": symbols["group"] + symbols["decimal"],
        "days": of_months(of_days.date_formats["long"].format, of_days),
        "months": of_months(skeletons["yMMMM"].format, of_days),
        "short_months": of_months(skeletons["yMMM"].format, of_days),
        "quarters": [
            filled(skeletons["yQQQ"].format, {"Q": number, "QQQ": name})
            for number, name in of_days.quarters["format"]["abbreviated"].items()
        ],
        "years": filled(skeletons["y"].format, {}),
        "moments": of_months(when, locale),
        "halves": [halves["am"], halves["pm"]],
        "names_of_months": list(locale.months["stand-alone"]["wide"].values()),
        "states": {
            code: locale.territories[short]
            for code, (short, *_) in sorted(get_global("territory_aliases").items())
            if re.fullmatch("[A-Z]{3}", code) and short in locale.territories
        },
    }


def of_months(pattern: str, locale: Locale) -> list[str]:
    """A pattern for each month, with its name in it."""
    within, alone = locale.months["format"], locale.months["stand-alone"]
    return [
        filled(
            pattern,
            {
                "M": number,
                "MM": f"{number:02}",
                "MMM": within["abbreviated"][number],
                "MMMM": within["wide"][number],
                "LLL": alone["abbreviated"][number],
                "LLLL": alone["wide"][number],
            },
        )
        for number in range(1, 13)
    ]


def filled(pattern: str, words: Mapping[str, object]) -> str:
    """A pattern of Babel as a text of Python; a field that there is no code for ends with a KeyError."""
    return pattern % {**FILLED, **words}


if __name__ == "__main__":
    main()
