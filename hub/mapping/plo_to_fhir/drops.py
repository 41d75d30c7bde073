"""What the PLO mappers leave behind on purpose, path by path: only the envelope's way of building a message.

Of the payload nothing is left behind: its tables are read both ways (`hub/mapping/plo/`).

A test changes every value of every golden message, and fails when a change leaves no trace in the FHIR resources and
the path is not listed here, and when a path listed here leaves one.
Source: hodemelding.md (MsgInfo, RefDoc).
"""

from __future__ import annotations

from typing import Final

DROPS: Final[dict[str, str]] = {}
"""Path of an element or attribute (without namespaces and positions) → why it is left behind."""
