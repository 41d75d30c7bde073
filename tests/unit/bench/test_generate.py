"""The generated year is the same everywhere, whole, and mostly green."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[3]))

from bench.generate import people, value, values, write
from hub.fhir.codec import parse


def test_a_value_follows_from_patient_and_day_alone() -> None:
    first, second = people(2)
    assert value(first, 3) == value(people(5)[0], 3)
    assert len({value(first, 3), value(first, 4), value(second, 3)}) == 3


def test_every_value_is_an_observation_the_hub_takes() -> None:
    for body in values(people(4), 8):
        parse(body, "Observation")


def test_a_year_has_one_value_a_day_for_each_patient_in_the_order_of_days() -> None:
    found = [msgspec.json.decode(body) for body in values(people(3), 10)]
    assert len(found) == 30
    days = [o["effectiveDateTime"][:10] for o in found]
    assert days == sorted(days)
    assert len({o["identifier"][0]["value"] for o in found}) == 30


def test_files_hold_a_line_for_each_resource(tmp_path: Path) -> None:
    counts = write(tmp_path, 3, 5)
    assert counts["Patient"] == 3
    assert counts["Observation"] == 15
    for kind, count in counts.items():
        assert len((tmp_path / f"{kind}.ndjson").read_bytes().splitlines()) == count
    assert write(tmp_path, 3, 5) == counts
