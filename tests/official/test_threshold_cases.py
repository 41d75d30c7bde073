"""The decided threshold cases of the official files: those with our rule kinds pass, the others say why not."""

from pathlib import Path

import pytest

from hub.thresholds.case_run import run_case
from hub.thresholds.cases import parse_cases
from hub.thresholds.measures import MEASURES
from hub.thresholds.rule_fields import KIND_FIELDS
from hub.thresholds.rules.registry import KINDS

FOLDER = Path(__file__).parents[3] / "shared" / "standards" / "dho"

pytestmark = pytest.mark.official


def test_every_decided_case_passes():
    file = parse_cases((FOLDER / "cases" / "sample-cases.json").read_bytes())
    assert len(file.cases) == 46

    failed = {r.id: r.differences or r.error for r in map(run_case, file.cases) if not r.passed}
    assert failed == {}


def test_every_kind_of_the_exchange_format_is_judged():
    text = (FOLDER / "cases" / "README.md").read_text(encoding="utf-8")
    section = text.partition("rules[]")[2].partition("\nbands[]")[0]
    lines = [line for line in section.splitlines()[1:] if line[:2] == "  " and line[2:3] != " "]

    assert {line.split()[0] for line in lines} == set(KINDS) == set(KIND_FIELDS)


def test_the_points_of_news2_are_those_of_the_file():
    import csv
    from decimal import Decimal

    from hub.thresholds.scores.news2 import CHART, CODES

    with (FOLDER / "data" / "scores.csv").open(encoding="utf-8") as file:
        rows = [
            r
            for r in csv.DictReader(file)
            if r["score"] == "news2" and r["part"].startswith("parameter:")
        ]

    for row in rows:
        name = row["part"].removeprefix("parameter: ").replace("oxygen given", "oxygen")
        if name in CODES:
            for code in row["low"] if name == "consciousness" else [row["low"]]:
                assert CODES[name][code] == int(row["points"])
            continue
        steps = CHART[name]
        end = Decimal(row["high"]) if row["high"] else None
        assert (None if end is None else str(end), int(row["points"])) in steps
        if row["low"]:
            before = [h for h, _ in steps if h is not None and Decimal(h) < Decimal(row["low"])]
            assert before


def test_our_table_of_measures_holds_every_measure_with_its_figures():
    import csv
    from decimal import Decimal

    with (FOLDER / "data" / "measurements.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    for row in rows:
        ours = MEASURES[row["key"]]
        guards = [
            Decimal(row[end]) if row[end] else None for end in ("plausible_min", "plausible_max")
        ]
        assert row["ucum"] == ours.unit
        assert guards == [ours.plausible_min, ours.plausible_max]
        assert int(row["decimals"] or 0) == ours.decimals
        if row["loinc"]:
            assert ("http://loinc.org", row["loinc"]) in ours.codes


def test_our_conversions_are_those_of_the_file():
    import csv
    import re
    from decimal import Decimal

    from hub.thresholds.units import CONVERSIONS, EXACT

    with (FOLDER / "data" / "measurements.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    for row in rows:
        for entry in filter(None, row["alt_unit_conversions"].split(";")):
            match = re.fullmatch(r"(.+)=([0-9.]+)([+-][0-9.]+)?", entry)
            assert match is not None
            conversion = CONVERSIONS[row["key"], match[1], row["ucum"]]
            exact = EXACT.add(
                EXACT.multiply(Decimal(17), Decimal(match[2])), Decimal(match[3] or 0)
            )
            if conversion.quantum is not None:
                exact = EXACT.quantize(exact, Decimal(1).scaleb(-int(row["decimals"])))
            assert exact == conversion(Decimal(17)), entry
            assert (row["round_after_conversion"] != "no") or conversion.quantum is None


def test_our_table_of_limits_is_the_file_line_by_line():
    import csv

    from hub.thresholds.limits_table import LINES

    with (FOLDER / "data" / "default-thresholds.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def end(row: dict[str, str], name: str, sign: str) -> str:
        equal = "=" if row[f"{name}_inclusive"] == "yes" else ""
        return f"{sign}{equal}{row[name]}" if row[name] else ""

    def checked(text: str) -> str:
        return {"n/a": "not applicable"}.get(text, text.partition(" (title")[0])

    theirs = [
        (
            *(row[c] for c in ("set_id", "measure", "population", "unit", "zone")),
            *(end(row, "low", ">"), end(row, "high", "<")),
            *(row[c] for c in ("rule_kind", "window", "notes", "basis")),
            *(row["source"].removesuffix("none"), checked(row["source_checked"])),
        )
        for row in rows
    ]
    ours = [
        (
            *(each.set, each.measure, each.population, each.unit, each.zone),
            *(each.low, each.high, each.kind, each.window, each.note),
            *(each.origin.basis, each.origin.source, each.origin.checked),
        )
        for each in LINES
    ]
    assert theirs == ours
