"""A workbook in which people write down incidents: the columns of a profile, with drop-downs from the code lists."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple, TypeAlias

from xlsxwriter import Workbook

from node.codes import code_list
from node.intake.profile import LEVELS, LISTS, Column, Profile
from node.intake.rejects import SAFE

Label: TypeAlias = Callable[[str, str], str]  # what a code of a list or field is called

ROWS = 1_000  # rows with drop-downs
_WIDTH = 18  # characters


class _Words(NamedTuple):
    label: Label
    say: Callable[[str], str]


def english(name: str, code: str) -> str:
    """What a code is called where nobody translates."""
    return code if name in LEVELS else code_list(name).label(code)


def template(
    profile: Profile,
    label: Label = english,
    say: Callable[[str], str] = str,
    *,
    right_to_left: bool = False,
) -> bytes:
    """Write the empty workbook of a profile; what is filled in is read by the same profile.

    Args:
        profile: Whose columns it has.
        label: What a code of a list, or of a field with few values, is called.
        say: Gives a message in the language of who fills it in.
        right_to_left: Whether that is how the language is written.
    """
    packed = BytesIO()
    with Workbook(packed, SAFE) as workbook:
        sheet, words = workbook.add_worksheet("Incidents"), workbook.add_worksheet("Words")
        bold, tag, text = (
            workbook.add_format(look)
            for look in ({"bold": True, "text_wrap": True}, {"font_color": "#808080"}, {"num_format": "@"})
        )
        required = workbook.add_format({"bold": True, "text_wrap": True, "bg_color": "#FFF2CC"})
        sheet.freeze_panes(2, 1)
        if right_to_left:
            sheet.right_to_left()
        for at, column in enumerate(profile.columns):
            sheet.set_column(at, at, _WIDTH, text if column.says.kind in {"id", "date"} else None)
            sheet.write_string(0, at, column.title, required if column.required else bold)
            sheet.write_string(1, at, column.tag, tag)
            _limit(sheet, words, at, column, _Words(label, say))
        words.hide()
    return packed.getvalue()


def _limit(sheet: Any, words: Any, at: int, column: Column, said: _Words) -> None:
    """Let a column take nothing but what can be read, as far as a spreadsheet can know that."""
    choices = _choices(column, said.label)
    if choices:
        words.write_column(0, at, choices)
        letters = _letters(at)
        rule: dict[str, str | int] = {
            "validate": "list",
            "source": f"=Words!${letters}$1:${letters}${len(choices)}",
            "error_type": "information" if column.separator else "stop",
            "error_message": said.say(
                "Several go with commas." if column.separator else "Choose one of the list."
            ),
        }
    elif column.says.code or column.says.kind in {"count", "captive"}:
        rule = {
            "validate": "integer",
            "criteria": ">=",
            "value": 0,
            "error_message": said.say("A whole number, please."),
        }
    else:
        return
    sheet.data_validation(2, at, ROWS + 1, at, rule)


def _choices(column: Column, label: Label) -> list[str]:
    kind = column.says.kind
    if column.says.code:
        return []
    if kind in LEVELS:
        return [label(kind, code) for code in sorted(LEVELS[kind])]
    name = "organization_type" if kind == "employer" else kind
    return [label(name, code) for code in code_list(name).codes] if name in LISTS else []


def _letters(at: int) -> str:
    first, last = divmod(at, 26)
    return (chr(ord("A") + first - 1) if first else "") + chr(ord("A") + last)
