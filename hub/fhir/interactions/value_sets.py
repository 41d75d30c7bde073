"""The ValueSets stored here that a search names by `:in` or `:not-in`.

Source: http://hl7.org/fhir/R4/search.html#modifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from hub.fhir.interactions.context import Context, permit_for
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest
from hub.fhir.search.escapes import split, unescape
from hub.fhir.search.query import Filter, SearchQuery, SortKey, TokenValue, UriValue
from hub.fhir.search.terminology import is_official, references

MAX_VALUE_SETS: Final = 20
"""How many stored ValueSets one search may take codes from, those they name included."""

_MODIFIERS: Final = (":in", ":not-in")
_HERE: Final = re.compile(r"ValueSet/([A-Za-z0-9.\-]{1,64})")
_LATEST: Final = (SortKey("_lastUpdated", "date", descending=True),)


async def read_value_sets(request: FhirRequest, context: Context) -> Mapping[str, Any]:
    """A request → the stored ValueSets it needs, by the URL they are asked for with; {} for nearly all requests, at no cost.

    Shape: "the reference may be literal (to an address where the value set can be found) or logical": the first goes before;
    of several versions it is the one that is named, else the one that was changed last.
    """
    asked = [value for name, value in request.query if name.endswith(_MODIFIERS)]
    urls = [unescape(url) for each in asked for url in split(each, ",")]
    named = [url for url in urls if not is_official(url)]
    if not named:  # those of FHIR itself are nobody's: no right is needed to see them
        return {}
    permit = permit_for(request, "search", "ValueSet")

    def read(session: Session) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        wanted = list(named)
        while wanted and len(found) < MAX_VALUE_SETS:
            url = wanted.pop()
            if url in found:
                continue
            for one in _ways(url, request.base_url):
                query = SearchQuery("ValueSet", (one,), 1, _LATEST)
                for match in session.search(permit, query).matches:
                    found[url] = msgspec.json.decode(match.body)
                    wanted += _named(found[url])
                if url in found:
                    break
        return found

    return await context.repository.read(read)


def _ways(url: str, base_url: str) -> Iterator[Filter]:
    """A reference to a ValueSet and the own base → how it may be found, the literal way first."""
    here = _HERE.fullmatch(url.removeprefix(f"{base_url}/"))
    if here is not None:
        yield Filter("_id", "id", (TokenValue(None, here[1]),))
    bare, _, version = url.partition("|")
    yield Filter("url", "uri", (UriValue(bare, version),))


def _named(value_set: Mapping[str, Any]) -> Sequence[str]:
    return [url for url in references(value_set) if not is_official(url)]
