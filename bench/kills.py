"""F10: `python bench/kills.py 200` kills the server so many times in the middle of its work and counts what was lost or doubled."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.databases import new_database, own_cluster
from bench.figure import Figure, table
from bench.kill_harness import Harness, Result, count_moments
from bench.loading import clear_progress, progress
from tests import postgres_cluster
from tests.postgres_cluster import Cluster


def to_figure(result: Result, seconds: float) -> Figure:
    """An outcome → the row F10."""
    kills = result.kills
    return Figure(
        "F10",
        f"lost or doubled across {len(kills)} kill -9 that each caught unfinished work",
        0,
        0,
        "",
        float(result.lost_or_doubled),
        note=(
            f"{result.values} values ({result.acknowledged} acknowledged), {len(result.seen.alerts)} alerts,"
            f" {sum(d.answers is None for d in result.seen.documents)} messages out, {result.dropped} files in;"
            f" at the kill: requests in flight {sum(k.in_flight > 0 for k in kills)}x, files unfinished"
            f" {sum(k.files > 0 for k in kills)}x, half-written {sum(k.half_written > 0 for k in kills)}x, reds untold"
            f" {sum(k.untold > 0 for k in kills)}x, receipts missing {sum(k.unreceipted > 0 for k in kills)}x;"
            f" {result.idle} idle kills not counted; {seconds:.0f} s"
        ),
        facts={
            "moments": dict(count_moments(kills)),
            "faults": [f"{f.kind}: {f.what}" for f in result.faults],
            "refused": list(result.refused[:20]),
        },
    )


def measure(
    folder: Path, kills: int, seed: int, url: str = "", cluster: Cluster | None = None
) -> tuple[Figure, Result]:
    """A folder, how many kills, a seed, the URL of PostgreSQL ("": SQLite in the folder) and its server, when that may crash too → the figure and what it rests on."""
    began = time.monotonic()
    result = Harness(folder, seed, progress, url=url, cluster=cluster).run(kills)
    clear_progress()
    return to_figure(result, time.monotonic() - began), result


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200, help="how many kills must count")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another course")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there")
    parser.add_argument(
        "--engine", choices=["sqlite", "postgres"], default="sqlite", help="a server of its own"
    )
    parser.add_argument(
        "--crashes",
        action="store_true",
        help="the database server crashes too (with --engine postgres)",
    )
    chosen = parser.parse_args()
    url, cluster = "", None
    if chosen.crashes:
        database = new_database("postgres", Path())
        url, cluster = database.url, own_cluster()
    elif chosen.engine == "postgres":
        url = postgres_cluster.new_database("synthetic")
    if chosen.keep is not None:
        figure, result = measure(chosen.keep, chosen.kills, chosen.seed, url, cluster)
    else:
        with tempfile.TemporaryDirectory(prefix="hub-kills-") as folder:
            figure, result = measure(Path(folder), chosen.kills, chosen.seed, url, cluster)
    print(table([figure]))
    for moment, count in sorted(count_moments(result.kills).items()):
        print(f"  {count:4} x {moment}")
    for fault in result.faults[:50]:
        print(f"  {fault.kind}: {fault.what}")
    for text in result.refused[:5]:
        print(f"  refused: {text}")
    return 1 if result.faults or result.refused else 0


if __name__ == "__main__":
    sys.exit(main())
