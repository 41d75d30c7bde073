"""Who refers to a resource, found by the index of references; the access log aside, which refers to everything.

Source: http://hl7.org/fhir/R4/http.html#delete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.search.definitions import definitions_for
from hub.policy import Permit
from hub.store.connection import Connection
from hub.store.index_keys import cut_key, param_id
from hub.store.layout import layout_of

_AT_ONCE: Final = 200


def referrers(
    connection: Connection, permit: Permit, resource_type: str, resource_id: str, most: int
) -> Sequence[str]:
    """Type and id → the `Type/id` of resources that refer to it now, at most `most`, itself left out."""
    here = f"{resource_type}/{resource_id}"
    tenant = permit.filter.tenant_id
    found: dict[str, None] = {}
    if (
        resource_type == "Patient"
    ):  # a resource's own patient is a column, not an entry of the index
        found.update(dict.fromkeys(_of_patient(connection, tenant, resource_id, most)))
    for each in _by_index(connection, tenant, here, most):
        found[each] = None
    found.pop(here, None)
    return list(found)[:most]


@cache
def _types() -> tuple[str, ...]:
    return tuple(sorted(RESOURCE_TYPES - {"AuditEvent"}))


@cache
def _params() -> dict[int, str]:
    """Number of each reference parameter → its type."""
    return {
        param_id(kind, name): kind
        for kind in _types()
        for name, definition in definitions_for(kind).items()
        if definition.kind == "reference"
    }


def _by_index(connection: Connection, tenant: int, here: str, most: int) -> Iterator[str]:
    numbers = sorted(_params())
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        rows = connection.execute(
            f"SELECT DISTINCT param, rid FROM index_text WHERE tenant_id = ? AND param IN ({_marks(some)})"
            f" AND value = ? LIMIT {most + 1}",
            (tenant, *some, cut_key(here)),
        ).fetchall()
        for param, rid in rows:
            kind = _params()[param]
            held = connection.execute(
                f"SELECT id FROM {layout_of(kind).table} WHERE rid = ? AND deleted = 0", (rid,)
            ).fetchone()
            if held is not None:
                yield f"{kind}/{held[0]}"


def _of_patient(connection: Connection, tenant: int, resource_id: str, most: int) -> Iterator[str]:
    shared = [t for t in _types() if layout_of(t).typed]
    rows = connection.execute(
        f"SELECT type, id FROM resource WHERE tenant_id = ? AND type IN ({_marks(shared)}) AND patient_id = ?"
        f" AND deleted = 0 LIMIT {most + 1}",
        (tenant, *shared, resource_id),
    ).fetchall()
    yield from (f"{kind}/{each}" for kind, each in rows)
    rows = connection.execute(
        "SELECT id FROM observation WHERE tenant_id = ? AND patient_id = ? AND deleted = 0"
        f" LIMIT {most + 1}",
        (tenant, resource_id),
    ).fetchall()
    yield from (f"Observation/{each}" for (each,) in rows)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" for _ in values)
