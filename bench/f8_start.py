"""F8: cold start, a new process until the first 200 on /fhir/metadata, on an empty and on an existing database."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure
from bench.loading import load_town, median, progress
from bench.servers import free_port, start_hub
from bench.town import citizens


@dataclass(frozen=True, slots=True)
class Size:
    """How often each kind of start is measured."""

    runs: int = 7


async def measure(folder: Path, size: Size) -> Figure:
    """A folder for the programs' files and a size → the figure: the slower of the two medians."""
    empty: list[float] = []
    place = folder / "f8"
    for number in range(size.runs):
        progress(f"F8: start {number + 1} of {size.runs * 2}")
        shutil.rmtree(place, ignore_errors=True)
        hub = start_hub(place, free_port())
        empty.append(hub.wait_ready())
        hub.stop()
    hub = start_hub(place, free_port())
    hub.wait_ready()
    await load_town(hub.port, citizens("f8", 40))
    hub.stop()
    existing: list[float] = []
    for number in range(size.runs):
        progress(f"F8: start {size.runs + number + 1} of {size.runs * 2}")
        hub = start_hub(place, free_port())
        existing.append(hub.wait_ready())
        hub.stop()
    on_empty, on_existing = median(empty), median(existing)
    return Figure(
        "F8",
        "cold start to the first 200 on /fhir/metadata",
        2,
        1,
        "s",
        max(on_empty, on_existing),
        note=(
            f"{on_empty:.2f} s on an empty database (it is set up), {on_existing:.2f} s on an existing one; medians of"
            f" {size.runs}, files in the operating system's cache, one core"
        ),
        facts={"empty": empty, "existing": existing},
    )
