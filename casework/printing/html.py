"""A page as one HTML file: no script, nothing fetched, under the strictest policy, and it prints well."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from xml.etree.ElementTree import Element, SubElement, tostring

from casework.printing.svg import svg_element
from casework.report.page import Page, Picture, Prose, Section, Table

_LONG = 24  # letters of a word that may be broken anywhere, such as a hash


def html(page: Page) -> bytes:
    """The bytes of the file, UTF-8."""
    style = (files(__package__) / "page.css").read_text("utf-8")
    policy = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"
    root = Element("html", {"lang": page.language, "dir": "rtl" if page.right_to_left else "ltr"})
    head = SubElement(root, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": policy})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    SubElement(head, "title").text = page.title
    SubElement(head, "style").text = style
    body = SubElement(SubElement(root, "body"), "main")
    SubElement(body, "h1").text = page.title
    if page.marks:
        marks = SubElement(body, "ul", {"class": "marks"})
        for mark in page.marks:
            SubElement(marks, "li").text = mark
    for section in page.sections:
        _section(body, page, section)
    return b"<!DOCTYPE html>\n" + bytes(tostring(root, "utf-8", method="html")) + b"\n"


def _section(body: Element, page: Page, section: Section) -> None:
    place = SubElement(body, "section")
    if section.title:
        SubElement(place, "h2").text = section.title
    if isinstance(section, Table):
        _table(place, section)
    elif isinstance(section, Prose):
        kind = {"class": "address"} if section.plain else {}
        for line in section.lines:
            SubElement(place, "p", kind).text = line
    elif isinstance(section, Picture):
        figure = SubElement(place, "figure")
        figure.append(svg_element(section, page.language, right_to_left=page.right_to_left))


def _table(place: Element, section: Table) -> None:
    table = SubElement(SubElement(place, "div", {"class": "wide"}), "table")
    if section.header:
        head = SubElement(SubElement(table, "thead"), "tr")
        for name in section.header:
            SubElement(head, "th", {"scope": "col"}).text = name
    body = SubElement(table, "tbody")
    for row in section.rows:
        line = SubElement(body, "tr")
        for at, cell in enumerate(row):
            # <bdi> keeps references and dates whole inside text that runs the other way.
            box = SubElement(line, "th", {"scope": "row"}) if at == 0 else SubElement(line, "td")
            if any(len(word) > _LONG for word in cell.split()):
                box.set("class", "long")
            SubElement(box, "bdi").text = cell
