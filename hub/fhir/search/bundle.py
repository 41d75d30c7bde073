"""A page of matches → searchset Bundle with self and next links, by joining stored bytes.

Source: http://hl7.org/fhir/R4/bundle.html#searchset; architecture D2 (parses per read: none).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

import msgspec

from hub.fhir.search.params import render_cursor
from hub.fhir.search.query import Page

_STRING = msgspec.json.Encoder()
_MATCH = b',"search":{"mode":"match"}},'
_LAST_MATCH = b',"search":{"mode":"match"}}]}'


def to_searchset(
    page: Page, base_url: str, path: str, pairs: Sequence[tuple[str, str]], *, posted: bool
) -> bytes:
    """Page and the request's pairs → Bundle bytes.

    Shape: the links tell what was used. After `POST _search` the values may be national identifiers: they stay out of
    the links, which then carry the cursor alone and are to be posted with the same body.
    """
    shown = [] if posted else [(n, v) for n, v in pairs if n != "_cursor"]
    links = [_link("self", f"{base_url}/{path}", shown if posted else list(pairs))]
    if page.next is not None:
        links.append(
            _link("next", f"{base_url}/{path}", [*shown, ("_cursor", render_cursor(page.next))])
        )
    total = b"" if page.total is None else b'"total":%d,' % page.total
    head = (
        b'{"resourceType":"Bundle","type":"searchset",'
        + total
        + b'"link":['
        + b",".join(links)
        + b"]"
    )
    if not page.matches:
        return head + b"}"
    # One join of everything: bodies are copied once
    parts = [head, b',"entry":[']
    prefix = f'{{"fullUrl":"{base_url}/'
    for m in page.matches:
        parts += (f'{prefix}{m.type}/{m.id}","resource":'.encode(), m.body, _MATCH)
    parts[-1] = _LAST_MATCH
    return b"".join(parts)


def _link(relation: str, url: str, pairs: Sequence[tuple[str, str]]) -> bytes:
    query = urlencode(list(pairs), quote_via=quote, safe=":|,/$")
    full = f"{url}?{query}" if query else url
    return b'{"relation":"' + relation.encode() + b'","url":' + _STRING.encode(full) + b"}"
