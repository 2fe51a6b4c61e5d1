"""Names that an organization wants to keep at home, and where they stand in a text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from node.errors import NamesError
from node.scan.finding import Finding, Kind
from node.scan.folded import Folded, Word, fold_text, is_unspaced

MAX_WORDS = 6  # of one name
MAX_LETTERS = 40  # of one name in a script without blanks
_LEAST = 2  # letters: a name of one would be found everywhere
_JOINTS = frozenset(" -·・•‧")  # between the parts of a name in a script without blanks
_ARTICLE = "ال"
_CLITICS = "وفبلك"  # and, so, with, for, like: written together with the word that follows
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Names:
    """Names in comparable form.

    Attributes:
        spaced: Words of each name, sorted: names are found in any order of their words.
        unspaced: Names in scripts without blanks, found wherever their letters follow each other.
        sizes: Numbers of words that occur.
        lengths: Numbers of letters that occur among the unspaced.
    """

    spaced: frozenset[tuple[str, ...]]
    unspaced: frozenset[str]
    sizes: tuple[int, ...]
    lengths: tuple[int, ...]


NO_NAMES = Names(frozenset(), frozenset(), (), ())


def read_names(lines: Iterable[str]) -> Names:
    """Read a list of names: one a line; blank lines and those that begin with # are passed over.

    A name of several words is found when all of them stand together; who wants one of them found alone puts it on a
    line of its own.

    Raises:
        NamesError: A line is too short to be found without finding everything, or longer than any name is; the
            message gives its number and never the name.
    """
    spaced: set[tuple[str, ...]] = set()
    unspaced: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        folded = fold_text(line.strip("\ufeff\r\n"))
        words = tuple(sorted(_bare(word.text) for word in folded.words()))
        letters, _ = _unspaced(folded)
        run = letters.replace("\n", "")
        if len("".join(words)) + len(run) < _LEAST:
            raise NamesError(
                "line {number}: a name has at least {least} letters", number=number, least=_LEAST
            )
        if len(words) > MAX_WORDS or len(run) > MAX_LETTERS:
            raise NamesError("line {number}: longer than a name; give one name a line", number=number)
        if words:
            spaced.add(words)
        if len(run) >= _LEAST:
            unspaced.add(run)
    return Names(
        frozenset(spaced),
        frozenset(unspaced),
        tuple(sorted({len(words) for words in spaced})),
        tuple(sorted({len(run) for run in unspaced})),
    )


def find_names(folded: Folded, names: Names) -> Iterator[Finding]:
    """Find names in a folded text; in time that grows with the text and with nothing else."""
    if names.sizes:
        yield from _find_spaced(folded, names)
    if names.lengths:
        yield from _find_unspaced(folded, names)


def _find_spaced(folded: Folded, names: Names) -> Iterator[Finding]:
    words = folded.words()
    bare = [_bare(word.text) for word in words]
    for at, word in enumerate(words):
        for size in names.sizes:
            if at + size > len(words):
                break
            following = bare[at + 1 : at + size]
            last = words[at + size - 1]
            heads, tails = _forms(word), _forms(last)[:2] if size > 1 else ("",)
            if any(_key(head, following, tail) in names.spaced for head, tail in product(heads, tails)):
                yield Finding(Kind.NAME, *folded.span(word.start, last.end))


def _key(head: str, following: list[str], tail: str) -> tuple[str, ...]:
    return tuple(sorted((head, *following[:-1], tail) if following else (head,)))


def _find_unspaced(folded: Folded, names: Names) -> Iterator[Finding]:
    letters, places = _unspaced(folded)
    for at in range(len(letters)):
        for length in names.lengths:
            if letters[at : at + length] in names.unspaced:
                yield Finding(Kind.NAME, *folded.span(places[at], places[at + length - 1] + 1))


def _unspaced(folded: Folded) -> tuple[str, list[int]]:
    """Letters of scripts without blanks, with a line break wherever something else stands between them."""
    letters: list[str] = []
    places: list[int] = []
    for at, character in enumerate(folded.text):
        if is_unspaced(character):
            letters.append(character)
        elif character not in _JOINTS and letters and letters[-1] != "\n":
            letters.append("\n")
        else:
            continue
        places.append(at)
    return "".join(letters), places


def _bare(word: str) -> str:
    """A word without the Arabic article."""
    return word[2:] if word.startswith(_ARTICLE) and len(word) > 4 else word


def _forms(word: Word) -> tuple[str, ...]:
    """What a word may be: itself, itself before a number, itself after what Arabic writes together with it."""
    bare = _bare(word.text)
    forms = [bare, bare.rstrip(_DIGITS) or bare]
    if word.text[0] in _CLITICS and len(word.text) > 3:
        forms.append(_bare(word.text[1:]))
        if word.text.startswith("لل"):
            forms.append(word.text[2:])
    return tuple(forms)
