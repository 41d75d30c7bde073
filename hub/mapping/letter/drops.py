"""What the mappers of letters leave behind on purpose, path by path.

A test gives every value of every example a value of its own, and fails when one of them is neither found in the FHIR
nor listed here, and when one that is listed here is found.
Source: epikrise-henvisning.md (RefDoc), HIS 1036; HISD 1155 (which XHTML a text may hold).
"""

from __future__ import annotations

from typing import Final

_ATTACHED: Final = (
    "XML that is attached without being a Base64Container; it stands in the message as received"
)

DROPS: Final[dict[str, str]] = {
    "Message/ServRprt/RefDoc/Content/*": _ATTACHED,
    "Message/ServReq/RefDoc/Content/*": _ATTACHED,
}
"""Path of an element or attribute (without namespaces and positions) → why it is left behind."""
