"""One parameter with its modifier and text → a Filter.

Source: http://hl7.org/fhir/R4/search.html#ptypes, #modifiers, #escaping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

from hub.fhir.models.checks import reference_type
from hub.fhir.models.resource_types import RESOURCE_TYPES
from hub.fhir.search.dates import parse_date
from hub.fhir.search.definitions import Definition, code_systems, definitions_for
from hub.fhir.search.escapes import split, unescape
from hub.fhir.search.fold import fold
from hub.fhir.search.modifiers import is_canonical, modifiers_of
from hub.fhir.search.numbers import parse_number, parse_quantity
from hub.fhir.search.query import (
    CodesValue,
    CompositeValue,
    Filter,
    IdentifierValue,
    Kind,
    MissingValue,
    Modifier,
    OfTypeValue,
    ReferenceValue,
    TextValue,
    TokenValue,
    UriValue,
    Value,
)
from hub.fhir.search.seal import Seal
from hub.fhir.search.terminology import branch, expand
from hub.limits import Limits
from hub.problems import HubError, ProblemCode, fail

MAX_TARGETS: Final = 1000
"""How many references one parameter may stand for, once an id without a type is any type."""

MAX_LENGTH: Final = 1024
"""How long one value may be. Units: characters."""

_BOOLEANS: Final = frozenset({"true", "false"})
_BOOLEAN_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/special-values"
_ABSOLUTE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*://|urn:(?:uuid|oid):)\S+")
_REFERENCE: Final = re.compile(
    r"(?:([A-Z][A-Za-z]+)/)?([A-Za-z0-9.\-]{1,64})(?:/_history/([A-Za-z0-9.\-]{1,64}))?"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a search is read against.

    Shape: `now` for `ap`; `base_url` is taken off references; `stored` are the hub's own ValueSets by URL, as JSON; `seal`
    opens a page token, None where it comes opened.
    """

    now: datetime
    base_url: str
    limits: Limits = field(default_factory=Limits)
    stored: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    seal: Seal | None = None


@cache
def value_types(resource_type: str, name: str) -> frozenset[str]:
    """A parameter of a type → the FHIR types its values have."""
    known = definitions_for(resource_type)
    return frozenset(path.kind for each in known[name].names for path in known[each].paths)


def read_filter(
    resource_type: str, definition: Definition, modifier: str, text: str, reading: Reading
) -> Filter:
    """A parameter of a type, its modifier ("" none) and the text behind the `=` → Filter.

    Problems: UNKNOWN_PARAMETER for a modifier it does not take, BAD_PARAMETER for a value it cannot have.
    """
    name = definition.name
    types = value_types(resource_type, name)
    _check_modifier(definition, modifier, types)
    if not text:
        raise fail(ProblemCode.BAD_PARAMETER, f"{name} has no value", name)
    parts = split(text, ",")
    if len(parts) > reading.limits.values:
        most = reading.limits.values
        raise fail(ProblemCode.BAD_PARAMETER, f"{name} takes at most {most} values", name)
    if any(not part or len(part) > MAX_LENGTH for part in parts):
        detail = f"{name} has an empty value, or one of more than {MAX_LENGTH} characters"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    read = _reader(resource_type, definition, modifier, types, reading)
    values = tuple(value for part in parts for value in read(part))
    if len(values) > MAX_TARGETS:
        detail = f"{name} has too many ids without a type: write Type/id"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    kind: Kind = "id" if name == "_id" else definition.kind
    kept = "" if modifier in RESOURCE_TYPES else modifier
    return Filter(name, kind, values, cast("Modifier", kept), definition.indexed)


def _check_modifier(definition: Definition, modifier: str, types: frozenset[str]) -> None:
    if not modifier:
        return
    taken = modifiers_of(definition, types)
    if modifier in taken or (modifier in definition.targets and "[type]" in taken):
        return
    shown = ", ".join(f":{each}" for each in taken) or "none"
    name = definition.name
    detail = f"The modifier of {name} is not supported here; {name} takes {shown}"
    raise fail(ProblemCode.UNKNOWN_PARAMETER, detail, name)


Reader = Callable[[str], tuple[Value, ...]]


def _reader(
    resource_type: str,
    definition: Definition,
    modifier: str,
    types: frozenset[str],
    reading: Reading,
) -> Reader:
    """A parameter → what reads one of its values."""
    name = definition.name
    if modifier == "missing":
        return lambda text: (_missing(text, name),)
    match definition.kind:
        case "date":
            return lambda text: (parse_date(text, name, reading.now),)
        case "number":
            return lambda text: (parse_number(text, name),)
        case "quantity":
            return lambda text: (parse_quantity(text, name),)
        case "string":
            return lambda text: (_text(text, name, exact=modifier == "exact"),)
        case "uri":
            return lambda text: (UriValue(unescape(text)),)
        case "reference":
            return lambda text: _reference(text, definition, modifier, reading)
        case "composite":
            return lambda text: (_composite(text, resource_type, definition, reading),)
        case "token":
            return lambda text: (_token(text, resource_type, definition, modifier, types, reading),)


def _missing(text: str, name: str) -> MissingValue:
    if text not in _BOOLEANS:
        raise fail(ProblemCode.BAD_PARAMETER, f"{name}:missing is true or false", name)
    return MissingValue(text == "true")


def _text(text: str, name: str, *, exact: bool) -> TextValue:
    plain = unescape(text)
    if not exact and not fold(plain):
        raise fail(ProblemCode.BAD_PARAMETER, f"{name} has no letter to look for", name)
    return TextValue(plain)


def _token(
    text: str,
    resource_type: str,
    definition: Definition,
    modifier: str,
    types: frozenset[str],
    reading: Reading,
) -> Value:
    name = definition.name
    systems = (
        code_systems(resource_type, name) if types == frozenset({"code"}) else frozenset[str]()
    )
    match modifier:
        case "text":
            return _text(text, name, exact=False)
        case "of-type":
            return _of_type(text, name)
        case "in" | "not-in":
            codes = expand(unescape(text), reading.stored, name)
            return CodesValue(_untold(codes, systems))
        case "below" | "above":
            return CodesValue(_branch(text, name, systems, above=modifier == "above"))
        case _:
            return _plain_token(text, name, types, systems)


def _plain_token(
    text: str, name: str, types: frozenset[str], systems: frozenset[str]
) -> TokenValue:
    divided = split(text, "|", 1)
    system = unescape(divided[0]) if len(divided) > 1 else None
    code = unescape(divided[-1])
    if not system and not code:
        detail = f"{name} needs a system or a code beside the bar"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    if types <= {"boolean", "deceased"}:
        if code not in _BOOLEANS:
            raise fail(ProblemCode.BAD_PARAMETER, f"{name} is true or false", name)
        system = None if system == _BOOLEAN_SYSTEM else system
    if system in systems:
        system = None if code else ""  # elements of type code do not tell their system
    return TokenValue(system, code or None)


def _untold(
    codes: frozenset[tuple[str, str]], systems: frozenset[str]
) -> frozenset[tuple[str, str]]:
    """Codes as elements of type code have them: without the system they are from."""
    return (
        frozenset(("", code) for system, code in codes if system in systems) if systems else codes
    )


def _branch(
    text: str, name: str, systems: frozenset[str], *, above: bool
) -> frozenset[tuple[str, str]]:
    system, bar, code = text.partition("|")
    if not bar:
        system, code = next(iter(systems), "") if len(systems) == 1 else "", text
    found = branch(unescape(system), unescape(code), above=above) if system else None
    if found is None:
        detail = f"{name} needs system|code of a code system of FHIR R4 that this hub knows"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    return _untold(found, systems)


def _of_type(text: str, name: str) -> OfTypeValue:
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) != 3 or not all(parts):
        detail = f"{name}:of-type is written system|code|value"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    return OfTypeValue(*parts)


def _reference(
    text: str, definition: Definition, modifier: str, reading: Reading
) -> tuple[Value, ...]:
    name, plain = definition.name, unescape(text)
    if modifier == "identifier":
        return (_identifier(text, name),)
    if is_canonical(definition) and (":" in plain or modifier in {"below", "above"}):
        url, _, version = plain.partition("|")
        return (ReferenceValue(url, version),)
    local = plain.removeprefix(f"{reading.base_url}/")
    match = _REFERENCE.fullmatch(local)
    if match is None or (match[1] is not None and match[1] not in RESOURCE_TYPES):
        return (_elsewhere(local, definition, modifier),)
    kind, target, version = match.groups()
    kinds = (kind,) if kind is not None else definition.targets
    if modifier:
        if kind not in {None, modifier}:
            raise fail(ProblemCode.BAD_PARAMETER, f"{name}:{modifier} names another type", name)
        kinds = (modifier,)
    return tuple(ReferenceValue(f"{each}/{target}", version or "") for each in kinds)


def _elsewhere(url: str, definition: Definition, modifier: str) -> ReferenceValue:
    """The URL or urn of what is not here, whatever its path → what finds references to it; a path that is narrow needs a type."""
    kind, name = reference_type(url), definition.name
    if not _ABSOLUTE.fullmatch(url) or (not kind and any(p.target for p in definition.paths)):
        detail = f"{name} must be an id, Type/id or the URL of a resource"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    if modifier not in {"", kind}:
        raise fail(ProblemCode.BAD_PARAMETER, f"{name}:{modifier} names another type", name)
    return ReferenceValue(*url.split("/_history/", 1))


def _identifier(text: str, name: str) -> IdentifierValue:
    divided = [unescape(part) for part in split(text, "|", 1)]
    if not divided[-1]:
        detail = f"{name}:identifier is written system|value or value"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    return IdentifierValue(divided[0] if len(divided) > 1 else None, divided[-1])


def _composite(
    text: str, resource_type: str, definition: Definition, reading: Reading
) -> CompositeValue:
    """`a$b` → one filter for each component."""
    known, name = definitions_for(resource_type), definition.name
    texts = split(text, "$")
    if len(texts) != len(definition.parts):
        shown = "$".join(definition.parts)
        raise fail(ProblemCode.BAD_PARAMETER, f"{name} is written {shown}", name)
    filters: list[tuple[str, Filter]] = []
    for part, each in zip(definition.parts, texts, strict=True):
        try:
            filters.append((part, read_filter(resource_type, known[part], "", each, reading)))
        except HubError as error:
            detail = f"{name}: {error.problems[0].detail}"
            raise fail(ProblemCode.BAD_PARAMETER, detail, name) from None
    return CompositeValue(
        tuple(one for part, one in filters if part not in definition.alone),
        tuple(one for part, one in filters if part in definition.alone),
    )
