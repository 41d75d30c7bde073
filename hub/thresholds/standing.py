"""Which observation versions stand: duplicates, versions, retractions.

The result depends on the set alone, not on the order it is given in (§8.3).
Source: dho/thresholds.md §4.1, §9.1–9.3, §6.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from hub.thresholds.examine import HISTORICAL, Examined, examine, is_unreported
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement, parse_decimal

Versions = Mapping[str, Sequence[Measurement]]
"""Observation id → its versions, oldest first."""
Key = str | tuple[str, str | None, datetime]
"""What makes two observations versions or duplicates of each other: an identifier, or measure, device and time (§4.1)."""


class Standing(Struct, frozen=True):
    """What an observation counts as among the others.

    Shape: `newest` is its version that counts; `kin` the observations it is one with, or the first one it duplicates;
    `examined` is there when it is the one that counts; `earlier` is the last version that could be judged, when the
    newest cannot: what it fired stands (§6.4); `before` are the versions back to the last one that came within 14 days, when
    the one that is judged did not: a yellow that all of them fire was raised in time (§8.1).
    """

    newest: Measurement
    role: Literal["current", "retracted", "superseded", "duplicate"]
    kin: tuple[str, ...] = ()
    examined: Examined | None = None
    earlier: Examined | None = None
    before: tuple[Examined, ...] = ()


def find_standing(versions: Versions) -> dict[str, Standing]:
    """All observations that share a key with each other, however remotely → what each of them counts as."""
    if len(versions) == 1:
        ((name, only),) = versions.items()
        return {name: _current_standing(only, newest_of(only), ())}
    duplicates = _find_duplicates(versions)
    found: dict[str, Standing] = {}
    for chain in _chains(versions, duplicates):
        current = _current(chain, versions)
        kin = tuple(chain) if len(chain) > 1 else ()
        for name in chain:
            newest = newest_of(versions[name])
            if name == current:
                log = sorted((v for member in chain for v in versions[member]), key=_order)
                found[name] = _current_standing(log, newest, kin)
            elif newest.status in RETRACTED_STATUSES:
                found[name] = Standing(newest, "retracted", kin)
            else:
                found[name] = Standing(newest, "superseded", kin)
    for name, first in duplicates.items():
        found[name] = Standing(newest_of(versions[name]), "duplicate", (first,))
    return found


def _current_standing(
    log: Sequence[Measurement], newest: Measurement, kin: tuple[str, ...]
) -> Standing:
    """The newest version counts; when it cannot be judged, the last one that can is kept with it (§6.4)."""
    examined, earlier = examine(newest), None
    if examined.outcome == "invalid":
        for m in reversed([v for v in log if v.order < newest.order and not is_unreported(v)]):
            before = examine(m)
            if before.outcome != "invalid":
                earlier = before if before.outcome == "valid" else None
                break
    judged = earlier or examined
    before_it = _back_to_timely(log, judged) if HISTORICAL in judged.flags else ()
    return Standing(newest, "current", kin, examined, earlier, before_it)


def _back_to_timely(log: Sequence[Measurement], judged: Examined) -> tuple[Examined, ...]:
    """Versions and the one that is judged, too old to raise a yellow → those before it back to the last that was not; none without one."""
    found: list[Examined] = []
    for m in reversed([v for v in log if v.order < judged.m.order]):
        examined = examine(m)
        if examined.outcome == "valid":
            found.append(examined)
            if HISTORICAL not in examined.flags:
                return tuple(found)
        elif examined.outcome == "retracted":
            break
    return ()


def keys_of(m: Measurement) -> list[Key]:
    """An observation version → its keys."""
    keys: list[Key] = list(m.identifiers)
    if m.effective is not None:
        keys.append((m.measure, m.device, m.effective))
    return keys


def _order(m: Measurement) -> tuple[datetime, int, int, str]:
    return m.order


def newest_of(versions: Sequence[Measurement]) -> Measurement:
    """Versions of one observation, oldest first → the one that counts."""
    for m in reversed(versions):
        if not is_unreported(m):
            return m
    return versions[-1]


def _number(text: str | None) -> Decimal | str | None:
    number = parse_decimal(text)
    return text if number is None else number


def _value(m: Measurement) -> object:
    """What was measured, with 85 and 85.0 alike."""
    parts = tuple(sorted((part.name, _number(part.value), part.unit) for part in m.components))
    items = None if m.items is None else tuple(sorted(m.items.items()))
    return (_number(m.value), m.unit, m.comparator, parts, m.code, items)


def _content(m: Measurement) -> object:
    """Everything a sender states; not id, version or the time of receipt (§4.1)."""
    return (
        *(m.measure, m.effective, m.status, m.device, m.data_absent_reason, m.device_error),
        *(m.code_conflict, tuple(sorted(m.context.items())), _value(m)),
    )


def _same(a: Measurement, b: Measurement) -> bool:
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


def _find_duplicates(versions: Versions) -> dict[str, str]:
    """Ids whose newest version repeats what stood when it came → the first one that said so.

    What was retracted or corrected to another value does not stand: what is sent again after it is judged, and so is a copy
    by content that came before it. An identifier says that both are one: they are taken back as one (§4.1, S1, S4).
    """
    if len(versions) < 2:
        return {}
    duplicates: dict[str, str] = {}
    mates = _mates(versions)
    by_key: defaultdict[Key, list[str]] = defaultdict(list)
    for name in sorted(versions, key=lambda name: versions[name][0].order):
        m = newest_of(versions[name])
        keys = {key for version in versions[name] for key in keys_of(version)}
        if m.status not in RETRACTED_STATUSES:
            earlier = {other for key in keys_of(m) for other in by_key[key]}
            for other in sorted(earlier, key=lambda other: versions[other][0].order):
                one = {mate: versions[mate] for mate in mates[other] if mate != name}
                if _repeats(m, one):
                    duplicates[name] = other
                    break
        if name not in duplicates:
            for key in keys:
                by_key[key].append(name)
    return duplicates


def _mates(versions: Versions) -> dict[str, set[str]]:
    """Observations → for each the ids that are one with it by identifier, itself among them."""
    mates = {name: {name} for name in versions}
    by_identifier: dict[tuple[str, str], str] = {}
    for name in versions:
        for identifier in {(v.measure, i) for v in versions[name] for i in v.identifiers}:
            both = mates[name] | mates[by_identifier.setdefault(identifier, name)]
            for one in both:
                mates[one] = both
    return mates


def _repeats(copy: Measurement, one: Versions) -> bool:
    """Whether a version repeats what one observation said when it came and, where only content makes it a copy, still says."""
    before = {name: [v for v in log if v.order < copy.order] for name, log in one.items()}
    if not _says(copy, {name: log for name, log in before.items() if log}):
        return False
    identifiers = {i for log in one.values() for v in log for i in v.identifiers}
    return not identifiers.isdisjoint(copy.identifiers) or _says(copy, one)


def _says(copy: Measurement, one: Versions) -> bool:
    """Whether what counts of the versions of one observation stands and is the same."""
    if not one:
        return False
    counts = newest_of(one[_current(tuple(one), one)])
    return counts.status not in RETRACTED_STATUSES and _same(copy, counts)


def _chains(versions: Versions, duplicates: dict[str, str]) -> list[list[str]]:
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


def _current(chain: Sequence[str], versions: Versions) -> str:
    """Which id of a chain counts: the one with the newest content; a retraction of an older one changes nothing."""

    def content(name: str) -> tuple[datetime, int, int, str]:
        stated = [v for v in versions[name] if v.status not in RETRACTED_STATUSES]
        return (newest_of(stated) if stated else versions[name][-1]).order

    return max(chain, key=content)
