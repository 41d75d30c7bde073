"""The safety properties S1–S12 (thresholds.md §13) on nasty series with every kind of rule.

`EXAMPLES=6000` in the environment asks for more than the share of CI, `--hypothesis-seed` for others.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.thresholds.alarm import Alert
from hub.thresholds.book import Book, compile_book, compile_limits
from hub.thresholds.engine import State, Verdict, decide, next_due, step, tick
from hub.thresholds.examine import judged_instant
from hub.thresholds.measurement import Event, Measurement, Patient
from hub.thresholds.plan import Band, Part, PlanVersion, Rule
from hub.thresholds.reach import Reaching, reaching_of
from hub.thresholds.record import judge_all
from hub.thresholds.spans import EARLIEST, Span
from hub.thresholds.zones import RANK
from tests.unit.thresholds.conftest import OSLO
from tests.unit.thresholds.nasty import RULES, START, series, some_rules, steps

MANY = settings(max_examples=int(os.environ.get("EXAMPLES", "60")), deadline=None)
FEW = settings(max_examples=30, deadline=None)
END = START + timedelta(days=40)
WHO = Patient("p")


def plan(rules: Sequence[Rule]) -> PlanVersion:
    return PlanVersion("ebp", 1, START - timedelta(days=1), tuple(rules), approved_by="gp")


def whole(
    rules: Sequence[Rule], log: Sequence[Measurement], events: Sequence[Event] = ()
) -> Verdict:
    return decide(WHO, [plan(rules)], [], None, (), log, events, END)


def book_of(rules: Sequence[Rule]) -> Book:
    return compile_book(WHO, [plan(rules)], compile_limits([]))


def live(alerts: Sequence[Alert], *, clock: bool = True) -> list[Any]:
    """Alerts that are not over: rule, zone and what they rest on; `clock` False leaves out what the clock alone brings."""
    return sorted(
        (a.rule, a.zone, tuple(sorted(e.observation for e in a.evidence)))
        for a in alerts
        if a.live and (clock or a.rule != "due")
    )


def zones(verdict: Verdict) -> dict[str, str]:
    return {name: found.zone for name, found in verdict.judgements.items()}


def within(reaching: Reaching, newcomer: Sequence[Measurement], other: Measurement) -> bool:
    """What a store that follows `reaching_of` would find."""
    for m in newcomer:
        for at in {m.effective or m.received, m.received, judged_instant(m)[0]}:
            for there in {
                other.effective or other.received,
                other.received,
                judged_instant(other)[0],
            }:
                near = (
                    (reaching.back is None or there >= at - reaching.back)
                    and (reaching.forward is None or there <= at + reaching.forward)
                    and other.measure in reaching.measures
                )
                if near:
                    return True
    return False


def select(book: Book, known: Sequence[Measurement], m: Measurement) -> tuple[Measurement, ...]:
    """The neighbours of a newcomer: kin of it, what is in reach of any of them, and the kin of that."""
    reaching = reaching_of(book, m.measure)

    def kin(of: Sequence[Measurement]) -> list[Measurement]:
        found = list(of)
        while True:
            ids = {o.id for o in found}
            identifiers = {i for o in found for i in o.identifiers}
            more = [o for o in known if o.id in ids or any(i in identifiers for i in o.identifiers)]
            if len(more) <= len([o for o in found if o is not m]):
                return more
            found = [*more, m] if m in found else more

    first = kin([m])
    near = [o for o in known if within(reaching, [m, *first], o)]
    return tuple(kin([*first, *near]))


def online(
    rules: Sequence[Rule], log: Sequence[Measurement], *, every: bool
) -> tuple[list[Measurement], tuple[Alert, ...]]:
    """One arrival at a time, the clock between them, with all or only the needed neighbours."""
    book = book_of(rules)
    known: list[Measurement] = []
    alerts: tuple[Alert, ...] = ()
    since = EARLIEST
    story: list[tuple[datetime, int, Measurement | None]] = [(m.received, 0, m) for m in log]
    due = next_due(State(book), since, END)
    while due is not None:
        story.append((due, 1, None))
        due = next_due(State(book), due, END)
    for at, _, m in sorted(story, key=lambda entry: entry[:2]):
        if m is None:
            state, _ = tick(State(book, tuple(known), alerts), since, at)
            since = at
        else:
            neighbours = tuple(known) if every else select(book, known, m)
            state, _ = step(State(book, neighbours, alerts), m, at)
            known.append(m)
        alerts = state.alerts
    return known, alerts


@given(some_rules, series())
@MANY
def test_both_drivers_agree(rules: list[Rule], log: list[Measurement]) -> None:
    verdict = whole(rules, log)

    for every in (True, False):
        known, alerts = online(rules, log, every=every)
        assert zones(verdict) == {n: j.zone for n, j in judge_all(book_of(rules), known).items()}
        assert live(verdict.alerts) == live(alerts)


DUE = next(rule for rule in RULES if rule.id == "due")


class Lagging:
    """A driver that judges behind what comes in, and whose clock looks now and then: as a hub that was stopped, or has too much to do."""

    def __init__(self, plan: PlanVersion) -> None:
        self.book = compile_book(WHO, [plan], compile_limits([]))
        self.alerts: tuple[Alert, ...] = ()
        self.known: list[Measurement] = []
        self.waiting: list[Measurement] = []
        self.told = EARLIEST

    def look(self, now: datetime) -> None:
        """What fell due is told by what had come, judged or not."""
        if now > self.told:
            state = State(self.book, (*self.known, *self.waiting), self.alerts)
            self.alerts = tick(state, self.told, now)[0].alerts
            self.told = now

    def judge(self, now: datetime) -> None:
        """Everything that waits is judged, in the order it came."""
        while self.waiting:
            m = self.waiting[0]
            self.look(m.received)
            state = State(self.book, tuple(self.known), self.alerts)
            self.alerts = step(state, m, now, min(now, self.told))[0].alerts
            self.known.append(self.waiting.pop(0))


def test_a_time_of_a_red_is_shown_open_again_when_what_filled_it_is_taken_back() -> None:
    """Three mornings are missed; the last two come late, and the third is taken back: alone it would be no red."""
    late = START + timedelta(days=2, hours=5)
    two = [
        Measurement(f"o{day}", "spo2", at, late, value="95", unit="%")
        for day in (1, 2)
        if (at := START + timedelta(days=day))
    ]
    back = replace(two[1], received=late + timedelta(hours=1), status="entered-in-error", version=2)
    start = PlanVersion("ebp", 1, START, (DUE,), approved_by="gp")

    (alert,) = decide(WHO, [start], [], None, (), [*two, back], (), late + timedelta(hours=2)).alerts  # fmt: skip
    assert ("red", [False, True, False]) == (alert.zone, [e.filled for e in alert.evidence])


@st.composite
def mornings(draw: Any) -> list[Measurement]:
    """Values that are waited for on five mornings: in time, late by days, taken back, given again, at another hour."""
    found: list[Measurement] = []
    for number in range(draw(st.integers(1, 14))):
        at = START + timedelta(days=draw(st.integers(0, 4)), hours=draw(st.sampled_from([0, 1, 7])))
        name, status = f"o{number}", "final"
        if found and draw(st.booleans()):
            name = draw(st.sampled_from(found)).id
            status = draw(st.sampled_from(["amended", "entered-in-error"]))
        received = at + timedelta(
            hours=draw(st.sampled_from([0, 0, 5, 24, 50, 100])), minutes=number
        )
        found.append(
            Measurement(name, "spo2", at, received, status, number + 1, value="95", unit="%")
        )
    return sorted(found, key=lambda m: m.order)


WAITED: Any = st.lists(
    st.sampled_from([DUE, replace(DUE, id="red", zone="red", escalate=None)]), min_size=1, unique_by=lambda r: r.id
)  # fmt: skip
DOINGS = st.lists(st.sampled_from(["", "", "look", "judge", "judge look"]))


def lagged(
    rules: Sequence[Rule], log: Sequence[Measurement], doings: Sequence[str], *, ahead: bool
) -> tuple[Verdict, Lagging]:
    """A week's plan → what the engine says of the whole story, and a driver that lags; `ahead` = its clock overtakes its judging."""
    week = PlanVersion("ebp", 1, START, tuple(rules), valid_to=START + timedelta(days=5), approved_by="gp")  # fmt: skip
    hub = Lagging(week)
    for number, m in enumerate(log):
        hub.waiting.append(m)
        for doing in (doings[number] if number < len(doings) else "").split():
            if doing == "look" and ahead:
                hub.look(m.received)
            else:
                hub.judge(m.received)
    if ahead:
        hub.look(END)
    hub.judge(END)
    hub.look(END)
    return decide(WHO, [week], [], None, (), log, (), END), hub


STORIES: Any = st.one_of(st.tuples(some_rules, series()), st.tuples(WAITED, mornings()))


@given(STORIES, DOINGS)
@MANY
def test_a_driver_that_lags_tells_what_one_in_time_tells(
    story: tuple[list[Rule], list[Measurement]], doings: list[str]
) -> None:
    verdict, hub = lagged(*story, doings, ahead=False)

    assert zones(verdict) == {n: j.zone for n, j in judge_all(hub.book, hub.known).items()}
    assert live(verdict.alerts) == live(hub.alerts)


@given(STORIES, DOINGS)
@MANY
def test_no_miss_is_lost_when_the_clock_overtakes_the_judging(
    story: tuple[list[Rule], list[Measurement]], doings: list[str]
) -> None:
    """What waits may fill a time whose value is taken back meanwhile: that time is shown, and filled, on a red; nothing more."""
    verdict, hub = lagged(*story, doings, ahead=True)

    for alert in verdict.alerts:
        if alert.live:
            (same,) = [a for a in hub.alerts if a.live and a.rule == alert.rule]
            assert RANK[same.zone] >= RANK[alert.zone]
            missed = {e.observation for e in alert.evidence if not e.filled}
            assert missed == {e.observation for e in same.evidence if not e.filled}
    assert live([a for a in verdict.alerts if a.rule not in {"due", "red"}]) == live(
        [a for a in hub.alerts if a.rule not in {"due", "red"}]
    )


def test_a_row_of_misses_is_counted_as_it_was_when_its_gap_opened() -> None:
    """The second and third morning came in time and wait, while the first is taken back: one miss, and no red."""
    came = [
        Measurement(f"o{day}", "spo2", at, at, value="95", unit="%")
        for day in range(5)
        if (at := START + timedelta(days=day))
    ]
    back = replace(came[0], received=START + timedelta(hours=9), status="entered-in-error", version=2)  # fmt: skip

    verdict, hub = lagged([DUE], [came[0], back, *came[1:]], [], ahead=True)
    one = [("due", "yellow", ("slot:2026-03-24T08:00:00+01:00",))]
    assert (one, one) == (live(verdict.alerts), live(hub.alerts))


def test_a_combination_of_a_combination_is_judged_with_all_that_lies_under_it() -> None:
    """Else a value that comes alone is judged without the others, and their red is lost."""
    parts = (Part("breath", "yellow"), Part("gain", "yellow"))
    rules = [
        Rule("all", "combination", zone="red", within=Span(days=2), parts=(Part("both", "red"), Part("low", "yellow"))),
        Rule("both", "combination", zone="red", within=Span(days=1), parts=parts),
        Rule("low", "absolute", measure="spo2", unit="%", bands=(Band("red", lt=Decimal(88)), Band("green", ge=Decimal(88)))),
        Rule("gain", "delta", measure="weight", unit="kg", window=Span(days=3), direction="up", bands=(Band("yellow", gt=Decimal(2)),)),
        Rule("breath", "symptom", measure="sym:d", answers={"rest": "red"}),
    ]  # fmt: skip

    for measure in ("weight", "spo2", "sym:d"):
        assert {"weight", "spo2", "sym:d"} <= set(reaching_of(book_of(rules), measure).measures)


@given(some_rules, series(), st.randoms(use_true_random=False))
@MANY
def test_s4_any_order_of_arrival_gives_the_same_zones_and_alerts(
    rules: list[Rule], log: list[Measurement], shuffler: random.Random
) -> None:
    """Versions of one observation keep their order: which is newest is what the sender says by it."""
    shuffled = list(log)
    shuffler.shuffle(shuffled)

    judged = judge_all(book_of(rules), shuffled)
    assert zones(whole(rules, log)) == {name: found.zone for name, found in judged.items()}
    assert live(whole(rules, log).alerts, clock=False) == stepped(rules, shuffled)


def stepped(rules: Sequence[Rule], order: Sequence[Measurement]) -> list[Any]:
    """One arrival at a time in any order, all judged at the end → the alerts that are not over."""
    book, alerts, known = book_of(rules), (), list[Measurement]()
    for m in order:
        state, _ = step(State(book, tuple(known), alerts), m, END)
        alerts = state.alerts
        known.append(m)
    return live(alerts, clock=False)


def test_s4_a_yellow_raised_in_time_stands_when_a_newcomer_meets_its_late_correction() -> None:
    """The correction alone would be too old to raise it (§8.1), and the newcomer has its score worked out anew."""
    news = [rule for rule in RULES if rule.id == "news"]
    late = START + timedelta(days=21)
    first = Measurement("o1", "spo2", START, START, value="85", unit="%")
    again = replace(first, received=late, status="amended", version=2)
    breath = Measurement("o2", "resp_rate", START, START + timedelta(seconds=9), value="16", unit="/min")  # fmt: skip

    before, after = stepped(news, [first, breath, again]), stepped(news, [first, again, breath])

    assert before == after == [("news", "yellow", ("o1", "o2"))]


def test_s4_an_older_version_that_comes_last_brings_back_what_it_had_raised_in_time() -> None:
    spo2 = [rule for rule in RULES if rule.id == "spo2"]
    first = Measurement("o1", "spo2", START, START, value="91", unit="%")
    again = replace(first, received=START + timedelta(days=21), status="amended", version=2)

    assert stepped(spo2, [again, first]) == stepped(spo2, [first, again]) == [("spo2", "yellow", ("o1",))]  # fmt: skip


@given(some_rules, series(), steps())
@MANY
def test_s1_no_red_is_lost(rules: list[Rule], log: list[Measurement], events: list[Event]) -> None:
    """A technical doubt about a newer version keeps the red of the one before (§6.4), which the alert then names."""
    verdict = whole(rules, log, events)

    for judgement in verdict.judgements.values():
        for firing in judgement.firings:
            if firing.zone != "red":
                continue
            closed_by = [a for a in verdict.alerts if a.rule == firing.rule and a.state == "closed"]
            held = [
                a
                for a in verdict.alerts
                if a.rule == firing.rule
                and a.zone == "red"
                and firing.observation in {e.observation for e in a.evidence}
            ]
            assert held or closed_by, (firing, verdict.alerts)


@given(some_rules, series())
@FEW
def test_s2_the_same_input_twice_is_the_same_result(
    rules: list[Rule], log: list[Measurement]
) -> None:
    book = book_of(rules)
    known, alerts = online(rules, log, every=True)
    state = State(book, tuple(known), alerts)

    for m in log:
        again, changes = step(state, m, END)
        assert (state, (), ()) == (again, changes.rejudged, changes.alerts)
    assert whole(rules, [*log, *log]).alerts == whole(rules, log).alerts


@given(some_rules, series(), steps())
@FEW
def test_s3_replay_from_the_log_gives_identical_alerts(
    rules: list[Rule], log: list[Measurement], events: list[Event]
) -> None:
    stored = msgspec.msgpack.decode(
        msgspec.msgpack.encode((log, events)), type=tuple[list[Measurement], list[Event]]
    )

    assert whole(rules, log, events) == whole(rules, *stored)


WORSE = {
    "spo2": (-1, "%", ("spo2", "twice", "news")),
    "weight": (1, "kg", ("gain", "slope", "mean")),
    "resp_rate": (1, "/min", ("news",)),
}


@pytest.mark.parametrize("measure", WORSE)
@given(some_rules, series(), st.decimals("0", "8", places=1), st.data())
@FEW
def test_s5_a_worse_newest_value_never_has_a_milder_zone(
    measure: str, rules: list[Rule], log: list[Measurement], by: Decimal, data: Any
) -> None:
    sign, unit, _ = WORSE[measure]
    base = {"spo2": Decimal(94), "weight": Decimal(80), "resp_rate": Decimal(21)}[measure]
    at = START + timedelta(days=8)
    first = Measurement("last", measure, at, at, value=str(base), unit=unit)
    worse = replace(first, value=str(base + sign * by))

    found = [whole(rules, [*log, m]).judgements["last"].zone for m in (first, worse)]
    assert RANK[found[1]] >= RANK[found[0]]


@given(some_rules, series())
@FEW
def test_s6_every_unit_gives_the_same_zones(rules: list[Rule], log: list[Measurement]) -> None:
    grams = [
        replace(m, value=str(Decimal(m.value) * 1000), unit="g")
        if m.measure == "weight" and m.unit == "kg" and m.value
        else m
        for m in log
    ]
    # What is written the same in two units is a copy only when it is in one
    distinct = len({(m.measure, m.device, m.effective) for m in log}) == len(log)

    if distinct:
        assert zones(whole(rules, log)) == zones(whole(rules, grams))


@given(some_rules, series(), steps())
@FEW
def test_s7_every_alert_cites_evidence_that_exists(
    rules: list[Rule], log: list[Measurement], events: list[Event]
) -> None:
    verdict = whole(rules, log, events)

    for alert in verdict.alerts:
        names = {e.observation for e in alert.evidence}
        assert names
        assert {n for n in names if not n.startswith("slot:")} <= {m.id for m in log}
    for judgement in verdict.judgements.values():
        for firing in judgement.firings:
            assert {o.observation for o in firing.operands} <= {m.id for m in log}


@given(series())
@FEW
def test_s8_without_plan_or_unit_nothing_is_silent(log: list[Measurement]) -> None:
    verdict = decide(WHO, [], [], None, (), log, (), END)

    for judgement in verdict.judgements.values():
        assert judgement.zone != "green"
        if judgement.zone in {"none", "invalid"} and judgement.effective is not None:
            assert judgement.firings


@given(some_rules, series())
@FEW
def test_s10_one_bad_rule_does_not_stop_the_others(
    rules: list[Rule], log: list[Measurement]
) -> None:
    bad = [
        Rule("b1", "delta", "weight", "kg", (Band("red", gt=Decimal(1)),)),
        Rule("b2", "astrology", "spo2"),
        Rule("b3", "trend", "spo2", "furlong", (Band("red", gt=Decimal(1)),), direction="up"),
        Rule("b4", "score", score="news3", bands=(Band("red"),)),
        Rule("b5", "missing", "spo2", times=("25:00",)),
    ]
    sound, mixed = whole(rules, log), whole([*bad, *rules], log)

    assert [a for a in live(sound.alerts) if not a[0].startswith("sys.")] == [
        a for a in live(mixed.alerts) if not a[0].startswith("sys.")
    ]
    for name, judgement in mixed.judgements.items():
        clinical = sound.judgements[name].zone
        if clinical in RANK and judgement.zone in RANK:
            assert RANK[clinical] == RANK[judgement.zone]


@given(some_rules, series(), steps())
@FEW
def test_s11_an_upgrade_always_tells_again(
    rules: list[Rule], log: list[Measurement], events: list[Event]
) -> None:
    verdict = whole(rules, log, events)

    for alert in verdict.alerts:
        told = {n.kind for n in verdict.notifications if n.alert == alert.id}
        assert "raise" in told or alert.state == "withdrawn"
        mildest = min(RANK[e.zone] for e in alert.evidence)
        first = min(alert.evidence, key=lambda e: e.effective)
        if (
            alert.live
            and first.zone == "yellow"
            and mildest < RANK[alert.zone]
            and len(alert.evidence) > 1
        ):
            assert alert.state == "open" or alert.steps


@given(series(size=6))
@FEW
def test_s12_no_float_enters_the_engine(log: list[Measurement]) -> None:
    verdict = whole(RULES, log)

    def walk(value: Any) -> None:
        assert not isinstance(value, float)
        if isinstance(value, msgspec.Struct):
            for field in value.__struct_fields__:
                walk(getattr(value, field))
        elif isinstance(value, (tuple, list)):
            for each in value:
                walk(each)
        elif isinstance(value, dict):
            for each in value.values():
                walk(each)

    walk([*verdict.judgements.values(), *verdict.alerts])
    assert OSLO.key == "Europe/Oslo"
