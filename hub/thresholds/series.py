"""Observations together → the judgement of each: duplicates, versions, and implausible values that repeat.

The result depends on the set alone, not on the order it is given in (§8.3).
Source: dho/thresholds.md §4.1, §4.6, §9.1–9.3, §6.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from hub.thresholds.book import Book
from hub.thresholds.judge import is_unreported, judge
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement, parse_decimal
from hub.thresholds.reason import explain_technical

REPEAT_WITHIN: Final = timedelta(minutes=60)

_Versions = dict[str, list[Measurement]]


def judge_series(book: Book, log: Iterable[Measurement]) -> dict[str, Judgement]:
    """Observation versions in any order → observation id → judgement of its newest version."""
    versions = _by_id(log)
    duplicates = _find_duplicates(versions)
    found: dict[str, Judgement] = {}
    for chain in _chains(versions, duplicates):
        current = _current(chain, versions)
        kin = tuple(chain) if len(chain) > 1 else ()
        for name in chain:
            newest = _newest(versions[name])
            if name == current:
                found[name] = _judge_newest(book, name, chain, versions, kin)
            elif newest.status in RETRACTED_STATUSES:
                found[name] = replace(judge(book, newest), kin=kin)
            else:
                found[name] = Judgement(name, newest.version, newest.measure, "superseded", kin=kin)
    for name, first in duplicates.items():
        newest = _newest(versions[name])
        found[name] = Judgement(name, newest.version, newest.measure, "duplicate", kin=(first,))
    return _add_repeats(book, found)


def related(a: Measurement, b: Measurement) -> bool:
    """Whether one may be a version or a duplicate of the other (§4.1)."""
    return (
        a.id == b.id
        or (a.measure == b.measure and a.effective is not None and a.effective == b.effective)
        or any(identifier in b.identifiers for identifier in a.identifiers)
    )


def newest_version(versions: Sequence[Measurement]) -> Measurement:
    """Versions of one observation → the one that counts (§9.2): the last received that reports anything (§9.3)."""
    return _newest(sorted(versions, key=_order))


def _order(m: Measurement) -> tuple[datetime, int, int, str]:
    return m.order


def _by_id(log: Iterable[Measurement]) -> _Versions:
    versions: defaultdict[str, list[Measurement]] = defaultdict(list)
    for m in sorted(log, key=_order):
        versions[m.id].append(m)
    return dict(versions)


def _newest(versions: Sequence[Measurement]) -> Measurement:
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


def _find_duplicates(versions: _Versions) -> dict[str, str]:
    """Ids whose newest version repeats one that stood when it came → that first one.

    A retracted observation does not stand: what is sent again after the retraction is judged.
    """
    if len(versions) < 2:
        return {}
    duplicates: dict[str, str] = {}
    by_key: defaultdict[object, list[str]] = defaultdict(list)
    for name in sorted(versions, key=lambda name: versions[name][0].order):
        m = _newest(versions[name])
        keys = {key for version in versions[name] for key in _keys(version)}
        if m.status not in RETRACTED_STATUSES:
            earlier = {other for key in _keys(m) for other in by_key[key]}
            for other in sorted(earlier, key=lambda other: versions[other][0].order):
                before = [v for v in versions[other] if v.order < m.order]
                stands = bool(before) and before[-1].status not in RETRACTED_STATUSES
                if stands and any(_same(m, v) for v in before):
                    duplicates[name] = other
                    break
        if name not in duplicates:
            for key in keys:
                by_key[key].append(name)
    return duplicates


def _keys(m: Measurement) -> list[object]:
    keys: list[object] = list(m.identifiers)
    if m.effective is not None:
        keys.append((m.measure, m.device, m.effective))
    return keys


def _chains(versions: _Versions, duplicates: dict[str, str]) -> list[list[str]]:
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


def _current(chain: Sequence[str], versions: _Versions) -> str:
    """Which id of a chain counts: the one with the newest content; a retraction of an older one changes nothing."""

    def content(name: str) -> tuple[datetime, int, int, str]:
        stated = [v for v in versions[name] if v.status not in RETRACTED_STATUSES]
        return (_newest(stated) if stated else versions[name][-1]).order

    return max(chain, key=content)


def _judge_newest(
    book: Book, name: str, chain: Sequence[str], versions: _Versions, kin: tuple[str, ...]
) -> Judgement:
    """The newest version counts; when it cannot be judged, what the last readable one fired stands (§6.4)."""
    newest = _newest(versions[name])
    judgement = judge(book, newest)
    if judgement.zone == "invalid":
        log = sorted((v for member in chain for v in versions[member]), key=_order)
        for m in reversed([v for v in log if v.order < newest.order and not is_unreported(v)]):
            earlier = judge(book, m)
            if earlier.zone != "invalid":
                kept = tuple(firing for firing in earlier.firings if not firing.technical)
                judgement = replace(judgement, firings=(*judgement.firings, *kept))
                break
    return replace(judgement, kin=kin) if kin else judgement


def _add_repeats(book: Book, found: dict[str, Judgement]) -> dict[str, Judgement]:
    """§4.6: two implausible values of one measure within 60 minutes are red: the patient may be the cause."""
    implausible = [
        judgement
        for judgement in found.values()
        if any(firing.rule == "sys.implausible" for firing in judgement.firings)
    ]
    for one in implausible:
        for other in implausible:
            if other is one or other.measure != one.measure:
                continue
            assert one.effective is not None
            assert other.effective is not None
            if abs(one.effective - other.effective) <= REPEAT_WITHIN:
                fired = _repeat(book, one)
                found[one.observation] = replace(one, firings=(*one.firings, fired))
                break
    return found


def _repeat(book: Book, judgement: Judgement) -> Firing:
    cause = next(firing for firing in judgement.firings if firing.rule == "sys.implausible")
    held = book.status_at(cause.effective) == "on-hold"
    value, unit = cause.received or ("", "")
    return replace(
        cause,
        rule="sys.implausible-repeat",
        zone="red",
        reason="technical.implausible-repeat",
        text=explain_technical("technical.implausible-repeat", judgement.measure, value, unit),
        flags=(*cause.flags, "on-hold") if held else cause.flags,
    )
