"""Accept-Language → the language of what an operation tells a person.

Source: RFC 9110 §12.5.4; http://hl7.org/fhir/R4/languages.html#http.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from hub.values import LANGUAGES, Language

_OURS: Final[dict[str, Language]] = {"nb": "nb", "no": "nb", "nn": "nb", "en": "en"}


@lru_cache(maxsize=64)
def language_wanted(header: str) -> Language:
    """The header ("" where none was sent) → what the reader likes best of what is spoken; the usual one where nothing fits.

    Nobody is refused for a language. Norwegian in any form is answered in Bokmål.
    """
    liked: tuple[float, Language] = (0.0, LANGUAGES[0])
    for part in header[:512].split(","):
        tag, _, more = part.strip().lower().partition(";")
        spoken = _OURS.get(tag.strip().partition("-")[0])
        quality = _quality(more)
        if spoken is not None and quality > liked[0]:
            liked = (quality, spoken)
    return liked[1]


def _quality(more: str) -> float:
    name, _, value = more.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return max(0.0, min(1.0, float(value)))
    except ValueError:
        return 0.0
