"""The id of a request: its sender's where that is safe to repeat, else a new one.

Source: http://hl7.org/fhir/R4/http.html#custom.
"""

from __future__ import annotations

import re
import secrets
from itertools import count
from typing import Final

_START: Final = secrets.token_hex(4)
_COUNT: Final = count(1)
# What neither breaks a line of a log nor hides in it
_SAFE: Final = re.compile(r"[A-Za-z0-9._:/+=\-]{1,64}")


def request_id_for(sent: str | None) -> str:
    """X-Request-Id as it was sent (None: not) → the id of the request: unique, not secret."""
    if sent and _SAFE.fullmatch(sent):
        return sent
    # Asking the system for random bytes each time costs a thread switch
    return f"{_START}{next(_COUNT):08x}"
