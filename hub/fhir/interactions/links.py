"""Links between the entries of a transaction → references to what the entries become.

Source: http://hl7.org/fhir/R4/http.html#trules; http://hl7.org/fhir/R4/bundle.html#references.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# The root of an absolute fullUrl: what relative references in that entry are relative to
_ROOT: Final = re.compile(r"(.+/)[A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64}")
# Identifier.value and Bundle.entry.fullUrl are no references: a UUID that stands there is left alone
_LINK: Final = re.compile(rb'("(?!value"|fullUrl"|system")[A-Za-z]+"\s*:\s*)"([^"\\]+)"')


def resolve_links(raw: bytes, links: Mapping[bytes, bytes], full_url: str) -> bytes:
    """A resource, what each fullUrl became and the resource's own fullUrl → the same with its links resolved.

    Shape: a string element that is exactly a fullUrl is a link, wherever it stands; Identifier.value is none.
    A relative reference means another entry only where the entry's own fullUrl gives it a root; elsewhere it means a
    resource that is here already.
    """
    match = _ROOT.fullmatch(full_url)
    root = match.group(1).encode() if match else b""

    def link(found: re.Match[bytes]) -> bytes:
        target = links.get(found.group(2)) or (root and links.get(root + found.group(2)))
        return found.group(1) + b'"' + target + b'"' if target else found.group(0)

    return _LINK.sub(link, raw)
