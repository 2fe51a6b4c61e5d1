"""The picture of a timeline as SVG, with a title, a description and no script; the same bytes for the same picture."""

from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from casework.errors import FieldError
from casework.report.page import Bar, Lane, Page, Picture

_WIDTH, _LABELS, _ROW, _GAP, _TOP = 960, 230, 24, 10, 30
_MARGIN = 60  # half of a long day
_INK, _LINE, _MARK, _DOUBT = "#1d2b36", "#c5ced6", "#0b5394", "#b3261e"
_FONT = "Noto Sans, DejaVu Sans, Noto Sans Arabic, Noto Sans SC, Noto Sans CJK SC, sans-serif"


class _Scale(NamedTuple):
    """Where days lie: from one day, over some days, in a picture that may run from right to left."""

    first: int
    days: int
    mirrored: bool

    def at(self, day: int) -> float:
        room = _WIDTH - _LABELS - 40
        x = _LABELS + 15 + room * (day - self.first) / max(self.days, 1)
        return round(_WIDTH - x if self.mirrored else x, 1)


def svg_of(page: Page) -> bytes:
    """The picture of a page as a file of its own.

    Raises:
        FieldError: The page has none.
    """
    picture = next((one for one in page.sections if isinstance(one, Picture)), None)
    if picture is None:
        raise FieldError("format", "there is no picture in this; take html or csv")
    root = svg_element(picture, page.language, right_to_left=page.right_to_left)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    return bytes(tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def svg_element(picture: Picture, language: str, *, right_to_left: bool) -> Element:
    """A picture as an element that can stand in HTML."""
    days = [day for lane in picture.lanes for bar in lane.bars for day in (bar.first, bar.until)] or [0]
    scale = _Scale(min(days), max(days) - min(days), right_to_left)
    tracks = [(lane, _stack(lane, scale)) for lane in picture.lanes]
    height = _TOP + sum(_GAP + _ROW * max(1, len(rows)) for _, rows in tracks) + 34
    root = Element(
        "svg",
        {
            "viewBox": f"0 0 {_WIDTH} {height}",
            "role": "img",
            "lang": language,
            "font-family": _FONT,
            "font-size": "13",
            "fill": _INK,
            "direction": "ltr",  # what stands right to left is placed so; not every reader of SVG knows directions
        },
    )
    SubElement(root, "title").text = picture.title
    SubElement(root, "desc").text = "; ".join(
        f"{lane.name}: " + ", ".join(f"{bar.when} {bar.what}" for bar in lane.bars) for lane in picture.lanes
    )
    _years(root, picture, scale, height)
    y = _TOP
    for lane, rows in tracks:
        y = _draw_lane(root, lane, rows, scale, y)
    _legend(root, picture, height, mirrored=right_to_left)
    return root


def _stack(lane: Lane, scale: _Scale) -> list[list[Bar]]:
    """Bars in as few rows as keep them apart."""
    rows: list[list[Bar]] = []
    for bar in lane.bars:
        for row in rows:
            if abs(scale.at(bar.first) - scale.at(row[-1].until)) >= 14 and bar.first > row[-1].until:
                row.append(bar)
                break
        else:
            rows.append([bar])
    return rows


def _years(root: Element, picture: Picture, scale: _Scale, height: int) -> None:
    for day, text in picture.ticks:
        if scale.first <= day <= scale.first + scale.days:
            x = str(scale.at(day))
            _add(root, "line", x1=x, x2=x, y1=str(_TOP - 6), y2=str(height - 30), stroke=_LINE)
            _add(root, "text", x=x, y=str(_TOP - 12), text_anchor=_anchor(scale.at(day))).text = text


def _anchor(x: float) -> str:
    """By what a text hangs at a place, so that it does not go over the edge."""
    if x < _MARGIN:
        return "start"
    return "end" if x > _WIDTH - _MARGIN else "middle"


def _draw_lane(root: Element, lane: Lane, rows: list[list[Bar]], scale: _Scale, y: int) -> int:
    tall = _ROW * max(1, len(rows))
    _add(root, "line", x1="0", x2=str(_WIDTH), y1=str(y), y2=str(y), stroke=_LINE)
    label, anchor = (_WIDTH - 4, "end") if scale.mirrored else (4, "start")
    _add(root, "text", x=str(label), y=str(y + 20), text_anchor=anchor, font_weight="bold").text = lane.name
    for at, row in enumerate(rows):
        for bar in row:
            _draw_bar(root, bar, scale, y + 5 + at * _ROW)
    return y + tall + _GAP


def _draw_bar(root: Element, bar: Bar, scale: _Scale, y: int) -> None:
    group = _add(root, "g")
    SubElement(group, "title").text = f"{bar.when} {bar.what}"
    colour = _DOUBT if bar.conflict else _MARK
    left, right = sorted((scale.at(bar.first), scale.at(bar.until)))
    if bar.until > bar.last:
        size = str(round(right - left, 1))
        _add(group, "rect", x=str(left), y=str(y + 7), width=size, height="6", fill=colour, opacity="0.45")
    near, far = sorted((scale.at(bar.first), scale.at(bar.last)))
    shapes = {"fill": colour}
    wide = str(round(max(far - near, 6), 1))
    start = round((near + far) / 2 - max(far - near, 6) / 2, 1)
    if bar.last > bar.first:
        shapes = {"fill": "#ffffff", "stroke": colour, "stroke_width": "2"}
    _add(group, "rect", x=str(start), y=str(y + 3), width=wide, height="14", rx="2", **shapes)
    if bar.conflict:
        _add(
            group,
            "rect",
            x=str(start - 4),
            y=str(y),
            width=str(round(float(wide) + 8, 1)),
            height="20",
            rx="3",
            fill="none",
            stroke=_DOUBT,
            stroke_width="1.5",
        )


def _legend(root: Element, picture: Picture, height: int, *, mirrored: bool) -> None:
    if not any(bar.conflict for lane in picture.lanes for bar in lane.bars):
        return
    x, y = (_WIDTH - 24 if mirrored else 4), height - 20
    _add(
        root,
        "rect",
        x=str(x),
        y=str(y),
        width="20",
        height="16",
        rx="3",
        fill="none",
        stroke=_DOUBT,
        stroke_width="1.5",
    )
    _add(root, "rect", x=str(x + 6), y=str(y + 3), width="8", height="10", rx="2", fill=_DOUBT)
    beside, anchor = (x - 8, "end") if mirrored else (x + 28, "start")
    _add(root, "text", x=str(beside), y=str(y + 13), text_anchor=anchor).text = picture.conflict_word


def _add(parent: Element, tag: str, **attributes: str) -> Element:
    return SubElement(parent, tag, {name.replace("_", "-"): value for name, value in attributes.items()})
