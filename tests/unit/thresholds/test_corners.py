"""Rare turns of the engine that the tables elsewhere do not reach."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from hub.thresholds.bands import band_faults, compile_bands
from hub.thresholds.book import compile_limits
from hub.thresholds.engine import State, step
from hub.thresholds.judge import judge
from hub.thresholds.measures import is_measure, name_of
from hub.thresholds.plan import AutoResolve, Band, Rule
from hub.thresholds.record import Record
from hub.thresholds.rules.registry import KINDS


def test_a_value_between_two_greens_is_low_or_high_by_the_nearer():
    scale = compile_bands(
        (
            Band("green", lt=Decimal(10)),
            Band("yellow", ge=Decimal(10), lt=Decimal(20)),
            Band("green", ge=Decimal(20)),
        )
    )

    assert [scale.find(Decimal(v)).side for v in ("10", "19")] == ["high", "low"]


def test_without_green_the_open_top_is_high_and_an_inner_band_below_red_too():
    scale = compile_bands(
        (
            Band("yellow", ge=Decimal(10), lt=Decimal(20)),
            Band("red", ge=Decimal(20)),
        )
    )

    assert [scale.find(Decimal(v)).side for v in ("15", "25")] == ["high", "high"]


def test_a_band_without_ends_has_no_limit_to_show(build):
    (firing,) = judge(
        build.book([build.plan(build.absolute("yellow"))]), build.value("o", "95")
    ).firings

    assert (firing.bound, firing.text) == (None, "SpO2 95 % er under gul grense, EBP v1")


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ((Band("green", gt=Decimal(1), ge=Decimal(1)),), "to nedre"),
        ((Band("green", ge=Decimal(88)),), "under 88"),
        ((Band("green", gt=Decimal(88)), Band("red", lt=Decimal(88))), "ved 88"),
        ((Band("green", lt=Decimal(88)),), "over 88"),
        ((Band("green"), Band("red")), "overalt"),
    ],
)
def test_where_the_fault_lies_is_said(bands, words):
    assert any(words in fault for fault in band_faults(bands))


def test_a_blood_pressure_rule_without_unit_or_parts(build):
    kind = KINDS["composite_bp"]
    faulty = build.bp_rule(unit="Pa")

    assert kind.faults(faulty) == ("Enheten Pa passer ikke til blodtrykk.",)
    assert kind.compile(faulty) is None
    assert kind.is_off(Rule("x", "composite_bp", unit="mm[Hg]", components={"systolic": ()}))


def test_a_rule_on_the_other_part_of_half_a_pressure_only_says_so(build):
    rule = build.bp_rule(systolic="green <140, red >=140")
    found = judge(build.book([build.plan(rule)]), build.bp("o", None, "80"))

    assert ("none", {"sys.incomplete"}) == (found.zone, {f.rule for f in found.firings})


def test_a_systolic_value_alone_is_judged_by_the_rule_for_the_pair(build):
    m = build.value("o", "190", measure="systolic", unit="mm[Hg]")
    found = judge(build.book([build.plan(build.bp_rule())]), m)

    assert ("red", {"r-bp", "sys.incomplete"}) == (found.zone, {f.rule for f in found.firings})


def test_a_panel_without_the_measure_of_a_rule_is_not_covered(build):
    rule = build.absolute("green <200, red >=200", measure="map", unit="mm[Hg]")

    assert judge(build.book([build.plan(rule)]), build.bp("o", "120", "80")).zone == "none"


def test_one_component_without_unit_leaves_the_other_judged(build):
    m = build.bp("o", "190", "80")
    m = replace(m, components=(m.components[0], replace(m.components[1], unit=None)))

    found = judge(build.book([build.plan(build.bp_rule())]), m)

    assert found.zone == "red"
    assert {"r-bp", "sys.unit", "sys.incomplete"} == {f.rule for f in found.firings}


def test_blood_pressure_resolves_itself_when_every_part_is_well_inside(build):
    rule = replace(build.bp_rule(), auto_resolve=AutoResolve(1, Decimal(5)))
    series = [build.bp("a", "150", "80"), build.bp("b", "137", "80", build.at(1))]

    early = build.decide(*series, plans=[build.plan(rule)])
    late = build.decide(*series, build.bp("c", "130", "80", build.at(2)), plans=[build.plan(rule)])

    assert [[a.state for a in v.alerts] for v in (early, late)] == [["open"], ["auto-resolved"]]


def test_a_rule_of_an_unknown_kind_is_named_and_the_others_judge(build):
    book = build.book([build.plan(Rule("x", "astrology"), build.absolute())])

    assert (
        [p.where for p in book.problems],
        judge(book, build.value("o", "80")).zone,
    ) == (["x"], "red")


def test_two_plans_in_force_both_judge(build):
    other = replace(build.plan(build.pulse_rule()), id="ebp-2", mode="observe")
    book = build.book([build.plan(build.absolute()), other])

    spo2 = judge(book, build.value("o", "80"))
    pulse = judge(book, build.value("p", "200", measure="pulse", unit="/min"))

    assert [spo2.zone, pulse.zone] == ["red", "black"]


def test_general_limits_without_bands_are_not_limits():
    assert compile_limits([Rule("g", "absolute", "spo2", "%")]).entries[0].off


def test_a_version_that_only_announces_does_not_undo_what_was_measured(build):
    verdict = build.decide(
        build.value("o", "80"),
        build.value("o", None, build.at(0), received=build.at(1), status="registered", version=2),
    )

    assert (build.zones(verdict), [a.state for a in verdict.alerts]) == ({"o": "red"}, ["open"])
    assert build.zones(build.decide(build.value("n", None, status="registered"))) == {"n": "none"}


def test_a_repeat_that_vanishes_from_a_mixed_alert_is_recomputed(build):
    book = build.book([build.plan(build.absolute())])
    state = State(book)
    for m in (
        build.value("a", "20", build.at(0)),
        build.value("b", "20", build.at(0.5)),
        build.value("c", "20", build.at(1.25)),
        build.value("a", "95", build.at(0), received=build.at(2), version=2),
    ):
        state, _ = step(state, m, m.received)

    (repeat,) = [a for a in state.alerts if a.rule == "sys.implausible-repeat"]
    assert tuple(sorted(e.observation for e in repeat.evidence)) == ("b", "c")
    assert repeat.past == ("a",)
    assert repeat.technical


def test_a_correction_received_late_keeps_the_alert_it_corrects(build):
    verdict = build.decide(
        build.value("o", "90"),
        build.value(
            "o", "91", build.at(0), received=build.at(days=20), status="amended", version=2
        ),
    )

    assert build.alerts(verdict) == [("r", "yellow", "absolute.low", ("o",), "open")]


def test_the_same_input_is_kept_once_and_the_ends_of_the_calendar_are_times(build):
    record = Record(build.book([build.plan(build.absolute())]))
    for year in (1, 9999):
        m = build.value("o", "80", effective=datetime(year, 1, 1, tzinfo=UTC), received=build.at(0))
        assert record.add(m, build.at(0)) is not None
        assert record.add(m, build.at(0)) is None

    assert {"o": "red"} == {name: j.zone for name, j in record.judgements().items()}


def test_the_plan_validity_is_half_open(build):
    plan = build.plan(build.absolute(), valid_to=build.morning)
    book = build.book([plan])
    before = build.morning - timedelta(microseconds=1)

    plans = [judge(book, build.value("o", "95", at)).plan for at in (before, build.morning)]

    assert plans == ["ebp", None]


def test_measures_beside_the_table_are_forms_symptoms_and_equipment():
    keys = ("spo2", "form:cat", "sym:x", "device:battery", "form:", "sp02")
    assert [is_measure(key) for key in keys] == [True, True, True, True, False, False]
    assert ["Symptom x", "Skjema kols", "PHQ-9", "device:battery", "form:"] == [
        name_of(key) for key in ("sym:x", "form:kols", "form:phq9", "device:battery", "form:")
    ]
