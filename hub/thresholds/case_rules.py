"""One rule of the exchange format → Rule, and back; which fields a kind has stands in rule_fields.py.

A field that is missing is left empty: the plan check says so in words, and a rule that cannot do without it is told of
when a value comes (S10). A field of the wrong type refuses the case.
Source: dho/cases/README.md (rules[]).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from hub.thresholds.case_fields import Fields, parse_band
from hub.thresholds.plan import AutoResolve, Band, Escalate, Part, Rule, Where
from hub.thresholds.rule_fields import FIELDS, KIND_FIELDS, Field, FieldType, KindFields, is_given
from hub.thresholds.spans import Span
from hub.thresholds.zones import BAND_ZONES, Zone

_ENDS: Final = ("gt", "ge", "lt", "le")


def parse_rule(rule: Fields) -> Rule:
    """A rule object → Rule; of a kind that is not known only its id, kind and measure are read.

    Problems: REQUIRED_MISSING, WRONG_TYPE, BAD_VALUE with the path of the field.
    """
    kind, name = rule.text("kind"), rule.text("id")
    known = KIND_FIELDS.get(kind)
    if known is None:
        return Rule(name, kind, rule.optional_text("measure"))
    values: dict[str, Any] = {}
    for each in (*known.required, *known.optional):
        field = FIELDS[each]
        if rule.content.get(each) is not None:
            values[field.attribute] = _READERS[field.type](rule, field)
    bands, components = _parse_bands(rule, known)
    resolve = rule.optional_object("auto_resolve")
    return Rule(
        name,
        kind,
        rule.optional_text("measure"),
        rule.optional_text("unit"),
        bands,
        components,
        rule.context("when"),
        rule.optional_duration("quiet"),
        None
        if resolve is None
        else AutoResolve(resolve.integer("count"), resolve.decimal("margin")),
        None if "overridable" not in rule.content else rule.flag("overridable", default=True),
        rule.optional_integer("version"),
        rule.optional_text("approved_by"),
        **values,
    )


def _parse_bands(
    rule: Fields, known: KindFields
) -> tuple[tuple[Band, ...], dict[str, tuple[Band, ...]]]:
    if known.bands == "one":
        return rule.objects("bands", parse_band, required=True), {}
    if known.bands == "none":
        return (), {}
    if isinstance(rule.content.get("bands"), list):  # one measure: its bands need no name
        return (), {rule.optional_text("measure") or "": rule.objects("bands", parse_band)}
    parts = rule.object("bands")
    return (), {part: parts.objects(part, parse_band) for part in parts.content}


def _texts(rule: Fields, field: Field) -> tuple[str, ...]:
    found = rule.content[field.name]
    if not isinstance(found, list) or not all(
        isinstance(each, str) for each in cast("list[Any]", found)
    ):
        raise rule.wrong(field.name, "a list of texts")
    return tuple(cast("list[str]", found))


def _text(rule: Fields, field: Field) -> str:
    if field.choices:
        return rule.choice(field.name, field.choices)
    return rule.optional_scalar(field.name) or ""


def _zone(rule: Fields, name: str) -> Zone:
    return cast("Zone", rule.choice(name, tuple(sorted(BAND_ZONES))))


def _answers(rule: Fields, field: Field) -> dict[str, Zone]:
    answers = rule.object(field.name)
    return {code: _zone(answers, code) for code in answers.content}


def _ends(rule: Fields, field: Field) -> Where:
    ends = rule.object(field.name)
    given = {end: ends.decimal(end) for end in _ENDS if ends.content.get(end) is not None}
    return Where(**given)


def _escalate(rule: Fields, field: Field) -> Escalate:
    fields = rule.object(field.name)
    return Escalate(fields.integer("count"), _zone(fields, "zone"))


def _parts(rule: Fields, field: Field) -> tuple[Part, ...]:
    return rule.objects(field.name, lambda part: Part(part.text("rule"), _zone(part, "min_zone")))


_READERS: Final[dict[FieldType, Callable[[Fields, Field], Any]]] = {
    "text": _text,
    "integer": lambda rule, field: rule.integer(field.name),
    "decimal": lambda rule, field: rule.decimal(field.name),
    "flag": lambda rule, field: rule.flag(field.name, default=False),
    "span": lambda rule, field: rule.optional_span(field.name),
    "texts": _texts,
    "zone": lambda rule, field: _zone(rule, field.name),
    "answers": _answers,
    "ends": _ends,
    "escalate": _escalate,
    "parts": _parts,
    "percent": lambda rule, field: rule.choice(field.name, ("percent",)) == "percent",
}


def render_rule(rule: Rule) -> dict[str, Any]:
    """A rule → its object in the exchange format."""
    known = KIND_FIELDS.get(rule.kind, KindFields("none", measure=False, unit=False))
    found: dict[str, Any] = {"id": rule.id, "kind": rule.kind}
    found |= {"measure": rule.measure, "unit": rule.unit}
    for each in (*known.required, *known.optional):
        field = FIELDS[each]
        value = getattr(rule, field.attribute)
        if is_given(value):
            found[each] = _WRITERS.get(field.type, _as_is)(value)
    if known.bands == "one":
        found["bands"] = [_band(band) for band in rule.bands]
    elif known.bands == "panel":
        found["bands"] = {n: [_band(band) for band in b] for n, b in rule.components.items()}
    if rule.when:
        found["when"] = dict(rule.when)
    if rule.quiet is not None:
        whole = int(rule.quiet.total_seconds())
        found["quiet"] = str(Span(seconds=whole))
    if rule.auto_resolve is not None:
        resolve = rule.auto_resolve
        found["auto_resolve"] = {"count": resolve.count, "margin": resolve.margin}
    found |= {
        "overridable": rule.overridable,
        "version": rule.version,
        "approved_by": rule.approved_by,
    }
    return {name: value for name, value in found.items() if value is not None}


def _as_is(value: Any) -> Any:
    return value


def _band(band: Band) -> dict[str, Any]:
    return {"zone": band.zone} | _ends_of(band)


def _ends_of(ends: Band | Where) -> dict[str, Any]:
    return {end: value for end in _ENDS if (value := getattr(ends, end)) is not None}


_WRITERS: Final[dict[FieldType, Callable[[Any], Any]]] = {
    "span": str,
    "texts": list,
    "answers": dict,
    "ends": _ends_of,
    "escalate": lambda e: {"count": e.count, "zone": e.zone},
    "parts": lambda parts: [{"rule": p.rule, "min_zone": p.min_zone} for p in parts],
    "percent": lambda _: "percent",
}
