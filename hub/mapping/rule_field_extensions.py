"""The fields of the rule kinds ⇄ sub-extensions: one row per kind of value, walked by both directions.

A span of time is carried as its ISO 8601 text, because days of the calendar and hours that pass are not the same (§5.3).
Source: architecture D6; dho/thresholds.md §5; hub/thresholds/rule_fields.py (which kind has which field).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from hub.fhir.models.r4.datatypes import Extension
from hub.mapping.extension_fields import (
    FieldError,
    Reader,
    boolean_of,
    decimal_of,
    fields_of,
    integer_of,
    text_of,
)
from hub.thresholds.plan import Escalate, Part, Rule, Where
from hub.thresholds.rule_fields import FIELDS, KIND_FIELDS, Field, FieldType, is_given
from hub.thresholds.spans import Span, parse_span
from hub.thresholds.zones import BAND_ZONES, Zone

ENDS: Final = ("gt", "ge", "lt", "le")
"""The letters of a band's ends (§2.3)."""


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


BY_URL: Final[dict[str, Field]] = {_camel(field.name): field for field in FIELDS.values()}
"""Sub-extension → the field it carries."""
_URLS: Final = {field.name: url for url, field in BY_URL.items()}


def _zone_of(part: Extension) -> Zone:
    zone = text_of(part)
    if zone not in BAND_ZONES:
        raise FieldError("må være red, yellow, green eller black")
    return cast("Zone", zone)


def _span_of(part: Extension) -> Span:
    span = parse_span(text_of(part))
    if span is None:
        raise FieldError("må være en varighet som P3D eller PT24H")
    return span


def _pairs(part: Extension, readers: dict[str, Reader], words: str) -> dict[str, Any]:
    fields = fields_of(part, readers)
    if fields.keys() != readers.keys():
        raise FieldError(f"mangler {words}")
    return fields


def _where_of(part: Extension) -> Where:
    return Where(**fields_of(part, dict.fromkeys(ENDS, decimal_of)))


def _escalate_of(part: Extension) -> Escalate:
    found = _pairs(
        part, {"count": integer_of, "zone": _zone_of}, "antall (count) eller sone (zone)"
    )
    return Escalate(found["count"], found["zone"])


def _part_of(part: Extension) -> Part:
    found = _pairs(
        part, {"rule": text_of, "minZone": _zone_of}, "regel (rule) eller sone (minZone)"
    )
    return Part(found["rule"], found["minZone"])


def _answer_of(part: Extension) -> tuple[str, Zone]:
    found = _pairs(part, {"code": text_of, "zone": _zone_of}, "svar (code) eller sone (zone)")
    return found["code"], found["zone"]


def _percent_of(part: Extension) -> bool:
    if text_of(part) != "percent":
        raise FieldError("må være percent")
    return True


_READERS: Final[dict[FieldType, Reader]] = {
    "text": text_of,
    "integer": integer_of,
    "decimal": decimal_of,
    "flag": boolean_of,
    "span": _span_of,
    "texts": text_of,
    "zone": _zone_of,
    "answers": _answer_of,
    "ends": _where_of,
    "escalate": _escalate_of,
    "parts": _part_of,
    "percent": _percent_of,
}
_REPEATING: Final = frozenset({"texts", "answers", "parts"})


@dataclass(slots=True)
class FieldSheet:
    """The fields read so far; lives inside one reading of a rule."""

    values: dict[str, Any]

    def read(self, part: Extension) -> None:
        """A sub-extension → its field filled; repeating ones add to it."""
        field = BY_URL[part.url]
        value = _READERS[field.type](part)
        if field.choices and str(value) not in field.choices and field.type != "percent":
            raise FieldError(f"må være en av {', '.join(field.choices)}")
        here = self.values.get(field.attribute)
        if field.type == "answers":
            code, zone = value
            if here is not None and code in here:
                raise FieldError(f"har svaret {code[:60]} to ganger")
            self.values[field.attribute] = {**(here or {}), code: zone}
        elif field.type in _REPEATING:
            self.values[field.attribute] = (*(here or ()), value)
        elif field.attribute in self.values:
            raise FieldError("står to ganger")
        else:
            self.values[field.attribute] = value


def write_fields(rule: Rule) -> list[Extension]:
    """A rule → the sub-extensions of its kind's fields."""
    known = KIND_FIELDS.get(rule.kind)
    found: list[Extension] = []
    for name in () if known is None else (*known.required, *known.optional):
        field = FIELDS[name]
        value = getattr(rule, field.attribute)
        if is_given(value):
            found += _WRITERS[field.type](_URLS[name], value)
    return found


def _one(build: Callable[[str, Any], Extension]) -> Callable[[str, Any], list[Extension]]:
    return lambda url, value: [build(url, value)]


def _string(url: str, value: str) -> Extension:
    return Extension(url=url, valueString=value)


def _nested(url: str, parts: Sequence[Extension]) -> Extension:
    return Extension(url=url, extension=tuple(parts))


def _where(url: str, where: Where) -> list[Extension]:
    ends: list[tuple[str, Decimal | None]] = [(end, getattr(where, end)) for end in ENDS]
    return [_nested(url, [Extension(url=e, valueDecimal=v) for e, v in ends if v is not None])]


def _answers(url: str, answers: dict[str, Zone]) -> list[Extension]:
    return [
        _nested(url, (_string("code", code), Extension(url="zone", valueCode=zone)))
        for code, zone in answers.items()
    ]


def _escalate(url: str, escalate: Escalate) -> Extension:
    count = Extension(url="count", valueInteger=escalate.count)
    return _nested(url, (count, Extension(url="zone", valueCode=escalate.zone)))


def _parts(url: str, parts: Sequence[Part]) -> list[Extension]:
    return [
        _nested(url, (_string("rule", p.rule), Extension(url="minZone", valueCode=p.min_zone)))
        for p in parts
    ]


_WRITERS: Final[dict[FieldType, Callable[[str, Any], list[Extension]]]] = {
    "text": _one(_string),
    "integer": _one(lambda url, value: Extension(url=url, valueInteger=value)),
    "decimal": _one(lambda url, value: Extension(url=url, valueDecimal=value)),
    "flag": _one(lambda url, value: Extension(url=url, valueBoolean=value)),
    "span": _one(lambda url, value: _string(url, str(value))),
    "texts": lambda url, value: [_string(url, each) for each in value],
    "zone": _one(lambda url, value: Extension(url=url, valueCode=value)),
    "answers": _answers,
    "ends": _where,
    "escalate": _one(_escalate),
    "parts": _parts,
    "percent": _one(lambda url, _: Extension(url=url, valueCode="percent")),
}
