"""Alerts over time: joining, upgrades, human steps, quiet, auto-resolve, corrections, repeats (§7–§9, §4.1, §4.6)."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from hub.thresholds import engine
from hub.thresholds.plan import AutoResolve, Band, Rule
from hub.thresholds.spans import Span
from hub.thresholds.timers import Routing, Timer
from tests.unit.thresholds.cases_text import told, values


def test_new_firings_join_and_a_worse_one_upgrades(build):
    verdict = build.decide(
        build.value("o1", "90", build.at(0)),
        build.value("o2", "85", build.at(1)),
        build.value("o3", "91", build.at(2)),
    )

    assert build.alerts(verdict) == [("r", "red", "absolute.low", ("o1", "o2", "o3"), "open")]
    assert [("raise", build.at(0)), ("upgrade", build.at(1))] == [
        (n.kind, n.at) for n in verdict.notifications
    ]


def test_an_upgrade_reopens_an_acknowledged_alert(build):
    verdict = build.decide(
        build.value("o1", "90", build.at(0)),
        build.value("o2", "85", build.at(1)),
        events=[build.event("acknowledge", build.at(0.5))],
    )

    assert build.alerts(verdict) == [("r", "red", "absolute.low", ("o1", "o2"), "open")]


def test_a_milder_value_leaves_an_acknowledged_alert_as_it_is(build):
    verdict = build.decide(
        build.value("o1", "85", build.at(0)),
        build.value("o2", "90", build.at(1)),
        events=[build.event("acknowledge", build.at(0.5))],
    )

    assert build.alerts(verdict) == [("r", "red", "absolute.low", ("o1", "o2"), "acknowledged")]


@pytest.mark.parametrize(
    ("value", "steps", "state", "refused"),
    [
        ("90", ["acknowledge"], "acknowledged", 0),
        ("90", ["mitigate"], "mitigated", 0),
        ("90", ["close"], "closed", 0),
        ("90", ["mitigate", "acknowledge"], "mitigated", 1),
        ("90", ["close", "acknowledge"], "closed", 1),
        ("90", ["close", "close"], "closed", 1),
        ("85", ["close"], "open", 1),
        ("85", ["close note"], "open", 1),
        ("85", ["close action"], "open", 1),
        ("85", ["close note action"], "closed", 0),
        ("85", ["acknowledge", "mitigate action", "close note"], "closed", 0),
        ("85", ["acknowledge action", "close note"], "closed", 0),
        ("85", ["acknowledge note action", "close"], "acknowledged", 1),
        ("85", ["mitigate", "close note"], "mitigated", 1),
    ],
)
def test_human_steps_go_forward_only_and_closing_red_needs_note_and_action(
    build, value, steps, state, refused
):
    events = []
    for number, step in enumerate(steps):
        kind, *given = step.split()
        fields = dict.fromkeys(given, "said")
        events.append(build.event(kind, build.at(1 + number), **fields))

    verdict = build.decide(build.value("o1", value), events=events)

    assert ([state], refused) == ([a.state for a in verdict.alerts], len(verdict.refused))


def test_a_step_without_a_name_is_refused(build):
    verdict = build.decide(
        build.value("o1", "90"), events=[build.event("acknowledge", build.at(1), by="")]
    )

    assert [a.state for a in verdict.alerts] == ["open"]


def test_a_step_before_there_is_an_alert_is_refused(build):
    verdict = build.decide(
        build.value("o1", "90", build.at(1)), events=[build.event("close", build.at(0))]
    )

    assert ([a.state for a in verdict.alerts], len(verdict.refused)) == (["open"], 1)


def test_an_action_from_before_the_last_red_does_not_count(build):
    events = [
        build.event("mitigate", build.at(0.5), action="called"),
        build.event("close", build.at(2), note="well"),
    ]
    verdict = build.decide(
        build.value("o1", "90", build.at(0)), build.value("o2", "85", build.at(1)), events=events
    )

    assert [a.state for a in verdict.alerts] == ["open"]


def test_after_closing_a_new_firing_opens_a_new_alert(build):
    verdict = build.decide(
        build.value("o1", "85", build.at(0)),
        build.value("o2", "84", build.at(2)),
        events=[build.event("close", build.at(1), note="n", action="a")],
    )

    assert build.alerts(verdict) == [
        ("r", "red", "absolute.low", ("o1",), "closed"),
        ("r", "red", "absolute.low", ("o2",), "open"),
    ]


@pytest.mark.parametrize(
    ("hours", "value", "raised"),
    [(2, "90", False), (3.99, "90", False), (4, "90", True), (2, "85", True)],
)
def test_quiet_silences_new_yellow_until_its_end(build, hours, value, raised):
    plan = build.plan(build.absolute(quiet=timedelta(hours=3)))

    verdict = build.decide(
        build.value("o1", "90", build.at(0)),
        build.value("o2", value, build.at(hours)),
        plans=[plan],
        events=[build.event("close", build.at(1))],
    )

    assert (1 + raised) == len(verdict.alerts)
    assert verdict.judgements["o2"].zone == ("red" if value == "85" else "yellow")


@pytest.mark.parametrize("turned", [False, True], ids=["as written", "turned round"])
@pytest.mark.parametrize(
    ("old", "new", "alerts"),
    [(timedelta(hours=12), None, 2), (None, timedelta(hours=12), 1)],
    ids=["the old one was quiet", "the new one is quiet"],
)
def test_quiet_is_that_of_the_version_in_force(build, turned, old, new, alerts):
    plans = [
        build.plan(build.absolute(quiet=old), valid_to=build.at(1.5)),
        build.plan(build.absolute(quiet=new), version=2, valid_from=build.at(1.5)),
    ]

    verdict = build.decide(
        build.value("o1", "90", build.at(0)),
        build.value("o2", "90", build.at(2)),
        plans=plans[::-1] if turned else plans,
        events=[build.event("close", build.at(1))],
    )

    assert alerts == len(verdict.alerts)


@pytest.mark.parametrize("turned", [False, True], ids=["as written", "turned round"])
@pytest.mark.parametrize(
    ("old", "new", "state"),
    [(1, 3, "open"), (3, 1, "auto-resolved"), (None, 2, "auto-resolved"), (1, None, "open")],
)
def test_a_yellow_is_resolved_by_the_version_in_force(build, turned, old, new, state):
    def resolving(count):
        return build.absolute(auto_resolve=count and AutoResolve(count, Decimal(0)))

    plans = [
        build.plan(resolving(old), valid_to=build.at(0.5)),
        build.plan(resolving(new), version=2, valid_from=build.at(0.5)),
    ]

    verdict = build.decide(
        build.value("o1", "90", build.at(0)),
        build.value("o2", "95", build.at(1)),
        build.value("o3", "95", build.at(2)),
        plans=plans[::-1] if turned else plans,
    )

    assert [state] == [alert.state for alert in verdict.alerts]


def test_the_red_that_breaks_the_quiet_stands_alone(build):
    verdict = build.decide(
        build.value("o1", "90", build.at(0)),
        build.value("o2", "90", build.at(2)),
        build.value("o3", "85", build.at(3)),
        plans=[build.plan(build.absolute(quiet=timedelta(hours=12)))],
        events=[build.event("close", build.at(1))],
    )

    assert ("r", "red", "absolute.low", ("o3",), "open") in build.alerts(verdict)


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
@pytest.mark.parametrize("step", [None, "acknowledge", "mitigate"])
def test_a_retracted_value_withdraws_its_alert(build, status, step):
    events = [build.event(step, build.at(0.5))] if step else []

    verdict = build.decide(
        build.value("o1", "85", build.at(0)),
        build.value("o1", "85", build.at(0), received=build.at(1), status=status, version=2),
        events=events,
    )

    assert build.alerts(verdict) == [("r", "red", "absolute.low", ("o1",), "withdrawn")]
    assert build.zones(verdict) == {"o1": "retracted"}


def test_a_retracted_value_among_others_leaves_the_alert_with_what_is_left(build):
    verdict = build.decide(
        build.value("o1", "85", build.at(0)),
        build.value("o2", "90", build.at(1)),
        build.value("o1", "85", build.at(0), received=build.at(2), status="cancelled", version=2),
    )

    assert build.alerts(verdict) == [("r", "yellow", "absolute.low", ("o2",), "open")]
    assert verdict.alerts[0].flags == ("amended",)


def test_after_a_withdrawal_a_new_firing_opens_a_new_alert(build):
    verdict = build.decide(
        build.value("o1", "85", build.at(0)),
        build.value("o1", "85", build.at(0), received=build.at(1), status="cancelled", version=2),
        build.value("o2", "85", build.at(2)),
    )

    assert sorted(a.state for a in verdict.alerts) == ["open", "withdrawn"]


@pytest.mark.parametrize(
    ("first", "second", "row", "flags"),
    [
        ("85", "95", ("r", "red", "absolute.low", ("o1",), "withdrawn"), ()),
        ("85", "90", ("r", "yellow", "absolute.low", ("o1",), "acknowledged"), ("amended",)),
        ("90", "85", ("r", "red", "absolute.low", ("o1",), "open"), ("amended",)),
        ("85", "84", ("r", "red", "absolute.low", ("o1",), "acknowledged"), ()),
    ],
)
def test_the_newest_version_counts(build, first, second, row, flags):
    verdict = build.decide(
        build.value("o1", first, build.at(0)),
        build.value("o1", second, build.at(0), received=build.at(1), status="amended", version=2),
        events=[build.event("acknowledge", build.at(0.5))],
    )

    assert ([row], flags) == (build.alerts(verdict), verdict.alerts[0].flags)


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [("90", "85", 2), ("90", "91", 1), ("85", "90", 1), ("90", "95", 1)],
)
def test_after_closing_only_a_correction_that_rises_opens_a_new_alert(build, first, second, count):
    verdict = build.decide(
        build.value("o1", first, build.at(0)),
        build.value("o1", second, build.at(0), received=build.at(2), status="amended", version=2),
        events=[build.event("close", build.at(1), note="n", action="a")],
    )

    assert count == len(verdict.alerts)


def test_a_correction_to_the_other_side_of_green_is_news_after_closing(build):
    verdict = build.decide(
        build.value("o1", "2.0", measure="glucose", unit="mmol/L"),
        build.value("o1", "22", measure="glucose", unit="mmol/L", version=2, received=build.at(2), effective=build.at(0)),
        plans=[build.plan(build.glucose_rule())],
        events=[build.event("close", build.at(1), "r-glu", note="n", action="a")],
    )  # fmt: skip

    assert {"absolute.low", "absolute.high"} == {a.reason for a in verdict.alerts}


@pytest.mark.parametrize("doubt", [{"unit": None}, {"device_error": "e"}, {"value": "850"}])
def test_a_technical_doubt_never_lowers_a_red(build, doubt):
    later = build.value("o1", "85", build.at(0), received=build.at(1), version=2)

    verdict = build.decide(build.value("o1", "85", build.at(0)), _changed(later, **doubt))

    assert ("r", "red", "absolute.low", ("o1",), "open") in build.alerts(verdict)
    assert build.zones(verdict) == {"o1": "invalid"}


def test_the_technical_alert_goes_when_the_unit_is_mended(build):
    verdict = build.decide(
        build.value("o1", "95", build.at(0), unit=None),
        build.value("o1", "95", build.at(0), received=build.at(1), version=2),
    )

    assert build.alerts(verdict) == [("sys.unit", "yellow", "technical.unit", ("o1",), "withdrawn")]


def test_values_without_a_plan_join_one_alert(build):
    verdict = build.decide(
        build.value("o1", "95", build.at(0)), build.value("o2", "80", build.at(1)), plans=[]
    )

    assert build.alerts(verdict) == [("sys.no-plan", "yellow", "plan.none", ("o1", "o2"), "open")]
    assert build.zones(verdict) == {"o1": "none", "o2": "none"}


def test_on_hold_yellow_raises_nothing_and_red_does(build):
    periods = build.periods(("on-hold", build.start, None))

    verdict = build.decide(
        build.value("o1", "90", build.at(0)), build.value("o2", "85", build.at(1)), periods=periods
    )

    assert build.alerts(verdict) == [("r", "red", "absolute.low", ("o2",), "open")]
    assert verdict.alerts[0].flags == ("on-hold",)


@pytest.mark.parametrize("acknowledged", [False, True])
def test_a_red_raised_on_hold_and_corrected_to_yellow_is_withdrawn(build, acknowledged):
    periods = build.periods(("on-hold", build.start, None))
    events = (
        [build.event("acknowledge", build.at(0) + timedelta(minutes=1))] if acknowledged else []
    )

    verdict = build.decide(
        build.value("o1", "85", build.at(0)),
        build.value("o1", "90", build.at(0), received=build.at(1), status="amended", version=2),
        periods=periods,
        events=events,
    )

    assert build.alerts(verdict) == [("r", "red", "absolute.low", ("o1",), "withdrawn")]


# Duplicates and versions by identifier (§4.1)


@pytest.mark.parametrize(
    ("first", "second", "zones"),
    [
        ({"identifiers": ("x|1",)}, {"identifiers": ("x|1",)}, ("red", "duplicate")),
        ({"device": "d"}, {"device": "d"}, ("red", "duplicate")),
        ({"device": "d"}, {"device": "d", "value": "85.0"}, ("red", "duplicate")),
        ({"device": "d"}, {"device": "e"}, ("red", "red")),
        ({"device": "d"}, {"device": "d", "value": "84"}, ("red", "red")),
        ({"device": "d"}, {"device": "d", "value": "0.85", "unit": "1"}, ("red", "red")),
        ({"identifiers": ("x|1",)}, {"identifiers": ("x|1",), "value": "95"}, ("superseded", "green")),
        ({"identifiers": ("x|1",)}, {"identifiers": ("x|1",), "value": "84"}, ("superseded", "red")),
        ({"identifiers": ("x|1",), "device": "d"}, {"identifiers": ("x|2",), "device": "e"}, ("red", "red")),
        ({"identifiers": ("x|1",)}, {"identifiers": ("x|1",), "status": "entered-in-error"}, ("superseded", "retracted")),
    ],
)  # fmt: skip
def test_the_same_measurement_twice(build, first, second, zones):
    one = build.value("o1", "85", build.at(0), **first)
    two = _changed(build.value("o2", "85", build.at(0), received=build.at(0.1)), **second)

    verdict = build.decide(one, two)

    assert {"o1": zones[0], "o2": zones[1]} == build.zones(verdict)


def test_a_duplicate_adds_no_evidence(build):
    verdict = build.decide(
        build.value("o1", "85", device="d"), build.value("o2", "85", device="d", received=build.at(1), effective=build.at(0))
    )  # fmt: skip

    assert build.alerts(verdict) == [("r", "red", "absolute.low", ("o1",), "open")]


def test_a_copy_sent_after_the_retraction_is_judged(build):
    verdict = build.decide(
        build.value("o1", "85", device="d"),
        build.value("o1", "85", build.at(0), device="d", received=build.at(1), status="cancelled", version=2),
        build.value("o2", "85", build.at(0), device="d", received=build.at(2)),
    )  # fmt: skip

    assert build.zones(verdict) == {"o1": "retracted", "o2": "red"}


def test_a_copy_sent_before_the_retraction_stands_after_it(build):
    verdict = build.decide(
        build.value("o1", "85", device="d"),
        build.value("o2", "85", build.at(0), device="d", received=build.at(1)),
        build.value("o1", "85", build.at(0), device="d", received=build.at(2), status="cancelled", version=2),
    )  # fmt: skip

    assert build.zones(verdict) == {"o1": "retracted", "o2": "red"}
    assert build.alerts(verdict) == [("r", "red", "absolute.low", ("o2",), "open")]


def test_a_new_version_by_identifier_lowers_or_withdraws_like_a_correction(build):
    verdict = build.decide(
        build.value("o1", "85", identifiers=("x|1",)),
        build.value("o2", "90", build.at(0), received=build.at(1), identifiers=("x|1",)),
        build.value("o3", "95", build.at(0), received=build.at(2), identifiers=("x|1",)),
    )

    assert build.zones(verdict) == {"o1": "superseded", "o2": "superseded", "o3": "green"}
    assert [a.state for a in verdict.alerts] == ["withdrawn"]
    assert verdict.alerts[0].past == ("o1",)


def test_one_identifier_for_two_measures_hides_neither(build):
    verdict = build.decide(
        build.value("o1", "80", identifiers=("x|1",)),
        build.value("o2", "70", measure="pulse", unit="/min", identifiers=("x|1",), received=build.at(1)),
    )  # fmt: skip

    assert build.zones(verdict) == {"o1": "red", "o2": "none"}


def test_retracting_a_superseded_observation_changes_nothing(build):
    verdict = build.decide(
        build.value("o1", "90", identifiers=("x|1",)),
        build.value("o2", "85", build.at(0), received=build.at(1), identifiers=("x|1",)),
        build.value("o1", "90", build.at(0), received=build.at(2), identifiers=("x|1",), status="cancelled", version=2),
    )  # fmt: skip

    assert build.zones(verdict) == {"o1": "retracted", "o2": "red"}
    assert build.alerts(verdict) == [("r", "red", "absolute.low", ("o2",), "open")]


# Implausible values that repeat (§4.6)


@pytest.mark.parametrize(
    ("minutes", "repeat"), [(1, True), (60, True), (60.1, False)]
)  # fmt: skip
def test_two_implausible_values_within_an_hour_are_red(build, minutes, repeat):
    verdict = build.decide(
        build.value("o1", "20", build.at(0)), build.value("o2", "25", build.at(minutes=minutes))
    )

    rows = [("sys.implausible", "yellow", "technical.implausible", ("o1", "o2"), "open")]
    if repeat:
        rows.append(
            ("sys.implausible-repeat", "red", "technical.implausible-repeat", ("o1", "o2"), "open")
        )
    assert rows == build.alerts(verdict)


@pytest.mark.parametrize("seed", range(40))
def test_a_value_is_a_repeat_exactly_when_another_is_within_an_hour(build, seed):
    dice = random.Random(seed)
    minutes = {f"o{n}": dice.choice((0, 30, 59, 60, 61, 120, 121, 180, 300)) for n in range(6)}
    series = [
        build.value(name, "20", build.at(minutes=at), device=name, received=build.at(10, minutes=n))
        for n, (name, at) in enumerate(minutes.items())
    ]
    gone = dice.sample(sorted(minutes), 2)
    series += [
        build.value(
            name, "20", build.at(minutes=minutes[name]), device=name, received=build.at(12, minutes=n),
            status="cancelled", version=2,
        )
        for n, name in enumerate(gone)
    ]  # fmt: skip

    verdict = build.decide(*series)

    left = {name: at for name, at in minutes.items() if name not in gone}
    alone = {
        name for name, at in left.items()
        if not any(other != name and abs(at - when) <= 60 for other, when in left.items())
    }  # fmt: skip
    repeats = {
        f.observation
        for found in verdict.judgements.values()
        for f in found.firings
        if f.rule == "sys.implausible-repeat"
    }
    assert left.keys() - alone == repeats
    told = [a for a in verdict.alerts if a.rule == "sys.implausible-repeat" and a.live]
    assert repeats == {e.observation for a in told for e in a.evidence}


def test_implausible_values_of_two_measures_are_no_repeat(build):
    verdict = build.decide(
        build.value("o1", "20", build.at(0)),
        build.value("o2", "5", build.at(0.1), measure="pulse", unit="/min"),
    )

    assert {"sys.implausible"} == {a.rule for a in verdict.alerts}


@pytest.mark.parametrize(
    ("step", "state", "flags"), [(None, "withdrawn", ()), ("acknowledge", "acknowledged", ("recomputed",))]
)  # fmt: skip
def test_a_repeat_that_vanishes_withdraws_unless_somebody_has_acted(build, step, state, flags):
    events = [build.event(step, build.at(0.6), "sys.implausible-repeat")] if step else []

    verdict = build.decide(
        build.value("o1", "20", build.at(0)),
        build.value("o2", "25", build.at(0.5)),
        build.value("o1", "95", build.at(0), received=build.at(1), status="amended", version=2),
        events=events,
    )

    (repeat,) = [a for a in verdict.alerts if a.rule == "sys.implausible-repeat"]
    assert (state, flags) == (repeat.state, repeat.flags)


# Auto-resolve (§7.5)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        (["94", "94", "94"], "auto-resolved"),
        (["94", "94"], "open"),
        (["94", "93", "94", "94"], "open"),
        (["94", "93", "94", "94", "94"], "auto-resolved"),
        (["94", "94", "90", "94"], "open"),
        (["94", "94", "20", "94"], "auto-resolved"),
    ],
)
def test_enough_greens_well_inside_resolve_a_yellow(build, values, state):
    rule = build.absolute(auto_resolve=AutoResolve(3, Decimal(2)))
    series = [build.value("o0", "90")]
    series += [build.value(f"o{n}", v, build.at(n)) for n, v in enumerate(values, 1)]

    verdict = build.decide(*series, plans=[build.plan(rule)])

    assert [state] == [a.state for a in verdict.alerts if a.rule == "r"]


def test_a_red_never_resolves_itself(build):
    rule = build.absolute(auto_resolve=AutoResolve(1, Decimal(0)))

    verdict = build.decide(
        build.value("o1", "85", build.at(0)), build.value("o2", "99", build.at(1)), plans=[build.plan(rule)]
    )  # fmt: skip

    assert [a.state for a in verdict.alerts] == ["open"]


def test_a_late_yellow_followed_by_enough_greens_is_resolved_at_once(build):
    rule = build.absolute(auto_resolve=AutoResolve(2, Decimal(0)))

    verdict = build.decide(
        build.value("o1", "95", build.at(3)),
        build.value("o2", "96", build.at(4)),
        build.value("o3", "90", build.at(0), received=build.at(5)),
        plans=[build.plan(rule)],
    )

    assert [a.state for a in verdict.alerts] == ["auto-resolved"]


def test_a_value_of_a_closed_episode_that_is_worked_out_anew_joins_no_other():
    rule = {
        "id": "d", "kind": "delta", "measure": "weight", "unit": "kg", "window": "P3D", "direction": "up", "baseline": "min",
        "bands": [{"zone": "yellow", "ge": 2}],
    }  # fmt: skip
    series = values("weight", "kg", ("02T08:00", 80), ("03T08:00", 82.5), ("03T12:00", 82.6))
    late = values("weight", "kg", ("02T12:00", 79.5), received="2026-03-03T20:00:00+01:00")
    close = {"at": "2026-03-03T10:00:00+01:00", "type": "close", "rule": "d", "by": "Nina"}

    actual = told([rule], [*series, late[0] | {"id": "o4"}], events=[close], now="2026-03-03T21:00:00+01:00")  # fmt: skip

    assert [("closed", ["o2"]), ("open", ["o3"])] == [
        (a["state"], a["evidence"]) for a in actual["alerts"]
    ]


# Timers (§7.6)


def test_timers_run_until_the_first_step_and_act_until_mitigated(build):
    minutes = lambda n: timedelta(minutes=n)  # noqa: E731 - reads as a unit
    routing = Routing({"red": Timer(minutes(15), minutes(30), minutes(60))})

    verdict = build.decide(
        build.value("o1", "85", build.at(0)),
        events=[build.event("acknowledge", build.at(minutes=20))],
        routing=routing,
        now=build.at(5),
    )

    told = [(n.kind, (n.at - build.at(0)) // minutes(1)) for n in verdict.notifications]
    assert told == [("raise", 0), ("remind", 15), ("remind", 80), ("escalate", 140)]


def test_timers_start_again_on_upgrade(build):
    minutes = lambda n: timedelta(minutes=n)  # noqa: E731 - reads as a unit
    routing = Routing({"red": Timer(minutes(15), minutes(30)), "yellow": Timer(minutes(60))})

    verdict = build.decide(
        build.value("o1", "90", build.at(0)),
        build.value("o2", "85", build.at(minutes=40)),
        routing=routing,
        now=build.at(minutes=70),
    )

    told = [(n.kind, (n.at - build.at(0)) // minutes(1)) for n in verdict.notifications]
    assert told == [("raise", 0), ("upgrade", 40), ("remind", 55), ("escalate", 70)]


def _changed(m, **fields):
    from msgspec.structs import replace

    return replace(m, **fields)


def test_a_firing_that_others_make_too_old_to_raise_leaves_the_alert(build):
    """§8.1, §8.3: a value three weeks late is red beside another, yellow without it; which came first must not matter."""
    bands = (
        Band("green", lt=Decimal(3)),
        Band("yellow", ge=Decimal(3), lt=Decimal(6)),
        Band("red", ge=Decimal(6)),
    )
    news = Rule("news", "score", score="news2", within=Span(seconds=86400), bands=bands)
    book = build.book([build.plan(news)])
    first = build.value("o1", "85", build.at(), identifiers=("x|1",))
    late = build.bp("o3", "90", "60", build.at(), received=build.at(days=21))
    moved = build.value("o4", "85", build.at(hours=1), identifiers=("x|1",))
    told = []
    for order in ([first, moved, late], [first, late, moved]):
        state = engine.State(book)
        for m in order:
            state, _ = engine.step(state, m, build.at(days=30))
        told.append(sorted(build.row(a) for a in state.alerts if a.live))

    assert told[0] == told[1]
