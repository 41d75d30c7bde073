"""A text → the form in which texts are compared: without case, accents, punctuation and the number of blanks.

Source: http://hl7.org/fhir/R4/search.html#string (case- and accent-insensitive unless :exact).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from unicodedata import category, combining, normalize

# Letters that are no letter with a mark for Unicode, and are so for whoever lacks them on the keyboard; Sami ones too
_LETTERS: Final = str.maketrans({"æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "ŋ": "n", "ŧ": "t", "þ": "th", "ı": "i", "ħ": "h"})  # fmt: skip

_APOSTROPHES: Final = (
    "'\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}`"
)
_ACUTE: Final = "\N{ACUTE ACCENT}"
_MARKS: Final = {ord(c): "" if c in _APOSTROPHES else " " for c in map(chr, range(128)) if c in _APOSTROPHES or category(c)[0] == "P"}  # fmt: skip
"""What becomes of the punctuation of ASCII."""


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """A text as written → as compared.

    Shape: å is found by a, ø by o, æ by ae, é by e, and the other way round; `aa` and `oe` stay two letters, so that
    nothing that stands in a name is lost. Runs of white space and punctuation are one blank, apostrophes nothing: Anne-Lise is
    found by anne lise, O'Brien by obrien. A text of punctuation alone keeps it.
    """
    if text.isascii():
        low = text.lower()
        return " ".join(low.translate(_MARKS).split()) or " ".join(low.split())
    written = text.replace(_ACUTE, "")  # Unicode takes it for a blank with an accent
    spread = normalize("NFKD", normalize("NFKD", written).casefold())
    plain = normalize("NFC", "".join(c for c in spread if not combining(c)).translate(_LETTERS))
    told = "".join(map(_unmarked, plain))
    return " ".join(told.split()) or " ".join(plain.split())


def _unmarked(sign: str) -> str:
    """A sign → itself, a blank for punctuation, nothing for an apostrophe."""
    if sign in _APOSTROPHES:
        return ""
    return " " if category(sign)[0] == "P" else sign
