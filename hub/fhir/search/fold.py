"""A text → the form in which texts are compared: without case, accents and the number of blanks.

Source: http://hl7.org/fhir/R4/search.html#string (case- and accent-insensitive unless :exact).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from unicodedata import combining, normalize

# Letters that are no letter with a mark for Unicode, and are so for whoever lacks them on the keyboard; Sami ones too
_LETTERS: Final = str.maketrans({"æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "ŋ": "n", "ŧ": "t", "þ": "th", "ı": "i", "ħ": "h"})  # fmt: skip


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """A text as written → as compared.

    Shape: å is found by a, ø by o, æ by ae, é by e, and the other way round; `aa` and `oe` stay two letters, so that
    nothing that stands in a name is lost. Runs of white space are one blank.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    spread = normalize("NFKD", normalize("NFKD", text).casefold())
    plain = "".join(c for c in spread if not combining(c)).translate(_LETTERS)
    return " ".join(normalize("NFC", plain).split())
