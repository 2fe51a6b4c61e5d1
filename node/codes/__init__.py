"""The words an incident is described with: versioned code lists and the crosswalk from data sets."""

from node.codes.countries import country_from
from node.codes.lists import DETAIL_LISTS, LIST_NAMES, SCHEMES, Code, CodeList, code_list
from node.codes.spelling import fold

__all__ = ["DETAIL_LISTS", "LIST_NAMES", "SCHEMES", "Code", "CodeList", "code_list", "country_from", "fold"]
