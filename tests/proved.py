"""A row of a table that says which tests show what: threats, rules of security, rules on auditing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Proved:
    """One row. Shape: `id` names the standard's section; `tests` `path::name`; `gap` what is not held and why, else ""."""

    id: str
    told: str
    tests: tuple[str, ...] = ()
    gap: str = ""

    def shown_by(self) -> str:
        """The tests by their names, as a page shows them."""
        return ", ".join(f"`{test.partition('::')[2]}`" for test in self.tests)

    def missing(self) -> list[str]:
        """The tests that do not exist."""
        return [test for test in self.tests if not _exists(test)]


def _exists(test: str) -> bool:
    path, _, name = test.partition("::")
    source = (ROOT / path).read_text("utf-8")
    return re.search(rf"^(async )?def {name}\(", source, re.MULTILINE) is not None
