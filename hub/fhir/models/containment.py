"""Contained resources: what holds between them and the resource around them.

Source: http://hl7.org/fhir/R4/references.html#contained, invariants dom-2 to dom-5 and ref-1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from hub.fhir.models.local_targets import misplaced
from hub.fhir.wire import local_references, mentioned
from hub.problems import Problem, ProblemCode

Json = dict[str, Any]


def as_list(value: Any) -> list[Any]:
    """A JSON value → itself when it is an array, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def contained_problems(read: Json, body: bytes, where: str) -> Iterator[Problem]:
    """A resource (plain) with its JSON text → breaches of dom-2 to dom-5 and ref-1."""
    ids: set[str] = set()
    contained = as_list(read.get("contained"))
    meant = mentioned(body) if contained else set[str]()
    for place, each in enumerate(contained):
        if isinstance(each, dict):
            resource = cast("Json", each)
            yield from _one(resource, meant, f"{where}.contained[{place}]")
            if str(resource.get("id")) in ids:
                detail = "The id of a contained resource must be unique among them"
                yield Problem(ProblemCode.BAD_VALUE, detail, f"{where}.contained[{place}].id")
            ids.add(str(resource.get("id")))
    if read.get("resourceType") in {"Bundle", "Parameters"}:
        return  # the resources inside resolve their own # references
    for _ in local_references(body) - ids:
        detail = "ref-1: a #reference SHALL name a contained resource"
        yield Problem(ProblemCode.INVARIANT, detail, where)
    yield from misplaced(read, where)


def _one(resource: Json, meant: set[str], where: str) -> Iterator[Problem]:
    meta: Any = resource.get("meta")
    names: set[str] = set(cast("Json", meta)) if isinstance(meta, dict) else set()
    own = resource.get("id")
    breaches = {
        "dom-2: a contained resource SHALL not contain resources": "contained" in resource,
        "dom-4: a contained resource SHALL have no version or time": bool(
            names & {"versionId", "lastUpdated"}
        ),
        "dom-5: a contained resource SHALL have no security label": "security" in names,
        "dom-3: the resource SHALL refer to each contained one": isinstance(own, str)
        and own not in meant
        and b'"#"' not in json.dumps(resource, default=str).encode(),
    }
    for detail, broken in breaches.items():
        if broken:
            yield Problem(ProblemCode.INVARIANT, detail, where)
    if not isinstance(own, str):
        detail = "A contained resource must have an id"
        yield Problem(ProblemCode.REQUIRED_MISSING, detail, f"{where}.id")
