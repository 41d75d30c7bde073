"""Well-formed resources and, from them, thousands that are each wrong (or odd) in one place; the same ones every time.

`mutants()` gives (name, JSON text). A mutant need not be invalid: what counts is that two validators agree about it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
from bundles import bundles

from hub.fhir.models import RESOURCE_TYPES, rules_for, struct_for
from hub.fhir.models.elements import Element, elements_of
from tests.resource_factory import maximal, minimal

Json = dict[str, Any]
SEED: Final = 20261121

COMMON: Final = (
    "Patient", "Observation", "CarePlan", "Task", "Communication", "DetectedIssue", "Flag", "Bundle", "Questionnaire",
    "QuestionnaireResponse", "ServiceRequest", "Encounter", "Condition", "Practitioner", "PractitionerRole", "Organization",
    "Device", "Goal", "AuditEvent", "Provenance", "DocumentReference", "MedicationRequest", "Parameters", "OperationOutcome",
    "ObservationDefinition", "Appointment", "AllergyIntolerance", "RelatedPerson", "Composition", "DiagnosticReport",
)  # fmt: skip
"""Types the hub's users send: they get more mutants than the others."""
OF_COMMON: Final = 112
OF_RARE: Final = 24

BAD: Final[dict[str, tuple[Any, ...]]] = {
    "base64Binary": ("a*b=", "abc", "a"),
    "boolean": ("true", 1, "yes"),
    "canonical": ("http://a b", ""),
    "code": (" a", "a  b", "a ", ""),
    "date": ("2026-13-01", "2026-02-30", "26-01-01", "2026-1-1", "2026-01-01T00:00:00Z", "0000"),
    "dateTime": ("2026-03-01T08:30", "2026-03-01T08:30:00", "2026-03-01 08:30:00Z", "2026-02-29", "2026-03-01T25:00:00Z"),
    "decimal": ("1.5", True, "x"),
    "id": ("a b", "a" * 65, "æ", "a_b"),
    "instant": ("2026-03-01", "2026-03-01T08:00:00", "2026-03-01T08:00Z"),
    "integer": (1.5, "1", 2**31, -(2**31) - 1),
    "markdown": ("", 1),
    "oid": ("1.2.3", "urn:oid:3.1", "urn:oid:1.02"),
    "positiveInt": (0, -1, "1", 2**31),
    "string": ("", 1, "  "),
    "time": ("8:00", "24:00:00", "08:00", "08:00:00Z"),
    "unsignedInt": (-1, "0"),
    "uri": ("a b", "", " http://a.example"),
    "url": ("a b", ""),
    "uuid": ("0193a1b2-7c3d-7e8f-9a0b-1c2d3e4f5a6b", "urn:uuid:x", "urn:uuid:0193A1B2-7C3D-7E8F-9A0B-1C2D3E4F5A6B"),
    "xhtml": ("a", "<div>a</div>", '<div xmlns="http://www.w3.org/1999/xhtml"><script>a</script></div>', "<div", '<div xmlns="http://www.w3.org/1999/xhtml"> </div>', '<div xmlns="http://www.w3.org/1999/xhtml" onclick="a()">b</div>'),
}  # fmt: skip
"""FHIR type → values it does not have (or may not)."""


def _medium(kind: str, number: int, dice: random.Random) -> Json:
    """The least, and some of the rest."""
    least, whole = minimal(kind, number), maximal(kind, number)
    more = [n for n in whole if n not in least]
    chosen = dice.sample(more, min(len(more), 5))
    made = {**least, **{n: whole[n] for n in chosen if n != "extension"}}
    if "contained" in made and "extension" in whole:
        made["extension"] = whole["extension"]
    return made


class _Place:
    """One member of one object in a resource: where it is and what it should be."""

    def __init__(
        self, holder: Json, name: str, element: Element, cls: type[Any], rules: Any
    ) -> None:
        self.holder, self.name, self.element = holder, name, element
        self.rule = rules.get(cls.__name__)

    @property
    def value(self) -> Any:
        return self.holder[self.name]

    def put(self, value: Any) -> None:
        self.holder[self.name] = [value] if self.element.many else value


def _places(read: Json, cls: type[Any], rules: Any) -> Iterator[_Place]:
    for name, element in elements_of(cls).items():
        if name not in read:
            continue
        yield _Place(read, name, element, cls, rules)
        values = read[name] if isinstance(read[name], list) else [read[name]]
        for value in values:
            if isinstance(value, dict) and element.struct is not None:
                yield from _places(value, element.struct, rules)
            elif isinstance(value, dict) and element.kind == "Resource":
                kind = value["resourceType"]
                inner = {k: v for k, v in value.items() if k != "resourceType"}
                yield from _places(inner, struct_for(kind), rules_for(kind))


def _drop(place: _Place, _dice: random.Random) -> bool:
    del place.holder[place.name]
    return True


def _twice(place: _Place, _dice: random.Random) -> bool:
    if not isinstance(place.value, list):
        return False
    place.value.append(place.value[0])
    return True


def _array(place: _Place, _dice: random.Random) -> bool:
    value = place.value
    place.holder[place.name] = value[0] if isinstance(value, list) else [value]
    return True


def _retype(place: _Place, dice: random.Random) -> bool:
    value = place.value[0] if isinstance(place.value, list) else place.value
    others = {
        dict: ("text", 1), str: (1, {"a": 1}, True), bool: ("true", 0), int: ("1", True), Decimal: ("1.5", {"value": 1}),
    }  # fmt: skip
    place.put(dice.choice(others[type(value)]))
    return True


def _rename(place: _Place, dice: random.Random) -> bool:
    new = dice.choice([place.name + "x", place.name.capitalize(), "value" + place.name, "foo"])
    place.holder[new] = place.holder.pop(place.name)
    return True


def _empty(place: _Place, dice: random.Random) -> bool:
    place.holder[place.name] = dice.choice(["", {}, [], None, [None], [{}]])
    return True


def _code(place: _Place, dice: random.Random) -> bool:
    if place.element.codes:
        place.put(dice.choice(["no-such-code", place.element.codes[0].upper() + "X", " "]))
        return True
    if place.rule is not None and place.element.attribute in place.rule.bound:
        system = min(place.rule.bound[place.element.attribute])[0]
        place.put(
            dice.choice(
                [
                    {"text": "no code"},
                    {"coding": [{"system": system, "code": "no-such-code"}]},
                    {"coding": [{"system": "http://a.example/other", "code": "a"}]},
                ]
            )
        )
        return True
    return False


def _primitive(place: _Place, dice: random.Random) -> bool:
    if place.element.kind not in BAD:
        return False
    place.put(dice.choice(BAD[place.element.kind]))
    return True


def _target(place: _Place, dice: random.Random) -> bool:
    if place.element.kind != "Reference":
        return False
    targets = place.rule.targets.get(place.element.attribute) if place.rule else None
    wrong = sorted(RESOURCE_TYPES - (targets or set()))
    place.put(
        dice.choice(
            [
                {"reference": f"{dice.choice(wrong)}/a-1"}
                if targets
                else {"reference": "Nothing/1"},
                {"reference": f"http://a.example/fhir/{dice.choice(wrong)}/a-1"},
                {"reference": "#nowhere"},
                {"reference": "a b"},
                {"reference": "Patient/1", "type": "Observation"},
                {"reference": "urn:uuid:x"},
                {"type": dice.choice(wrong), "display": "a"},
                {"reference": "Patient"},
            ]
        )
    )
    return True


def _choice(place: _Place, _dice: random.Random) -> bool:
    """A second variant of the same x[y]."""
    for variants in (place.rule.choices if place.rule else {}).values():
        if place.element.attribute in variants and place.name != "extension":
            others = [
                v
                for v in variants
                if v != place.element.attribute and v.endswith(("String", "Boolean", "DateTime"))
            ]
            if others:
                name = others[0]
                place.holder[name] = {"String": "a", "Boolean": True}.get(
                    "Boolean"
                    if name.endswith("Boolean")
                    else "String"
                    if name.endswith("String")
                    else "",
                    "2026",
                )
                return True
    return False


_EXTENSIONS: Final = (
    {"valueString": "a"},
    {"url": "http://a.example/e"},
    {"url": "http://a.example/e", "valueString": "a", "extension": [{"url": "b", "valueString": "c"}]},
    {"url": "http://a.example/e", "valueString": "a", "valueBoolean": True},
    {"url": "", "valueString": "a"},
    {"url": "http://a.example/e", "valueFoo": "a"},
    {"url": "http://a.example/e", "extension": [{"url": "http://a.example/f"}]},
    {"url": "http://a.example/e", "valueString": "a"},
    {"url": "http://a.example/e", "valueCode": " a"},
    {"url": "relative", "valueString": "a"},
    {"url": "http://a.example/e", "modifierExtension": [{"url": "http://a.example/e", "valueString": "a"}]},
)  # fmt: skip


def _extension(place: _Place, dice: random.Random) -> bool:
    value = place.value[0] if isinstance(place.value, list) else place.value
    if not isinstance(value, dict) or "resourceType" in value:
        return False
    name = dice.choice(["extension", "extension", "modifierExtension"])
    value[name] = [dice.choice(_EXTENSIONS)]
    return True


def _companion(place: _Place, dice: random.Random) -> bool:
    """The `_name` beside a primitive."""
    if place.element.struct is not None or place.element.kind == "Resource" or place.name == "id":
        return False
    one = {"extension": [dice.choice(_EXTENSIONS[-4:])]}
    options: list[Any] = [
        one,
        {"id": "a"},
        {},
        "text",
        None,
        [one],
        [None],
        [one, one],
        {"value": "a"},
    ]
    place.holder["_" + place.name] = dice.choice(options)
    if dice.random() < 0.3:
        del place.holder[place.name]
    return True


_CONTAINED: Final = (
    [{"resourceType": "Basic", "code": {"text": "a"}}],
    [{"resourceType": "Basic", "id": "unused", "code": {"text": "a"}}],
    [{"resourceType": "Basic", "id": "inner", "code": {"text": "a"}, "contained": [{"resourceType": "Basic", "id": "c", "code": {"text": "a"}}]}],
    [{"resourceType": "Basic", "id": "inner", "meta": {"versionId": "1"}, "code": {"text": "a"}}],
    [{"resourceType": "Basic", "id": "inner", "meta": {"lastUpdated": "2026-03-01T08:00:00Z"}, "code": {"text": "a"}}],
    [{"resourceType": "Basic", "id": "inner", "meta": {"security": [{"code": "a"}]}, "code": {"text": "a"}}],
    [{"resourceType": "Nothing", "id": "inner"}],
    [{"id": "inner"}],
    [{"resourceType": "Basic", "id": "inner"}],
    [{"resourceType": "Basic", "id": "inner", "code": {"text": "a"}}, {"resourceType": "Basic", "id": "inner", "code": {"text": "b"}}],
)  # fmt: skip


def _contained(place: _Place, dice: random.Random) -> bool:
    if place.name != "contained":
        return False
    place.holder["contained"] = dice.choice(_CONTAINED)
    return True


MUTATIONS: Final[dict[str, Callable[[_Place, random.Random], bool]]] = {
    "drop": _drop,
    "twice": _twice,
    "array": _array,
    "retype": _retype,
    "rename": _rename,
    "empty": _empty,
    "code": _code,
    "primitive": _primitive,
    "target": _target,
    "choice": _choice,
    "extension": _extension,
    "companion": _companion,
    "contained": _contained,
}

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def mutants() -> Iterator[tuple[str, bytes]]:
    """Nothing → (type, mutation and place; JSON text) of each mutant."""
    for kind in sorted(RESOURCE_TYPES):
        dice = random.Random(f"{SEED} {kind}")
        rules = rules_for(kind)
        made, names = 0, list(MUTATIONS)
        while made < (OF_COMMON if kind in COMMON else OF_RARE):
            seed = minimal(kind, made) if made % 4 == 0 else _medium(kind, made, dice)
            plain = json.loads(_ENCODER.encode(seed), parse_float=Decimal)
            inner = {k: v for k, v in plain.items() if k != "resourceType"}
            places = list(_places(inner, struct_for(kind), rules))
            name = names[made % len(names)]
            dice.shuffle(places)
            for place in places:
                if MUTATIONS[name](place, dice):
                    whole = {"resourceType": kind, **inner}
                    yield f"{kind} {name} {place.name}", _ENCODER.encode(whole)
                    break
            made += 1
    for number, bundle in enumerate(bundles()):
        yield f"Bundle rule {number}", _ENCODER.encode(bundle)
