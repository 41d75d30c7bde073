"""Writing into the drop: no half files, nothing overwritten, nothing written twice after a crash.

Source: transport/file-drop.md, "Writing" and "Life cycle".
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from hub.transport.file_drop import (
    META_ENDING,
    READY_ENDING,
    Drop,
    Meta,
    NameFacts,
    Trouble,
    build_name,
    folder_clock,
    name_token,
    side_names,
    sync_folder,
    trouble_of,
    write_synced,
)

Mode = Literal["first", "again", "named", "resend"]
Standing = Literal["waiting", "picked-up", "sent", "failed"]

_MOST_ATTEMPTS: Final = 1000
_LEFTOVER_S: Final = 600.0
_REASON_LENGTH: Final = 2000
_REASON_ENDINGS: Final = (".reason.json", ".reason.txt", ".reason", ".error", ".err", ".txt")


@dataclass(frozen=True, slots=True)
class Written:
    """The document lies in the drop, on the disk; `already` when an earlier try had put it there."""

    name: str
    sha256: str
    already: bool = False


@dataclass(frozen=True, slots=True)
class OutFact:
    """Where one written file stands.

    Shape: `waiting` in out/, `sent` or `failed` in the broker's folders, `picked-up` in none of them. `reason` is
    what the broker wrote beside a failed file: for the person who mends it, never for logs.
    """

    name: str
    standing: Standing
    reason: str | None = None


@dataclass(slots=True)
class FileDropOut:
    """The writing side of one drop; may be used by several threads and by several processes at once.

    Shape: `with_meta` and `with_ready` add the side files of the contract for brokers that ask for them.
    """

    drop: Drop
    with_meta: bool = False
    with_ready: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stood: set[str] | None = None

    def submit(
        self,
        data: bytes,
        facts: NameFacts,
        *,
        mode: Mode = "again",
        meta: Meta | None = None,
        lost: Collection[str] = (),
        settle: bool = True,
    ) -> Written | Trouble:
        """Document bytes and name facts → where they lie, only after the rename is on the disk.

        Shape: `again` first looks whether a crashed try left the same MsgId and bytes in out/, sent/ or failed/;
        `first` spares that search when the outbox row was never tried; `resend` writes a new file whatever lies there.
        `named` is for facts that every try gives alike: an earlier try has the same name, unless it stood here when this
        process came.
        `lost` are names that `again` passes over: a person knows that these files did not reach the receiver.
        `settle` False leaves the renames of several files to be put on the disk together, by `settle()`; nothing may be told
        of them before.
        """
        digest = hashlib.sha256(data).hexdigest()
        folder = self.drop.out
        try:
            if mode in ("again", "named"):
                if mode == "again" or name_token(facts.msg_id) in self._standing_before():
                    earlier = self._find(facts.msg_id, digest, len(data), lost)
                else:
                    earlier = self._find_named(facts, digest, len(data))
                if earlier is not None:
                    if settle:
                        sync_folder(folder)  # the crash may have come between rename and sync
                    return Written(earlier, digest, already=True)
            folder = self.drop.tmp
            with self._lock:
                name = self._write(
                    data, facts, self._side(facts, meta, digest, len(data)), settle=settle
                )
        except OSError as error:
            return trouble_of(error, folder)
        return Written(name, digest)

    def settle(self) -> Trouble | None:
        """What was submitted without it → its renames are on the disk, found ones included."""
        try:
            sync_folder(self.drop.out)
        except OSError as error:
            return trouble_of(error, self.drop.out)
        return None

    def look(self, names: Iterable[str]) -> tuple[OutFact, ...] | Trouble:
        """Names of written files → where each stands now; the caller keeps the facts, asking twice is harmless."""
        try:
            with os.scandir(self.drop.out) as entries:  # one look for all: thousands may wait
                here = frozenset(entry.name for entry in entries)
        except OSError as error:
            return trouble_of(error, self.drop.out)
        return tuple(
            OutFact(name, "waiting") if name in here else self._standing(name) for name in names
        )

    def tidy(self) -> int:
        """Nothing → how many half-written files of dead processes were taken away; they were never in out/."""
        removed = 0
        try:
            now = folder_clock(self.drop.work)
            for entry in _files(self.drop.tmp):
                if now - entry.stat(follow_symlinks=False).st_mtime > _LEFTOVER_S:
                    Path(entry.path).unlink()
                    removed += 1
        except OSError:
            return removed
        return removed

    def _write(self, data: bytes, facts: NameFacts, side: bytes | None, *, settle: bool) -> str:
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            name = build_name(facts, attempt)
            half = self.drop.tmp / name
            if self._taken(name):
                continue
            try:
                # The name in tmp/ is the lock on the name: who makes it may rename it.
                write_synced(half, data, self.drop.file_mode)
            except FileExistsError:
                continue
            except OSError:
                half.unlink(missing_ok=True)
                raise
            if self._taken(name):
                half.unlink()
                continue
            try:
                self._publish(half, name, side, settle=settle)
            except OSError:
                half.unlink(missing_ok=True)  # gone already when the rename was done
                raise
            return name
        raise FileExistsError(17, "every name is taken")

    def _publish(self, half: Path, name: str, side: bytes | None, *, settle: bool) -> None:
        if side is not None:
            half_side = self.drop.tmp / (name + META_ENDING)
            half_side.unlink(missing_ok=True)
            write_synced(half_side, side, self.drop.file_mode)
            half_side.rename(self.drop.out / (name + META_ENDING))
        half.rename(self.drop.out / name)
        if settle or self.with_ready:
            sync_folder(self.drop.out)
        if self.with_ready:
            write_synced(self.drop.out / (name + READY_ENDING), b"", self.drop.file_mode)

    def _side(self, facts: NameFacts, meta: Meta | None, digest: str, size: int) -> bytes | None:
        if not self.with_meta:
            return None
        return msgspec.json.encode(
            msgspec.structs.replace(
                meta or Meta(),
                msg_id=facts.msg_id,
                sender_her_id=facts.sender,
                receiver_her_id=facts.receiver,
                sha256=digest,
                size=size,
                created_at=facts.at.isoformat(),
            )
        )

    def _taken(self, name: str) -> bool:
        return any(
            os.path.lexists(f"{folder}/{name}")
            for folder in (self.drop.out, self.drop.sent, self.drop.failed)
        )

    def _find(self, msg_id: str, digest: str, size: int, lost: Collection[str]) -> str | None:
        mark = f"_{name_token(msg_id)}_"
        # The broker may move the file from out/ to sent/ while we look: out/ is looked at first and last.
        for folder in (self.drop.out, self.drop.sent, self.drop.failed, self.drop.out):
            for entry in _files(folder):
                if (
                    mark in entry.name
                    and entry.name not in lost
                    and entry.name.endswith(".xml")
                    and _same_bytes(Path(entry.path), digest, size)
                ):
                    return entry.name
        return None

    def _find_named(self, facts: NameFacts, digest: str, size: int) -> str | None:
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            name = build_name(facts, attempt)
            # As in _find: the file may be on its way from out/ to sent/
            taken = False
            for folder in (self.drop.out, self.drop.sent, self.drop.failed, self.drop.out):
                if os.path.lexists(f"{folder}/{name}"):
                    taken = True
                    if _same_bytes(folder / name, digest, size):
                        return name
            if not taken:
                return None
        return None

    def _standing_before(self) -> set[str]:
        """The messages of the files that stood here when this process came: older programs named them otherwise."""
        if self._stood is None:
            folders = (self.drop.out, self.drop.sent, self.drop.failed, self.drop.out)
            names = [entry.name.split("_") for folder in folders for entry in _files(folder)]
            self._stood = {parts[1] for parts in names if len(parts) > 1}
        return self._stood

    def _standing(self, name: str) -> OutFact:
        # In the order in which a file moves, so that a move between two looks is not taken for a disappearance.
        for folder, standing in (
            (self.drop.out, "waiting"),
            (self.drop.sent, "sent"),
            (self.drop.failed, "failed"),
        ):
            if os.path.lexists(f"{folder}/{name}"):
                if standing == "waiting":
                    return OutFact(name, "waiting")
                self._drop_sides(name)
                return (
                    OutFact(name, "failed", self._reason(name))
                    if standing == "failed"
                    else OutFact(name, "sent")
                )
        self._drop_sides(name)
        return OutFact(name, "picked-up")

    def _drop_sides(self, name: str) -> None:
        for ending in (META_ENDING, READY_ENDING):
            try:
                (self.drop.out / (name + ending)).unlink()
            except OSError:
                continue

    def _reason(self, name: str) -> str | None:
        for ending in _REASON_ENDINGS:
            for side in side_names(name, ending):
                try:
                    with (self.drop.failed / side).open("rb") as file:
                        return file.read(_REASON_LENGTH).decode("utf-8", "replace").strip()
                except OSError:
                    continue
        return None


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                yield entry


def _same_bytes(path: Path, digest: str, size: int) -> bool:
    try:
        if path.stat().st_size != size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    except FileNotFoundError:
        return False  # moved on by the broker; the next folder shows it
