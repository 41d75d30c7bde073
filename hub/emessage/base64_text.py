"""Base64 as a message writes it: whether it is any, and its bytes, without a second copy of a large attachment on the way.

Source: HIS 1036, xs:base64Binary.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, NamedTuple

PART: Final = 1 << 16
BLANKS: Final = b" \t\r\n"
_DIGITS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# Possessive, so that a text of millions of blanks takes neither a stack nor a second try.
_PADDING: Final = re.compile(rb"(?:=[ \t\r\n]*+){0,2}")
# Before padding, the bits that stand for nothing must be zero: by the number of = the digits that may end a text.
_LAST_DIGITS: Final = {0: b"", 1: b"AEIMQUYcgkosw048", 2: b"AQgw"}


class Digits(NamedTuple):
    """Valid base64 that stands somewhere. Shape: `number` of its digits, `padding` among them."""

    number: int
    padding: int


def digits_at(text: bytes, start: int, end: int) -> Digits | None:
    """A place in a text → the base64 there, blanks anywhere, None when it is not valid; nothing here copies more than a part of it."""
    digits = text.find(b"=", start, end)
    digits = end if digits < 0 else digits
    number = 0
    # Taking out what is allowed costs a third of looking at it by a pattern
    for at in range(start, digits, PART):
        kept = text[at : min(at + PART, digits)].translate(None, BLANKS)
        if kept.translate(None, _DIGITS):
            return None
        number += len(kept)
    if not _PADDING.fullmatch(text, digits, end):
        return None
    padding = text.count(b"=", digits, end)
    if (number + padding) % 4:
        return None
    if not padding:
        return Digits(number, 0)
    before = text[max(start, digits - 80) : digits].rstrip(BLANKS) or text[start:digits].rstrip(
        BLANKS
    )
    if not before or before[-1] not in _LAST_DIGITS[padding]:
        return None
    return Digits(number + padding, padding)


def without_blanks(text: str) -> str:
    """Base64 → its digits alone. Raises UnicodeEncodeError where something else stands among them."""
    return text.encode("ascii").translate(None, BLANKS).decode("ascii")


def decode_base64(text: str) -> bytes | None:
    """Base64 with blanks anywhere → its bytes, a part at a time; None when it is none."""
    made = bytearray()
    rest = ""
    try:
        for start in range(0, len(text), PART):
            part = rest + without_blanks(text[start : start + PART])
            whole = len(part) - len(part) % 4
            made += base64.b64decode(part[:whole], validate=True)
            rest = part[whole:]
    except (binascii.Error, ValueError):
        return None
    return None if rest else bytes(made)
