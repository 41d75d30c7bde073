"""The official XSD files in an operator's folder: which are there as published, which are not, and copying them there."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hub.emessage.schema_sums import SUMS

LARGEST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Standing:
    """A folder held against the table. Shape: all are file names; `foreign` are XSD files that the table has not."""

    right: tuple[str, ...]
    different: tuple[str, ...]
    missing: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every file is there as published."""
        return not self.different and not self.missing


def check_folder(folder: Path) -> Standing:
    """A folder, with all below it → what is there."""
    found = {path.name: path for path in _files(folder)}
    right = {name for name in SUMS if name in found and _sum(found[name]) == SUMS[name]}
    return Standing(
        tuple(sorted(right)),
        tuple(name for name in SUMS if name in found and name not in right),
        tuple(name for name in SUMS if name not in found),
        tuple(sorted(name for name in found if name not in SUMS)),
    )


def install(source: Path, folder: Path) -> Standing:
    """A folder with the archive's files somewhere below → those that are as published, copied; → what is there then.

    A file is known by its content: whatever its name, it gets the published one. Nothing else is copied.
    """
    by_sum = {_sum(path): path for path in _files(source)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, digest in SUMS.items():
        path = by_sum.get(digest)
        if path is None:
            continue
        data = path.read_bytes()
        if sha256(data).hexdigest() != digest:
            continue  # changed while we looked
        half = folder / f".{name}.half"
        half.write_bytes(data)
        half.replace(folder / name)
    return check_folder(folder)


def load_schemas(folder: Path) -> dict[str, bytes]:
    """A folder → file name and content of every XSD below it."""
    return {path.name: path.read_bytes() for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    return [
        p
        for p in sorted(folder.rglob("*.xsd"))
        if p.is_file() and p.stat().st_size <= LARGEST_BYTES
    ]


def _sum(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
