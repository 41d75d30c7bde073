"""Links between the entries of a transaction, and references by search → references to what they become.

Source: http://hl7.org/fhir/R4/http.html#trules ("resource references, elements of type uri, url, oid, uuid, and <a href="" &
<img src="" in the narrative. Elements of type canonical are not replaced"); http://hl7.org/fhir/R4/bundle.html#references.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from hub.fhir.models import struct_for
from hub.fhir.models.elements import elements_of
from hub.problems import ProblemCode, fail

# The root of an absolute fullUrl: what relative references in that entry are relative to
_ROOT: Final = re.compile(r"(.+/)[A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64}")
# Elements of type uri, url, oid or uuid that may lead to a resource; those that name a system, a type, a value or the
# entry itself lead nowhere. A name that is a canonical elsewhere stands here only where that hardly ever holds a fullUrl.
_NAMES: Final = (
    "reference", "url", "uri", "source", "address", "endpoint", "rendering", "issuer", "authority", "onlineInformation",
    *(f"{start}{kind}" for start in ("value", "fixed", "pattern", "defaultValue") for kind in ("Uri", "Url", "Oid", "Uuid")),
    *(f"{start}Uri" for start in ("definition", "derivedFrom", "event", "module", "source", "target")),
)  # fmt: skip
_LINK: Final = re.compile(rb'("(%s)"\s*:\s*)"([^"\\]+)"' % "|".join(_NAMES).encode())
_LISTS: Final = re.compile(
    rb'"(?:instantiatesUri|derivedFromUri|instantiates|policy|protocol)"\s*:\s*\[[^\[\]{}\\]*\]'
)
_ITEM: Final = re.compile(rb'(")([^"\\]+)(?="\s*[,\]])')
_DIV: Final = re.compile(rb'"div"\s*:\s*"(?:[^"\\]|\\.)*"', re.DOTALL)
_HREF: Final = re.compile(rb"""(\b(?:href|src)\s*=\s*(?:\\"|'))([^"'\\]+)(?=\\"|')""")
_SEARCH: Final = re.compile(rb"([A-Z][A-Za-z]+)\?.+", re.DOTALL)
_PLACE: Final = re.compile(rb"""(["'])([A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64})(\\?["'])""")
_VERSION: Final = b"/_history/"
_NEW_ID: Final = (
    "%s is the own id of an entry that is created, which gets a new one: give that entry a fullUrl such as"
    " urn:uuid:… and refer to it by that, or PUT it under its id"
)


@dataclass(slots=True)
class Links:
    """What links become.

    Shape: `places` fullUrl → `Type/id`; `searches` reference by search → the `Type/id` that stands for it until it is
    found; `open` those of both that may still become another; `made` those that this transaction makes; `lost` the
    `Type/id` that bodies of creates say of themselves, which nothing will have.
    """

    new_id: Callable[[], str]
    places: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    searches: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    open: set[bytes] = field(default_factory=set[bytes])
    made: set[bytes] = field(default_factory=set[bytes])
    lost: set[bytes] = field(default_factory=set[bytes])

    def resolve(self, raw: bytes, full_url: str) -> tuple[bytes, frozenset[bytes]]:
        """A resource and its own fullUrl → the same with its links resolved, and which open places it names.

        Shape: a reference or an element of a uri type that is exactly a fullUrl is a link, and so is a link or picture of
        the narrative; of what has a canonical URL, only references lead to it by that. A relative reference means another
        entry only where the entry's own fullUrl gives it a root; elsewhere it means a resource that is here already.
        """
        match = _ROOT.fullmatch(full_url)
        root = match.group(1).encode() if match else b""
        used: set[bytes] = set()

        def known(place: bytes) -> bytes:
            if place in self.open:
                used.add(place)
            return place

        def link(found: re.Match[bytes]) -> bytes:
            text = found.group(3)
            if found.group(2) == b"reference":
                return b'%s"%s"' % (found.group(1), known(self._reference(text, root)))
            return b'%s"%s"' % (found.group(1), known(self._uri(text, root)))

        def inner(found: re.Match[bytes]) -> bytes:
            return found.group(1) + known(self._uri(found.group(2), root))

        made = _LINK.sub(link, raw)
        if b"nstantiates" in made or b"FromUri" in made or b"pol" in made or b"protocol" in made:
            made = _LISTS.sub(lambda each: _ITEM.sub(inner, each.group(0)), made)
        if b'"div"' in made and (b"href" in made or b"src" in made):
            made = _DIV.sub(lambda each: _HREF.sub(inner, each.group(0)), made)
        return made, frozenset(used)

    def _place(self, text: bytes, root: bytes) -> bytes:
        return self.places.get(text) or (root and self.places.get(root + text)) or b""

    def _uri(self, text: bytes, root: bytes) -> bytes:
        place = self._place(text, root)
        return text if text[:4] != b"urn:" and _has_url(place.partition(b"/")[0]) else place or text

    def _reference(self, text: bytes, root: bytes) -> bytes:
        """A reference that names a version of an entry names the version that the transaction makes of it, where that is sure."""
        place = self._place(text, root)
        if not place and _VERSION in text:
            place = self._place(text.partition(_VERSION)[0], root)
            if place in self.made:
                return place + _VERSION + b"1"
        elif not place and b"?" in text:
            place = self._search(text)
        if not place and text.partition(_VERSION)[0] in self.lost:
            raise fail(ProblemCode.UNKNOWN_REFERENCE, _NEW_ID % text.decode(), "resource")
        return place or text

    def _search(self, text: bytes) -> bytes:
        match = _SEARCH.fullmatch(text)
        if match is None:
            return b""
        if text not in self.searches:
            place = match.group(1) + b"/" + self.new_id().encode()
            self.searches[text] = place
            self.open.add(place)
        return self.searches[text]


@cache
def _has_url(kind: bytes) -> bool:
    """A resource type → whether its resources have a canonical URL."""
    return bool(kind) and "url" in elements_of(struct_for(kind.decode()))


def replace_places(raw: bytes, settled: Mapping[bytes, bytes]) -> bytes:
    """A resource and what open places have become → the same with the final references."""

    def final(found: re.Match[bytes]) -> bytes:
        before, place, after = found.groups()
        return before + settled.get(place, place) + after

    return _PLACE.sub(final, raw)
