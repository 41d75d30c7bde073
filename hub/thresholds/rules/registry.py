"""The rule kinds there are. A further kind is one file beside this and one row here.

Source: dho/thresholds.md §5.
"""

from __future__ import annotations

from typing import Final

from hub.thresholds.rules.absolute import ABSOLUTE
from hub.thresholds.rules.composite_bp import COMPOSITE_BP
from hub.thresholds.rules.kind import Kind

KINDS: Final[dict[str, Kind]] = {
    "absolute": ABSOLUTE,
    "composite_bp": COMPOSITE_BP,
}
