"""General limits → ObservationDefinitions, one per measure; and back.

Source: architecture D6; dho/thresholds.md §2.5, §12; FHIR R4 ObservationDefinition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

from hub.fhir.models.r4.datatypes import CodeableConcept, Meta, Range
from hub.fhir.models.r4.observation_definition import (
    ObservationDefinition,
    ObservationDefinitionQualifiedInterval,
)
from hub.mapping import urls
from hub.mapping.extension_to_rule import read_rules
from hub.mapping.fhir_parts import ucum
from hub.mapping.plan_to_fhir import measure_concept, measure_of
from hub.mapping.rule_to_extension import rule_to_extension
from hub.problems import Translation
from hub.thresholds.measures import MEASURES
from hub.thresholds.plan import Rule

_CATEGORIES: Final[tuple[tuple[Literal["reference", "critical"], frozenset[str]], ...]] = (
    ("reference", frozenset({"green"})),
    ("critical", frozenset({"green", "yellow", "black"})),
)


def general_limits_to_fhir(
    limits: Sequence[Rule], *, new_id: Callable[[], str]
) -> tuple[ObservationDefinition, ...]:
    """General limits → one ObservationDefinition per measure, with the rules as extensions.

    Shape: `qualifiedInterval` repeats for readers of plain FHIR what can be said there (reference = green, critical =
    not red, absolute = plausible); its ends are inclusive, so the extension alone is exact.
    """
    numbered = list(enumerate(limits, start=1))
    measures = dict.fromkeys(measure_of(rule) or "" for rule in limits)
    return tuple(
        ObservationDefinition(
            id=new_id(),
            meta=Meta(profile=(urls.GENERAL_LIMITS_PROFILE,)),
            extension=tuple(
                rule_to_extension(r, n) for n, r in numbered if (measure_of(r) or "") == measure
            ),
            code=measure_concept(measure) if measure else CodeableConcept(text="Generelle grenser"),
            qualifiedInterval=_intervals(measure, [r for r in limits if measure_of(r) == measure]),
        )
        for measure in measures
    )


def _intervals(
    measure: str, rules: Sequence[Rule]
) -> tuple[ObservationDefinitionQualifiedInterval, ...]:
    found: list[ObservationDefinitionQualifiedInterval] = []
    for rule in rules:
        for category, zones in _CATEGORIES:
            # No unit of UCUM holds a blank; such a rule is refused, and must not make a resource that cannot be read
            named = rule.unit and not any(c.isspace() for c in rule.unit)
            hull = _hull(rule, zones) if named else None
            if hull is not None:
                found.append(ObservationDefinitionQualifiedInterval(category=category, range=hull))
    row = MEASURES.get(measure)
    if row is not None and row.plausible_min is not None and row.plausible_max is not None:
        plausible = Range(
            low=ucum(row.plausible_min, row.unit), high=ucum(row.plausible_max, row.unit)
        )
        found.append(ObservationDefinitionQualifiedInterval(category="absolute", range=plausible))
    return tuple(found)


def _hull(rule: Rule, zones: frozenset[str]) -> Range | None:
    """The bands of these zones → the range from the lowest to the highest end, None when open at both."""
    bands = [band for band in rule.bands if band.zone in zones]
    if not bands:
        return None
    lows = [band.gt if band.gt is not None else band.ge for band in bands]
    highs = [band.lt if band.lt is not None else band.le for band in bands]
    low = None if None in lows else min(each for each in lows if each is not None)
    high = None if None in highs else max(each for each in highs if each is not None)
    if (low is None and high is None) or (low is not None and high is not None and low > high):
        return None
    unit = rule.unit or ""
    return Range(
        low=None if low is None else ucum(low, unit),
        high=None if high is None else ucum(high, unit),
    )


def fhir_to_general_limits(
    definitions: Iterable[ObservationDefinition],
) -> Translation[tuple[Rule, ...]]:
    """ObservationDefinitions → the general limits they carry, in their order.

    Problems: BUSINESS_RULE for each rule that cannot be read; the others still count (S10).
    """
    found = read_rules(
        (each.extension, f"ObservationDefinition/{each.id or ''}") for each in definitions
    )
    return Translation(tuple(rule for _, rule in found.value), found.problems)
