"""`make bench`: measures the figures and prints them beside their limits. `bench/README.md` tells how each is taken."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import uvloop

from bench import (
    f1_post,
    f2_bundle,
    f3_trend,
    f4_pages,
    f5_alert,
    f7_messages,
    f8_start,
    f9_memory,
    kills,
)
from bench.databases import ENGINES
from bench.figure import Figure, table
from bench.loading import NotMeasurableError, clear_progress
from bench.servers import LOAD_CORE, pin

FIGURES: Final = ("F1", "F2", "F3", "F4", "F5", "F7", "F8", "F9", "F10")
_SHORT_KILLS: Final = 22


def parse() -> argparse.Namespace:
    """Command line → what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python bench/run.py F1 F8 --rounds 5    ·    python bench/run.py F9 --f9-values 3650000",
    )
    parser.add_argument(
        "figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}; all"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="paired rounds of F1 and F2 (default 3)"
    )
    parser.add_argument(
        "--engine", choices=ENGINES, default="sqlite", help="of F1, F3 and F4; F2 is PostgreSQL's"
    )
    parser.add_argument("--values", type=int, default=8000, help="values per round of F1")
    parser.add_argument("--connections", type=int, default=32, help="connections of F1 (16 to 64)")
    parser.add_argument(
        "--mix",
        choices=tuple(f1_post.MIXES),
        default="mixed",
        help="values of F1: mixed (the figure), green alone, or one in ten yellow",
    )
    parser.add_argument("--seconds", type=int, default=20, help="length of F5")
    parser.add_argument("--starts", type=int, default=7, help="starts of each kind in F8")
    parser.add_argument("--f9-values", type=int, default=146_000, help="values loaded for F9")
    parser.add_argument(
        "--kills", type=int, default=_SHORT_KILLS, help="kills of F10 (200 for the figure)"
    )
    parser.add_argument("--json", action="store_true", help="for programs: rows with their facts")
    parser.add_argument("--folder", type=Path, help="where databases are made: a real disk, please")
    chosen = parser.parse_args()
    unknown = [f for f in chosen.figures if f.upper() not in FIGURES]
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    chosen.figures = [f.upper() for f in chosen.figures] or list(FIGURES)
    return chosen


def take(name: str, folder: Path, chosen: argparse.Namespace) -> list[Figure]:
    """A figure's name → its rows. Raises NotMeasurableError."""
    pin(0, None if name == "F10" else LOAD_CORE)
    if name == "F10":
        return [kills.measure(folder / "f10", chosen.kills, 1)[0]]
    if name == "F7":
        return [f7_messages.measure(f7_messages.Size())]
    work: dict[str, Coroutine[Any, Any, Figure | list[Figure]]] = {}
    if name == "F1":
        size = f1_post.Size(
            chosen.rounds,
            chosen.values,
            connections=chosen.connections,
            engine=chosen.engine,
            mix=chosen.mix,
        )
        work[name] = f1_post.measure(folder, size)
    elif name == "F2":
        work[name] = f2_bundle.measure(folder, f2_bundle.Size(chosen.rounds))
    elif name == "F3":
        work[name] = f3_trend.measure(
            folder, f3_trend.Size(rounds=max(3, chosen.rounds), engine=chosen.engine)
        )
    elif name == "F4":
        work[name] = f4_pages.measure(folder, f4_pages.Size(engine=chosen.engine))
    elif name == "F5":
        work[name] = f5_alert.measure(folder, f5_alert.Size(chosen.seconds))
    elif name == "F8":
        work[name] = f8_start.measure(folder, f8_start.Size(chosen.starts))
    else:
        work[name] = f9_memory.measure(folder, f9_memory.Size(chosen.f9_values))
    found = asyncio.run(work[name]) if name == "F8" else uvloop.run(work[name])
    return found if isinstance(found, list) else [found]


def main() -> int:
    """The program: exit status 1 when a must is missed or could not be measured."""
    chosen = parse()
    rows: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="hub-bench-", dir=chosen.folder) as folder:
        for name in chosen.figures:
            try:
                rows += take(name, Path(folder), chosen)
            except (NotMeasurableError, RuntimeError) as error:
                rows.append(Figure(name, "could not be measured", 0, 0, "", None, note=str(error)))
            clear_progress()
    load = os.getloadavg()[0]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f}"
    if chosen.json:
        print(
            json.dumps(
                {"machine": machine, "figures": [asdict(r) | {"verdict": r.verdict} for r in rows]},
                indent=1,
            )
        )
    else:
        print(table(rows))
        print(f"{machine}. Ratios hold on any machine, seconds and megabytes only here.")
    return 0 if all(row.verdict in ("must", "aim") for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
