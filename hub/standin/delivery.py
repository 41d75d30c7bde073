"""How a stand-in puts documents into the hub's in folder: properly, or with one of the faults of the field.

Source: transport/file-drop.md, "Monitoring and stand-in" (the switches of a stand-in broker).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Fault = Literal[
    "same-file-twice",
    "empty-file",
    "chunks",
    "crash-mid-file",
    "not-xml",
    "dtd",
    "bom",
    "upper-case-ending",
    "same-id-other-bytes",
    "locked",
    "across-file-systems",
    "folder-gone",
]
Deed = Literal["write", "lock", "unlock", "hide", "show"]

_CHUNKS: Final = 4
_DTD: Final = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes for one file: a whole document is written aside and renamed, a chunk is appended in place.

    Shape: `deed` lock and unlock take away and give back every right to the file, hide and show the folder itself.
    """

    name: str
    data: bytes
    whole: bool = True
    deed: Deed = "write"


def _chunks(name: str, data: bytes) -> list[Part]:
    size = max(1, -(-len(data) // _CHUNKS))
    return [Part(name, data[i : i + size], whole=False) for i in range(0, len(data), size)]


def _marked(name: str, mark: str) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}-{mark}.{ending}"


def _with_dtd(data: bytes) -> bytes:
    head, end, rest = data.partition(b"?>")
    return head + end + _DTD + rest if end else _DTD + data


def _other_bytes(data: bytes) -> bytes:
    """A document → one with the same ids and other bytes, as a sender that makes it anew under its old MsgId writes it."""
    return data.rstrip() + b"<!-- again -->\n"


# Fault → the parts that replace or precede the proper delivery; the proper one comes last unless it is replaced.
_PARTS: Final[Mapping[Fault, Callable[[str, bytes], list[Part]]]] = {
    "same-file-twice": lambda name, data: [Part(_marked(name, "a"), data), Part(name, data)],
    "empty-file": lambda name, data: [Part(_marked(name, "empty"), b""), Part(name, data)],
    "chunks": _chunks,
    "crash-mid-file": lambda name, data: [
        Part(_marked(name, "half"), data[: len(data) // 2], whole=False),
        Part(name, data),
    ],
    "not-xml": lambda name, data: [Part(_marked(name, "text"), b"Hei!\n"), Part(name, data)],
    "dtd": lambda name, data: [Part(_marked(name, "dtd"), _with_dtd(data)), Part(name, data)],
    "bom": lambda name, data: [Part(name, _BOM + data.removeprefix(_BOM))],
    "upper-case-ending": lambda name, data: [Part(name.upper(), data)],
    "same-id-other-bytes": lambda name, data: [
        Part(name, data),
        Part(_marked(name, "other"), _other_bytes(data)),
    ],
    "locked": lambda name, data: [
        Part(name, data, deed="lock"),
        Part(name, b"", whole=False, deed="unlock"),
    ],
    # A move from another file system is a copy: the file grows in place under its last name
    "across-file-systems": lambda name, data: [
        Part(name, data[: len(data) // 2], whole=False),
        Part(name, data[len(data) // 2 :], whole=False),
    ],
    "folder-gone": lambda name, data: [
        Part(name, b"", deed="hide"),
        Part(name, b"", deed="show"),
        Part(name, data),
    ],
}
FAULTS: Final[Sequence[Fault]] = tuple(_PARTS)


def build_parts(name: str, data: bytes, fault: Fault | None) -> tuple[Part, ...]:
    """A file name, a document and a fault → what to write, in order, one part for each look of the reader."""
    return tuple(_PARTS[fault](name, data)) if fault else (Part(name, data),)


def write_part(folder: Path, part: Part) -> None:
    """A part → it lies in the folder, the way a broker writes."""
    path, away = folder / part.name, folder.with_name(f".{folder.name}-away")
    if part.deed == "hide":
        folder.rename(away)
    elif part.deed == "show":
        away.rename(folder)
    elif part.whole:
        aside = folder / f".{part.name}.part"
        aside.write_bytes(part.data)
        if part.deed == "lock":
            aside.chmod(0)
        aside.rename(path)
    elif part.deed == "unlock":
        for found in (path, *folder.glob(f".work/*/*_{part.name}")):  # the hub may have claimed it
            if found.exists():
                found.chmod(0o600)
    else:
        with path.open("ab") as file:
            file.write(part.data)
