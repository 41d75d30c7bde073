"""One code list: its OID and its codes with their display names.

Source: emessage/identifiers-and-codes.md; Volven OIDs 2.16.578.1.12.4.1.1.<number>.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.emessage.datatypes import CS, CV


@dataclass(frozen=True, slots=True)
class CodeList:
    """A code list as we know it; an unknown code in a message is legal input, never a reason to reject.

    Shape: `version` says which state of the list the names were taken from.
    """

    number: str
    name: str
    version: str
    names: Mapping[str, str]

    @property
    def oid(self) -> str:
        """The OID as written in S."""
        return f"2.16.578.1.12.4.1.1.{self.number}"

    def name_of(self, v: str | None) -> str | None:
        """A code → its display name, or None when the list has it not."""
        return self.names.get(v) if v is not None else None

    def cs(self, v: str) -> CS:
        """A code of this list → the CS with its display name."""
        return CS(v=v, dn=self.names[v])

    def cv(self, v: str) -> CV:
        """A code of this list → the CV with list and display name."""
        return CV(v=v, s=self.oid, dn=self.names[v])
