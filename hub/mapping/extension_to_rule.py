"""The repeating complex extension of `rule_to_extension.py` → one rule of a plan or of the general limits.

Source: architecture D6; dho/thresholds.md §2.2, §2.3, §2.5, §5, §7.4, §7.5.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import timedelta
from decimal import Overflow
from typing import Any, Final, cast

from hub.fhir.models.r4.datatypes import Extension
from hub.mapping import urls
from hub.mapping.extension_fields import (
    FieldError,
    Reader,
    boolean_of,
    decimal_of,
    fields_of,
    from_approver,
    integer_of,
    read_field,
    text_of,
)
from hub.mapping.rule_field_extensions import BY_URL, ENDS, FieldSheet
from hub.problems import Problem, ProblemCode, Translation
from hub.thresholds.bands import share_bands
from hub.thresholds.measurement import ContextValue
from hub.thresholds.plan import AutoResolve, Band, Rule
from hub.thresholds.zones import BAND_ZONES, Zone

_MICROSECONDS: Final = {
    "wk": 604_800_000_000,
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "min": 60_000_000,
    "s": 1_000_000,
    "ms": 1_000,
}
"""UCUM units of time that have one length; months and years have not."""


def _from_duration(part: Extension) -> timedelta:
    found = part.valueDuration
    if found is None or found.value is None or found.system != urls.UCUM:
        raise FieldError("mangler varighet med UCUM-enhet (valueDuration)")
    length = _MICROSECONDS.get(found.code or "")
    if length is None:
        raise FieldError("varigheten må være i uker, dager, timer, minutter eller sekunder")
    try:
        return timedelta(microseconds=int(found.value * length))
    except (OverflowError, Overflow):
        raise FieldError("varigheten er for lang") from None


def _auto_resolve(part: Extension) -> AutoResolve:
    fields = fields_of(part, {"count": integer_of, "margin": decimal_of})
    if len(fields) != 2:
        raise FieldError("mangler antall (count) eller margin")
    return AutoResolve(count=fields["count"], margin=fields["margin"])


_BAND_FIELDS: Final[dict[str, Reader]] = {
    "component": text_of,
    "zone": text_of,
    **dict.fromkeys(ENDS, decimal_of),
}


def _read_band(part: Extension) -> tuple[str | None, Band]:
    fields = fields_of(part, _BAND_FIELDS)
    zone = fields.get("zone")
    if zone not in BAND_ZONES:
        raise FieldError("mangler sone (red, yellow, green eller black)")
    if ("gt" in fields and "ge" in fields) or ("lt" in fields and "le" in fields):
        raise FieldError("har to nedre eller to øvre grenser i samme bånd")
    band = Band(zone=cast("Zone", zone), **{end: fields[end] for end in ENDS if end in fields})
    return fields.get("component"), band


def _read_condition(part: Extension, when: dict[str, ContextValue]) -> None:
    fields = fields_of(part, {"key": text_of, "value": _context_value})
    key = fields.get("key")
    if key is None:
        raise FieldError("mangler navnet på betingelsen (key)")
    if key in when:
        raise FieldError(f"har betingelsen {key} to ganger")
    when[key] = fields.get("value")


def _context_value(part: Extension) -> ContextValue:
    return part.valueBoolean if part.valueBoolean is not None else text_of(part)


def _word(part: Extension) -> str:
    """A code or unit, which the rules of thousands of patients share → kept once for them all."""
    return sys.intern(text_of(part))


_NOTHING: Final[dict[str, Any]] = {}
"""What most rules have no entry of; kept once, and changed by nobody."""

_SINGLE: Final[dict[str, Reader]] = {
    "sequence": integer_of,
    "id": text_of,
    "kind": _word,
    "measure": _word,
    "unit": _word,
    "quiet": _from_duration,
    "autoResolve": _auto_resolve,
    "overridable": boolean_of,
    "version": integer_of,
    "approvedBy": from_approver,
}
# sub-extension → field of Rule, where the names differ
_NAMES: Final = {"autoResolve": "auto_resolve", "approvedBy": "approved_by"}


def extension_to_rule(carrier: Extension, where: str) -> Translation[tuple[int, Rule] | None]:
    """The extension at this FHIRPath → (sequence, rule), None when it cannot be read.

    Shape: sequence 0 when none is given.
    Problems: BUSINESS_RULE for each field that is missing, unknown, repeated or not of its type.
    """
    fields: dict[str, Any] = {}
    bands: list[tuple[str | None, Band]] = []
    components: dict[str, list[Band]] = {}
    when: dict[str, ContextValue] = {}
    problems: list[Problem] = []
    sheet = FieldSheet({})
    for index, part in enumerate(carrier.extension):
        try:
            if part.url == "band":
                bands.append(_read_band(part))
            elif part.url == "component":
                components.setdefault(text_of(part), [])
            elif part.url == "when":
                _read_condition(part, when)
            elif part.url in BY_URL:
                sheet.read(part)
            else:
                read_field(part, _SINGLE, fields)
        except FieldError as fault:
            name = "Regelen" if "id" not in fields else f"Regelen {fields['id']}"
            text = f"{name}: {part.url[:60]} {fault}."
            problems.append(Problem(ProblemCode.BUSINESS_RULE, text, f"{where}.extension[{index}]"))
    for name in ("id", "kind"):
        if name not in fields and not problems:
            text = f"Regelen mangler feltet {name}."
            problems.append(Problem(ProblemCode.BUSINESS_RULE, text, where))
    if problems:
        return Translation(None, problems)
    sequence = cast("int", fields.pop("sequence", 0))
    for component, band in bands:
        if component is not None:
            components.setdefault(component, []).append(band)
    fields["bands"] = _shared(band for component, band in bands if component is None)
    fields["components"] = {n: _shared(found) for n, found in components.items()} or _NOTHING
    fields["when"] = when or _NOTHING
    fields["answers"] = _NOTHING
    fields |= sheet.values
    rule = Rule(**{_NAMES.get(name, name): value for name, value in fields.items()})
    return Translation((sequence, rule))


def _shared(bands: Iterable[Band]) -> tuple[Band, ...]:
    """Bands of a rule → the same; what a template gives to many patients is kept once."""
    own = tuple(bands)
    return share_bands(repr(own), own)


def read_rules(
    carriers: Iterable[tuple[Iterable[Extension], str]],
) -> Translation[tuple[tuple[str, Rule], ...]]:
    """Extension lists with the FHIRPath of their resource → (FHIRPath, rule) in the order of their sequence numbers.

    Problems: those of `extension_to_rule`; a rule that cannot be read is left out.
    """
    found: list[tuple[int, str, Rule]] = []
    problems: list[Problem] = []
    for extensions, resource in carriers:
        for index, each in enumerate(extensions):
            if each.url != urls.RULE:
                continue
            where = f"{resource}.extension[{index}]"
            read = extension_to_rule(each, where)
            problems += read.problems
            if read.value is not None:
                found.append((read.value[0], where, read.value[1]))
    found.sort(key=lambda row: row[0])
    return Translation(tuple((where, rule) for _, where, rule in found), problems)
