"""The Prefer header → what the caller would like to get back.

Source: RFC 7240; http://hl7.org/fhir/R4/http.html#ops, http://hl7.org/fhir/R4/search.html#errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

Return = Literal["", "minimal", "representation", "OperationOutcome"]

_RETURNS: Final = ("minimal", "representation", "OperationOutcome")
_HANDLING: Final = ("strict", "lenient")
# Nothing is given back: else blanks that lead nowhere would be shared out in every way
_PREFERENCE: Final = re.compile(r"""\s*+([A-Za-z-]++)\s*+=\s*+"?+([A-Za-z]*+)"?+\s*+(?:;.*)?""")


@dataclass(frozen=True, slots=True)
class Prefer:
    """What is preferred. Shape: `returns` "" when nothing was said; `lenient` when unknown search parameters may be left out."""

    returns: Return = ""
    handling: str = ""

    @property
    def lenient(self) -> bool:
        """Whether `handling=lenient` was sent."""
        return self.handling == "lenient"


_NOTHING: Final = Prefer()


def parse_prefer(header: str | None) -> Prefer:
    """A Prefer header, or several joined by commas → Prefer; what the hub does not know is passed over (RFC 7240 §2).

    Shape: the first of several values for one preference counts.
    """
    if header is None:
        return _NOTHING
    said: dict[str, str] = {}
    for part in header.split(","):
        match = _PREFERENCE.fullmatch(part)
        if match is not None:
            said.setdefault(match.group(1).lower(), match.group(2))
    returns = said.get("return", "")
    handling = said.get("handling", "")
    return Prefer(
        cast("Return", returns) if returns in _RETURNS else "",
        handling if handling in _HANDLING else "",
    )
