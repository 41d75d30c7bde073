"""How long the drop keeps what was taken in: whole days of the archives go when they are old by every clock there is.

Source: transport/file-drop.md, "Life cycle" (expiry: 90 days archive, quarantine kept until handled).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from hub.transport.file_drop import Drop, folder_clock

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def expire(drop: Drop, now: datetime, keep: timedelta) -> int:
    """A drop, our time and how long to keep → how many archived files were removed.

    Shape: a day goes when its name is old by our clock, and its folder and every file in it by the file system's: one clock
    that is wrong deletes nothing. Quarantine and the broker's own folders are never touched.
    """
    try:
        here = folder_clock(drop.work)
    except OSError:
        return 0
    return sum(
        _empty(day, here - keep.total_seconds())
        for archive in (drop.archive, drop.receipt / "archive")
        for day in _old_days(archive, (now - keep).astimezone(UTC).date().isoformat())
    )


def _old_days(archive: Path, oldest: str) -> list[Path]:
    try:
        days = [p for p in archive.iterdir() if _DAY.fullmatch(p.name) and p.is_dir()]
    except OSError:
        return []
    return sorted(day for day in days if day.name < oldest)


def _empty(day: Path, before: float) -> int:
    removed = 0
    try:
        files = list(day.iterdir())
        if any(file.lstat().st_mtime > before for file in (day, *files)):
            return 0
        for file in files:
            file.unlink()
            removed += 1
        day.rmdir()
    except OSError:  # gone, or not ours to remove: the next round sees
        return removed
    return removed
