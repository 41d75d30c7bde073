"""One parameter of a search → the condition on the rows of bodies that it stands for.

Shape: a condition speaks of the row alias it is given and is never NULL, so that it can be denied.
Source: http://hl7.org/fhir/R4/search.html#modifiers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeGuard

from msgspec import Struct
from msgspec.structs import replace

from hub.fhir.search.query import (
    CompositeValue,
    DateValue,
    Filter,
    MissingValue,
    ReferenceValue,
    TokenValue,
    Value,
)
from hub.fhir.subject import finds_owner
from hub.policy import Permit
from hub.problems import ProblemCode, fail
from hub.store import search_audit as audit_columns
from hub.store import search_hot as hot
from hub.store.audit_facts import rid_of
from hub.store.index_keys import param_id
from hub.store.index_rows import IDENTIFIER_OF, PRESENT_OF, TEXT_OF
from hub.store.search_sql import TRUE, Sql, all_of, among, any_of, none_of
from hub.store.search_values import TABLES, date_sql, index_name, numbers_of, value_sql

_DENIED: Final = ("not", "not-in")
_OF_EVERY_ROW: Final = ("_id", "_lastUpdated")


class Place(Struct, frozen=True):
    """Where conditions look: rows of `type` under the alias `row`, opened by `permit`."""

    permit: Permit
    type: str
    row: str

    @property
    def tenant(self) -> int:
        """The tenant whose rows are looked at."""
        return self.permit.filter.tenant_id


def of_ids(place: Place, ids: Sequence[str]) -> Sql:
    """Ids → that the row has one of them. Those of the access log are numbers of rows, and have no index of their own."""
    named = among(f"{place.row}.id", ids)
    if place.type != "AuditEvent" or not ids:
        return named
    return all_of((among(f"{place.row}.rid", [rid_of(each) for each in ids]), named))


def condition(place: Place, one: Filter) -> Sql:
    """A filter → the condition it is for the rows of a place."""
    if one.modifier == "missing":
        return _missing(place, one)
    if one.kind == "composite":
        return any_of(
            composite(place, value) for value in one.values if isinstance(value, CompositeValue)
        )
    found = any_of(_named(place, one, name) for name in one.names)
    return none_of(found) if one.modifier in _DENIED else found


def entry(place: Place, one: Filter, name: str, slot: Sql = TRUE) -> Sql:
    """A filter and a parameter in the index → that the row has a matching entry there."""
    table = TABLES.get(one.kind, "index_text") if one.modifier != "text" else "index_text"
    numbers = among("x.param", numbers_of(place.type, one, name))
    wanted = all_of((numbers, value_sql(one, "x"), slot))
    return (
        Sql(
            f"EXISTS (SELECT 1 FROM {table} x WHERE x.tenant_id = ? AND x.rid = {place.row}.rid AND ",
            (place.tenant,),
        )
        + wanted
        + Sql(")")
    )


def composite(place: Place, value: CompositeValue) -> Sql:
    """Components → that they hold for entries of one slot of the row, and those that stand alone anywhere."""
    alone = [condition(place, part) for part in value.alone]
    ways = [_joined(place, value.parts)]
    if place.type == "Observation" and any(hot.answers(n) for p in value.parts for n in p.names):
        ways.append(all_of(_at_root(place, part) for part in value.parts))
    return all_of([any_of(ways), *alone])


def _at_root(place: Place, part: Filter) -> Sql:
    """A component → that it holds at the resource itself."""
    return any_of(_named(place, part, name, Sql("x.slot = 0")) for name in part.names)


def _joined(place: Place, parts: tuple[Filter, ...]) -> Sql:
    """Components → that rows of the index match them all in one slot."""
    sources: list[str] = []
    wanted: list[Sql] = []
    for number, part in enumerate(parts):
        x = f"x{number}"
        sources.append(f"{TABLES.get(part.kind, 'index_text')} {x}")
        params = [param_id(place.type, index_name(part, name)) for name in part.names]
        wanted.append(Sql(f"{x}.tenant_id = ? AND {x}.rid = {place.row}.rid", (place.tenant,)))
        wanted.append(among(f"{x}.param", params))
        wanted.append(value_sql(part, x))
        if number:
            wanted.append(Sql(f"{x}.slot = x0.slot"))
    text = all_of(wanted)
    return Sql(f"EXISTS (SELECT 1 FROM {', '.join(sources)} WHERE ") + text + Sql(")")


def _named(place: Place, one: Filter, name: str, slot: Sql = TRUE) -> Sql:
    """A filter and one parameter that answers it → the condition, by columns where they have the answer."""
    row = place.row
    if name == "_id":
        codes = [v.code for v in one.values if isinstance(v, TokenValue) and v.code]
        return of_ids(place, codes)
    if name == "_lastUpdated":
        return any_of(
            date_sql(v, f"{row}.updated", f"({row}.updated + 1)")
            for v in one.values
            if isinstance(v, DateValue)
        )
    if place.type == "AuditEvent":
        return _of_audit(place, one, name)
    if one.kind == "reference" and finds_owner(place.type, name):
        return _owner(place, one, name)
    if place.type == "Observation" and one.modifier == "text":
        return hot.shown(row, one, name)
    if place.type == "Observation" and hot.answers(name):
        by_column = hot.condition(row, one, name)
        return (
            any_of((by_column, entry(place, one, name, slot)))
            if hot.has_rows(name, one.values)
            else by_column
        )
    return entry(place, one, name, slot)


def _owner(place: Place, one: Filter, name: str) -> Sql:
    """A filter on the patient that the row belongs to: its column, and what else may stand there by the index."""
    own = [v.target[8:] for v in one.values if names_patient(v)]
    others = tuple(v for v in one.values if not names_patient(v))
    found = [among(f"{place.row}.patient_id", own)]
    if others:
        found.append(entry(place, replace(one, values=others), name))
    return any_of(found)


def names_patient(value: Value) -> TypeGuard[ReferenceValue]:
    """A value → whether it is a reference to a patient here."""
    return (
        isinstance(value, ReferenceValue)
        and value.target.startswith("Patient/")
        and not value.version
    )


def _of_audit(place: Place, one: Filter, name: str) -> Sql:
    """The access log has no index beside its columns: it grows with every access."""
    if name == "date":
        return hot.condition(place.row, one, name)
    return _asked_of_audit(audit_columns.condition(place.row, one, name), one, name)


def _asked_of_audit(found: Sql | None, one: Filter, name: str) -> Sql:
    """A condition, where the columns give one → the condition. Problems: UNKNOWN_PARAMETER."""
    if found is not None:
        return found
    told = f"{name}:{one.modifier}" if one.modifier else name
    raise fail(ProblemCode.UNKNOWN_PARAMETER, f"AuditEvent cannot be searched by {told} here", told)


def _missing(place: Place, one: Filter) -> Sql:
    wanted = any(isinstance(v, MissingValue) and v.missing for v in one.values)
    present = any_of(_present(place, one, name) for name in one.names)
    return none_of(present) if wanted else present


def _present(place: Place, one: Filter, name: str) -> Sql:
    """A parameter → that the row has any value of it."""
    row = place.row
    if name in _OF_EVERY_ROW:
        return TRUE
    if place.type == "AuditEvent":
        return _asked_of_audit(audit_columns.present(row, name), one, name)
    found = [
        entry(place, replace(one, modifier=""), name),
        _any_entry(place, PRESENT_OF.format(param=name)),
    ]
    if one.kind == "reference" and finds_owner(place.type, name):
        found.append(Sql(f"{row}.patient_id <> ''"))
    if place.type == "Observation" and hot.answers(name):
        found.append(hot.present(row, name))
    elif place.type == "Observation" and one.kind == "token":
        found.append(hot.shows(row, name))
    beside = {"reference": IDENTIFIER_OF, "token": TEXT_OF}.get(one.kind)
    if beside:
        found.append(_any_entry(place, beside.format(param=name)))
    return any_of(reversed(found))


def _any_entry(place: Place, name: str) -> Sql:
    return Sql(
        f"EXISTS (SELECT 1 FROM index_text x WHERE x.tenant_id = ? AND x.rid = {place.row}.rid AND x.param = ?)",
        (place.tenant, param_id(place.type, name)),
    )
