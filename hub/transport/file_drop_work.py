"""The folder of claims: `.work/<host>-<pid>/<claim id>_<name>`, taken by rename, taken over from the dead.

Source: transport/file-drop.md, "Reading" 2 and 4.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from hub.transport.file_drop import (
    META_ENDING,
    READY_ENDING,
    REASON_ENDING,
    Drop,
    Meta,
    Trouble,
    make_folder,
    parse_meta,
    side_names,
    trouble,
    trouble_of,
    write_synced,
)
from hub.transport.file_drop_scan import Seen

_CLAIMED_NAME: Final = re.compile(r"([0-9A-Za-z-]{1,64})_(.+)", re.DOTALL)
_LONGEST_NAME: Final = 150
_LONGEST_ENDING: Final = 16
_META_LIMIT: Final = 65536


@dataclass(frozen=True, slots=True)
class Process:
    """Whose claims these are."""

    host: str
    pid: int

    @property
    def folder(self) -> str:
        """Nothing → `<host>-<pid>`, the host in plain characters."""
        return f"{re.sub(r'[^A-Za-z0-9.-]', '-', self.host) or 'host'}-{self.pid}"


def this_process() -> Process:
    """Nothing → the running process."""
    return Process(os.uname().nodename, os.getpid())


def is_alive(pid: int) -> bool:
    """A process number on this host → whether a process has it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass(frozen=True, slots=True)
class Claimed:
    """A file that is ours until archived, quarantined or released.

    Shape: `name` as it came (a hint, possibly shortened); `again` when an earlier claim was taken over or released.
    """

    claim_id: str
    name: str
    path: Path
    size: int
    modified: datetime
    again: bool = False
    meta: Meta | None = None


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """One process's claims in one drop.

    Units: `lease_s` seconds without a sign of life after which another host's claims are taken over.
    """

    drop: Drop
    new_id: Callable[[], str]
    process: Process
    alive: Callable[[int], bool]
    lease_s: float

    @property
    def path(self) -> Path:
        """Nothing → where this process keeps its claims."""
        return self.drop.work / self.process.folder

    def beat(self) -> None:
        """Nothing → our folder exists and bears the time: the sign of life, by the file system's own clock."""
        make_folder(self.drop.work, self.drop.folder_mode)
        make_folder(self.path, self.drop.folder_mode)
        os.utime(self.path)

    def take_over(self) -> Trouble | None:
        """Nothing → claims of dead processes lie in our folder under their old names."""
        beat = self.path.stat().st_mtime
        fault: Trouble | None = None
        with os.scandir(self.drop.work) as entries:
            others = [e for e in entries if e.is_dir(follow_symlinks=False)]
        for other in others:
            if other.name != self.process.folder and self._is_stale(other, beat):
                fault = self._empty(Path(other.path)) or fault
        return fault

    def names(self) -> list[str]:
        """Nothing → the documents in our folder, held or not."""
        with os.scandir(self.path) as entries:
            return sorted(
                e.name for e in entries if not e.name.endswith((META_ENDING, REASON_ENDING))
            )

    def take(self, seen: Seen) -> Claimed | None:
        """A whole file in the in folder → our claim, or None when another reader won or its writer is still at it."""
        source = self.drop.inbox / seen.name
        target = self.path / f"{self.new_id()}_{_shorten(seen.name)}"
        try:
            source.rename(target)
        except FileNotFoundError:
            return None
        facts = target.lstat()
        changed = (facts.st_size, facts.st_mtime_ns) != (seen.size, seen.modified_ns)
        if changed and not os.path.lexists(source):
            target.rename(source)
            return None
        self._take_sides(seen.name, target)
        return self.claimed(target.name, again=False)

    def claimed(self, name: str, *, again: bool) -> Claimed | None:
        """A name in our folder → the claim, None when the file is gone; a stray name gets a claim id."""
        path = self.path / name
        try:
            match = _CLAIMED_NAME.fullmatch(name)
            if match is None:
                path = path.rename(self.path / f"{self.new_id()}_{_shorten(name)}")
                match = _CLAIMED_NAME.fullmatch(path.name)
            facts = path.lstat()
        except FileNotFoundError:
            return None
        assert match is not None
        modified = datetime.fromtimestamp(facts.st_mtime, UTC)
        meta = load_meta(path.parent, path.name)
        return Claimed(match[1], match[2], path, facts.st_size, modified, again, meta)

    def put(self, claimed: Claimed, folder: Path) -> Trouble | None:
        """A claim and a folder → file and side file lie there; a file that already moved is no fault."""
        name = claimed.path.name
        try:
            make_folder(folder, self.drop.folder_mode)
            if os.path.lexists(claimed.path):
                claimed.path.rename(folder / name)
            elif not self.drop.inbox.is_dir():
                return trouble("gone", self.drop.inbox)
            _move_if_there(f"{claimed.path}{META_ENDING}", f"{folder}/{name}{META_ENDING}")
        except OSError as error:
            return trouble_of(error, folder)
        return None

    def put_reason(
        self, claimed: Claimed, reason: str, sha256: str | None, at: datetime
    ) -> Trouble | None:
        """A claim and why it is poison → the reason file lies in quarantine, before the file itself does."""
        name = claimed.path.name + REASON_ENDING
        half = self.path / name
        row = {
            "claimId": claimed.claim_id,
            "name": os.fsencode(claimed.name).decode("utf-8", "backslashreplace"),
            "reason": reason,
            "size": claimed.size,
            "sha256": sha256,
            "at": at.astimezone(UTC).isoformat(),
        }
        try:
            half.unlink(missing_ok=True)
            write_synced(half, msgspec.json.encode(row), self.drop.file_mode)
            half.rename(self.drop.quarantine / name)
        except OSError as error:
            return trouble_of(error, self.drop.quarantine)
        return None

    def _take_sides(self, name: str, target: Path) -> None:
        inbox = os.fspath(self.drop.inbox)
        for side in side_names(name, META_ENDING):
            _move_if_there(f"{inbox}/{side}", f"{target}{META_ENDING}")
        for side in side_names(name, READY_ENDING):
            # A mark left behind would vouch for the next file of the same name.
            if os.path.lexists(f"{inbox}/{side}"):
                (self.drop.inbox / side).unlink(missing_ok=True)

    def _is_stale(self, other: os.DirEntry[str], beat: float) -> bool:
        host, _, pid = other.name.rpartition("-")
        own_host = self.process.folder.rpartition("-")[0]
        if host == own_host and pid.isdecimal() and not self.alive(int(pid)):
            return True
        try:
            return beat - other.stat(follow_symlinks=False).st_mtime > self.lease_s
        except FileNotFoundError:
            return False

    def _empty(self, folder: Path) -> Trouble | None:
        try:
            for path in list(folder.iterdir()):
                path.rename(self.path / path.name)
            folder.rmdir()
        except FileNotFoundError:
            return None  # another reader was quicker: the rename decides
        except OSError as error:
            return trouble_of(error, folder)
        return None


def load_meta(folder: Path, name: str, names: frozenset[str] | None = None) -> Meta | None:
    """A file's folder and name (and the names beside it, if known) → its side file, None without a readable one."""
    for side in side_names(name, META_ENDING):
        if (names is None and os.path.lexists(f"{folder}/{side}")) or (names and side in names):
            try:
                with (folder / side).open("rb") as file:
                    return parse_meta(file.read(_META_LIMIT))
            except OSError:
                continue
    return None


def _shorten(name: str) -> str:
    """A name → one that leaves room for the claim id: file systems count bytes."""
    if len(os.fsencode(name)) <= _LONGEST_NAME:
        return name
    path = Path(name)
    ending = path.suffix if len(os.fsencode(path.suffix)) <= _LONGEST_ENDING else ""
    cut = os.fsencode(path.stem)[: _LONGEST_NAME - len(os.fsencode(ending))]
    return cut.decode("utf-8", "ignore") + ending


def _move_if_there(source: str, target: str) -> None:
    if os.path.lexists(source):  # also False for a name too long to exist
        Path(source).rename(target)
