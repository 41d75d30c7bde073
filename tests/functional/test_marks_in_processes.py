"""Several processes that are shown the same proofs at once: each proof is first in one of them. Source: helseid.md §5 (jti)."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

SHOWS = """
import asyncio, sys, time
from hashlib import sha256
from hub.store.address import parse_address
from hub.store.engine import open_engine
from hub.store.one_time import StoredMarks

async def main(url, many):
    engine = open_engine(parse_address(url))
    marks = StoredMarks(engine)
    await marks.first(sha256(url.encode() + str(time.time_ns()).encode()).digest(), 1.0, 100.0)
    print("ready", flush=True)
    sys.stdin.readline()
    names = [sha256(str(n).encode()).digest() for n in range(many)]
    for at in range(0, many, 20):
        found = await asyncio.gather(*(marks.first(m, 1000.0, 1090.0) for m in names[at : at + 20]))
        print(*(at + n for n, first in enumerate(found) if first), flush=True)
    engine.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
PROCESSES = 3
MANY = 60


def test_of_processes_that_are_shown_the_same_at_once_one_takes_it(database_url: str) -> None:
    command = [sys.executable, "-c", SHOWS, database_url, str(MANY)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate(timeout=60)[0] for each in running]
    assert [each.returncode for each in running] == [0] * PROCESSES
    taken = Counter(int(n) for text in said for n in text.split())
    assert taken == Counter(range(MANY))
