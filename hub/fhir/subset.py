"""A stored body → a part of it, as `_summary` and `_elements` ask; what stays keeps its bytes.

Source: http://hl7.org/fhir/R4/search.html#summary, #elements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

import msgspec
from msgspec import Raw

from hub.fhir.models import RESOURCE_TYPES, rules_for, struct_for
from hub.fhir.models.elements import Element, elements_of
from hub.fhir.models.primitives import json_name
from hub.fhir.models.r4.summary_elements import TABLE
from hub.fhir.wire import read_head
from hub.problems import ProblemCode, fail

SUBSETTED: Final = (
    b'{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue",'
    b'"code":"SUBSETTED","display":"subsetted"}'
)
SUMMARIES: Final = ("true", "text", "data", "false")
"""The values of `_summary` that shape a resource; `count` shapes a search and is its own affair."""

# A rule that changes the meaning of the rest is never left out.
_ALWAYS: Final = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
_MEMBERS: Final = msgspec.json.Decoder(dict[str, Raw])
_ITEMS: Final = msgspec.json.Decoder(list[Raw])
_TYPE: Final = msgspec.json.Decoder(dict[str, Any])
_STRING: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Subset:
    """The part that is wanted.

    Shape: either `summary` ("true", "text" or "data") or `elements`, names at the root of the resource; a choice by the
    name before its [x].
    """

    summary: str = ""
    elements: frozenset[str] = frozenset()


def parse_subset(pairs: Iterable[tuple[str, str]], resource_types: Sequence[str]) -> Subset | None:
    """Query pairs and the resource types that may come back (none: any) → Subset, None for whole resources.

    Problems: BAD_PARAMETER for a value that is none, for an element that no such type has, and for both parameters.
    """
    summaries = {value for name, value in pairs if name == "_summary"}
    lists = [value for name, value in pairs if name == "_elements"]
    if len(summaries) > 1 or not summaries <= set(SUMMARIES):
        detail = f"_summary takes one of {', '.join(SUMMARIES)} here"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_summary")
    summary = next(iter(summaries - {"false"}), "")
    if summary and lists:
        detail = "_summary and _elements do not go together"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_elements")
    if summary:
        return Subset(summary)
    if not lists:
        return None
    names = frozenset(
        part.strip().removesuffix("[x]") for text in lists for part in text.split(",")
    )
    for name in sorted(names):
        if not any(name in _names(kind) for kind in resource_types or RESOURCE_TYPES):
            where = ", ".join(resource_types[:3]) or "resource type"
            detail = f"_elements takes names of elements at the root of {where}"
            raise fail(ProblemCode.BAD_PARAMETER, detail, "_elements")
    return Subset(elements=names)


def reduce_body(body: bytes, subset: Subset) -> bytes:
    """The bytes of a resource and a Subset → the part as compact JSON with the SUBSETTED tag.

    Shape: id, meta, implicitRules, modifierExtension and what is mandatory always stay; a resource inside (Bundle,
    Parameters) stays whole. Decimals keep their digits.
    """
    kind = read_head(body)[0] or _TYPE.decode(body)["resourceType"]
    members = _MEMBERS.decode(body)
    if subset.summary == "data":
        members.pop("text", None)
    elif subset.summary == "true":
        members = _summarised(members, kind, struct_for(kind))
    else:
        wanted = frozenset({"text"}) if subset.summary == "text" else subset.elements
        members = {
            name: raw
            for name, raw in members.items()
            if _plain(name) in _ALWAYS | wanted | _mandatory(kind, kind)
            or _root(kind, _plain(name)) in wanted
        }
    return _join(_tagged(members))


def refuse_part(resource: Any, body: bytes) -> None:
    """A decoded resource and its bytes → nothing when it is whole: a part must not become a version.

    Problems: BUSINESS_RULE.
    """
    if b'"SUBSETTED"' not in body or resource.meta is None:
        return
    if any(tag.code == "SUBSETTED" for tag in resource.meta.tag):
        detail = "The resource is marked as a part (SUBSETTED); what it lacks would be lost"
        raise fail(ProblemCode.BUSINESS_RULE, detail, f"{type(resource).__name__}.meta.tag")


def _plain(name: str) -> str:
    return name.removeprefix("_")


@cache
def _names(kind: str) -> frozenset[str]:
    """A resource type → the names `_elements` may have: those of its elements, a choice by its base."""
    names = {name for name in elements_of(struct_for(kind)) if not name.startswith("_")}
    return frozenset(names | {_root(kind, name) for name in names})


@cache
def _choices(kind: str, struct: str) -> Mapping[str, str]:
    """A resource type and one of its structs → variant → the name before [x]."""
    rule = rules_for(kind).get(struct)
    found = rule.choices.items() if rule else ()
    return {json_name(variant): base for base, variants in found for variant in variants}


def _root(kind: str, name: str) -> str:
    return _choices(kind, kind).get(name, name)


@cache
def _mandatory(kind: str, struct: str) -> frozenset[str]:
    rule = rules_for(kind).get(struct)
    if rule is None:
        return frozenset()
    choices = _choices(kind, struct)
    variants = {name for name, base in choices.items() if base in rule.required_choices}
    return frozenset({json_name(attribute) for attribute in rule.required} | variants)


@cache
def _in_summary(kind: str, struct: str) -> frozenset[str]:
    listed = frozenset(TABLE.get(struct, "").split())
    choices = _choices(kind, struct)
    variants = {name for name, base in choices.items() if f"{base}[x]" in listed}
    return _ALWAYS | listed | variants | _mandatory(kind, struct)


def _summarised(
    members: Mapping[str, Raw | bytes], kind: str, struct: type[msgspec.Struct]
) -> dict[str, Raw | bytes]:
    """The members of an object of that struct → those of the summary; all of them when none would be left."""
    elements = elements_of(struct)
    wanted = _in_summary(kind, struct.__name__)
    kept = {
        name: _inner(raw, kind, elements.get(name))
        for name, raw in members.items()
        if _plain(name) in wanted
    }
    return kept if kept.keys() - {"id"} else dict(members)


def _inner(raw: Raw | bytes, kind: str, element: Element | None) -> Raw | bytes:
    if element is None or element.struct is None or element.attribute.endswith("_ext"):
        return raw
    struct = element.struct
    if not element.many:
        return _join(_summarised(_MEMBERS.decode(raw), kind, struct))
    items = [_join(_summarised(_MEMBERS.decode(each), kind, struct)) for each in _ITEMS.decode(raw)]
    return b"[" + b",".join(items) + b"]"


def _tagged(members: Mapping[str, Raw | bytes]) -> dict[str, Raw | bytes]:
    """The members of a resource → the same with the tag in meta, which stands behind id where it was not."""
    meta = _MEMBERS.decode(members.get("meta", b"{}"))
    tags = [bytes(each) for each in _ITEMS.decode(meta.get("tag", b"[]"))]
    codes = [cast("Mapping[str, Any]", _TYPE.decode(each)).get("code") for each in tags]
    if "SUBSETTED" not in codes:
        tags.append(SUBSETTED)
    made = _join({**meta, "tag": b"[" + b",".join(tags) + b"]"})
    first = {name: members[name] for name in ("resourceType", "id") if name in members}
    return {
        **first,
        "meta": made,
        **{n: v for n, v in members.items() if n not in (*first, "meta")},
    }


def _join(members: Mapping[str, Raw | bytes]) -> bytes:
    parts = [_STRING.encode(name) + b":" + bytes(value) for name, value in members.items()]
    return b"{" + b",".join(parts) + b"}"
