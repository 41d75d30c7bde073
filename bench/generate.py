"""A year of a region, the same on every machine and every day: patients and one value a day for each of them.

10,000 patients × 365 days are 3.65 million values. A patient measures another measure each day; nine of ten values are
green, most of the rest yellow. Times, ids and values follow from the numbers of patient and day alone.

    python bench/generate.py --patients 100 --days 30 --out var/generated     one NDJSON file per resource type
    python bench/load.py --patients 10000                                     the load itself
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.town import (
    MEASURES,
    Citizen,
    Zone,
    citizens,
    observation,
    render,
    resources,
    shared_resources,
)

PREFIX: Final = "year"
FIRST_DAY: Final = datetime(2025, 11, 21, 6, 0, tzinfo=UTC)
PATIENTS: Final = 10_000
DAYS: Final = 365


def people(count: int = PATIENTS) -> tuple[Citizen, ...]:
    """How many → that many patients."""
    return citizens(PREFIX, count)


def value(person: Citizen, day: int, *, calm: bool = False) -> bytes:
    """A patient and a day → her Observation of that day; `calm` values are all green and make no alerts."""
    measure = MEASURES[(person.number + day) % len(MEASURES)]
    at = FIRST_DAY + timedelta(days=day, seconds=_mixed(person.number, day, 1) % 43_200)
    zone = "green" if calm else _zone(_mixed(person.number, day, 2) % 1000)
    variant = _mixed(person.number, day, 3) % 8
    return observation(person, measure, zone, at, f"{person.id}-{day}", variant)


def values(who: Sequence[Citizen], days: int = DAYS, *, calm: bool = False) -> Iterator[bytes]:
    """Patients and days → their values day by day, so that a patient's rows lie scattered, as in life."""
    for day in range(days):
        for person in who:
            yield value(person, day, calm=calm)


def write(folder: Path, patients: int, days: int) -> dict[str, int]:
    """A folder and a size → NDJSON files in it, by resource type; how many lines each has."""
    folder.mkdir(parents=True, exist_ok=True)
    who, counts = people(patients), dict[str, int]()
    documents = [*shared_resources()]
    for person in who:
        documents += resources(person, FIRST_DAY)
    for document in documents:
        kind = document["resourceType"]
        mode = "ab" if kind in counts else "wb"
        with (folder / f"{kind}.ndjson").open(mode) as file:
            file.write(render(document) + b"\n")
        counts[kind] = counts.get(kind, 0) + 1
    with (folder / "Observation.ndjson").open("wb") as file:
        for body in values(who, days):
            file.write(body + b"\n")
            counts["Observation"] = counts.get("Observation", 0) + 1
    return counts


def _zone(part: int) -> Zone:
    return "green" if part < 900 else "yellow" if part < 980 else "red"


def _mixed(number: int, day: int, salt: int) -> int:
    """Numbers → one that looks like chance and is always the same (the finaliser of splitmix64)."""
    x = (number * 0x9E3779B97F4A7C15 + day * 0xD1B54A32D192ED03 + salt) & 0xFFFFFFFFFFFFFFFF
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return x ^ (x >> 31)


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    chosen = parser.parse_args()
    for kind, count in sorted(write(chosen.out, chosen.patients, chosen.days).items()):
        print(f"{chosen.out / kind}.ndjson: {count:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
