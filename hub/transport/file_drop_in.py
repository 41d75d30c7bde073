"""Reading from the drop: every whole file is claimed by exactly one reader and ends in archive or quarantine.

A claim is a rename into `.work/<host>-<pid>/`; the claim id stands in the new name and survives every take-over,
so the raw row that carries it is written once whatever crashes.
Source: transport/file-drop.md, "Reading".
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from hub.transport.file_drop import Drop, Trouble, trouble_of
from hub.transport.file_drop_scan import Look, ReadRules, Seen, decide_whole, is_document
from hub.transport.file_drop_work import (
    Claimed,
    Process,
    WorkFolder,
    is_alive,
    load_meta,
    this_process,
)

_LONGEST_PAUSE_S: Final = 60.0
_FAULTS_BEFORE_STOP: Final = 3


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A file nobody could claim, put away with an alarm."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Claims:
    """The outcome of one round.

    Shape: `trouble` is red health (nothing was deleted); `more` when whole files are left for the next round.
    Units: `pause_s` seconds to wait before the next round.
    """

    claimed: tuple[Claimed, ...]
    quarantined: tuple[Quarantined, ...]
    trouble: Trouble | None
    more: bool
    pause_s: float


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A file over the limit: facts for the raw row without its bytes; the file belongs in quarantine."""

    size: int
    sha256: str


@dataclass(slots=True)
class FileDropIn:
    """The reading side of one drop: one object per process and drop.

    Shape: `ticks` gives seconds that never go backwards; `now` is for the archive's date and the reason file.
    """

    drop: Drop
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    ticks: Callable[[], float]
    rules: ReadRules = field(default_factory=ReadRules)
    process: Process = field(default_factory=this_process)
    alive: Callable[[int], bool] = is_alive
    _looks: Mapping[str, Look] = field(default_factory=dict[str, Look])
    _backlog: deque[Seen] = field(default_factory=deque[Seen])
    _held: set[str] = field(default_factory=set[str])
    _later: dict[str, tuple[int, float]] = field(default_factory=dict[str, tuple[int, float]])
    _faults: int = 0
    _waiting: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self) -> Claims:
        """Nothing → the next whole files, oldest first, those of dead processes before new ones."""
        with self._lock:
            claimed: list[Claimed] = []
            put_away: list[Quarantined] = []
            fault: Trouble | None = None
            folder = self.drop.inbox
            try:
                folder.stat()
                folder = self.drop.work
                self._work.beat()
                fault = self._work.take_over()
                self._claim_left(claimed)
                folder = self.drop.inbox
                if len(claimed) < self.rules.batch:
                    if not self._backlog:
                        self._scan(put_away)
                    fault = self._claim_new(claimed) or fault
            except OSError as error:
                fault = trouble_of(error, folder)
            return self._round(claimed, put_away, fault)

    def read(self, claimed: Claimed) -> bytes | TooLarge | Trouble:
        """A claimed file → its bytes, unaltered.

        Problems: TooLarge over the limit; Trouble when the file cannot be read now (release it and try later).
        """
        folder = claimed.path.parent
        try:
            descriptor = os.open(claimed.path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            return trouble_of(error, folder)
        with os.fdopen(descriptor, "rb") as file:
            try:
                size = os.fstat(descriptor).st_size
                if size > self.rules.max_bytes:
                    return TooLarge(size, hashlib.file_digest(file, "sha256").hexdigest())
                data = file.read()
            except OSError as error:
                return trouble_of(error, folder)
        if len(data) != claimed.size:
            return Trouble("other", folder.name, "The file changed after its claim")
        return data

    def archive(self, claimed: Claimed) -> Trouble | None:
        """An accepted file → it lies in `archive/<date>/`, bytes unchanged; done twice it is done once."""
        folder = self.drop.archive / f"{self.now().astimezone(UTC):%Y-%m-%d}"
        return self._forget(claimed, self._work.put(claimed, folder))

    def quarantine(
        self, claimed: Claimed, reason: str, sha256: str | None = None
    ) -> Trouble | None:
        """A poison file and why → it lies in `quarantine/` beside its `.reason.json`."""
        fault = self._work.put_reason(claimed, reason, sha256, self.now())
        return fault or self._forget(claimed, self._work.put(claimed, self.drop.quarantine))

    def release(self, claimed: Claimed) -> None:
        """A file our own fault kept from being stored → it comes again, same claim id, after a growing pause."""
        name = claimed.path.name
        tries = self._later.get(name, (0, 0.0))[0] + 1
        self._later[name] = (tries, self.ticks() + min(2.0**tries, _LONGEST_PAUSE_S))
        self._held.discard(name)

    @property
    def _work(self) -> WorkFolder:
        return WorkFolder(self.drop, self.new_id, self.process, self.alive, self.rules.lease_s)

    def _forget(self, claimed: Claimed, fault: Trouble | None) -> Trouble | None:
        if fault is None:
            self._held.discard(claimed.path.name)
            self._later.pop(claimed.path.name, None)
        return fault

    def _claim_left(self, claimed: list[Claimed]) -> None:
        for name in self._work.names():
            if len(claimed) >= self.rules.batch:
                return
            due = self.ticks() >= self._later.get(name, (0, 0.0))[1]
            if name not in self._held and due:
                self._hold(self._work.claimed(name, again=True), claimed)

    def _hold(self, found: Claimed | None, claimed: list[Claimed]) -> None:
        if found is not None:
            self._held.add(found.path.name)
            claimed.append(found)

    def _scan(self, put_away: list[Quarantined]) -> None:
        with os.scandir(self.drop.inbox) as entries:
            found = list(entries)
        names = frozenset(e.name for e in found)
        files = [
            seen for e in found if is_document(e.name, self.rules) and (seen := self._see(e, names))
        ]
        judged = decide_whole(files, names, self._looks, self.ticks(), self.rules)
        self._looks = judged.looks
        self._backlog.extend(judged.whole)
        self._waiting = judged.waiting
        for seen, reason in judged.stuck:
            held = self._work.take(seen)
            if held is not None and self.quarantine(held, reason) is None:
                put_away.append(Quarantined(seen.name, reason))

    def _see(self, entry: os.DirEntry[str], names: frozenset[str]) -> Seen | None:
        try:
            if not entry.is_file(follow_symlinks=False):
                return None
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        meta = load_meta(self.drop.inbox, entry.name, names)
        return Seen(entry.name, facts.st_size, facts.st_mtime_ns, meta.size if meta else None)

    def _claim_new(self, claimed: list[Claimed]) -> Trouble | None:
        faults = 0
        fault: Trouble | None = None
        while self._backlog and len(claimed) < self.rules.batch and faults < _FAULTS_BEFORE_STOP:
            seen = self._backlog.popleft()
            try:
                self._hold(self._work.take(seen), claimed)
                faults = 0
            except OSError as error:  # one locked file stops nobody, three in a row are the folder
                fault = trouble_of(error, self.drop.inbox)
                faults += 1
        if faults >= _FAULTS_BEFORE_STOP:
            self._backlog.clear()
        return fault

    def _round(
        self, claimed: list[Claimed], put_away: list[Quarantined], fault: Trouble | None
    ) -> Claims:
        self._faults = self._faults + 1 if fault and not claimed else 0
        more = bool(self._backlog) or len(claimed) >= self.rules.batch
        if self._faults:
            pause = min(2.0**self._faults, _LONGEST_PAUSE_S)
        elif more:
            pause = 0.0
        else:
            pause = self.rules.settle_s if self._waiting else self.rules.poll_s
        return Claims(tuple(claimed), tuple(put_away), fault, more, pause)
