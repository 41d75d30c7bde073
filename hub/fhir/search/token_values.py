"""The text of a token parameter → what it stands for.

Source: http://hl7.org/fhir/R4/search.html#token, #mimetype.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.fhir.search.contact import contact_key
from hub.fhir.search.definitions import Definition
from hub.fhir.search.escapes import split, unescape
from hub.fhir.search.fold import fold
from hub.fhir.search.query import CodesValue, OfTypeValue, TextValue, TokenValue, Value
from hub.fhir.search.terminology import branch, expand
from hub.problems import ProblemCode, fail

_BOOLEANS: Final = frozenset({"true", "false"})
_BOOLEAN_SYSTEMS: Final = (
    "http://terminology.hl7.org/CodeSystem/special-values",
    "http://hl7.org/fhir/special-values",
)
"""The first is what FHIR R4 defines, the second what its page on search says."""
_MEDIA: Final = "urn:ietf:bcp:13"
_CONTACT: Final = frozenset({"ContactPoint"})
_STRING: Final = frozenset({"string"})


@dataclass(frozen=True, slots=True)
class Meant:
    """A parameter. Shape: `types` the FHIR types of its values; `systems` those that elements of type code do not tell; `media` for media types."""

    name: str
    types: frozenset[str]
    systems: frozenset[str]
    media: bool


def is_media(definition: Definition, systems: frozenset[str]) -> bool:
    """A parameter and the systems of its codes → whether they are media types."""
    return _MEDIA in systems or any(path.steps[-1] == "contentType" for path in definition.paths)


def read_token(
    text: str, meant: Meant, modifier: str, stored: Mapping[str, Mapping[str, Any]]
) -> Value:
    """One value of a parameter with its modifier, and the ValueSets at hand → the value. Problems: BAD_PARAMETER."""
    name = meant.name
    match modifier:
        case "text":
            return read_text(text, name, exact=False)
        case "of-type":
            return _of_type(text, name)
        case "in" | "not-in":
            return CodesValue(_untold(expand(unescape(text), stored, name), meant.systems))
        case "below" if meant.media:
            return TokenValue(None, unescape(text.removeprefix(f"{_MEDIA}|")))
        case "below" | "above":
            return CodesValue(_branch(text, name, meant.systems, above=modifier == "above"))
        case _:
            return _plain(text, meant)


def read_text(text: str, name: str, *, exact: bool) -> TextValue:
    """A text to look for. Problems: BAD_PARAMETER when there is nothing to compare."""
    plain = unescape(text)
    if not exact and not fold(plain):
        raise fail(ProblemCode.BAD_PARAMETER, f"{name} has no letter to look for", name)
    return TextValue(plain)


def _plain(text: str, meant: Meant) -> TokenValue:
    name, types = meant.name, meant.types
    divided = split(text, "|", 1)
    system = unescape(divided[0]) if len(divided) > 1 else None
    code = unescape(divided[-1])
    if name == "_id" and system is not None:
        raise fail(ProblemCode.BAD_PARAMETER, "_id takes an id, which has no system", name)
    if not system and not code:
        detail = f"{name} needs a system or a code beside the bar"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    if types <= {"boolean", "deceased"}:
        if code not in _BOOLEANS:
            raise fail(ProblemCode.BAD_PARAMETER, f"{name} is true or false", name)
        system = None if system in _BOOLEAN_SYSTEMS else system
    elif (
        types == _CONTACT
    ):  # "the URI portion is not used"; many ask with the kind of contact there
        system, code = system or None, contact_key(code)
    elif types == _STRING:
        code = code.casefold()
    if system in meant.systems:
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
