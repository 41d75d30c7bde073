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
    MissingValue,
    ReferenceValue,
    TextValue,
    TokenValue,
    Value,
)
from hub.store.audit_events import KINDS
from hub.store.search_sql import FALSE, TRUE, Sql, any_of
from hub.store.search_values import escaped, like

ANSWERED: Final = frozenset({"action", "outcome", "subtype", "address", "agent", "entity"})
"""The search parameters of AuditEvent that columns answer, beside `date` and `patient`."""
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


def condition(row: str, one: Filter, name: str) -> Sql | None:
    """An alias, a filter and a parameter → its condition; None where no column answers it."""
    if name in _NEVER:
        return FALSE
    if name == "_security":
        return _SYNTHETIC if any(map(_labels, one.values)) else FALSE
    answer = _ANSWERS.get(name)
    if answer is None or one.modifier not in ("", "not", "identifier"):
        return None
    found = [answer(row, name, value) for value in one.values]
    if any(each is None for each in found):
        return None
    return any_of(each for each in found if each is not None)


def _labels(value: Value) -> bool:
    """A value of `_security` → whether the label of test data is one that it names."""
    if isinstance(value, CodesValue):
        return _TEST in value.codes
    if not isinstance(value, TokenValue):
        return isinstance(value, MissingValue)  # whether there is any label is asked
    return value.system in (None, _TEST[0]) and value.code in (None, _TEST[1])


def _coded(row: str, name: str, value: Value) -> Sql | None:
    if not isinstance(value, TokenValue):
        return None
    if value.system is not None and value.system not in _SYSTEMS[name]:
        return FALSE
    return TRUE if value.code is None else Sql(f"{row}.{_COLUMNS[name]} = ?", (value.code,))


def _address(row: str, _: str, value: Value) -> Sql | None:
    """The network address begins so; the letters of an IPv6 address are small already."""
    if not isinstance(value, TextValue):
        return None
    return like(f"{row}.address", f"{escaped(value.text.lower())}%")


def _agent(row: str, _: str, value: Value) -> Sql | None:
    """`agent:identifier=…`: the client's id, or what the issuer calls the person."""
    if not isinstance(value, IdentifierValue):
        return FALSE  # agents are named by identifier, none by a reference to a resource
    return Sql(f"({row}.agent = ? OR {row}.person = ?)", (value.value, value.value))


def _entity(row: str, _: str, value: Value) -> Sql | None:
    if not isinstance(value, ReferenceValue) or value.version:
        return None
    return Sql(f"{row}.entity = ?", (value.target,))


_ANSWERS: Final[dict[str, Callable[[str, str, Value], Sql | None]]] = {
    "action": _coded,
    "outcome": _coded,
    "subtype": _coded,
    "address": _address,
    "agent": _agent,
    "entity": _entity,
}
