"""Which observations are duplicates of others.

Source: dho/thresholds.md §4.1, §13 S1, S4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement
from hub.thresholds.versions import (
    Key,
    Order,
    Versions,
    chains_of,
    content_order,
    is_same,
    keys_of,
    newest_of,
)


class _One(Struct, eq=False):
    """One observation as far as identifiers tell. Shape: `names` are its ids by first receipt, `kept` those seen so far that repeat nothing."""

    names: list[str]
    kept: list[str]


def find_duplicates(versions: Versions) -> dict[str, str]:
    """Ids whose newest version repeats what stood when it came → the id that said so.

    What was retracted or corrected to another value does not stand: what is sent again after it is judged, and so is a copy
    by content that came before it. An identifier says that both are one: they are taken back as one (§4.1, S1, S4).
    """
    if len(versions) < 2:
        return {}
    search = _Search(versions)
    for name in sorted(versions, key=lambda name: versions[name][0].order):
        search.look(name)
    return search.duplicates


class _Search:
    """Goes through observations by first receipt, and remembers whom the later ones may repeat."""

    def __init__(self, versions: Versions) -> None:
        self.versions = versions
        self.duplicates: dict[str, str] = {}
        self._of = {n: one for one in (_One(c, []) for c in chains_of(versions)) for n in one.names}
        self._by_key: defaultdict[Key, dict[int, _One]] = defaultdict(dict)
        self._said: dict[str, tuple[Order, Order]] = {
            name: (content_order(log), log[-1].order) for name, log in versions.items()
        }

    def look(self, name: str) -> None:
        log, own = self.versions[name], self._of[name]
        newest = newest_of(log)
        if newest.status not in RETRACTED_STATUSES:
            near = {i: one for key in keys_of(newest) for i, one in self._by_key[key].items()}
            for one in near.values():
                first = self._repeated(name, newest, one)
                if first is not None:
                    self.duplicates[name] = first
                    return
        own.kept.append(name)
        for key in {key for version in log for key in keys_of(version)}:
            self._by_key[key][id(own)] = own

    def _repeated(self, name: str, copy: Measurement, one: _One) -> str | None:
        """A version and an observation → the id of it that said the same when it came and, where only content makes it a copy, still says."""
        among = one.kept
        if (
            len(self.versions[name]) > 1
        ):  # others may have come between its first version and this one
            among = [other for other in one.names if other != name and other not in self.duplicates]
        found = self._counting(among, copy.order)
        if found is None or not _says(found[1], copy):
            return None
        if self._of[name] is not one:
            now = self._counting([n for n in one.names if n not in self.duplicates], None)
            if now is None or not _says(now[1], copy):
                return None
        return found[0]

    def _counting(
        self, names: Iterable[str], until: Order | None
    ) -> tuple[str, Measurement] | None:
        """Ids of one observation → which of them counts, and its version that does, before a place in the log."""
        best: tuple[Order, str] | None = None
        for name in names:
            content, last = self._said[name]
            if until is not None and last >= until:
                log = [v for v in self.versions[name] if v.order < until]
                if not log:
                    continue
                content = content_order(log)
            if best is None or content > best[0]:
                best = content, name
        if best is None:
            return None
        log = self.versions[best[1]]
        return best[1], newest_of([v for v in log if until is None or v.order < until])


def _says(stands: Measurement, copy: Measurement) -> bool:
    return stands.status not in RETRACTED_STATUSES and is_same(copy, stands)
