"""A page of matches → searchset Bundle with self, first, previous and next links, by joining stored bytes.

Source: http://hl7.org/fhir/R4/bundle.html#searchset; architecture D2 (parses per read: none, but for `_summary`, `_elements`).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import msgspec

from hub.fhir.requests import Stored
from hub.fhir.search.controls import render_cursor
from hub.fhir.search.query import Bodies, Page
from hub.fhir.search.seal import Seal
from hub.fhir.search.sealed_form import BESIDE, FORM
from hub.fhir.stored_id import ids_of
from hub.fhir.subset import Subset, reduce_body
from hub.limits import Limits
from hub.problems import Problem

_SAFE: Final = ":,/$*"
"""What a query may hold as it is (RFC 3986); a bar may not, and clients that read addresses strictly refuse one."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~:,/$*-]*")
_SHORT: Final = 500
"""How long a link may be that is remembered, without what is quoted in it. Units: characters."""
_LONGEST: Final = Limits().url_bytes
_STRING = msgspec.json.Encoder()
_MATCH = b',"search":{"mode":"match"}},'
_INCLUDE = b',"search":{"mode":"include"}},'
_OUTCOME = b',"search":{"mode":"outcome"}},'


def to_searchset(
    page: Page,
    base_url: str,
    path: str,
    pairs: Sequence[tuple[str, str]],
    *,
    posted: bool,
    form: str = "",
    once: str = "",
    longest: int = _LONGEST,
    subset: Subset | None = None,
    ignored: Sequence[Problem] = (),
    seal: Seal | None = None,
) -> bytes:
    """Page and the pairs that were used → Bundle bytes.

    Shape: the links tell what was used. After `POST _search` the values may be national identifiers: they stay out of
    the links, which carry the `form` sealed instead; one that would be longer than `longest`, or has no form to carry, is to
    be posted with the same body. Parameters that were `ignored` are told in an OperationOutcome. The tokens of the pages beside it are closed with `seal`; after a POST, and with a text `once` that comes once, they are hidden. What is included comes in part only where `_summary` says so.
    """
    url = f"{base_url}/{path}".rstrip("/")
    head = (
        b'{"resourceType":"Bundle","type":"searchset",'
        + (b"" if page.total is None else b'"total":%d,' % page.total)
        + b'"link":['
        + b",".join(
            _posted_links(page, url, pairs, seal, form, longest)
            if posted
            else _links(page, url, pairs, seal, once)
        )
        + b"]"
    )
    # One join of everything: bodies are copied once
    parts = [head, b',"entry":[']
    prefix = f'{{"fullUrl":"{base_url}/'
    if page.bodies is not None:
        parts += _entries(f"{prefix}{page.bodies.type}/".encode(), page.bodies, subset)
    for m in page.matches:
        body = m.body if subset is None else reduce_body(m.body, subset)
        parts += (f'{prefix}{m.type}/{m.id}","resource":'.encode(), body, _MATCH)
    for m in page.included:
        body = reduce_body(m.body, subset) if subset is not None and subset.summary else m.body
        parts += (f'{prefix}{m.type}/{m.id}","resource":'.encode(), body, _INCLUDE)
    if ignored:
        parts += _outcome(_told(ignored))
    if len(parts) == 2:
        return head + b"}"
    parts[-1] = parts[-1][:-1] + b"]}"
    return b"".join(parts)


def _outcome(told: bytes) -> tuple[bytes, ...]:
    """OperationOutcome → the parts of its entry; it is never stored, so its fullUrl is a name made of its content.

    Source: http://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl ("SHALL have a value").
    """
    name = uuid.uuid5(uuid.NAMESPACE_OID, told.decode())
    return f'{{"fullUrl":"urn:uuid:{name}","resource":'.encode(), told, _OUTCOME


def _entries(prefix: bytes, bodies: Bodies, subset: Subset | None) -> list[bytes]:
    """Bodies → the parts of their entries; what a year of values is made of, so nothing is done row by row."""
    rows, following = bodies.rows, _MATCH + prefix
    ids = ids_of(bodies.type, rows)
    if subset is not None:
        rows = [reduce_body(body, subset) for body in rows]
    parts = [following, b"", b'","resource":', b""] * len(rows)
    parts[1::4], parts[3::4] = ids, rows
    if parts:
        parts[0] = prefix
        parts.append(_MATCH)
    return parts


def patients_in(page: Page) -> set[str | None]:
    """A page → the patients whose data it shows; None alone when it shows nobody's."""
    if page.bodies is not None:
        return {page.bodies.patient_id} if page.bodies.rows else {None}
    shown: list[Stored] = [*page.matches, *page.included]
    return {each.patient_id for each in shown} or {None}


def _links(
    page: Page, url: str, pairs: Sequence[tuple[str, str]], seal: Seal | None, once: str
) -> list[bytes]:
    shown = [(n, v) for n, v in pairs if n != "_cursor"]
    links = [_link("self", url, list(pairs))]
    if len(shown) < len(pairs):
        links.append(_link("first", url, shown))
    for relation, token in _beside(page):
        sealed = token
        if seal is not None:
            sealed = seal.hide(token, once) if once else seal.close(token)
        links.append(_link(relation, url, [*shown, ("_cursor", sealed)]))
    return links


def _posted_links(
    page: Page,
    url: str,
    pairs: Sequence[tuple[str, str]],
    seal: Seal | None,
    form: str,
    longest: int,
) -> list[bytes]:
    """The links of a search that was posted: with its form they are followed with GET, without they are posted again."""
    links = [_link("self", url, [])]
    shown = [(FORM, form), *[(n, v) for n, v in pairs if n in BESIDE and n != "_cursor"]]
    for relation, token in _beside(page):
        cursor = ("_cursor", token if seal is None else seal.hide(token, form))
        address = _address(url, [*shown, cursor])
        carries = form and len(address) <= longest
        links.append(_told_link(relation, address if carries else _address(url, [cursor])))
    return links


def _beside(page: Page) -> Iterator[tuple[str, str]]:
    """A page → the relations of the pages beside it, and the token that leads to each."""
    for relation, cursor in (("previous", page.previous), ("next", page.next)):
        if cursor is not None:
            yield relation, render_cursor(cursor, back=relation == "previous")


def _told(ignored: Sequence[Problem]) -> bytes:
    issues = [
        {
            "severity": "warning",
            "code": "not-supported",
            "details": {"text": f"Left out of the search: {problem.detail}"},
            "expression": [problem.where],
        }
        for problem in ignored
    ]
    return _STRING.encode({"resourceType": "OperationOutcome", "issue": issues})


def _link(relation: str, url: str, pairs: Sequence[tuple[str, str]]) -> bytes:
    """A link of the Bundle; that of a short search is remembered, for a reader that looks again."""
    size = len(url) + sum([len(name) + len(value) for name, value in pairs])
    if size <= _SHORT:
        return _known_link(relation, url, tuple(pairs))
    return _written(relation, url, pairs)


def _written(relation: str, url: str, pairs: Sequence[tuple[str, str]]) -> bytes:
    return _told_link(relation, _address(url, pairs))


def _address(url: str, pairs: Sequence[tuple[str, str]]) -> str:
    query = "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in pairs])
    return f"{url}?{query}" if query else url


def _told_link(relation: str, address: str) -> bytes:
    return b'{"relation":"' + relation.encode() + b'","url":' + _STRING.encode(address) + b"}"


_known_link = lru_cache(maxsize=512)(_written)


def _quoted(text: str) -> str:
    """A text → as it may stand in a link; what searches are mostly made of stays readable."""
    return text if _PLAIN.fullmatch(text) else quote(text, safe=_SAFE)
