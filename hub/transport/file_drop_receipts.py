"""Transport receipts in the receipt folder: small files of the broker → facts about what we wrote.

The contract's own form is JSON: `{"name" or "msgId", "status", "reason"?, "at"?}`. Brokers that only make a mark use
the ending: `<name>.ack`, `<name>.err`. What cannot be understood is kept as a fact of its own, never dropped.
Source: transport/file-drop.md, folder `receipt/`; transport/README.md, shared state model.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

from hub.transport.file_drop import (
    REASON_ENDING,
    Drop,
    Trouble,
    make_folder,
    parse_name,
    trouble_of,
)

ReceiptKind = Literal["acknowledged", "rejected", "abandoned", "not-understood"]

_WORDS: Final[dict[str, ReceiptKind]] = {
    "ack": "acknowledged",
    "acknowledged": "acknowledged",
    "ok": "acknowledged",
    "delivered": "acknowledged",
    "sent": "acknowledged",
    "nack": "rejected",
    "error": "rejected",
    "err": "rejected",
    "rejected": "rejected",
    "failed": "rejected",
    "abandoned": "abandoned",
    "expired": "abandoned",
}
_ENDINGS: Final = (".ack", ".ok", ".nack", ".err", ".error", ".failed")
_LIMIT: Final = 65536
_REASON_LENGTH: Final = 2000
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class TransportReceipt:
    """One receipt file.

    Shape: `name` is the file it speaks of when it says so, `msg_id` the message; `reason` is the broker's text,
    for a person, never for logs.
    """

    path: Path
    kind: ReceiptKind
    name: str | None
    msg_id: str | None
    reason: str | None


class _Form(msgspec.Struct, frozen=True, rename="camel"):
    name: str | None = None
    msg_id: str | None = None
    status: str | None = None
    reason: str | None = None


def load_receipts(drop: Drop) -> tuple[TransportReceipt, ...] | Trouble:
    """A drop → the receipts that lie there, a bounded number, oldest first; they stay until settled."""
    try:
        with os.scandir(drop.receipt) as entries:
            files = [
                (e.stat(follow_symlinks=False).st_mtime_ns, e.name)
                for e in entries
                if e.is_file(follow_symlinks=False)
                and not e.name.startswith(".")
                and not e.name.endswith((".tmp", ".part", REASON_ENDING))
            ]
        return tuple(_load(drop.receipt / name) for _, name in sorted(files)[:_BATCH])
    except OSError as error:
        return trouble_of(error, drop.receipt)


def settle_receipt(drop: Drop, receipt: TransportReceipt, now: datetime) -> Trouble | None:
    """A receipt whose fact is stored → it lies in `receipt/archive/<date>/`."""
    folder = drop.receipt / "archive" / f"{now.astimezone(UTC):%Y-%m-%d}"
    try:
        make_folder(folder.parent, drop.folder_mode)
        make_folder(folder, drop.folder_mode)
        target = folder / receipt.path.name
        attempt = 1
        while os.path.lexists(target):
            attempt += 1
            target = folder / f"{attempt}_{receipt.path.name}"
        receipt.path.rename(target)
    except FileNotFoundError:
        return None if drop.receipt.is_dir() else trouble_of(FileNotFoundError(2, ""), drop.receipt)
    except OSError as error:
        return trouble_of(error, drop.receipt)
    return None


def parse_receipt(path: Path, data: bytes) -> TransportReceipt:
    """A receipt's path and bytes → what it says."""
    named = _subject(path.name)
    facts = parse_name(named) if named else None
    msg_id = facts.msg_id if facts else None
    form = _form(data)
    if form is not None:
        kind = _WORDS.get((form.status or "").lower(), "not-understood")
        return TransportReceipt(
            path, kind, form.name or named, form.msg_id or msg_id, _cut(form.reason)
        )
    for ending in _ENDINGS:
        if path.name.lower().endswith(ending):
            text = data.decode("utf-8", "replace").strip()
            return TransportReceipt(path, _WORDS[ending[1:]], named, msg_id, _cut(text))
    return TransportReceipt(path, "not-understood", named, msg_id, None)


def _load(path: Path) -> TransportReceipt:
    with path.open("rb") as file:
        return parse_receipt(path, file.read(_LIMIT))


def _form(data: bytes) -> _Form | None:
    try:
        form = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return form if form.status is not None else None


def _subject(name: str) -> str | None:
    """A receipt's file name → the name of the document it hangs on, when it does."""
    for ending in (*_ENDINGS, ".json", ".receipt", ".txt"):
        if name.lower().endswith(ending):
            stem = name[: -len(ending)]
            return stem if stem.lower().endswith(".xml") else f"{stem}.xml"
    return None


def _cut(text: str | None) -> str | None:
    return text[:_REASON_LENGTH] if text else None
