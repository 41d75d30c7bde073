"""Versions of observations: which belong together by their keys, and which say the same.

Source: dho/thresholds.md §4.1, §9.1–9.3.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from hub.thresholds.examine import is_unreported
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement, parse_decimal

Versions = Mapping[str, Sequence[Measurement]]
"""Observation id → its versions, oldest first."""
Key = str | tuple[str, str | None, datetime]
"""What makes two observations versions or duplicates of each other: an identifier, or measure, device and time (§4.1)."""
Order = tuple[datetime, int, int, str]
"""The place of a version in the log, as `Measurement.order` gives it."""


def keys_of(m: Measurement) -> list[Key]:
    """An observation version → its keys."""
    keys: list[Key] = list(m.identifiers)
    if m.effective is not None:
        keys.append((m.measure, m.device, m.effective))
    return keys


def newest_of(versions: Sequence[Measurement]) -> Measurement:
    """Versions of one observation, oldest first → the one that counts."""
    for m in reversed(versions):
        if not is_unreported(m):
            return m
    return versions[-1]


def chains_of(versions: Versions, duplicates: Collection[str] = ()) -> list[list[str]]:
    """Ids that share an identifier are versions of one observation (§4.1); in order of first receipt.

    Only within one measure: a gateway that gives pulse and SpO2 of one reading the same identifier must not make the one hide the
    other (S1).
    """
    chain_of: dict[str, list[str]] = {}
    by_identifier: dict[tuple[str, str], str] = {}
    for name in sorted(versions, key=lambda name: versions[name][0].order):
        if name in duplicates:
            continue
        chain = [name]
        for identifier in {(v.measure, i) for v in versions[name] for i in v.identifiers}:
            other = by_identifier.setdefault(identifier, name)
            if other != name and chain_of[other] is not chain:
                chain = [*chain_of[other], *chain]
                for member in chain:
                    chain_of[member] = chain
        chain_of[name] = chain
    return list({id(chain): chain for chain in chain_of.values()}.values())


def content_order(log: Sequence[Measurement]) -> Order:
    """Versions of one id, oldest first → when what counts of them was said: a retraction of an older one changes nothing."""
    stated = [v for v in log if v.status not in RETRACTED_STATUSES]
    return (newest_of(stated) if stated else log[-1]).order


def _number(text: str | None) -> Decimal | str | None:
    number = parse_decimal(text)
    return text if number is None else number


def _value(m: Measurement) -> object:
    """What was measured, with 85 and 85.0 alike."""
    parts = tuple(
        sorted(
            (p.name, _number(p.value), p.unit, p.comparator or m.comparator) for p in m.components
        )
    )
    items = None if m.items is None else tuple(sorted(m.items.items()))
    return (_number(m.value), m.unit, None if parts else m.comparator, parts, m.code, items)


def _content(m: Measurement) -> object:
    """Everything a sender states; not id, version or the time of receipt (§4.1)."""
    return (
        *(m.measure, m.effective, m.status, m.device, m.data_absent_reason, m.device_error),
        *(m.code_conflict, tuple(sorted(m.context.items())), _value(m)),
    )


def is_same(a: Measurement, b: Measurement) -> bool:
    """§4.1: same identifier and content, or same device, measure, effective, value and unit."""
    if a.measure != b.measure:
        return False
    if any(identifier in b.identifiers for identifier in a.identifiers) and (
        _content(a) == _content(b)
    ):
        return True
    return (
        a.effective is not None
        and a.effective == b.effective
        and a.device == b.device
        and a.has_content
        and a.data_absent_reason == b.data_absent_reason
        and a.device_error == b.device_error
        and _value(a) == _value(b)
    )
