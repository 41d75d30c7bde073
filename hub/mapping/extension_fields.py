"""The fields of our complex extensions, read with a fault in words for each that is missing or not of its type.

Source: architecture D6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from hub.fhir.models.r4.datatypes import Extension


class FieldError(Exception):
    """A sub-extension that cannot be read; the text is for the nurse."""


def text_of(part: Extension) -> str:
    """A sub-extension → its text or code."""
    value = part.valueString or part.valueCode
    if value is None:
        raise FieldError("mangler tekst eller kode")
    return value


def decimal_of(part: Extension) -> Decimal:
    """A sub-extension → its number, exact."""
    if part.valueDecimal is not None:
        return part.valueDecimal
    if part.valueInteger is not None:
        return Decimal(part.valueInteger)
    raise FieldError("mangler tall (valueDecimal)")


def integer_of(part: Extension) -> int:
    """A sub-extension → its whole number."""
    value = part.valueInteger if part.valueInteger is not None else part.valuePositiveInt
    if value is None:
        raise FieldError("mangler heltall (valueInteger)")
    return value


def boolean_of(part: Extension) -> bool:
    """A sub-extension → its yes or no."""
    if part.valueBoolean is None:
        raise FieldError("mangler ja eller nei (valueBoolean)")
    return part.valueBoolean


def from_approver(part: Extension) -> str:
    """An extension that names who approved → as the engine keeps it: the name where there is one."""
    found = part.valueReference
    text = (found.display or found.reference) if found is not None else part.valueString
    if text is None and found is not None and found.identifier is not None:
        text = found.identifier.value
    if not text:
        raise FieldError("mangler navn eller referanse")
    return text


Reader = Callable[[Extension], Any]


def read_field(part: Extension, readers: Mapping[str, Reader], found: dict[str, Any]) -> None:
    """One sub-extension → its value put under its name; each may stand once and none may be unknown."""
    read = readers.get(part.url)
    if read is None:
        raise FieldError("er et ukjent felt")
    if part.url in found:
        raise FieldError("står to ganger")
    found[part.url] = read(part)


def fields_of(part: Extension, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The sub-extensions of a part → name to value."""
    found: dict[str, Any] = {}
    for each in part.extension:
        try:
            read_field(each, readers, found)
        except FieldError as fault:
            raise FieldError(f"{each.url[:60]} {fault}") from None
    return found
