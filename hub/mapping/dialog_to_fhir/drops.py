"""What the dialogue mappers leave behind on purpose, path by path.

Source: hodemelding.md (MsgInfo); HISD 1155 (which XHTML a text may hold).
"""

from __future__ import annotations

from typing import Final

DROPS: Final[dict[str, str]] = {
    "MsgHead/Signature": "proves who made the bytes; it would not hold for bytes made anew",
}
"""Path of an element or attribute (without namespaces and positions) → why it is left behind."""
