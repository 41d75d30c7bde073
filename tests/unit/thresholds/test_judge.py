"""One observation through the order of judgement (§4)."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from hub.thresholds.judge import judge, judge_alone
from hub.thresholds.measurement import Measurement, resolve_effective


def fired(judgement: Any) -> set[tuple[str, str, str]]:
    return {(f.rule, f.zone, f.reason) for f in judgement.firings}


SPO2_TABLE = [
    ("87", "red"), ("87.9", "red"), ("88", "yellow"), ("88.1", "yellow"), ("91.9", "yellow"),
    ("92", "green"), ("92.0", "green"), ("100", "green"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "zone"), SPO2_TABLE)
@pytest.mark.parametrize("unit", ["%", "1"])
@pytest.mark.parametrize("status", ["final", "preliminary", "amended", "corrected", "registered", "unknown"])  # fmt: skip
def test_zone_by_bound_unit_and_status(build, value, zone, unit, status):
    given = value if unit == "%" else str(Decimal(value) / 100)
    book = build.book([build.plan(build.absolute())])

    judgement = judge(book, build.value("o", given, unit=unit, status=status))

    expected = {("r", zone, "absolute.low")} if zone != "green" else set()
    assert (zone, expected) == (judgement.zone, fired(judgement))


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_retracted_values_are_not_judged(build, status):
    book = build.book([build.plan(build.absolute())])

    judgement = judge(book, build.value("o", "80", status=status))

    assert (judgement.zone, judgement.firings) == ("retracted", ())


def test_registered_without_value_is_not_judged(build):
    judgement = judge(build.book([]), build.value("o", None, status="registered"))

    assert (judgement.zone, judgement.firings) == ("none", ())


@pytest.mark.parametrize(
    ("effective_after_minutes", "reason"), [(0, None), (5, None), (5.02, "technical.clock-skew")]
)
def test_a_clock_ahead_by_more_than_five_minutes_is_judged_as_received(
    build, effective_after_minutes, reason
):
    at = build.morning + timedelta(minutes=effective_after_minutes)
    m = build.value("o", "95", effective=at, received=build.morning)

    judgement = judge(build.book([build.plan(build.absolute())]), m)

    assert {r for r in (reason,) if r} == {f.reason for f in judgement.firings}
    assert (build.morning if reason else at) == judgement.effective


def test_no_time_is_judged_as_received_with_an_alert(build):
    m = build.value("o", "80", effective=None)

    judgement = judge(build.book([build.plan(build.absolute())]), m)

    assert {
        ("sys.clock", "yellow", "technical.no-time"),
        ("r", "red", "absolute.low"),
    } == fired(judgement)
    assert build.morning == judgement.effective


def test_a_known_clock_offset_is_applied_first(build):
    ahead = build.morning + timedelta(hours=1)
    m = build.value("o", "95", effective=ahead, received=build.morning, clock_offset_s=-3600)

    judgement = judge(build.book([build.plan(build.absolute())]), m)

    assert ((), build.morning) == (judgement.firings, judgement.effective)


def test_a_day_is_noon_and_received_before_that_it_is_ahead_of_the_clock(build):
    effective, date_only = resolve_effective(date(2026, 3, 2), "Europe/Oslo")
    m = build.value("o", "95", effective=effective, date_only=date_only, received=build.morning)

    judgement = judge(build.book([build.plan(build.absolute())]), m)

    assert ["technical.clock-skew"] == [firing.reason for firing in judgement.firings]
    assert build.morning == judgement.effective
    assert effective is not None
    assert effective.hour == 12


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00"),  # the gap takes the offset before it
        ("2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"),  # the overlap takes the first one
        ("2026-07-01T08:00:00", "2026-07-01T08:00:00+02:00"),
    ],
)
def test_a_time_without_offset_is_the_patients(local, instant):
    effective, date_only = resolve_effective(datetime.fromisoformat(local), "Europe/Oslo")
    assert effective is not None

    assert (timedelta(0), False) == (effective - datetime.fromisoformat(instant), date_only)


@pytest.mark.parametrize("value", [None, "", "94,5", "94 ", "ninety", "NaN", "Infinity", "9_4", "1.2.3", "LO", "true", "0x5e", "٩٤"])  # fmt: skip
def test_what_is_not_one_decimal_number_is_absent(build, value):
    judgement = judge(build.book([build.plan(build.absolute())]), build.value("o", value))

    assert judgement.zone == "invalid"
    assert {("sys.data-absent", "yellow", "technical.data-absent")} == fired(judgement)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"data_absent_reason": "asked-declined"}, "sys.data-absent"),
        ({"device_error": "sensor-off"}, "sys.device-error"),
        ({"code_conflict": True}, "sys.code-conflict"),
        ({"unit": None}, "sys.unit"),
        ({"unit": "mm"}, "sys.unit"),
        ({"measure": "nope"}, "sys.unit"),
        ({"value": "29"}, "sys.implausible"),
        ({"value": "101"}, "sys.implausible"),
        ({"value": "1e999"}, "sys.implausible"),
        ({"comparator": "~"}, "sys.data-absent"),
    ],
)
def test_what_cannot_be_judged_is_invalid_and_loud(build, fields, rule):
    m = build.value("o", fields.pop("value", "80"), **fields)

    judgement = judge(build.book([build.plan(build.absolute())]), m)

    assert ("invalid", {rule}) == (judgement.zone, {f.rule for f in judgement.firings})


@pytest.mark.parametrize(("value", "zone"), [("30", "red"), ("100", "green")])
def test_the_ends_of_the_plausible_range_are_plausible(build, value, zone):
    assert zone == judge(build.book([build.plan(build.absolute())]), build.value("o", value)).zone


def test_the_plausible_guard_gives_one_answer_in_every_unit(build):
    rule = build.absolute("green <39, red >=39", measure="temperature", unit="Cel")
    book = build.book([build.plan(rule)])

    zones = [
        judge(book, build.value("o", v, measure="temperature", unit=u)).zone
        for v, u in (("43.0", "Cel"), ("109.4", "[degF]"), ("316.15", "K"))
    ]

    assert zones == ["red"] * 3


@pytest.mark.parametrize(
    ("value", "unit", "comparator", "zone"),
    [("1.1", "mmol/L", "<", "red"), ("20", "mg/dL", "<", "red"), ("33.3", "mmol/L", ">", "red"),
     ("8", "mmol/L", "<", "red"), ("10.0", "mmol/L", ">=", "red")],
)  # fmt: skip
def test_a_meter_that_shows_lo_or_hi_is_judged_as_an_interval(build, value, unit, comparator, zone):
    m = build.value("o", value, measure="glucose", unit=unit, comparator=comparator)

    assert zone == judge(build.book([build.plan(build.glucose_rule())]), m).zone


@pytest.mark.parametrize(
    ("status", "value", "zone", "suppressed"),
    [
        ("active", "80", "red", ""),
        ("active", "90", "yellow", ""),
        ("on-hold", "80", "red", ""),
        ("on-hold", "90", "yellow", "on-hold"),
        ("on-hold", "95", "green", None),
    ],
)
def test_on_hold_keeps_the_zone_and_silences_yellow(build, status, value, zone, suppressed):
    book = build.book(
        [build.plan(build.absolute())], periods=build.periods((status, build.start, None))
    )

    judgement = judge(book, build.value("o", value))

    assert zone == judgement.zone
    assert [suppressed] * (suppressed is not None) == [f.suppressed for f in judgement.firings]
    if suppressed == "" and status == "on-hold":
        assert judgement.firings[0].flags == ("on-hold",)


@pytest.mark.parametrize("status", ["ended", "deceased"])
def test_after_the_end_there_is_one_administrative_alert(build, status):
    book = build.book(
        [build.plan(build.absolute())], periods=build.periods((status, build.start, None))
    )

    judgement = judge(book, build.value("o", "80"))

    assert judgement.zone == "none"
    assert {("sys.ended", "yellow", "admin.after-end")} == fired(judgement)


def test_the_status_changes_at_the_instant_it_says(build):
    periods = build.periods(("active", build.start, build.morning), ("ended", build.morning, None))
    book = build.book([build.plan(build.absolute())], periods=periods)
    before = build.morning - timedelta(seconds=1)

    zones = [judge(book, build.value("o", "95", at)).zone for at in (before, build.morning)]

    assert zones == ["green", "none"]


def test_the_status_at_the_effective_time_decides_not_that_at_receipt(build):
    periods = build.periods(("active", build.start, build.at(1)), ("ended", build.at(1), None))
    book = build.book([build.plan(build.absolute())], periods=periods)

    assert judge(book, build.value("o", "80", received=build.at(2))).zone == "red"


def test_the_plan_in_force_at_the_effective_time_decides(build):
    change = build.morning
    old = build.plan(build.absolute(), valid_to=change)
    new = build.plan(
        build.absolute("red <84, yellow >=84 <88, green >=88", "r2"), version=2, valid_from=change
    )
    book = build.book([old, new])
    before = change - timedelta(seconds=1)

    found = [
        judge(book, build.value("o", "87", at, received=build.at(3))) for at in (before, change)
    ]

    assert [(j.zone, j.plan_version) for j in found] == [("red", 1), ("yellow", 2)]


def test_an_open_ended_old_version_gives_way_to_the_newer(build):
    old = build.plan(build.absolute())
    new = build.plan(build.absolute("green <101", "r2"), version=2, valid_from=build.morning)

    judgement = judge(build.book([old, new]), build.value("o", "80"))

    assert (judgement.zone, judgement.plan_version) == ("green", 2)


def test_without_a_plan_general_limits_judge_and_it_is_said(build):
    limits = [
        build.absolute(name="g", overridable=True),
        build.absolute("red <80, green >=80", "f", overridable=False),
    ]

    judgement = judge(build.book([], limits), build.value("o", "79"))

    assert judgement.zone == "red"
    assert {
        ("sys.no-plan", "yellow", "plan.none"),
        ("g", "red", "absolute.low"),
        ("f", "red", "absolute.low"),
    } == fired(judgement)


@pytest.mark.parametrize(
    ("value", "zone", "rules"),
    [("85", "green", set()), ("81", "yellow", {"r"}), ("79", "red", {"r", "f"})],
)
def test_a_patient_rule_replaces_a_general_rule_but_not_a_floor(build, value, zone, rules):
    own = build.absolute("yellow <82, green >=82")
    limits = [
        build.absolute(name="g", overridable=True),
        build.absolute("red <80, green >=80", "f", overridable=False),
    ]

    judgement = judge(build.book([build.plan(own)], limits), build.value("o", value))

    assert (zone, rules) == (judgement.zone, {f.rule for f in judgement.firings})


def test_a_general_rule_of_another_measure_stays(build):
    limits = [build.pulse_rule(name="g", overridable=True)]
    m = build.value("o", "130", measure="pulse", unit="/min")

    assert judge(build.book([build.plan(build.absolute())], limits), m).zone == "red"


@pytest.mark.parametrize(("value", "zone"), [("85", "none"), ("79", "red")])
def test_a_rule_without_bands_switches_the_general_rule_off(build, value, zone):
    limits = [build.absolute(name="g", overridable=True)]
    floors = (
        [build.absolute("red <80, green >=80", "f", overridable=False)] if zone == "red" else []
    )

    book = build.book([build.plan(build.absolute(""))], [*limits, *floors])

    assert zone == judge(book, build.value("o", value)).zone


def test_no_rule_gives_zone_none(build):
    assert judge(build.book([build.plan()]), build.value("o", "80")).zone == "none"


@pytest.mark.parametrize(
    ("safety_net", "value", "zone", "rules"),
    [
        (True, "95", "black", set()),
        (True, "85", "black", set()),
        (True, "79", "red", {"f"}),
        (False, "79", "black", set()),
    ],
)
def test_observe_mode_is_black_but_for_the_safety_net(build, safety_net, value, zone, rules):
    plan = build.plan(build.absolute(), mode="observe", safety_net=safety_net)
    floor = build.absolute("red <80, green >=80", "f", overridable=False)
    general = build.absolute(name="g", overridable=True)

    judgement = judge(build.book([plan], [floor, general]), build.value("o", value))

    assert (zone, rules) == (judgement.zone, {f.rule for f in judgement.firings})


def test_observe_mode_notes_the_zone_that_would_have_been(build):
    judgement = judge(
        build.book([build.plan(build.absolute(), mode="observe")]), build.value("o", "80")
    )

    assert [(t.rule, t.zone, t.watching) for t in judgement.trace] == [("r", "red", True)]


def test_a_broken_rule_does_not_stop_the_others_and_its_doubt_does_not_lower_them(build):
    plan = build.plan(build.absolute(unit="furlong", name="bad"), build.absolute())

    judgement = judge(build.book([plan]), build.value("o", "80"))

    assert ("red", {"r", "sys.unit"}) == (judgement.zone, {f.rule for f in judgement.firings})


def test_only_a_broken_rule_leaves_the_value_unjudged(build):
    plan = build.plan(build.absolute(unit="furlong"))

    judgement = judge(build.book([plan]), build.value("o", "80"))

    assert ("invalid", {"sys.unit"}) == (judgement.zone, {f.rule for f in judgement.firings})


CONTEXT_RULES = [("red <85, green >=85", "air", False), ("red <90, green >=90", "oxygen", True)]


@pytest.mark.parametrize(
    ("context", "value", "zone", "rules"),
    [
        ({"on_oxygen": False}, "87", "green", set()),
        ({"on_oxygen": True}, "87", "red", {"oxygen"}),
        ({}, "87", "red", {"oxygen"}),
        ({"on_oxygen": None}, "80", "red", {"air"}),
        ({}, "95", "green", set()),
    ],
)
def test_unknown_context_takes_the_more_severe_candidate(build, context, value, zone, rules):
    plan = build.plan(
        *(build.absolute(text, name, when={"on_oxygen": on}) for text, name, on in CONTEXT_RULES)
    )

    judgement = judge(build.book([plan]), build.value("o", value, context=context))

    assert (zone, rules) == (judgement.zone, {f.rule for f in judgement.firings})


def test_a_rule_for_another_context_does_not_cover_the_value(build):
    plan = build.plan(build.absolute(when={"on_oxygen": True}))

    m = build.value("o", "80", context={"on_oxygen": False})

    assert judge(build.book([plan]), m).zone == "none"


def test_a_patient_rule_for_another_context_leaves_the_general_rule(build):
    plan = build.plan(build.absolute(when={"on_oxygen": True}))
    limits = [build.absolute("red <85, green >=85", "g", overridable=True)]

    m = build.value("o", "80", context={"on_oxygen": False})

    assert {"g"} == {f.rule for f in judge(build.book([plan], limits), m).firings}


@pytest.mark.parametrize(
    ("hours", "flags", "suppressed"),
    [(6, (), ""), (6.01, ("late",), ""), (14 * 24, ("late",), ""), (14 * 24 + 0.01, ("late", "historical"), "historical")],
)  # fmt: skip
def test_late_yellow_is_flagged_and_after_fourteen_days_not_raised(build, hours, flags, suppressed):
    m = build.value("o", "90", received=build.at(hours))

    (firing,) = judge(build.book([build.plan(build.absolute())]), m).firings

    assert (flags, suppressed) == (firing.flags, firing.suppressed)


def test_late_red_is_raised_whatever_its_age(build):
    m = build.value("o", "80", received=build.at(days=60))

    (firing,) = judge(build.book([build.plan(build.absolute())]), m).firings

    assert (firing.flags, firing.suppressed) == (("late", "historical"), "")


BP_TABLE = [
    ("120", "80", "green", None), ("89", "80", "red", "bp.systolic.low"), ("90", "80", "yellow", "bp.systolic.low"),
    ("139", "80", "green", None), ("140", "80", "yellow", "bp.systolic.high"), ("180", "80", "red", "bp.systolic.high"),
    ("120", "90", "yellow", "bp.diastolic.high"), ("150", "110", "red", "bp.diastolic.high"),
    ("185", "115", "red", "bp.systolic.high"), ("145", "95", "yellow", "bp.systolic.high"),
    ("95", "45", "red", "bp.diastolic.low"),
]  # fmt: skip


@pytest.mark.parametrize(("systolic", "diastolic", "zone", "reason"), BP_TABLE)
def test_blood_pressure_takes_the_worst_component(build, systolic, diastolic, zone, reason):
    judgement = judge(build.book([build.plan(build.bp_rule())]), build.bp("o", systolic, diastolic))

    assert zone == judgement.zone
    assert [reason] * (reason is not None) == [f.reason for f in judgement.firings]


def test_blood_pressure_in_kilopascal_is_rounded_like_a_clinician_does(build):
    judgement = judge(
        build.book([build.plan(build.bp_rule())]), build.bp("o", "18.6", "10.7", unit="kPa")
    )

    assert (judgement.zone, judgement.firings[0].reason) == ("yellow", "bp.systolic.high")


def test_pulse_pressure_is_judged_last(build):
    rule = build.bp_rule(systolic="green <200, red >=200", pulse_pressure="green <60, yellow >=60")

    judgement = judge(build.book([build.plan(rule)]), build.bp("o", "150", "80"))

    assert [f.reason for f in judgement.firings] == ["bp.pulse_pressure.high"]


@pytest.mark.parametrize(
    ("systolic", "diastolic", "zone", "rules"),
    [
        ("185", None, "red", {"r-bp", "sys.incomplete"}),
        (None, "80", "green", {"sys.incomplete"}),
        ("185", "high", "red", {"r-bp", "sys.incomplete"}),
        ("x", None, "invalid", {"sys.data-absent"}),
        ("80", "80", "invalid", {"sys.implausible"}),
        ("80", "120", "invalid", {"sys.implausible"}),
        ("301", "80", "invalid", {"sys.implausible"}),
    ],
)
def test_half_a_blood_pressure_is_judged_and_said(build, systolic, diastolic, zone, rules):
    judgement = judge(build.book([build.plan(build.bp_rule())]), build.bp("o", systolic, diastolic))

    assert (zone, rules) == (judgement.zone, {f.rule for f in judgement.firings})


def test_a_limit_on_systolic_pressure_judges_the_panel(build):
    floor = build.absolute(
        "green <200, red >=200", "f", measure="systolic", unit="mm[Hg]", overridable=False
    )

    judgement = judge(
        build.book([build.plan(build.bp_rule())], [floor]), build.bp("o", "210", "80")
    )

    assert {"r-bp", "f"} == {f.rule for f in judgement.firings}


@pytest.mark.parametrize(
    ("measure", "fields", "zone", "rules"),
    [
        ("device:battery", {"code": "low"}, "invalid", {"sys.battery"}),
        ("device:battery", {"code": "ok"}, "invalid", set()),
        ("device:gateway", {"code": "offline"}, "invalid", set()),
        ("sym:dyspnoea", {"code": "none"}, "none", set()),
        ("sym:dyspnoea", {}, "invalid", {"sys.data-absent"}),
        ("oxygen", {"code": "yes"}, "none", set()),
        ("form:cat", {"items": {"1": "3"}}, "none", set()),
    ],
)
def test_coded_values_and_messages_from_equipment(build, measure, fields, zone, rules):
    m = build.value("o", None, measure=measure, unit=None, **fields)

    judgement = judge(build.book([build.plan(build.absolute())]), m)

    assert (zone, rules) == (judgement.zone, {f.rule for f in judgement.firings})


def test_ancient_and_far_future_times_do_not_stop_the_engine(build):
    utc = timezone.utc  # noqa: UP017 - the class attribute reads better here
    book = build.book([build.plan(build.absolute())])
    for year in (1, 9999):
        at = datetime(year, 6, 1, tzinfo=utc)
        assert judge(book, build.value("o", "80", effective=at, received=build.morning)).firings


def test_a_number_with_thirty_digits_is_judged_exactly(build):
    book = build.book([build.plan(build.absolute())])

    zones = [
        judge(book, build.value("o", v)).zone
        for v in ("87.9999999999999999999999999999", "88.0000000000000000000000000000")
    ]

    assert zones == ["red", "yellow"]


def test_the_same_version_gives_the_same_judgement(build):
    book = build.book([build.plan(build.absolute())])
    m = build.value("o", "80")

    assert judge(book, m) == judge(book, m)
    assert isinstance(m, Measurement)


def test_a_value_that_is_asked_for_again_gets_its_own_answer(build):
    book = build.book([build.plan(build.absolute())])
    low, good = build.value("o", "80"), build.value("o", "97")

    for m in (low, low, good, low, build.value("o", "80", status="entered-in-error"), good, good):
        assert judge(book, m) == judge_alone(book, m)
