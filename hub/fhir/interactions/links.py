"""Links between the entries of a transaction, and references by search → references to what they become.

Source: http://hl7.org/fhir/R4/http.html#trules; http://hl7.org/fhir/R4/bundle.html#references.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

# The root of an absolute fullUrl: what relative references in that entry are relative to
_ROOT: Final = re.compile(r"(.+/)[A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64}")
# Identifier.value and Bundle.entry.fullUrl are no references: a UUID that stands there is left alone
_LINK: Final = re.compile(rb'("(?!value"|fullUrl"|system")([A-Za-z]+)"\s*:\s*)"([^"\\]+)"')
_SEARCH: Final = re.compile(rb"([A-Z][A-Za-z]+)\?.+", re.DOTALL)
_PLACE: Final = re.compile(rb'"([A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64})"')


@dataclass(slots=True)
class Links:
    """What links become.

    Shape: `places` fullUrl → `Type/id`; `searches` reference by search → the `Type/id` that stands for it until it is
    found; `open` those of both that may still become another.
    """

    new_id: Callable[[], str]
    places: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    searches: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    open: set[bytes] = field(default_factory=set[bytes])

    def resolve(self, raw: bytes, full_url: str) -> tuple[bytes, frozenset[bytes]]:
        """A resource and its own fullUrl → the same with its links resolved, and which open places it names.

        Shape: a string element that is exactly a fullUrl is a link, wherever it stands; Identifier.value is none.
        A relative reference means another entry only where the entry's own fullUrl gives it a root; elsewhere it means
        a resource that is here already.
        """
        match = _ROOT.fullmatch(full_url)
        root = match.group(1).encode() if match else b""
        used: set[bytes] = set()

        def link(found: re.Match[bytes]) -> bytes:
            text = found.group(3)
            place = self.places.get(text) or (root and self.places.get(root + text))
            if not place and found.group(2) == b"reference" and b"?" in text:
                place = self._search(text)
            if not place:
                return found.group(0)
            if place in self.open:
                used.add(place)
            return found.group(1) + b'"' + place + b'"'

        return _LINK.sub(link, raw), frozenset(used)

    def _search(self, text: bytes) -> bytes:
        match = _SEARCH.fullmatch(text)
        if match is None:
            return b""
        if text not in self.searches:
            place = match.group(1) + b"/" + self.new_id().encode()
            self.searches[text] = place
            self.open.add(place)
        return self.searches[text]


def replace_places(raw: bytes, settled: Mapping[bytes, bytes]) -> bytes:
    """A resource and what open places have become → the same with the final references."""

    def final(found: re.Match[bytes]) -> bytes:
        return b'"' + settled.get(found.group(1), found.group(1)) + b'"'

    return _PLACE.sub(final, raw)
