"""The rule kinds there are. A further kind is one file beside this, one row here and its fields in rule_fields.py.

Source: dho/thresholds.md §5.
"""

from __future__ import annotations

from typing import Final

from hub.thresholds.rules.absolute import ABSOLUTE
from hub.thresholds.rules.average import AVERAGE
from hub.thresholds.rules.combination import COMBINATION
from hub.thresholds.rules.composite_bp import COMPOSITE_BP
from hub.thresholds.rules.delta import DELTA
from hub.thresholds.rules.kind import Kind
from hub.thresholds.rules.missing import MISSING
from hub.thresholds.rules.n_of_m import N_OF_M
from hub.thresholds.rules.questionnaire import QUESTIONNAIRE
from hub.thresholds.rules.score import SCORE
from hub.thresholds.rules.stale_plan import STALE_PLAN
from hub.thresholds.rules.symptom import SYMPTOM
from hub.thresholds.rules.trend import TREND

KINDS: Final[dict[str, Kind]] = {
    "absolute": ABSOLUTE,
    "composite_bp": COMPOSITE_BP,
    "delta": DELTA,
    "trend": TREND,
    "n_of_m": N_OF_M,
    "average": AVERAGE,
    "missing": MISSING,
    "stale_plan": STALE_PLAN,
    "questionnaire": QUESTIONNAIRE,
    "symptom": SYMPTOM,
    "score": SCORE,
    "combination": COMBINATION,
}
