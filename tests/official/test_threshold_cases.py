"""The decided threshold cases of the official files: those with our rule kinds pass, the others say why not."""

from pathlib import Path

import pytest

from hub.thresholds.case_run import run_case
from hub.thresholds.cases import parse_cases
from hub.thresholds.measures import MEASURES
from hub.thresholds.rules.registry import KINDS

FOLDER = Path(__file__).parents[3] / "shared" / "standards" / "dho"

pytestmark = pytest.mark.official


def _kinds(document) -> set[str]:
    rules = [r for plan in document["plans"] for r in plan["rules"]] + document["general_limits"]
    return {rule["kind"] for rule in rules}


def test_every_case_with_our_rule_kinds_passes_and_no_other_does():
    file = parse_cases((FOLDER / "cases" / "sample-cases.json").read_bytes())
    assert file.cases

    for source in file.cases:
        result = run_case(source)
        unknown = _kinds(source.document) - set(KINDS)
        if unknown:
            assert result.passed is False
            assert result.error is not None
            assert result.error.startswith("rule kind not supported: ")
        else:
            assert (result.passed, result.differences) == (True, ()), result.id


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
