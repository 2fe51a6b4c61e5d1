"""A workbook in which people write down incidents: the columns of a profile, with drop-downs from the code lists."""

from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from node.codes import code_list
from node.intake.profile import CODED, LEVELS, Column, Profile
from node.intake.rejects import SAFE

ROWS = 1_000  # rows with drop-downs
_LISTS = (*CODED, "source_kind", "country", "geo_precision", "time_precision")
_SEVERAL = (
    "programme",
    "impact",
    "driver",
    "fate",
)  # a cell may hold several, so others than listed are let through
_WIDTH = 18  # characters


def template(profile: Profile) -> bytes:
    """Write the empty workbook of a profile; what is filled in is read by the same profile."""
    packed = BytesIO()
    with Workbook(packed, SAFE) as workbook:
        sheet, words = workbook.add_worksheet("Incidents"), workbook.add_worksheet("Words")
        bold, tag, text = (
            workbook.add_format(look)
            for look in ({"bold": True, "text_wrap": True}, {"font_color": "#808080"}, {"num_format": "@"})
        )
        required = workbook.add_format({"bold": True, "text_wrap": True, "bg_color": "#FFF2CC"})
        sheet.freeze_panes(2, 1)
        for at, column in enumerate(profile.columns):
            sheet.set_column(at, at, _WIDTH, text if column.says.kind in {"id", "date"} else None)
            sheet.write_string(0, at, column.title, required if column.required else bold)
            sheet.write_string(1, at, column.tag, tag)
            _limit(sheet, words, at, column)
        words.hide()
    return packed.getvalue()


def _limit(sheet: Any, words: Any, at: int, column: Column) -> None:
    """Let a column take nothing but what can be read, as far as a spreadsheet can know that."""
    choices = _choices(column)
    if choices:
        words.write_column(0, at, choices)
        letters = _letters(at)
        rule: dict[str, str | int] = {
            "validate": "list",
            "source": f"=Words!${letters}$1:${letters}${len(choices)}",
            "error_type": "information" if column.separator else "stop",
            "error_message": "Choose one of the list." if not column.separator else "Several go with commas.",
        }
    elif column.says.code or column.says.kind in {"count", "captive"}:
        rule = {
            "validate": "integer",
            "criteria": ">=",
            "value": 0,
            "error_message": "A whole number, please.",
        }
    else:
        return
    sheet.data_validation(2, at, ROWS + 1, at, rule)


def _choices(column: Column) -> list[str]:
    kind = column.says.kind
    if column.says.code:
        return []
    if kind in LEVELS:
        return sorted(LEVELS[kind])
    name = "organization_type" if kind == "employer" else kind
    if name not in {*_LISTS, *_SEVERAL, "organization_type"}:
        return []
    return [code.label for code in code_list(name).codes.values()]


def _letters(at: int) -> str:
    first, last = divmod(at, 26)
    return (chr(ord("A") + first - 1) if first else "") + chr(ord("A") + last)
