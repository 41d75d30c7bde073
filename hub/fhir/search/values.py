"""One parameter with its modifier and text → a Filter.

Source: http://hl7.org/fhir/R4/search.html#ptypes, #modifiers, #escaping.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

from hub.fhir.models.resource_types import RESOURCE_TYPES
from hub.fhir.search.dates import parse_date
from hub.fhir.search.definitions import Definition, code_systems, definitions_for
from hub.fhir.search.escapes import split, unescape
from hub.fhir.search.modifiers import modifiers_of
from hub.fhir.search.numbers import parse_number, parse_quantity
from hub.fhir.search.query import (
    CompositeValue,
    Filter,
    Kind,
    MissingValue,
    Modifier,
    UriValue,
    Value,
)
from hub.fhir.search.reference_values import read_reference
from hub.fhir.search.seal import Seal
from hub.fhir.search.token_values import Meant, is_media, read_text, read_token
from hub.limits import Limits
from hub.problems import HubError, ProblemCode, fail

MAX_TARGETS: Final = 1000
"""How many references one parameter may stand for, once an id without a type is any type."""

MAX_LENGTH: Final = 1024
"""How long one value may be. Units: characters."""

_BOOLEANS: Final = frozenset({"true", "false"})


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
            return lambda text: (read_text(text, name, exact=modifier == "exact"),)
        case "uri":
            versioned = (
                name == "url" and not modifier and "version" in definitions_for(resource_type)
            )
            return lambda text: (_uri(text, versioned=versioned),)
        case "reference":
            return lambda text: read_reference(text, definition, modifier, reading.base_url)
        case "composite":
            return lambda text: (_composite(text, resource_type, definition, reading),)
        case "token":
            systems = (
                code_systems(resource_type, name)
                if types == frozenset({"code"})
                else frozenset[str]()
            )
            meant = Meant(name, types, systems, is_media(definition, systems))
            return lambda text: (read_token(text, meant, modifier, reading.stored),)


def _missing(text: str, name: str) -> MissingValue:
    if text not in _BOOLEANS:
        raise fail(ProblemCode.BAD_PARAMETER, f"{name}:missing is true or false", name)
    return MissingValue(text == "true")


def _uri(text: str, *, versioned: bool) -> UriValue:
    """A URI, or `url|version` where the resource has both."""
    url, _, version = text.rpartition("|") if versioned else ("", "", "")
    return (
        UriValue(unescape(url), unescape(version)) if url and version else UriValue(unescape(text))
    )


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
