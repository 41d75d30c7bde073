"""Base64 as a message writes it → its bytes, without a second copy of a large attachment on the way.

Source: HIS 1036, xs:base64Binary.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

_PART: Final = 1 << 16


def decode_base64(text: str) -> bytes | None:
    """Base64 with blanks anywhere → its bytes, a part at a time; None when it is none."""
    made = bytearray()
    rest = ""
    try:
        for start in range(0, len(text), _PART):
            part = rest + "".join(text[start : start + _PART].split())
            whole = len(part) - len(part) % 4
            made += base64.b64decode(part[:whole], validate=True)
            rest = part[whole:]
    except (binascii.Error, ValueError):
        return None
    return None if rest else bytes(made)
