"""The meaning of every type of search parameter, written a second time and naively, from the specification's sentences.

Nothing here is shared with the hub: resources are plain JSON, elements are named by hand, numbers are fractions, units are a
short table of their own. Source: http://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.builders import Json
from tests.contract.naive import FOREVER, Range, date_matches, written

UCUM = "http://unitsofmeasure.org"
# unit → what it measures, how much of it one is, and what is added
UNITS: dict[str, tuple[str, Fraction, Fraction]] = {
    "g": ("mass", Fraction(1), Fraction(0)),
    "kg": ("mass", Fraction(1000), Fraction(0)),
    "mg": ("mass", Fraction(1, 1000), Fraction(0)),
    "Cel": ("heat", Fraction(1), Fraction("273.15")),
    "[degF]": ("heat", Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
    "K": ("heat", Fraction(1), Fraction(0)),
    "mmol/L": ("amount", Fraction(1), Fraction(0)),
    "umol/L": ("amount", Fraction(1, 1000), Fraction(0)),
}
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
ELEMENTS: dict[tuple[str, str], tuple[str, str]] = {
    ("Patient", "name"): ("string", "name"),
    ("Patient", "family"): ("family", "name.family"),
    ("Patient", "address"): ("string", "address"),
    ("Patient", "address-city"): ("string", "address.city"),
    ("Patient", "gender"): ("token", "gender"),
    ("Patient", "identifier"): ("token", "identifier"),
    ("Patient", "telecom"): ("contact", "telecom"),
    ("Patient", "phone"): ("contact", "telecom[phone]"),
    ("Patient", "active"): ("token", "active"),
    ("Patient", "language"): ("token", "communication.language"),
    ("Patient", "birthdate"): ("date", "birthDate"),
    ("Patient", "organization"): ("reference", "managingOrganization"),
    ("Patient", "_tag"): ("token", "meta.tag"),
    ("Patient", "_profile"): ("uri", "meta.profile"),
    ("Observation", "code"): ("token", "code"),
    ("Observation", "category"): ("token", "category"),
    ("Observation", "status"): ("token", "status"),
    ("Observation", "value-concept"): ("token", "valueCodeableConcept"),
    ("Observation", "value-string"): ("string", "valueString|valueCodeableConcept.text"),
    ("Observation", "value-quantity"): ("quantity", "valueQuantity"),
    ("Observation", "component-code"): ("token", "component.code"),
    ("Observation", "component-value-quantity"): ("quantity", "component.valueQuantity"),
    ("Observation", "combo-code"): ("token", "code|component.code"),
    ("Observation", "combo-value-quantity"): ("quantity", "valueQuantity|component.valueQuantity"),
    ("Observation", "performer"): ("reference", "performer"),
    ("Observation", "subject"): ("reference", "subject"),
    ("Observation", "patient"): ("reference", "subject"),
    ("RiskAssessment", "probability"): ("number", "prediction.probabilityDecimal|prediction.probabilityRange"),
    ("ValueSet", "url"): ("uri", "url"),
    ("ValueSet", "title"): ("string", "title"),
    ("ValueSet", "context-quantity"): ("quantity", "useContext.valueQuantity|useContext.valueRange"),
}  # fmt: skip
"""(type, parameter) → its type and its elements, as the definition's expression names them."""

COMPOSITES: dict[tuple[str, str], tuple[str, Sequence[str], Sequence[str]]] = {
    ("Observation", "code-value-quantity"): ("", ("token", "code"), ("quantity", "valueQuantity")),
    ("ValueSet", "context-type-quantity"): ("useContext", ("token", "code"), ("quantity", "valueQuantity|valueRange")),
    ("Observation", "component-code-value-quantity"): ("component", ("token", "code"), ("quantity", "valueQuantity")),
    ("Observation", "combo-code-value-quantity"): ("|component", ("token", "code"), ("quantity", "valueQuantity")),
}  # fmt: skip
"""(type, parameter) → the elements it looks into ("" the resource), and its components there."""


def values(node: Any, path: str) -> Iterator[Any]:
    """A JSON object and element paths with `|` between → the values there, arrays taken apart."""
    for each in path.split("|"):
        yield from _walk(node, each.split(".") if each else [])


def _walk(node: Any, names: list[str]) -> Iterator[Any]:
    if isinstance(node, list):
        for item in node:  # pyright: ignore[reportUnknownVariableType]
            yield from _walk(item, names)
    elif not names:
        yield node
    elif names[0].partition("[")[0] in node:
        name, _, system = names[0].rstrip("]").partition("[")
        held = (
            [each for each in node[name] if each.get("system") == system] if system else node[name]
        )
        yield from _walk(held, names[1:])


def holds(resource: Json, name: str, value: str, now: datetime) -> bool:
    """One parameter with its modifier and value (commas: any of them) on a resource → whether it holds."""
    bare, _, modifier = name.partition(":")
    kind = resource["resourceType"]
    if (kind, bare) in COMPOSITES:
        return any(_composite(resource, COMPOSITES[kind, bare], v, now) for v in value.split(","))
    type_of, path = ELEMENTS[kind, bare]
    found = list(values(resource, path))
    if modifier == "missing":
        return _nothing(type_of, found) == (value == "true")
    each = value.split(",")
    if modifier == "not":
        return not any(one(type_of, target, v, "", now) for v in each for target in found)
    return any(one(type_of, target, v, modifier, now) for v in each for target in found)


def folded(contact: Json) -> Json:
    """A ContactPoint → the same with its value in small letters."""
    return {name: value.casefold() for name, value in contact.items()}


def _nothing(type_of: str, found: list[Any]) -> bool:
    """The element has no value; what it has need not be anything that is searched for."""
    return not found


def _composite(
    resource: Json, composite: tuple[str, Sequence[str], Sequence[str]], value: str, now: datetime
) -> bool:
    """All components hold in one and the same element."""
    bases, *parts = composite
    return any(
        all(
            any(one(type_of, target, text, "", now) for target in values(base, path))
            for (type_of, path), text in zip(parts, value.split("$"), strict=True)
        )
        for base in values(resource, bases)
    )


def one(type_of: str, target: Any, value: str, modifier: str, now: datetime) -> bool:
    """One value of an element and one value that is searched for → whether they match."""
    match type_of:
        case "string":
            return _string(target, value, modifier)
        case "family":
            return _string({"family": target}, value, modifier)
        case "contact":  # "the URI portion is not used", unless it says which kind of contact
            return _token(folded(target), value.removeprefix("|").casefold(), modifier)
        case "token":
            return _token(target, value, modifier)
        case "reference":
            return _reference(target, value, modifier)
        case "uri":
            return _uri(target, value, modifier)
        case "number":
            return _number(_interval(target), value)
        case "quantity":
            return _quantity(target, value)
        case _:
            return date_matches(value, _time(target), now)


def _time(target: Any) -> Range:
    if isinstance(target, str):
        return written(target)
    start = written(target["start"])[0] if "start" in target else -FOREVER
    return start, written(target["end"])[1] if "end" in target else FOREVER


def plain(text: str) -> str:
    """A text → without case, accents and punctuation, ø as o, æ as ae."""
    letters = [
        c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c)
    ]
    marks = str.maketrans({"'": "", "-": " ", ",": " ", ".": " "})
    return " ".join("".join(letters).replace("ø", "o").replace("æ", "ae").translate(marks).split())


def _texts(target: Any) -> list[str]:
    """A string, HumanName or Address → each text in it."""
    if isinstance(target, str):
        return [target]
    parts = ("text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country")  # fmt: skip
    return [text for part in parts for text in values(target, part)]


def _string(target: Any, value: str, modifier: str) -> bool:
    rules: dict[str, Callable[[str], bool]] = {
        "": lambda text: plain(text).startswith(plain(value)),
        "contains": lambda text: plain(value) in plain(text),
        "exact": lambda text: text == value,
    }
    return any(
        map(rules[modifier], [*_texts(target), *([] if modifier else _words_of_family(target))])
    )


def _words_of_family(target: Any) -> list[str]:
    """A HumanName → its family name from each word behind the first."""
    if not isinstance(target, dict):
        return []
    words = [plain(text).split() for text in values(target, "family")]
    return [" ".join(each[first:]) for each in words for first in range(1, len(each))]


def _codes(target: Any) -> list[tuple[str, str]]:
    """A code, boolean, Coding, CodeableConcept, Identifier or ContactPoint → its (system, code) pairs."""
    if isinstance(target, bool):
        return [("", "true" if target else "false")]
    if isinstance(target, str):
        return [("", target)]
    if "value" in target:
        return [(target.get("system", ""), target["value"])]
    codings = target.get("coding", [target])
    return [(c.get("system", ""), c.get("code", "")) for c in codings]


def _words(target: Any) -> list[str]:
    """What is shown for a concept."""
    if not isinstance(target, dict):
        return []
    return [*values(target, "text|display|coding.display|type.text")]


def _token(target: Any, value: str, modifier: str) -> bool:
    if modifier == "text":
        return any(plain(text).startswith(plain(value)) for text in _words(target))
    if modifier == "of-type":
        system, code, wanted = value.split("|")
        types = values(target, "type.coding")
        typed = any((t.get("system", ""), t.get("code")) == (system, code) for t in types)
        return typed and target.get("value") == wanted
    system, bar, code = value.rpartition("|")
    return any((not bar or system == s) and code in ("", c) for s, c in _codes(target))


def _reference(target: Any, value: str, modifier: str) -> bool:
    if modifier == "identifier":
        system, bar, wanted = value.rpartition("|")
        held = target.get("identifier", {})
        right = wanted in ("", held.get("value"))
        return right and bool(held) and (not bar or held.get("system", "") == system)
    wanted = f"{modifier}/{value}" if modifier and "/" not in value else value
    reference, _, held = target.get("reference", "").partition("/_history/")
    wanted, _, version = wanted.partition("/_history/")
    if version and version != held:
        return False
    return reference == wanted if "/" in wanted else reference.rpartition("/")[2] == wanted


def _uri(target: str, value: str, modifier: str) -> bool:
    if modifier == "below":
        return target == value or target.startswith(f"{value.removesuffix('/')}/")
    if modifier == "above":
        return target == value or value.startswith(f"{target.removesuffix('/')}/")
    return target == value


def _read(value: str) -> tuple[str, Fraction, Fraction]:
    """A prefix and a number as written → prefix, number and half of its last digit's worth."""
    prefix, text = (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)
    exponent = Decimal(text).as_tuple().exponent
    assert isinstance(exponent, int)
    return prefix, Fraction(text), Fraction(10) ** exponent / 2


def _interval(target: Any) -> tuple[Fraction | None, Fraction | None]:
    """A number, Quantity or Range → its lowest and highest value, None where it is open."""
    if not isinstance(target, dict):
        return Fraction(str(target)), Fraction(str(target))
    if "low" in target or "high" in target:
        ends = [
            [Fraction(str(v)) for v in values(target, f"{end}.value")] for end in ("low", "high")
        ]
        return (*ends[0], None)[0], (*ends[1], None)[0]
    at = Fraction(str(target["value"]))
    comparator = target.get("comparator", "")
    return None if "<" in comparator else at, None if ">" in comparator else at


def _number(target: tuple[Fraction | None, Fraction | None], value: str) -> bool:
    prefix, number, half = _read(value)
    return _compares(target, prefix, number, half)


def _compares(
    target: tuple[Fraction | None, Fraction | None], prefix: str, number: Fraction, half: Fraction
) -> bool:
    """The sentence of a prefix on a target that may be a range."""
    infinite = Fraction(10**400)
    low = -infinite if target[0] is None else target[0]
    high = infinite if target[1] is None else target[1]
    inside = number - half <= low and high < number + half
    tenth = abs(number) / 10
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > number,
        "lt": low < number,
        "ge": high >= number,
        "le": low <= number,
        "sa": low > number,
        "eb": high < number,
        "ap": low <= number + tenth and high >= number - tenth,
    }[prefix]


def _quantity(target: Any, value: str) -> bool:
    written_number, *unit = value.split("|")
    prefix, number, half = _read(written_number)
    interval = _interval(target)
    held = target.get("low") or target.get("high") or target
    system, code = unit or ("", "")
    if not code:
        return _compares(interval, prefix, number, half)
    if not system:
        same = code in (held.get("code"), held.get("unit"))
        return same and _compares(interval, prefix, number, half)
    if held.get("system") == system and held.get("code") == code:
        return _compares(interval, prefix, number, half)
    here, there = UNITS.get(code), UNITS.get(held.get("code", ""))
    if not (system == UCUM == held.get("system") and here and there and here[0] == there[0]):
        return False
    low, high = (None if end is None else end * there[1] + there[2] for end in interval)
    return _compares((low, high), prefix, number * here[1] + here[2], half * here[1]) if prefix != "ap" else _ap(low, high, number, here)  # fmt: skip


def _ap(
    low: Fraction | None,
    high: Fraction | None,
    number: Fraction,
    unit: tuple[str, Fraction, Fraction],
) -> bool:
    """A tenth of the number as written, in the unit it is written in."""
    ends = [(number + sign * abs(number) / 10) * unit[1] + unit[2] for sign in (-1, 1)]
    return (low is None or low <= ends[1]) and (high is None or high >= ends[0])
