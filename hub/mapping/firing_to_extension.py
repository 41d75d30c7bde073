"""One firing → the parts of our extension on DetectedIssue.evidence: what was received, judged and considered, and by what.

Source: dho/thresholds.md §11.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from hub.fhir.models.r4.datatypes import Extension, Quantity
from hub.mapping.evidence import evidence_reference
from hub.mapping.fhir_parts import ucum
from hub.mapping.fhir_time import to_fhir_time
from hub.mapping.rule_to_extension import to_approver
from hub.thresholds.history import Operand
from hub.thresholds.judgement import Firing

OSLO: Final = ZoneInfo("Europe/Oslo")
_MOST_OPERANDS: Final = 60
"""How many values of a window a firing tells in FHIR, the newest; the verdict holds all."""
_SHORT: Final = Context(prec=18)


def firing_parts(firing: Firing) -> tuple[Extension, ...]:
    """What explains a firing (§11): value as received, value judged, the limit crossed, the plan and its approver."""
    parts: list[Extension] = []
    for name, text in (("measure", firing.name), ("source", firing.source)):
        if text:
            parts.append(Extension(url=name, valueString=text))
    if firing.received is not None:
        for name, text in zip(("receivedValue", "receivedUnit"), firing.received, strict=True):
            if text:
                parts.append(Extension(url=name, valueString=text))
    if firing.value is not None and firing.value.is_finite():
        parts.append(Extension(url="value", valueQuantity=_quantity(firing.value, firing.unit)))
    if firing.bound is not None:
        sign, limit = firing.bound
        parts.append(Extension(url="limitSign", valueString=sign))
        parts.append(Extension(url="limit", valueQuantity=_quantity(limit, firing.unit)))
    if firing.plan is not None:
        parts.append(Extension(url="planId", valueString=firing.plan))
    if firing.plan_version is not None:
        parts.append(Extension(url="planVersion", valueInteger=firing.plan_version))
    if firing.rule_version is not None:
        parts.append(Extension(url="ruleVersion", valueInteger=firing.rule_version))
    if firing.approved_by:
        parts.append(Extension(url="approvedBy", valueReference=to_approver(firing.approved_by)))
    parts += [_operand(each) for each in firing.operands[-_MOST_OPERANDS:]]
    return tuple(parts)


def _operand(operand: Operand) -> Extension:
    """A value of a window that the rule considered → its id, time and number (§11)."""
    parts = [
        Extension(url="value", valueReference=evidence_reference(operand.observation)),
        Extension(url="effective", valueDateTime=to_fhir_time(operand.effective, OSLO)),
    ]
    if operand.name:
        parts.append(Extension(url="measure", valueString=operand.name))
    if operand.value is not None and operand.value.is_finite():
        parts.append(Extension(url="number", valueDecimal=_SHORT.plus(operand.value)))
    return Extension(url="operand", extension=tuple(parts))


def _quantity(value: Decimal, unit: str) -> Quantity:
    """A number → Quantity; a mean or a slope has more digits than FHIR holds: the judgement keeps them all."""
    return ucum(_SHORT.plus(value), unit or "1")
