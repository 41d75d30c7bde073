"""The text of a reference parameter → what it stands for.

Source: http://hl7.org/fhir/R4/search.html#reference, #versions.
"""

from __future__ import annotations

import re
from typing import Final

from hub.fhir.models.checks import reference_type
from hub.fhir.models.resource_types import RESOURCE_TYPES
from hub.fhir.search.definitions import Definition
from hub.fhir.search.escapes import split, unescape
from hub.fhir.search.modifiers import is_canonical
from hub.fhir.search.query import IdentifierValue, ReferenceValue, UriValue, Value
from hub.problems import ProblemCode, fail

_ABSOLUTE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*://|urn:(?:uuid|oid):)\S+")
_REFERENCE: Final = re.compile(
    r"(?:([A-Z][A-Za-z]+)/)?([A-Za-z0-9.\-]{1,64})(?:/_history/([A-Za-z0-9.\-]{1,64}))?"
)


def read_reference(
    text: str, definition: Definition, modifier: str, base_url: str
) -> tuple[Value, ...]:
    """One value of a parameter with its modifier, and the own base → the values, of which any will do. Problems: BAD_PARAMETER."""
    name, plain = definition.name, unescape(text)
    if modifier == "identifier":
        return (_identifier(text, name),)
    if is_canonical(definition) and (":" in plain or modifier in {"below", "above"}):
        return (_canonical(plain, definition, modifier),)
    local = plain.removeprefix(f"{base_url}/")
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


def _canonical(url: str, definition: Definition, modifier: str) -> Value:
    if modifier and all(path.kind == "uri" for path in definition.paths):
        return UriValue(url)
    bare, _, version = url.partition("|")
    return ReferenceValue(bare, version)


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
    if not any(divided):
        detail = f"{name}:identifier is written system|value, system| or value"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    return IdentifierValue(divided[0] if len(divided) > 1 else None, divided[-1])
