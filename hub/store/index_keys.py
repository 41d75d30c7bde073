"""What the index tables hold in place of long texts: numbers for parameters and systems, cut values.

A number is made from the text itself, so that every process and every database has the same without a table of names;
tests/unit/store/test_index_keys.py holds that no two official parameters have one number.
"""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import blake2b
from typing import Final
from zlib import crc32

from hub.store.layout import layout_of

LONGEST: Final = 200
"""How much of a value stands in an index. Units: characters. PostgreSQL takes some 2,700 bytes an entry, four a character."""

LAST: Final = "\U0010ffff"
"""Sorts behind every text that goes on."""

_SPACE: Final = {"resource": 0, "observation": 1, "audit_event": 2}
_BITS: Final = 29


@cache
def param_id(resource_type: str, name: str) -> int:
    """A type and a parameter → its number. Shape: those of one table of resources lie together, see `param_span`."""
    first, _ = param_span(layout_of(resource_type).table)
    return first + (crc32(f"{resource_type}.{name}".encode()) & ((1 << _BITS) - 1))


@cache
def param_span(table: str) -> tuple[int, int]:
    """A table of resources → the first and the last number that its parameters may have.

    Row ids are counted per table: a row id with this span names the index entries of one resource.
    """
    first = _SPACE[table] << _BITS
    return first, first + (1 << _BITS) - 1


@lru_cache(maxsize=8192)
def text_number(text: str | None) -> int:
    """A system, version or exact text → a number in its place; 0 for none."""
    if not text:
        return 0
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def cut_key(text: str) -> str:
    """A code, URL or reference → the text it is found by: itself, or its beginning with a number for the whole."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\x1f{text_number(text):x}"


def cut_text(text: str) -> tuple[str, str | None]:
    """A folded text → the part that stands in the index, and the whole when that is longer."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return (text, None) if len(text) <= LONGEST else (text[:LONGEST], text)
