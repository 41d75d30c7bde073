"""A hint that something changed in a folder: it only wakes the next scan, which alone decides.

Source: transport/file-drop.md, "Reading" 1 (events alone lose files on network shares and at start).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

_QUIET_MS: Final = 50
_LOOK_AGAIN_MS: Final = 500


def watch(folder: Path, wake: Callable[[], None], stop: threading.Event) -> None:
    """A folder → `wake` is called after changes in it until `stop` is set; blocks, run it in a thread.

    A folder that cannot be watched ends the watching without a word: scanning goes on by itself.
    """
    # watchfiles loads a compiled watcher: only a hub that reads a drop pays for it
    from watchfiles import watch as events  # noqa: PLC0415 - cold start

    try:
        for _ in events(
            folder,
            recursive=False,
            stop_event=stop,
            step=_QUIET_MS,
            debounce=_QUIET_MS * 4,
            rust_timeout=_LOOK_AGAIN_MS,
            raise_interrupt=False,
        ):
            wake()
    except (OSError, RuntimeError):
        return
