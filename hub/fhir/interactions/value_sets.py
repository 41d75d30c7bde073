"""The ValueSets stored here that a search names by `:in` or `:not-in`.

Source: http://hl7.org/fhir/R4/search.html#modifiers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from hub.fhir.interactions.context import Context, permit_for
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest
from hub.fhir.search.escapes import split, unescape
from hub.fhir.search.query import Filter, SearchQuery, UriValue
from hub.fhir.search.terminology import is_official, references

MAX_VALUE_SETS: Final = 20
"""How many stored ValueSets one search may take codes from, those they name included."""

_MODIFIERS: Final = (":in", ":not-in")


async def read_value_sets(request: FhirRequest, context: Context) -> Mapping[str, Any]:
    """A request → the stored ValueSets it needs, by URL; {} for nearly all requests, at no cost."""
    asked = [value for name, value in request.query if name.endswith(_MODIFIERS)]
    urls = [unescape(url).partition("|")[0] for each in asked for url in split(each, ",")]
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
            one = Filter("url", "uri", (UriValue(url),))
            for match in session.search(permit, SearchQuery("ValueSet", (one,), 1)).matches:
                found[url] = msgspec.json.decode(match.body)
                wanted += _named(found[url])
        return found

    return await context.repository.read(read)


def _named(value_set: Mapping[str, Any]) -> Sequence[str]:
    return [url for url in references(value_set) if not is_official(url)]
