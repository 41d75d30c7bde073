"""The watcher is a hint: it wakes, it stops, and a folder it cannot watch harms nobody."""

import threading
import time
from pathlib import Path

from hub.transport.watch import watch


def test_a_new_file_wakes_the_reader_and_the_stop_mark_ends_it(tmp_path: Path) -> None:
    woken, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=watch, args=(tmp_path, woken.set, stop))
    thread.start()
    deadline = time.monotonic() + 10
    number = 0
    while not woken.is_set() and time.monotonic() < deadline:
        number += 1
        (tmp_path / f"{number}.xml").write_bytes(b"<a/>")
        woken.wait(0.2)
    stop.set()
    thread.join(10)

    assert woken.is_set()
    assert not thread.is_alive()


def test_a_folder_that_is_not_there_ends_the_watch_quietly(tmp_path: Path) -> None:
    watch(tmp_path / "missing", lambda: None, threading.Event())
