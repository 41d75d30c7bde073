"""What monitoring shows of a drop: how many files lie where, how old, how much room is left.

Source: transport/file-drop.md, "Monitoring and stand-in".
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from hub.transport.file_drop import Drop, folder_clock


@dataclass(frozen=True, slots=True)
class Figures:
    """What monitoring shows of one folder.

    Units: `oldest_s` seconds, by the clock of the file system; None when the folder is empty.
    """

    folder: str
    count: int
    oldest_s: float | None


def figures(drop: Drop) -> tuple[Figures, ...]:
    """A drop → count and age of the files in every folder a person must look after; a folder that is gone is left out."""
    rows: list[Figures] = []
    try:
        now = folder_clock(drop.work)
    except OSError:
        return ()
    for folder in (drop.out, drop.failed, drop.inbox, drop.quarantine, drop.receipt):
        try:
            with os.scandir(folder) as entries:
                times = [
                    e.stat(follow_symlinks=False).st_mtime
                    for e in entries
                    if e.is_file(follow_symlinks=False) and not e.name.startswith(".")
                ]
        except OSError:
            continue
        rows.append(Figures(folder.name, len(times), max(0.0, now - min(times)) if times else None))
    return tuple(rows)


def free_bytes(drop: Drop) -> int | None:
    """A drop → room left for writing, None when it cannot be told."""
    try:
        facts = os.statvfs(drop.out)
    except OSError:
        return None
    return facts.f_bavail * facts.f_frsize
