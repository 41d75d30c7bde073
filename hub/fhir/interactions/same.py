"""Whether a body says what the stored version says already: then there is nothing to store (ADR 0011)."""

from __future__ import annotations

from typing import Final

import msgspec

from hub.fhir.codec import splice
from hub.fhir.interactions.prepare import Prepared, Setting
from hub.fhir.requests import Stored, fhir_instant

_BLANK: Final = b" \t\r\n"


def _as_written(text: str) -> tuple[str, str]:
    """A decimal as it is written: 94.50 is not 94.5, for its digits tell how exactly it was measured."""
    return "decimal", text


_PLAIN: Final = msgspec.json.Decoder(float_hook=_as_written)


def is_same(prepared: Prepared, current: Stored, setting: Setting) -> bool:
    """A prepared body and the current version → whether storing it would change nothing but version and time.

    Shape: the order of members, blanks and escapes do not count; the order in arrays and the digits of decimals do.
    """
    body = splice(
        prepared.body,
        prepared.parsed,
        id=current.id,
        version_id=str(current.version),
        last_updated=fhir_instant(current.updated),
        security=setting.tags,
    )
    if body == current.body:
        return True
    # Bodies without escapes that say the same have the same characters, blanks aside: most changes end here
    plain = b"\\" not in body and b"\\" not in current.body
    if plain and len(body.translate(None, _BLANK)) != len(current.body.translate(None, _BLANK)):
        return False
    return _PLAIN.decode(body) == _PLAIN.decode(current.body)
