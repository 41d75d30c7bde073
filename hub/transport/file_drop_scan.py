"""Which files of the in folder are whole: a value judged from two looks, without touching anything.

Source: transport/file-drop.md, "Reading" 1, 2 and 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from hub.transport.file_drop import META_ENDING, READY_ENDING, REASON_ENDING, side_names

StuckReason = Literal["empty", "growing", "size-differs-from-side-file"]

_OURS: Final = (META_ENDING, READY_ENDING, REASON_ENDING)


@dataclass(frozen=True, slots=True)
class ReadRules:
    """The knobs of reading, with the contract's defaults.

    Shape: `ready_only` claims nothing without its ready mark (network shares where a rename is not atomic);
    files with an ignored ending belong to their writer.
    Units: seconds; bytes.
    """

    settle_s: float = 1.0
    stuck_s: float = 600.0
    lease_s: float = 300.0
    poll_s: float = 2.0
    batch: int = 100
    max_bytes: int = 35 * 1024 * 1024
    ready_only: bool = False
    ignored_endings: tuple[str, ...] = (
        ".tmp",
        ".part",
        ".partial",
        ".filepart",
        ".crdownload",
        ".lock",
        ".swp",
        "~",
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """One file as one look saw it; `meta_size` is the size its side file promises, if any."""

    name: str
    size: int
    modified_ns: int
    meta_size: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What is remembered of a file: `first` when its name was first seen, `since` when it last changed.

    Units: seconds of a clock that never goes backwards.
    """

    seen: Seen
    first: float
    since: float


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome of one look at all files.

    Shape: `whole` oldest first; `stuck` with the reason for quarantine; `waiting` counts the rest.
    """

    looks: Mapping[str, Look]
    whole: tuple[Seen, ...]
    stuck: tuple[tuple[Seen, StuckReason], ...]
    waiting: int


def is_document(name: str, rules: ReadRules) -> bool:
    """A name in the in folder → whether it is a document: anything but side files, hidden and half-written ones."""
    lower = name.lower()
    return not name.startswith(".") and not lower.endswith((*_OURS, *rules.ignored_endings))


def decide_whole(
    files: Iterable[Seen],
    names: frozenset[str],
    earlier: Mapping[str, Look],
    tick: float,
    rules: ReadRules,
) -> Judged:
    """What is there now, all names, what was there before, the time → which files are whole and which are stuck."""
    looks: dict[str, Look] = {}
    whole: list[Seen] = []
    stuck: list[tuple[Seen, StuckReason]] = []
    for seen in files:
        look = _look(seen, earlier.get(seen.name), tick)
        looks[seen.name] = look
        if _is_whole(look, names, tick, rules):
            whole.append(seen)
        else:
            reason = _why_stuck(look, tick, rules)
            if reason is not None:
                stuck.append((seen, reason))
    whole.sort(key=lambda s: (s.modified_ns, s.name))
    return Judged(looks, tuple(whole), tuple(stuck), len(looks) - len(whole) - len(stuck))


def _look(seen: Seen, before: Look | None, tick: float) -> Look:
    if before is None:
        return Look(seen, tick, tick)
    same = (before.seen.size, before.seen.modified_ns) == (seen.size, seen.modified_ns)
    return Look(seen, before.first, before.since if same else tick)


def _is_whole(look: Look, names: frozenset[str], tick: float, rules: ReadRules) -> bool:
    seen = look.seen
    if seen.size == 0 or seen.meta_size not in {None, seen.size}:
        return False
    if any(side in names for side in side_names(seen.name, READY_ENDING)):
        return True
    return not rules.ready_only and tick - look.since >= rules.settle_s


def _why_stuck(look: Look, tick: float, rules: ReadRules) -> StuckReason | None:
    unchanged_s = tick - look.since
    if look.seen.size == 0:
        return "empty" if unchanged_s >= rules.stuck_s else None
    if look.seen.meta_size not in {None, look.seen.size}:
        return "size-differs-from-side-file" if unchanged_s >= rules.stuck_s else None
    growing = unchanged_s < rules.settle_s
    return "growing" if growing and tick - look.first >= rules.stuck_s else None
