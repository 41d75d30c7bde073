"""What the generated checks of the models call: rules the decoder cannot state, each answering yes or no.

The accept path asks only whether a struct is well; explain.py finds out what is wrong and where.
Source: http://hl7.org/fhir/R4/references.html, http://hl7.org/fhir/R4/json.html, http://hl7.org/fhir/R4/terminologies.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from hub.fhir.models.narrative import ok_narrative
from hub.fhir.models.primitives import PATTERNS
from hub.fhir.models.resource_types import RESOURCE_TYPES

_ID: Final = r"[A-Za-z0-9\-.]{1,64}"
_ID_AND_VERSION: Final = re.compile(rf"{_ID}(?:/_history/{_ID})?")
_URN: Final = re.compile(
    r"urn:(?:uuid:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|oid:[0-2](?:\.(?:0|[1-9][0-9]*))+)"
)
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s]+")
_LOCAL: Final = re.compile(rf"#(?:{_ID})?")
# What a double can hold; a larger exponent is an attack on whoever computes with the number.
_LARGEST_EXPONENT: Final = 308


# Values of type uri and of type code that were found well formed, so that most are matched once only.
URIS: Final[set[str]] = set()
CODES: Final[set[str]] = set()
_MOST_KNOWN: Final = 10_000
_LONGEST_KNOWN: Final = 200
_URI: Final = re.compile(PATTERNS["uri"])
_CODE: Final = re.compile(PATTERNS["code"])


def ok_uri(value: str) -> bool:
    """A uri, url or canonical → whether it is well formed."""
    return _remember(value, URIS) if _URI.match(value) else False


def ok_code(value: str) -> bool:
    """A code → whether it is well formed."""
    return _remember(value, CODES) if _CODE.match(value) else False


def _remember(value: str, known: set[str]) -> bool:
    if len(value) <= _LONGEST_KNOWN:
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known.add(value)
    return True


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule: its official key, what it says, and the test."""

    key: str
    text: str
    test: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a struct's annotations do not say.

    Shape: names are attribute names; `choices` maps the name before [x] to its variants; `targets` a Reference to its
    resource types; `bound` a CodeableConcept to the (system, code) pairs of its required value set; `simple` are
    Quantities that take no comparator.
    """

    required: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    required_choices: tuple[str, ...] = ()
    targets: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    bound: Mapping[str, frozenset[tuple[str, str]]] = field(
        default_factory=dict[str, frozenset[tuple[str, str]]]
    )
    simple: tuple[str, ...] = ()
    invariants: tuple[Invariant, ...] = ()


def ok_decimal(value: Decimal) -> bool:
    """A decimal → whether its size is one that can be computed with."""
    return -_LARGEST_EXPONENT <= value.adjusted() <= _LARGEST_EXPONENT


def ok_absolute(url: str) -> bool:
    """The url of an extension that is in no other → whether it is absolute."""
    return _ABSOLUTE.match(url) is not None


def ok_simple(quantity: Any) -> bool:
    """A Quantity of the profile SimpleQuantity → whether it has no comparator."""
    return quantity.comparator is None and quantity.comparator_ext is None


def ok_base64(text: str) -> bool:
    """A base64Binary of the right characters (`=` only at the end) → whether they come in fours."""
    return len(text) % 4 == 0 or len("".join(text.split())) % 4 == 0


def ok_reference(reference: Any, targets: frozenset[str] | None) -> bool:
    """A Reference and the allowed types (None: all) → whether it is well formed and points to one of them."""
    written: str | None = reference.reference
    if written is None:
        return reference.type is None or _ok_type(reference.type, targets)
    kind, _, rest = written.partition("/")
    if kind in (targets or RESOURCE_TYPES) and _ID_AND_VERSION.fullmatch(rest):
        return reference.type is None or reference.type == kind
    return well_formed_reference(written) and _ok_target(written, reference.type, targets)


def well_formed_reference(written: str) -> bool:
    """A Reference.reference → whether it is relative, local, conditional or absolute as FHIR writes them."""
    kind, _, rest = written.partition("/")
    if kind in RESOURCE_TYPES:
        return _ID_AND_VERSION.fullmatch(rest) is not None
    if written.startswith("#"):
        return _LOCAL.fullmatch(written) is not None
    if written.startswith("urn:"):
        return _URN.fullmatch(written) is not None
    kind, question, rest = written.partition("?")
    if question and kind in RESOURCE_TYPES:  # a conditional reference: transactions only
        return bool(rest) and not any(c.isspace() for c in rest)
    return _ABSOLUTE.fullmatch(written) is not None


def reference_type(written: str) -> str:
    """A well-formed Reference.reference → the resource type it names, or "" when it names none."""
    kind = written.partition("/")[0].partition("?")[0]
    if kind in RESOURCE_TYPES:
        return kind
    parts = written.partition("/_history/")[0].rsplit("/", 2)
    return parts[1] if len(parts) == 3 and parts[1] in RESOURCE_TYPES else ""


def _ok_target(written: str, declared: str | None, targets: frozenset[str] | None) -> bool:
    kind = reference_type(written)
    if kind and declared is not None and declared in RESOURCE_TYPES and declared != kind:
        return False
    if kind:
        return targets is None or kind in targets
    return declared is None or _ok_type(declared, targets)


def _ok_type(declared: str, targets: frozenset[str] | None) -> bool:
    """Reference.type is extensible: only a name of FHIR's own that is not allowed is wrong."""
    return targets is None or declared not in RESOURCE_TYPES or declared in targets


def ok_binding(concept: Any, pairs: frozenset[tuple[str, str]]) -> bool:
    """A CodeableConcept with a required binding → whether one coding is in the value set.

    A concept with only an extension (a data-absent-reason) passes.
    """
    if any((c.system, c.code) in pairs for c in concept.coding):
        return True
    return not concept.coding and concept.text is None and bool(concept.extension)


def filled(o: Any) -> bool:
    """A struct → whether it has anything but an id."""
    return any(getattr(o, name) not in (None, ()) for name in o.__struct_fields__ if name != "id")


def one_choice(o: Any, variants: tuple[tuple[str, str], ...], required: bool) -> bool:
    """A struct and the variants of a choice → whether at most one (exactly one if required) stands, companions counted.

    Shape: variants are (attribute, JSON name of its companion or "").
    """
    count = sum(
        getattr(o, attribute) is not None or bool(name and getattr(o, name + "_ext") is not None)
        for attribute, name in variants
    )
    return count == 1 or (count == 0 and not required)


def ok_companions(o: Any, companions: tuple[Any, ...], check: Callable[[Any, bool], bool]) -> bool:
    """A struct, its `_name` members and the check for Element → whether each is well.

    One that stands without a value must have an extension: an id alone says nothing (ele-1).
    """
    if companions.count(None) == len(companions):
        return True  # nearly always: worth not starting a loop for
    for name in o.__struct_fields__:
        each: Any = getattr(o, name) if name.endswith("_ext") else None
        if each is not None and not isinstance(each, tuple):
            plain = name.removesuffix("_ext")
            value = getattr(o, plain if hasattr(o, plain) else f"{plain}_")
            if not check(each, True) or (value is None and not each.extension):
                return False
    return True


def ok_pairs(
    values: tuple[Any, ...], companions: tuple[Any, ...], check: Callable[[Any, bool], bool]
) -> bool:
    """A primitive array and its `_name` array → whether each null is paired with a value on the other side."""
    if not companions:
        return None not in values
    if values and len(values) != len(companions):
        return False
    paired = values or (None,) * len(companions)
    return all(
        (value is not None or companion is not None)
        and (
            companion is None
            or (check(companion, True) and (value is not None or bool(companion.extension)))
        )
        for value, companion in zip(paired, companions, strict=True)
    )


__all__ = [
    "CODES",
    "URIS",
    "Invariant",
    "Rule",
    "filled",
    "ok_absolute",
    "ok_base64",
    "ok_binding",
    "ok_code",
    "ok_companions",
    "ok_decimal",
    "ok_narrative",
    "ok_pairs",
    "ok_reference",
    "ok_simple",
    "ok_uri",
    "one_choice",
    "reference_type",
    "well_formed_reference",
]
