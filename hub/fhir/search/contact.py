"""A ContactPoint's value → the form in which it is looked for: what people write between digits does not count.

Source: http://hl7.org/fhir/R4/search.html#token (ContactPoint: "special handling, such as ignoring punctuation").
"""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = re.compile(r"(?:tel:|sms:)?(\+?[0-9][0-9 ()./\-]*)", re.ASCII | re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[ ()./\-]")


def contact_key(text: str) -> str:
    """A value as written → as compared: a number is its digits with a `+` before them, all else is without case.

    Shape: `+47 900 00 000` and `tel:+4790000000` are one; the number without the country is another.
    """
    number = _NUMBER.fullmatch(text.strip())
    if number is not None:
        return _BETWEEN.sub("", number[1])
    return text.strip().casefold()
