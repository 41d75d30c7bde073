"""JSON bytes as they came: what can be told of a body without building it, each test cheap enough for every write.

A test that says "odd" is never a verdict: explain.py then reads the body slowly and decides.
Source: http://hl7.org/fhir/R4/json.html, RFC 8259.
"""

from __future__ import annotations

import re
from typing import Final

MAX_DEPTH: Final = 64
"""Levels of objects and arrays; the deepest official example has about twenty."""
MAX_TEXT: Final = 1024 * 1024
"""What FHIR lets a string have. Units: characters."""

_HEAD: Final = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,64})"')
_CONTROL: Final = re.compile(rb"\\u(?:00[01][0-9A-Fa-f]|[dD][89A-Fa-f])|\\[bf]")
_BRACKETS: Final = bytes(b for b in range(256) if b not in b"[]{}")
# A string that never ends is taken to the end: tried again from each quote in it, a body would cost its length squared
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_MARKS: Final = re.compile(rb"[{}\[\]]|" + _STRING, re.DOTALL)
_STRINGS: Final = re.compile(_STRING, re.DOTALL)
_LOCAL: Final = re.compile(rb'"reference"\s*:\s*"#((?:[^"\\]|\\.)*)"')

_MENTION: Final = re.compile(rb"""(?<=["'])#([^"'|\\]++)(?=["|\\'])""")


def read_head(body: bytes) -> tuple[str, int]:
    """Body → (resource type, where its member ends) when resourceType is the first member, else ("", 0)."""
    match = _HEAD.match(body)
    return (match[1].decode(), match.end()) if match else ("", 0)


def is_utf8(body: bytes) -> bool:
    """Body → whether it is UTF-8."""
    if body.isascii():
        return True
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def count_quotes(body: bytes) -> int:
    """JSON text → how many quotes open and close its strings: two for each string and each key.

    A body whose re-encoding has fewer had a key twice, or a number written as a string.
    """
    if b"\\" not in body:
        return body.count(b'"')
    if b"\\\\" in body:
        body = body.replace(b"\\\\", b"")
    return body.count(b'"') - body.count(b'\\"')


def is_deep(body: bytes, most: int = MAX_DEPTH) -> bool:
    """JSON text → False when it is surely no deeper than `most`, True when it is or may be."""
    # In FHIR arrays hold no arrays, so where the models accept a body its depth is at most two for each object.
    if 2 * body.count(b"{") <= most:
        return False
    # Texts with brackets of their own are taken out only where the cheap look cannot tell
    return _is_left(body, most) and _is_left(_STRINGS.sub(b"", body), most)


def _is_left(text: bytes, most: int) -> bool:
    left = text.translate(None, _BRACKETS)
    # Each round takes away one level of objects and one of arrays, where they lie in turn.
    for _ in range(most // 2):
        if not left:
            return False
        left = left.replace(b"{}", b"").replace(b"[]", b"")
    return bool(left)


def is_deeper(body: bytes, most: int) -> bool:
    """JSON text → whether its objects and arrays lie deeper than `most`; brackets within strings do not count."""
    if not is_deep(body, most):
        return False
    depth = 0
    for mark in _MARKS.finditer(body):
        sign = mark[0][0]
        if sign in b"{[":
            depth += 1
            if depth > most:
                return True
        elif sign in b"}]":
            depth -= 1
    return False


def has_odd_escape(body: bytes) -> bool:
    """JSON text → whether an escape may stand for a control character or half a surrogate pair."""
    return b"\\" in body and _CONTROL.search(body) is not None


def may_be_long(body: bytes) -> bool:
    """JSON text → False when no string in it has more than `MAX_TEXT` characters, True when one has or may have."""
    if len(body) <= MAX_TEXT:
        return False
    if b'\\"' in body:
        body = body.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    # A longer one lies over one of these places, and holds no quote
    for place in range(MAX_TEXT, len(body), MAX_TEXT):
        begins = body.rfind(b'"', 0, place)
        ends = body.find(b'"', place)
        if begins >= 0 and ends - begins > MAX_TEXT:
            return True
    return False


def may_extend(body: bytes) -> bool:
    """JSON text → whether extensions or `_name` members may stand in it."""
    return b'xtension"' in body or (b"_" in body and b'"_' in body)


def may_be_local(body: bytes) -> bool:
    """JSON text → whether a `#id` reference may stand in it."""
    return b"#" in body and b'"#' in body


def local_references(body: bytes) -> set[str]:
    """JSON text → the ids that `#id` references name; `#` alone, the container, is left out."""
    if not may_be_local(body):
        return set()
    return {match.decode() for match in _LOCAL.findall(body)} - {""}


def mentioned(body: bytes) -> set[str]:
    """JSON text → the contained ids that anything in it points to: Reference, canonical or uri, or a narrative."""
    if b"#" not in body:
        return set()
    return {found.decode(errors="replace") for found in _MENTION.findall(body)}
