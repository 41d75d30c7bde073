"""The watched directory shared with a local message broker: folders, file names, side files, troubles.

Blocking calls: run them in a thread. Time and ids are given by the caller; nothing here knows a database.
`file_drop_out.py` writes, `file_drop_in.py` reads.
Source: transport/file-drop.md, "Contract of the hub".
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

MAX_NAME: Final = 120
"""Longest file name of the contract, side-file endings included."""
META_ENDING: Final = ".meta.json"
READY_ENDING: Final = ".ready"
REASON_ENDING: Final = ".reason.json"

_PLAIN: Final = re.compile(r"[A-Za-z0-9.-]{1,40}")
_STAMP: Final = re.compile(r"[0-9]{8}T[0-9]{9}Z")
_HASH_LENGTH: Final = 32

TroubleKind = Literal[
    "permission", "disk-full", "gone", "read-only", "two-file-systems", "open-to-all", "other"
]


@dataclass(frozen=True, slots=True)
class Drop:
    """Every folder of one drop; a broker with other habits gets other paths, nothing else changes.

    Shape: `tmp` lies on the file system of `out`, `work` on that of `inbox`; `shared` gives the group access
    (0770/0660, broker under another user) instead of the owner alone (0700/0600).
    """

    out: Path
    tmp: Path
    sent: Path
    failed: Path
    inbox: Path
    work: Path
    archive: Path
    quarantine: Path
    receipt: Path
    shared: bool = False

    @property
    def folders(self) -> tuple[Path, ...]:
        """Nothing → the folders in the order in which they are made."""
        return (
            self.out,
            self.tmp,
            self.sent,
            self.failed,
            self.inbox,
            self.work,
            self.archive,
            self.quarantine,
            self.receipt,
        )

    @property
    def folder_mode(self) -> int:
        """Nothing → the permission bits of folders we make."""
        return 0o770 if self.shared else 0o700

    @property
    def file_mode(self) -> int:
        """Nothing → the permission bits of files we make."""
        return 0o660 if self.shared else 0o600


def standard_drop(root: Path, *, shared: bool = False) -> Drop:
    """The drop's root → the folders as the contract names them."""
    return Drop(
        out=root / "out",
        tmp=root / "out" / "tmp",
        sent=root / "out" / "sent",
        failed=root / "out" / "failed",
        inbox=root / "in",
        work=root / "in" / ".work",
        archive=root / "in" / "archive",
        quarantine=root / "in" / "quarantine",
        receipt=root / "receipt",
        shared=shared,
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the drop cannot be used just now: red health, never an exception, never a deletion.

    Shape: `folder` is the last part of the path only, so that it may be shown.
    """

    kind: TroubleKind
    folder: str
    detail: str


_KINDS: Final[dict[int, TroubleKind]] = {
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.ENOENT: "gone",
    errno.ENOTDIR: "gone",
    errno.ENODEV: "gone",
    errno.ENXIO: "gone",
    errno.ESTALE: "gone",
    errno.EIO: "gone",
    errno.EROFS: "read-only",
    errno.EXDEV: "two-file-systems",
}
_TEXTS: Final[dict[TroubleKind, str]] = {
    "permission": "The operating system denies access",
    "disk-full": "There is no room left",
    "gone": "The folder is missing or the share is not mounted",
    "read-only": "The file system is mounted read-only",
    "two-file-systems": "The folder of half-written files lies on another file system",
    "open-to-all": "Every user of the machine may read the folder",
    "other": "The operating system reports a fault",
}


def trouble(kind: TroubleKind, folder: Path) -> Trouble:
    """Kind and folder → the value that health shows."""
    return Trouble(kind, folder.name, _TEXTS[kind])


def trouble_of(error: OSError, folder: Path) -> Trouble:
    """What the operating system raised, and where → the value that health shows."""
    return trouble(_KINDS.get(error.errno or 0, "other"), folder)


def prepare(drop: Drop) -> tuple[Trouble, ...]:
    """A drop → its folders exist; what is wrong with them comes back.

    Folders that exist keep the mode their operator gave them. Done once at start: a share that goes away later
    is waited for, not made anew on the local disk.
    """
    found: list[Trouble] = []
    for folder in drop.folders:
        try:
            if not folder.is_dir():
                folder.parent.mkdir(parents=True, exist_ok=True)
                make_folder(folder, drop.folder_mode)
            elif folder.stat().st_mode & stat.S_IROTH:
                found.append(trouble("open-to-all", folder))
        except OSError as error:
            found.append(trouble_of(error, folder))
    for inner, outer in ((drop.tmp, drop.out), (drop.work, drop.inbox)):
        try:
            if inner.stat().st_dev != outer.stat().st_dev:
                found.append(trouble("two-file-systems", inner))
        except OSError as error:
            found.append(trouble_of(error, inner))
    return tuple(found)


def make_folder(folder: Path, mode: int) -> None:
    """A path → a folder there with exactly this mode; one that exists is left as it is."""
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        return
    folder.chmod(mode)  # the process mask must not decide who reads health data


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What a file name tells: a hint for people and for the search after a crash; the content decides."""

    at: datetime
    msg_id: str
    sender: str
    receiver: str


def build_name(facts: NameFacts, attempt: int = 1) -> str:
    """Facts (and a number when the name is taken) → `<UTC stamp>_<MsgId or hash>_<sender>_<receiver>.xml`.

    Shape: only [A-Za-z0-9._-], at most 120 characters with any side-file ending; a part that does not fit is
    replaced by a hash of itself.
    """
    at = facts.at.astimezone(UTC)
    stamp = f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}Z"
    parts = "_".join(
        (
            stamp,
            name_token(facts.msg_id),
            name_token(facts.sender, 12),
            name_token(facts.receiver, 12),
        )
    )
    suffix = "" if attempt == 1 else f"_{attempt}"
    return f"{parts}{suffix}.xml"


def name_token(text: str, longest: int = 40) -> str:
    """One fact → the part of a file name that stands for it: itself, or a hash when it does not fit."""
    if len(text) <= longest and _PLAIN.fullmatch(text) and not text.startswith("."):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return digest[: min(_HASH_LENGTH, longest)]


def parse_name(name: str) -> NameFacts | None:
    """A file name → its facts when it has our shape, else None."""
    parts = name.removesuffix(".xml").split("_")
    if len(parts) not in {4, 5} or not _STAMP.fullmatch(parts[0]):
        return None
    try:
        at = datetime.strptime(f"{parts[0][:-1]}000+0000", "%Y%m%dT%H%M%S%f%z")
    except ValueError:
        return None
    return NameFacts(at, parts[1], parts[2], parts[3])


class Meta(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The side file `<name>.meta.json`: every field may be missing, unknown fields are let pass."""

    msg_id: str | None = None
    type: str | None = None
    sender_her_id: str | None = None
    receiver_her_id: str | None = None
    sha256: str | None = None
    size: int | None = None
    created_at: str | None = None
    correlation: str | None = None


def parse_meta(data: bytes) -> Meta | None:
    """Bytes of a side file → Meta, or None when it cannot be read: it is a hint, never a condition."""
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=Meta)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def side_names(name: str, ending: str) -> tuple[str, str]:
    """A file name → the two places a side file may have: `x.xml.ready` and `x.ready`."""
    stem = name.rpartition(".")[0] or name
    return name + ending, stem + ending


def sync_folder(folder: Path) -> None:
    """A folder → its entries are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(path: Path, data: bytes, mode: int) -> None:
    """Bytes → a new file with them, on the disk; FileExistsError when the name is taken."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.fchmod(descriptor, mode)  # the process mask must not decide who reads health data
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def folder_clock(folder: Path) -> float:
    """A folder of ours → the file system's own time: ages must not depend on two computers' clocks agreeing."""
    probe = folder / f".clock-{os.getpid()}"
    probe.touch(mode=0o600)
    try:
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)
