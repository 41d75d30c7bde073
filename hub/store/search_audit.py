"""What the privacy officer asks the access log beside patient and time: columns answer, the log has no other index.

Source: security/audit.md §2 (reviewable), §3; http://hl7.org/fhir/R4/auditevent.html#search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hub.fhir.search.query import (
    CodesValue,
    Filter,
    IdentifierValue,
    ReferenceValue,
    TextValue,
    TokenValue,
    Value,
)
from hub.store.audit_events import KINDS
from hub.store.search_agents import named
from hub.store.search_sql import FALSE, TRUE, Sql, among, any_of
from hub.store.search_values import escaped, like

_SYSTEMS: Final = {
    "action": ("http://hl7.org/fhir/audit-event-action",),
    "outcome": ("http://hl7.org/fhir/audit-event-outcome",),
    "subtype": tuple({kind.subtypes for kind in KINDS.values()}),  # no code stands in two of them
}
_TEST: Final = ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST")
"""The one security label there is in the log: all events of a synthetic database have it (audit.py)."""
_SYNTHETIC: Final = Sql("EXISTS (SELECT 1 FROM hub_flag f WHERE f.name = 'synthetic')")
_NEVER: Final = frozenset({"_tag", "_profile", "_source"})
"""What all types can be searched by and no event has."""
_COLUMNS: Final = {"action": "action", "outcome": "outcome", "subtype": "interaction"}
_TOLD_ALWAYS: Final = frozenset({"action", "outcome", "subtype", "agent", "date"})
"""What every event has."""


def condition(row: str, one: Filter, name: str) -> Sql | None:
    """An alias, a filter and a parameter → its condition; None where no column answers it."""
    if name in _NEVER:
        return FALSE
    if name == "_security":
        return _SYNTHETIC if any(map(_labels, one.values)) else FALSE
    answer = _ANSWERS.get(name)
    if answer is None:
        return None
    found = [answer(row, one, name, value) for value in one.values]
    if any(each is None for each in found):
        return None
    return any_of(each for each in found if each is not None)


def present(row: str, name: str) -> Sql | None:
    """An alias and a parameter → that an event has any value of it; None where no column says so."""
    if name in _TOLD_ALWAYS:
        return TRUE
    if name in _NEVER:
        return FALSE
    if name == "_security":
        return _SYNTHETIC
    column = {"address": "address", "patient": "patient_id"}.get(name)
    return None if column is None else Sql(f"{row}.{column} <> ''")


def _labels(value: Value) -> bool:
    """A value of `_security` → whether the label of test data is one that it names."""
    if isinstance(value, CodesValue):
        return _TEST in value.codes
    if not isinstance(value, TokenValue):
        return False  # the label has no text
    return value.system in (None, _TEST[0]) and value.code in (None, _TEST[1])


def _coded(row: str, _: Filter, name: str, value: Value) -> Sql | None:
    match value:
        case CodesValue():  # as the values of elements of type code: without a system
            codes = [code for system, code in value.codes if not system or system in _SYSTEMS[name]]
            return among(f"{row}.{_COLUMNS[name]}", sorted(codes))
        case TokenValue():
            if value.system is not None and value.system not in _SYSTEMS[name]:
                return FALSE
            return TRUE if value.code is None else Sql(f"{row}.{_COLUMNS[name]} = ?", (value.code,))
        case TextValue():
            return FALSE  # no text is shown beside the codes
        case _:
            return None


def _address(row: str, one: Filter, _: str, value: Value) -> Sql | None:
    """The network address begins so; the letters of an IPv6 address are small already."""
    if not isinstance(value, TextValue):
        return None
    if one.modifier == "exact":
        return Sql(f"{row}.address = ?", (value.text,))
    before = "%" * (one.modifier == "contains")
    return like(f"{row}.address", f"{before}{escaped(value.text.lower())}%")


def _agent(row: str, _: Filter, __: str, value: Value) -> Sql | None:
    if not isinstance(value, IdentifierValue):
        return FALSE  # agents are named by identifier, none by a reference to a resource
    return named(row, value) if value.value else None


def _entity(row: str, _: Filter, __: str, value: Value) -> Sql | None:
    """What was accessed, in any version, or whose it was."""
    if not isinstance(value, ReferenceValue) or value.version:
        return None
    accessed = Sql(f"{row}.entity = ?", (value.target,))
    if not value.target.startswith("Patient/"):
        return accessed
    return any_of((accessed, Sql(f"{row}.patient_id = ?", (value.target[8:],))))


def _patient(row: str, _: Filter, __: str, value: Value) -> Sql | None:
    if not isinstance(value, ReferenceValue) or value.version:
        return None
    of_one = value.target.startswith("Patient/")
    return Sql(f"{row}.patient_id = ?", (value.target[8:],)) if of_one else FALSE


_ANSWERS: Final[dict[str, Callable[[str, Filter, str, Value], Sql | None]]] = {
    "action": _coded,
    "outcome": _coded,
    "subtype": _coded,
    "address": _address,
    "agent": _agent,
    "entity": _entity,
    "patient": _patient,
}
