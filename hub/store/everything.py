"""Patient/$everything: a patient's compartment, type by type, and behind it what that refers to, each resource once.

Keyset pages: the cursor names the type it stands in; what is referred to (practitioners, organisations, devices,
medications …) follows as a last part, in the order of its addresses.
Source: http://hl7.org/fhir/R4/patient-operation-everything.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.requests import Stored
from hub.fhir.search.compartments import compartment_parameters
from hub.fhir.search.definitions import definitions_for
from hub.fhir.search.query import Cursor, EverythingQuery, Page, SearchQuery
from hub.fhir.subject import finds_owner
from hub.policy import Permit
from hub.problems import ProblemCode, fail
from hub.store.connection import Connection
from hub.store.index_keys import param_id
from hub.store.layout import FAR, layout_of
from hub.store.search import rows
from hub.store.search_filters import Place
from hub.store.search_includes import load_all
from hub.store.search_links import visible
from hub.store.search_plan import Plan, plan
from hub.store.search_sql import Sql, all_of, among, any_of
from hub.store.search_system import present_types

_ON_REQUEST: Final = frozenset({"AuditEvent"})
"""Types that come only when `_type` names them: who has read what is no part of the record, and each page would add to it."""
_REFERRED: Final = "~"
"""Stands in a cursor for the last part: behind every type."""
_STEPS: Final = 2
"""How far references are followed from the compartment: to a role, and to the person and the organisation of it."""


def everything(connection: Connection, permit: Permit, query: EverythingQuery) -> Page:
    """What is asked → one page. Problems: BAD_PARAMETER for a cursor of another search."""
    plans = _plans(connection, permit, query)
    part, cursor = _part(query)
    found: list[Stored] = []
    nexts: list[Cursor] = []
    for kind, chosen in plans.items():
        if part is not None and _rank(kind) < _rank(part):
            continue
        limit = query.count + 1 - len(found)
        own = SearchQuery(kind, (), limit, cursor=cursor if kind == part else None)
        for keys, rid, stored in rows(connection, chosen, own, limit):
            found.append(stored)
            nexts.append(Cursor((kind, *keys), rid))
        if len(found) > query.count:
            return Page(tuple(found[: query.count]), nexts[query.count - 1])
    after = ""
    if part == _REFERRED and query.cursor is not None:
        after = str(query.cursor.keys[1])
    room = query.count - len(found)
    targets = [t for t in _referred(connection, permit, query, plans) if t > after]
    if not room and targets:
        return Page(tuple(found), nexts[-1])
    for target in targets[:room]:
        kind, _, here = target.partition("/")
        found += load_all(connection, permit, kind, [here])
    if len(targets) > room:
        return Page(tuple(found), Cursor((_REFERRED, targets[room - 1]), 0))
    return Page(tuple(found), None)


def _rank(kind: str) -> tuple[bool, str]:
    """The patient comes first, then the types by name, then what they refer to."""
    return kind != "Patient", kind


def _part(query: EverythingQuery) -> tuple[str | None, Cursor | None]:
    if query.cursor is None:
        return None, None
    part, *keys = query.cursor.keys or (None,)
    known = part == _REFERRED or part in RESOURCE_TYPES
    if not isinstance(part, str) or not known or len(keys) != 1:
        raise fail(ProblemCode.BAD_PARAMETER, "_cursor is not one that this server gave", "_cursor")
    return part, Cursor(tuple(keys), query.cursor.row)


def _plans(connection: Connection, permit: Permit, query: EverythingQuery) -> dict[str, Plan]:
    """The types of the compartment that are here and wanted → how their rows are found."""
    inside = compartment_parameters("Patient")
    here = set(present_types(connection, permit.filter.tenant_id)) & set(inside)
    wanted = here & set(query.types) if query.types else here - _ON_REQUEST
    found: dict[str, Plan] = {}
    for kind in sorted(wanted, key=_rank):
        place = Place(permit, kind, "r")
        own = SearchQuery(
            kind, (), 1, compartment=f"Patient/{query.patient}" if query.patient else ""
        )
        chosen = plan(place, own)
        if not query.patient:
            chosen.where.append(_of_any_patient(place, inside[kind]))
        chosen.where += _times(query, kind)
        found[kind] = chosen
    return found


def _times(query: EverythingQuery, kind: str) -> Iterator[Sql]:
    """The bounds asked for: the time something is about (what has none is in), and when it was stored."""
    if query.start is not None:
        yield Sql("r.date_to > ?", (query.start,))
    if query.end is not None:
        yield Sql(f"(r.date_from < ? OR r.date_from = {FAR})", (query.end,))
    if query.since is not None and kind != "Patient":
        yield Sql("r.updated >= ?", (query.since,))


def _of_any_patient(place: Place, params: Sequence[str]) -> Sql:
    if place.type == "Patient":
        return Sql("1 = 1")
    parts: list[Sql] = []
    if any(finds_owner(place.type, name) for name in params):
        parts.append(Sql("r.patient_id <> ''"))
    numbers = [param_id(place.type, n) for n in params if not finds_owner(place.type, n)]
    if numbers:
        head = Sql(
            "EXISTS (SELECT 1 FROM index_text x WHERE x.tenant_id = ? AND x.rid = r.rid",
            (place.tenant,),
        )
        tail = Sql(" AND x.value >= 'Patient/' AND x.value < 'Patient0')")
        parts.append(head + Sql(" AND ") + among("x.param", numbers) + tail)
    return any_of(parts)


def _referred(
    connection: Connection, permit: Permit, query: EverythingQuery, plans: dict[str, Plan]
) -> list[str]:
    """The plans → `Type/id` of what their rows refer to outside every patient's compartment, in order."""
    found: set[str] = set()
    for kind, chosen in plans.items():
        found |= set(_targets(connection, kind, chosen.source, chosen.condition, chosen.rid))
    fresh = found
    for _ in range(_STEPS - 1):
        fresh = _onward(connection, permit, fresh) - found
        found |= fresh
    kept = (t for t in found if not query.types or t.partition("/")[0] in query.types)
    return sorted(kept)


def _targets(
    connection: Connection, kind: str, source: str, wanted: Sql, rid: str
) -> Iterator[str]:
    numbers = [
        param_id(kind, name)
        for name, each in definitions_for(kind).items()
        if each.kind == "reference"
    ]
    if not numbers:
        return
    text = (
        Sql(f"SELECT DISTINCT x.value FROM {source} CROSS JOIN index_text x WHERE ")
        + wanted
        + Sql(f" AND x.tenant_id = r.tenant_id AND x.rid = {rid} AND ")
        + among("x.param", numbers)
    )
    for (value,) in connection.execute(text.text, text.values):
        of_type, _, here = value.partition("/")
        if here and of_type in SUPPORTING:
            yield value


def _onward(connection: Connection, permit: Permit, targets: set[str]) -> set[str]:
    """What those refer to in turn."""
    by_type: dict[str, list[str]] = {}
    for target in targets:
        kind, _, here = target.partition("/")
        by_type.setdefault(kind, []).append(here)
    found: set[str] = set()
    for kind, ids in by_type.items():
        for start in range(0, len(ids), 400):
            some = among("r.id", ids[start : start + 400])
            own = all_of((some, visible(Place(permit, kind, "r"))))
            source = f"{layout_of(kind).table} r"
            found |= set(_targets(connection, kind, source, own, "r.rid"))
    return found


SUPPORTING: Final = frozenset(
    (
        "Device",
        "DeviceDefinition",
        "Endpoint",
        "HealthcareService",
        "Location",
        "Medication",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Questionnaire",
        "Substance",
    )
)
"""The types that stand outside every patient's compartment and are needed to read what is inside."""
