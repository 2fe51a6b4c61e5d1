"""All finders over one text, from the most certain to the least: what one has claimed, the next does not see."""

from collections.abc import Iterable

from node.scan.contacts import find_addresses, find_phones
from node.scan.coordinates import find_coordinates
from node.scan.digits import dates, masked
from node.scan.documents import find_papers, find_plates
from node.scan.finding import Finding, Kind
from node.scan.folded import Folded, fold_text
from node.scan.names import Names, find_names
from node.scan.persons import find_ages, find_births


def scan(text: str, names: Names) -> tuple[Finding, ...]:
    """Find what points at a person, in order of place.

    Time grows with the length of the text, whatever it holds. Findings may overlap, as one stretch may be two things.

    Args:
        text: In any script; positions of the findings count its characters.
        names: Of the organization's own lists.
    """
    joined, parted = fold_text(text), fold_text(text, gaps=True)
    found = _find(joined, names)
    if parted.text != joined.text:
        found += _find(parted, names)  # an invisible character may join what is apart, or part what is joined
    return _outermost(found)


def _outermost(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in order of place, without those that lie within another of their kind."""
    reach: dict[Kind, int] = {}
    kept: list[Finding] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end, one.kind)):
        if one.end > reach.get(one.kind, -1):
            reach[one.kind] = one.end
            kept.append(one)
    return tuple(kept)


def _find(folded: Folded, names: Names) -> list[Finding]:
    found = [*find_addresses(folded), *find_coordinates(folded)]
    rest = _without(folded, folded.text, found)
    persons = [*find_births(folded), *find_ages(folded)]
    rest = masked(rest, dates(rest))
    plates = list(find_plates(folded, rest))
    rest = _without(folded, rest, plates)
    papers = list(find_papers(folded, rest))
    rest = _without(folded, rest, papers)
    return [*found, *persons, *plates, *papers, *find_phones(folded, rest), *find_names(folded, names)]


def _without(folded: Folded, text: str, found: list[Finding]) -> str:
    """The text without what was found; positions of findings are those of the source."""
    spans = [folded.within(one.start, one.end) for one in found]
    return masked(text, spans)
