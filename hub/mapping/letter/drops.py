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
_MARKUP: Final = (
    "tags that a FHIR narrative may not hold (links, scripts, styles, pictures, those in the namespace of the message): their"
    " words stay, with the line breaks of blocks"
)

DROPS: Final[dict[str, str]] = {
    "Message/ServRprt/RefDoc/Content/*": _ATTACHED,
    "Message/ServReq/RefDoc/Content/*": _ATTACHED,
    "Message/ServRprt/Event/Comment/TextResultValue/*": _MARKUP,
    "Message/ServRprt/Event/InfItem/Observation/Description/*": _MARKUP,
    "Message/ServRprt/Event/InfItem/ResultItem/TextResult/Result/TextResultValue/*": _MARKUP,
    "Message/ServRprt/ServReq/ReasonAsText/TextResultValue/*": _MARKUP,
}
"""Path of an element or attribute (without namespaces and positions) → why it is left behind."""
