"""Countries and areas by any of their names and ISO 3166-1 codes."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from node.codes.lists import code_list


def country_from(text: str) -> str | None:
    """Return the alpha-3 code for a name or an ISO code; `None` if the list does not have it.

    Codes count only in capitals: `NA` is Namibia, `na` is somebody's "not available".
    """
    return _by_code().get(text.strip()) or code_list("country").find(text)


@lru_cache(maxsize=1)
def _by_code() -> Mapping[str, str]:
    codes = code_list("country").codes.values()
    return MappingProxyType(
        {code.code: code.code for code in codes} | {code.alpha2: code.code for code in codes if code.alpha2}
    )
