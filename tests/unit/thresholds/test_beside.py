"""Values of other measures inside an observation are judged beside its own.

Source: docs/adr/0056-what-a-device-sends-beside-is-judged.md; dho/thresholds.md §3.3, §6.4.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hub.thresholds.engine import Verdict
from hub.thresholds.measurement import Measurement
from hub.thresholds.sift import sift
from hub.thresholds.spans import Span
from tests.unit.thresholds.conftest import Build


def panel(build: Build, pulse: str, systolic: str = "120", **fields: Any) -> Measurement:
    """A blood pressure with a pulse in it."""
    own = build.bp("o", systolic, "80", identifiers=("s|1",))
    within = build.value(
        "o", pulse, build.morning, **({"measure": "pulse", "unit": "/min"} | fields)
    )
    return replace(own, beside=(within,))


def told(build: Build, *series: Measurement) -> Verdict:
    plan = build.plan(build.bp_rule(), build.pulse_rule())
    return build.decide(*series, plans=[plan])


@pytest.mark.parametrize(
    ("pulse", "systolic", "zone", "rules"),
    [
        ("80", "120", "green", []),
        ("130", "120", "red", ["r-pulse"]),
        ("130", "185", "red", ["r-bp", "r-pulse"]),
        ("110", "185", "red", ["r-bp", "r-pulse"]),
        ("110", "120", "yellow", ["r-pulse"]),
    ],
)
def test_the_worst_of_both_is_the_zone_and_each_has_its_alert(
    build: Build, pulse: str, systolic: str, zone: str, rules: list[str]
) -> None:
    found = told(build, panel(build, pulse, systolic))

    assert zone == build.zones(found)["o"]
    assert rules == sorted(alert.rule for alert in found.alerts)


def test_what_is_wrong_with_one_leaves_the_other(build: Build) -> None:
    no_unit = told(build, panel(build, "130", "185", unit="kg"))
    no_pressure = told(build, panel(build, "130", "9000"))

    assert [("red", {"r-bp", "sys.unit"}), ("red", {"r-pulse", "sys.implausible"})] == [
        (build.zones(found)["o"], {alert.rule for alert in found.alerts})
        for found in (no_unit, no_pressure)
    ]


def test_a_correction_without_it_withdraws(build: Build) -> None:
    first = panel(build, "130")
    later = replace(first, version=2, received=build.at(1), status="corrected", beside=())

    assert ["withdrawn"] == [alert.state for alert in told(build, first, later).alerts]


def test_a_retracted_one_judges_nothing(build: Build) -> None:
    assert () == told(build, replace(panel(build, "130"), status="entered-in-error")).alerts


def test_values_that_differ_in_it_are_not_copies(build: Build) -> None:
    first = replace(panel(build, "80"), identifiers=(), device="d")
    other = replace(panel(build, "130"), id="p", identifiers=(), device="d", received=build.at(1))

    assert ["r-pulse"] == [alert.rule for alert in told(build, first, other).alerts]


def test_a_whole_store_is_sifted_alike(build: Build) -> None:
    book = build.book([build.plan(build.bp_rule(), build.pulse_rule())])
    values = [
        replace(panel(build, pulse), id=f"o{n}", identifiers=())
        for n, pulse in enumerate(("80", "130"))
    ]

    found = sift(book, values)

    assert {"o0": "green"} == dict(found.quiet)
    assert {"o1": "red"} == {name: judged.zone for name, judged in found.judged.items()}


def test_rules_that_look_further_do_not_ask_for_it(build: Build) -> None:
    rule = build.pulse_rule()
    change = type(rule)(
        *("r-change", "delta", "pulse", "/min"),
        bands=build.absolute("red >10").bands,
        window=Span(days=3),
        direction="up",
        baseline="min",
    )
    earlier = build.value("a", "70", build.at(-24), measure="pulse", unit="/min")
    found = build.decide(earlier, panel(build, "95"), plans=[build.plan(rule, change)])

    assert () == found.alerts
