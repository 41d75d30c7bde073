"""What the dialogue mappers leave behind on purpose, path by path.

Source: hodemelding.md (MsgInfo); HISD 1155 (which XHTML a text may hold).
"""

from __future__ import annotations

from typing import Final

_MARKUP: Final = (
    "tags that a FHIR narrative may not hold (links, scripts, styles, pictures, those in the namespace of the message): their"
    " words stay, with the line breaks of blocks"
)

DROPS: Final[dict[str, str]] = {
    "MsgHead/Signature": "proves who made the bytes; it would not hold for bytes made anew",
    "Dialogmelding/Notat/TekstNotatInnhold/*": _MARKUP,
    "Dialogmelding/Foresporsel/Sporsmal/*": _MARKUP,
    "Dialogmelding/Notat/Foresporsel/Sporsmal/*": _MARKUP,
}
"""Path of an element or attribute (without namespaces and positions) → why it is left behind."""
