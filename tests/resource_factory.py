"""Well-formed resources of every R4 type, built from the models: the least one and one with every element.

`minimal("Patient")` and `maximal("Patient", 3)` are plain JSON objects (decimals as Decimal); the number picks among the
variants of value[x] and among codes, so that a few numbers reach them all. Equal arguments give equal resources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

import msgspec

from hub.fhir.models import RESOURCE_TYPES, rules_for, struct_for
from hub.fhir.models.checks import Rule
from hub.fhir.models.elements import Element, elements_of
from tests.resource_repairs import ADDED, EXCLUSIVE, REPAIRS

Json = dict[str, Any]

_UCUM: Final = "http://unitsofmeasure.org"
_HOUR: Final = {"value": Decimal("1.50"), "unit": "time", "system": _UCUM, "code": "h"}
_YEAR: Final = {"value": Decimal(70), "unit": "år", "system": _UCUM, "code": "a"}
_PERCENT: Final = {"value": Decimal("94.50"), "unit": "%", "system": _UCUM, "code": "%"}
_METRE: Final = {"value": Decimal("1.2"), "unit": "m", "system": _UCUM, "code": "m"}
_ONE: Final = {"value": Decimal(1), "system": _UCUM, "code": "1"}
_PICTURE: Final = '<div xmlns="http://www.w3.org/1999/xhtml">Måling</div>'

PRIMITIVES: Final[Mapping[str, tuple[Any, ...]]] = {
    "base64Binary": ("aGVp", "SGVsbG8="),
    "boolean": (True, False),
    "canonical": ("http://a.example/c|1", "http://a.example/d"),
    "code": ("a", "b"),
    "date": ("2026-03-01", "2026-03", "2026"),
    "dateTime": ("2026-03-01T08:30:00+01:00", "2026-03-01", "2026-03", "2026"),
    "decimal": (Decimal("94.50"), Decimal("-0.010"), Decimal(7)),
    "id": ("a", "b1"),
    "instant": ("2026-03-01T08:00:00Z", "2026-03-01T08:00:00.123+01:00"),
    "integer": (1, -1, 0),
    "markdown": ("Et *avsnitt*", "æøå"),
    "oid": ("urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1"),
    "positiveInt": (1, 2**31 - 1),
    "string": ("Tekst", "Ærlig, ørn & å"),
    "time": ("08:00:00", "23:59:59"),
    "unsignedInt": (0, 2),
    "uri": ("http://a.example/u", "urn:oid:2.16.578.1.12.4.1.4.1"),
    "url": ("http://a.example/v", "https://b.example/w"),
    "uuid": ("urn:uuid:0193a1b2-7c3d-7e8f-9a0b-1c2d3e4f5a6b",),
    "xhtml": (_PICTURE,),
}
"""FHIR type → values it has."""

CODES: Final[Mapping[str, str]] = {
    "contentType": "text/plain",
    "currency": "NOK",
    "language": "nb-NO",
    "targetFormat": "text/plain",
    "sigFormat": "application/jose",
    "mimeType": "text/plain",
    "format": "json",
    "patchFormat": "application/json-patch+json",
    "accept": "json",
    "payloadMimeType": "text/plain",
    "minimumId": "a",
}
"""Element → a code of its required value set, where that set is too large to be listed in the models."""

DATATYPES: Final[Mapping[str, Json]] = {
    "Address": {"line": ["Storgata 1"], "city": "Oslo", "country": "NO"},
    "Age": _YEAR,
    "Annotation": {"text": "Merknad"},
    "Attachment": {"contentType": "text/plain", "data": "aGVp"},
    "CodeableConcept": {"text": "Begrep"},
    "Coding": {"system": "http://a.example/cs", "code": "a"},
    "ContactDetail": {"name": "Avdeling"},
    "ContactPoint": {"system": "phone", "value": "+47 99 99 99 99"},
    "Count": _ONE,
    "Distance": _METRE,
    "Dosage": {"text": "1 tablett"},
    "Duration": _HOUR,
    "Expression": {"language": "text/fhirpath", "expression": "true"},
    "HumanName": {"family": "Testesen", "given": ["Prøve", "Ære"]},
    "Identifier": {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "abc-123"},
    "Meta": {"tag": [{"system": "http://a.example/cs", "code": "a"}]},
    "Money": {"value": Decimal("12.50"), "currency": "NOK"},
    "Narrative": {"status": "generated", "div": _PICTURE},
    "Period": {"start": "2026-01-01", "end": "2026-02-01T08:00:00+01:00"},
    "Population": {"ageRange": {"low": _YEAR}},
    "ProdCharacteristic": {"color": ["blå"]},
    "Quantity": _PERCENT,
    "Range": {"low": {**_PERCENT, "value": Decimal(90)}, "high": _PERCENT},
    "Ratio": {"numerator": _PERCENT, "denominator": _HOUR},
    "Reference": {"display": "En annen"},
    "SampledData": {"origin": {"value": Decimal(0)}, "period": Decimal(10), "dimensions": 1, "data": "1 2 E"},
    "SubstanceAmount": {"amountText": "litt"},
    "Timing": {"event": ["2026-03-01"]},
    "TriggerDefinition": {"type": "named-event", "name": "hendelse"},
}  # fmt: skip
"""Datatype → a small value of it."""

_DEEPEST: Final = 3


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes one resource. Shape: `whole` when every element is wanted; `number` picks variants."""

    rules: Mapping[str, Rule]
    whole: bool
    number: int

    def struct(self, cls: type[msgspec.Struct], path: tuple[str, ...]) -> Json:
        name = cls.__name__
        small = not self.whole or len(path) > _DEEPEST or name in path or name in _ALWAYS_SMALL
        if name in DATATYPES and small:
            return dict(DATATYPES[name])
        rule = self.rules.get(name, Rule())
        left_out = set(EXCLUSIVE.get(name, ())) if self.whole else set[str]()
        made: Json = {}
        for json_name, element in elements_of(cls).items():
            wanted = self._wanted(element, rule, name, path)
            if wanted and json_name not in left_out:
                value = self._value(element, rule, (*path, name))
                made[json_name] = [value] if element.many else value
        made |= ADDED.get(name, {})
        repair = REPAIRS.get(name)
        if repair is not None:
            made = repair(made)
        return made or self._anything(cls, rule, (*path, name))

    def _wanted(self, element: Element, rule: Rule, name: str, path: tuple[str, ...]) -> bool:
        attribute = element.attribute
        for choice, variants in rule.choices.items():
            if attribute in variants:
                asked = self.whole or choice in rule.required_choices
                return asked and attribute == variants[self.number % len(variants)]
        if attribute in rule.required:
            return True
        if not self.whole or attribute.endswith("_ext") or attribute in _LEFT_OUT:
            return False
        if element.kind == "Resource" or element.kind in (*path, name):
            return False
        if element.kind in _HEAVY:
            return len(path) == 0
        if path and element.struct is not None and element.kind not in DATATYPES:
            return len(path) < _DEEPEST + 3 and not name.startswith("Extension")
        return True

    def _value(self, element: Element, rule: Rule, path: tuple[str, ...]) -> Any:
        if element.kind == "Reference":
            return self._reference(rule.targets.get(element.attribute))
        if element.attribute in rule.bound:
            system, code = min(rule.bound[element.attribute])
            return {"coding": [{"system": system, "code": code}]}
        if element.kind == "Resource":
            return {"resourceType": "Basic", "code": {"text": "a"}}
        if element.struct is not None:
            return self.struct(element.struct, path)
        if element.codes:
            return element.codes[self.number % len(element.codes)]
        if element.kind == "code" and element.attribute in CODES:
            return CODES[element.attribute]
        values = PRIMITIVES[element.kind]
        return values[self.number % len(values)]

    def _reference(self, targets: frozenset[str] | None) -> Json:
        if not self.whole:
            return {"display": "En annen"}
        every = sorted(targets or RESOURCE_TYPES)
        return {"reference": f"{every[self.number % len(every)]}/a-1"}

    def _anything(self, cls: type[msgspec.Struct], rule: Rule, path: tuple[str, ...]) -> Json:
        """A struct that demands nothing may still not be empty: its first primitive element."""
        if cls.__name__ in RESOURCE_TYPES:
            return {}
        for name, element in elements_of(cls).items():
            if element.kind in PRIMITIVES and name != "id" and not name.startswith("_"):
                value = self._value(element, rule, path)
                return {name: [value] if element.many else value}
        name, element = next((n, e) for n, e in elements_of(cls).items() if n not in _LEFT_OUT)
        value = self._value(element, rule, path)
        return {name: [value] if element.many else value}


_ALWAYS_SMALL: Final = frozenset(("Age", "Count", "Distance", "Duration", "Quantity"))
_LEFT_OUT: Final = frozenset(("id", "contained", "extension", "modifierExtension", "implicitRules"))
_HEAVY: Final = frozenset(("Extension", "Meta", "Narrative", "Signature", "ElementDefinition"))


def minimal(resource_type: str, number: int = 0) -> Json:
    """A resource type → the least that is well-formed."""
    made = _Maker(rules_for(resource_type), whole=False, number=number)
    return {"resourceType": resource_type, **made.struct(struct_for(resource_type), ())}


def maximal(resource_type: str, number: int = 0) -> Json:
    """A resource type → every element once (one variant of each value[x]), down to the datatypes."""
    made = _Maker(rules_for(resource_type), whole=True, number=number)
    whole = made.struct(struct_for(resource_type), ())
    elements = elements_of(struct_for(resource_type))
    more: Json = {"id": f"a-{number}"}
    if "contained" in elements:
        more["contained"] = [{"resourceType": "Basic", "id": "inner", "code": {"text": "a"}}]
        more["extension"] = [
            {"url": "http://a.example/e", "valueReference": {"reference": "#inner"}},
            {"url": "http://a.example/f", "extension": [{"url": "g", "valueInteger": 1}]},
        ]
    return {"resourceType": resource_type, **more, **whole}


@cache
def every_type() -> tuple[str, ...]:
    """Nothing → the names of all resource types, in order."""
    return tuple(sorted(RESOURCE_TYPES))
