"""A patient's stored inputs → the zones of those that are plainly like one that was judged, without reading them.

An input is stored as its fields in a fixed order, what is usual left out: its names, times and device first, then what was
measured. Two inputs of one measure that end alike say the same; where no plan or status changes between them, they are judged alike,
if by themselves. What is not plain (another version, a copy, a status, no time, a form) is left for a closer look.
Source: dho/thresholds.md §4.1, §8.3; hub/thresholds/sift.py.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import chain
from typing import Final, Literal, TypeVar

import msgspec

from hub.fhir.search.dates import micros
from hub.flows.mark_for_judging import read_measurement
from hub.ports import LogRow
from hub.thresholds.book import Book
from hub.thresholds.sift import Sieve
from hub.thresholds.zones import Standing

_VALUE: Final = b"\xa5value"
_PARTS: Final = b"\xaacomponents"
_STATUS: Final = b"\xa6status"
_NO_TIME: Final = b"\xa9effective\xc0"
_K = TypeVar("_K", bound=Hashable)


class _Named(msgspec.Struct, frozen=True, gc=False):
    identifiers: tuple[str, ...] = ()


_NAMES: Final = msgspec.msgpack.Decoder(_Named)


def judge_alike(book: Book, rows: Sequence[LogRow]) -> tuple[dict[str, Standing], list[LogRow]]:
    """A patient's log → (observation → zone of what is plain and raises nothing, the rows that need a closer look).

    Shape: the rows come with those that their rules read.
    """
    sieve = Sieve(book)
    shared = _shared(rows)
    borders = _between(sieve, rows)
    seen: dict[Hashable, Standing | Literal[""] | None] = {}
    plain: dict[str, Standing] = {}
    odd: set[str] = set()
    for name, _, data, _, _, measure, at, ahead in rows:
        start = data.find(_VALUE)
        if start < 0:
            start = data.find(_PARTS)
        if start < 0 or ahead is not None or _STATUS in data or _NO_TIME in data or name in shared:
            odd.add(name)
            continue
        key = (measure, data[start:], bisect_right(borders, at) if borders else 0)
        zone = seen.get(key, "")
        if zone == "":
            zone = seen[key] = sieve.lone(read_measurement(data))
        if zone is None:
            odd.add(name)
        else:
            plain[name] = zone
    rest = [row for row in rows if row[0] in odd or sieve.reads(row[5])] if odd else []
    return plain, rest


def _between(sieve: Sieve, rows: Sequence[LogRow]) -> list[int]:
    """The instants at which plans or status change while the log lasts; mostly there are none."""
    times = [row[6] for row in rows]
    first, last = min(times, default=0), max(times, default=0)
    borders = [micros(border) for border in sieve.borders]
    return [border for border in borders if first < border <= last]


def _shared(rows: Sequence[LogRow]) -> set[str]:
    """Observations that may be versions or copies of each other: of one id, one identifier, or one measure and instant (§4.1)."""
    names = [row[0] for row in rows]
    found = _repeated(names)
    places = [(row[5], row[6]) for row in rows]
    if repeated := _repeated(places):
        found |= {name for name, place in zip(names, places, strict=True) if place in repeated}
    carried = [_NAMES.decode(row[2]).identifiers for row in rows]
    if repeated := _repeated(list(chain.from_iterable(carried))):
        found |= {n for n, own in zip(names, carried, strict=True) if not repeated.isdisjoint(own)}
    return found


def _repeated(keys: Sequence[_K]) -> set[_K]:
    """Keys → those that come more than once."""
    if len(set(keys)) == len(keys):
        return set()
    return {key for key, count in Counter(keys).items() if count > 1}
