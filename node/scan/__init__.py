"""Find what points at a person in words that are about to leave: names, numbers, addresses (R8, R9).

The scanner knows forms, and the names that an organization gave it; it does not know who is a person. It finds much
and never everything: it is the second look, after that of a person.
"""

from node.scan.finding import Finding, Kind
from node.scan.leaving import Leak, leaks, may_leave, words_that_leave
from node.scan.names import NO_NAMES, Names, read_names
from node.scan.scanner import scan

__all__ = [
    "NO_NAMES",
    "Finding",
    "Kind",
    "Leak",
    "Names",
    "leaks",
    "may_leave",
    "read_names",
    "scan",
    "words_that_leave",
]
