r"""The signs `\ , | $` in a search value: where they divide, and how they stand for themselves.

Source: http://hl7.org/fhir/R4/search.html#escaping.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPED: Final = re.compile(r"\\([\\,|$])")


def split(text: str, mark: str, most: int = 0) -> list[str]:
    """Text → its parts; marks behind a backslash do not divide, and no more than `most` marks do (0: all)."""
    if "\\" not in text:
        return text.split(mark, most or -1)
    out: list[str] = []
    start = 0
    escaped = False
    for place, char in enumerate(text):
        if char == mark and not escaped and not (most and len(out) == most):
            out.append(text[start:place])
            start = place + 1
        escaped = char == "\\" and not escaped
    return [*out, text[start:]]


def unescape(text: str) -> str:
    """A part → the text it stands for; a backslash before any other sign is itself."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
