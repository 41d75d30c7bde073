"""The folder of the municipal journal: each document comes into it once, whole, whatever crashes and however fast it is taken.

Two steps, with a commit of the caller between them: `put` writes beside the folder, `publish` moves. What is no longer beside it was
moved before, so a document that the journal has already taken away is not given again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hub.problems import HubError, ProblemCode, fail
from hub.transport.file_drop import Trouble, sync_folder, trouble, trouble_of, write_synced


@dataclass(frozen=True, slots=True)
class JournalDrop:
    """Shape: documents appear in `root/out`; `root/.work` is ours alone and must not be tidied by others. Blocking calls."""

    root: Path

    @property
    def out(self) -> Path:
        """Nothing → the folder that the journal reads."""
        return self.root / "out"

    @property
    def work(self) -> Path:
        """Nothing → where documents wait to be moved."""
        return self.root / ".work"

    def look(self) -> Trouble | None:
        """Nothing → why no document could be put here just now, else None. Makes nothing: `out` may be its operator's to make."""
        try:
            there = [f for f in (self.root, self.work, self.out) if os.path.lexists(f)]
            for held in there or [self.root.parent]:  # what is missing is made in what is there
                if not held.is_dir():
                    return trouble("gone", held)
                if os.statvfs(held).f_flag & os.ST_RDONLY:
                    return trouble("read-only", held)
                if not os.access(held, os.W_OK | os.X_OK):
                    return trouble("permission", held)
        except OSError as error:
            return trouble_of(error, self.root)
        return None

    def put(self, name: str, data: bytes) -> None:
        """A document → beside the folder, on the disk; again does no harm. Problems: UNREACHABLE."""
        try:
            for folder in (self.root, self.work, self.out):
                folder.mkdir(mode=0o700, exist_ok=True)
            half = self.work / f"{name}.half"
            half.unlink(missing_ok=True)
            write_synced(half, data, 0o600)
            half.rename(self.work / name)
            sync_folder(self.work)
        except OSError as error:
            raise _unreachable(error, self.work) from None

    def publish(self, name: str) -> None:
        """A document that was put → in the folder, or moved there before. Problems: UNREACHABLE."""
        try:
            if os.path.lexists(self.work / name):
                (self.work / name).rename(self.out / name)
            sync_folder(self.out)
        except OSError as error:
            raise _unreachable(error, self.out) from None


def _unreachable(error: OSError, folder: Path) -> HubError:
    told = trouble_of(error, folder).detail
    return fail(ProblemCode.UNREACHABLE, f"The journal's folder cannot be written: {told}")
