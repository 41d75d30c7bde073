"""A value that repeats one that stands → a duplicate of it, without a look at the other copies.

A sender that repeats itself a thousand times would have each copy judged among all the others, and everybody else's values wait behind
them. What one more copy of a value that stands changes is nothing (§4.1): it is in no window, fills no time and raises no alert. A copy
may carry the identifiers of what it copies, or such as nobody else carries: others may make it a version of something else (§9.2), which takes a look.
Source: dho/thresholds.md §4.1; docs/adr/0016.
"""

from __future__ import annotations

from typing import Final

from hub.flows.mark_for_judging import read_measurement
from hub.mapping.evidence import whole_name
from hub.ports import JudgeMark, Judgements
from hub.thresholds.judgement import Judgement
from hub.thresholds.measurement import Measurement
from hub.thresholds.sift import ODD_STATUSES
from hub.thresholds.versions import is_same

_MOST: Final = 4
"""How many different values of one instant are looked at: more than devices send, and few."""


def copy_of(judgements: Judgements, mark: JudgeMark, m: Measurement) -> Judgement | None:
    """A mark and its input → its judgement, when it is one more copy of a value that stands; None when that takes a look at the others."""
    odd = mark.version > 1 or mark.ahead is not None or m.status in ODD_STATUSES
    if odd or m.effective is None:
        return None
    place = (mark.tenant_id, mark.patient_id, m.measure, m.effective)
    for other in judgements.standing(*place, _MOST):
        first = read_measurement(other.input)
        before = first.status not in ODD_STATUSES and first.id != m.id and first.order < m.order
        if before and is_same(first, m) and _names_nobody_else(judgements, mark, m, first):
            return Judgement(m.id, m.version, m.measure, "duplicate", kin=(first.id,))
    return None


def _names_nobody_else(
    judgements: Judgements, mark: JudgeMark, m: Measurement, first: Measurement
) -> bool:
    more = set(m.identifiers) - set(first.identifiers)
    if not more:
        return True
    return set(judgements.carriers(mark.tenant_id, more)) <= {whole_name(m.id)}
