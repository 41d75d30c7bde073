"""A number → a case: plans, nasty series and human events at random, in the exchange format.

Values lie on, just beside and far from the limits; times on, just before and just after the edges of windows, of days, of plan
versions and of both changes of the clock. What thresholds.md leaves open is not generated.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.known import Case
from tests.oracle.moments import instant

OSLO = ZoneInfo("Europe/Oslo")
DAYS = ("2026-03-02", "2026-03-27", "2026-10-23", "2026-06-10")
FORM = [str(n) for n in range(1, 5)]


class Maker:
    """One case under construction."""

    def __init__(self, seed: int) -> None:
        """A number that decides everything."""
        self.dice = random.Random(seed)
        self.zone = OSLO
        self.start = (
            datetime.fromisoformat(self.dice.choice(DAYS)).replace(tzinfo=OSLO).astimezone(UTC)
        )
        self.taken: set[datetime] = set()
        self.observations: list[dict[str, Any]] = []

    def chance(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.dice.random() < share

    def text(self, at: datetime) -> str:
        """An instant as the exchange format writes it."""
        return at.astimezone(self.zone).isoformat()

    def free(self, at: datetime) -> datetime:
        """An instant near this one at which nothing else happens."""
        while at in self.taken:
            at += timedelta(seconds=1)
        self.taken.add(at)
        return at


def make_case(seed: int) -> Case:
    """A number → a case without `expected`."""
    maker = Maker(seed)
    kind = maker.dice.choice(sorted(KINDS))
    rules, series = KINDS[kind](maker)
    general = [floor()] if kind in ("absolute", "plans") and maker.chance(0.5) else []
    if kind == "general":
        general = _general(maker)
    plans = _plans(maker, kind, rules)
    for make in series:
        make(maker)
    odd(maker, kind)
    last = max([instant(o["received"], OSLO) for o in maker.observations], default=maker.start)
    now = last + timedelta(minutes=maker.dice.choice((0, 0, 1, 90, 60 * 30)))
    steps = events(maker, rules, now) if kind in ("absolute", "bp") else []
    maker.dice.shuffle(maker.observations)
    case: Case = {
        "id": f"R{seed}",
        "kind": kind,
        "title": f"random {kind}",
        "patient": {"id": "p", "timezone": "Europe/Oslo", "status_periods": _periods(maker, kind)},
        "general_limits": general,
        "plans": plans,
        "observations": maker.observations,
        "events": steps,
        "now": maker.text(now),
    }
    if kind == "missing" and maker.chance(0.3):
        begin = maker.start + timedelta(hours=maker.dice.randrange(60))
        case["downtime"] = [
            {
                "from": maker.text(begin),
                "to": maker.text(begin + timedelta(hours=maker.dice.choice((6, 12, 13)))),
            }
        ]
    final = all(o["status"] == "final" for o in maker.observations)
    if final and maker.chance(0.3) and kind in ("absolute", "bp", "symptom"):
        case["routing"] = {
            "timers": {
                "red": {"remind": "PT15M", "escalate": "PT30M"},
                "yellow": {"remind": "PT4H20M", "escalate": "PT12H20M"},
            }
        }
        if maker.chance(0.5):
            case["routing"]["timers"]["red"]["act"] = "PT1H"
    return case


def _plans(maker: Maker, kind: str, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    begin = maker.start - timedelta(days=0 if kind == "missing" else 60)
    plan = {
        "id": "ebp", "version": 1, "valid_from": maker.text(begin), "valid_to": None, "mode": "active",
        "safety_net": True, "last_review": maker.text(maker.start)[:10], "review_interval": "P3M", "rules": rules,
    }  # fmt: skip
    if kind == "stale":
        plan["last_review"] = maker.dice.choice(
            ("2025-11-30", "2025-12-31", "2026-01-31", "2025-12-04", "2026-03-04")
        )
        plan["review_interval"] = maker.dice.choice(("P3M", "P1M", "P90D", "P1Y"))
    if kind == "general" and maker.chance(0.3):
        plan["mode"], plan["safety_net"] = "observe", maker.chance(0.6)
    if kind != "plans":
        return [plan]
    change = maker.start + timedelta(hours=maker.dice.randrange(60))
    second = {**plan, "version": 2, "rules": _moved(rules), "valid_from": maker.text(change)}
    plan["valid_to"] = maker.text(change)
    if maker.chance(0.3):
        second["mode"], second["safety_net"] = "observe", maker.chance(0.6)
    if maker.chance(0.3):
        second["valid_to"] = maker.text(change + timedelta(hours=20))
    return [plan, second]


def _moved(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**r, "id": r["id"] + "2", "bands": SPO2_LOWER if r["measure"] == "spo2" else r["bands"]}
        for r in rules
    ]


def _periods(maker: Maker, kind: str) -> list[dict[str, Any]]:
    first = maker.text(maker.start - timedelta(days=90))
    if kind not in ("plans", "missing", "absolute") or maker.chance(0.6):
        return [{"status": "active", "from": first, "to": None}]
    change = maker.text(maker.start + timedelta(hours=maker.dice.randrange(60)))
    status = maker.dice.choice(
        ("on-hold", "ended", "deceased") if kind != "missing" else ("on-hold", "ended")
    )
    periods = [
        {"status": "active", "from": first, "to": change},
        {"status": status, "from": change, "to": None},
    ]
    if status == "on-hold" and maker.chance(0.5):
        back = maker.text(instant(change, OSLO) + timedelta(hours=18))
        periods[1]["to"] = back
        periods.append({"status": "active", "from": back, "to": None})
    return periods


def _band(zone: str, **ends: float) -> dict[str, Any]:
    return {"zone": zone, **ends}


SPO2 = [_band("red", lt=88), _band("yellow", ge=88, lt=92), _band("green", ge=92)]
SPO2_LOWER = [_band("red", lt=84), _band("yellow", ge=84, lt=88), _band("green", ge=88)]
GLUCOSE = [
    _band("red", lt=3.0),
    _band("yellow", ge=3.0, lt=3.9),
    _band("green", ge=3.9, le=10.0),
    _band("yellow", gt=10.0, le=20.0),
    _band("red", gt=20.0),
]
PULSE = [
    _band("red", lt=40),
    _band("yellow", ge=40, lt=50),
    _band("green", ge=50, le=100),
    _band("yellow", gt=100, le=120),
    _band("red", gt=120),
]
SYSTOLIC = [
    _band("red", lt=90),
    _band("yellow", ge=90, lt=100),
    _band("green", ge=100, lt=140),
    _band("yellow", ge=140, lt=180),
    _band("red", ge=180),
]
DIASTOLIC = [
    _band("red", lt=50),
    _band("yellow", ge=50, lt=60),
    _band("green", ge=60, lt=90),
    _band("yellow", ge=90, lt=110),
    _band("red", ge=110),
]


def floor() -> dict[str, Any]:
    return {
        "id": "f-spo2",
        "kind": "absolute",
        "measure": "spo2",
        "unit": "%",
        "overridable": False,
        "bands": [_band("red", lt=80), _band("green", ge=80)],
    }


def _absolute(measure: str, unit: str, bands: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "id": f"r-{measure}",
        "kind": "absolute",
        "measure": measure,
        "unit": unit,
        "bands": bands,
        **more,
    }


def _value(
    measure: str,
    unit: str,
    values: tuple[float, ...],
    count: tuple[int, int] = (1, 6),
    step_h: tuple[float, ...] = (0.5, 3, 11, 24),
) -> Any:
    """Values of one measure, some hours apart."""

    def make(maker: Maker) -> None:
        at = maker.start + timedelta(hours=maker.dice.randrange(24))
        for _ in range(maker.dice.randint(*count)):
            at += timedelta(hours=maker.dice.choice(step_h), minutes=maker.dice.choice((0, 0, 1)))
            add(maker, measure, at, value=maker.dice.choice(values), unit=unit)

    return make


def add(maker: Maker, measure: str, at: datetime, **content: Any) -> dict[str, Any]:
    """One observation more, received at once or later."""
    at = maker.free(at)
    delay = timedelta(0)
    if maker.chance(0.15):
        delay = timedelta(hours=maker.dice.choice((1, 6, 6.5, 30)))
    received = maker.free(at + delay) if delay else at
    made = {
        "id": f"o{len(maker.observations) + 1}", "measure": measure, **content,
        "effective": maker.text(at), "received": maker.text(received), "status": "final",
    }  # fmt: skip
    maker.observations.append(made)
    return made


def odd(maker: Maker, kind: str) -> None:
    """Some of what goes wrong: sent again, corrected, retracted, without unit, impossible, from a clock that is off."""
    if kind in ("stale", "meter", "clock", "calm", "context"):
        return
    for one in list(maker.observations):
        if "value" not in one or not maker.chance(0.12):
            continue
        received = instant(one["received"], OSLO)
        later = maker.free(received + timedelta(minutes=maker.dice.choice((1, 45, 700))))
        again = {**one, "received": maker.text(later)}
        match maker.dice.randrange(9):
            case 0:
                maker.observations.append({**again, "status": "entered-in-error", "version": 2})
            case 1:
                maker.observations.append(
                    {
                        **again,
                        "status": "amended",
                        "version": 2,
                        "value": maker.dice.choice(
                            [
                                o["value"]
                                for o in maker.observations
                                if o["measure"] == one["measure"]
                                and o.get("unit") == one["unit"]
                                and "value" in o
                                and o.get("device_error") is None
                            ]
                        ),
                    }
                )
            case 2:
                one["identifier"] = again["identifier"] = f"x|{one['id']}"
                maker.observations.append({**again, "id": f"o{len(maker.observations) + 1}"})
            case 3:
                one["device"] = again["device"] = "d1"
                maker.observations.append({**again, "id": f"o{len(maker.observations) + 1}"})
                if maker.chance(0.4):  # one of the two is taken back: the other stands
                    gone = maker.text(maker.free(later + timedelta(minutes=20)))
                    taken = maker.dice.choice((one, maker.observations[-1]))
                    back = {"received": gone, "status": "entered-in-error", "version": 2}
                    maker.observations.append({**taken, **back})
            case 4:
                del one["unit"]
            case 5:
                one["unit"] = "furlong"
            case 6 if kind not in ("missing", "delta", "trend", "average", "n_of_m"):
                one["effective"] = None
            case 7:
                del one["value"]
                one["data_absent_reason"] = maker.dice.choice(("unknown", "asked-declined"))
            case 8:
                one["device_error"] = "poor-signal"
            case _:
                pass


def events(
    maker: Maker, rules: list[dict[str, Any]], now: datetime, *, always: bool = False
) -> list[dict[str, Any]]:
    """Human steps on the rules; where something is corrected only if asked, because what then happens is partly left open."""
    corrected = any(o.get("version") or o.get("status") != "final" for o in maker.observations)
    if not always and (corrected or maker.chance(0.4)):
        return []
    made: list[dict[str, Any]] = []
    for _ in range(maker.dice.randint(1, 4)):
        around = instant(maker.dice.choice(maker.observations)["received"], OSLO)
        at = maker.free(around + timedelta(minutes=maker.dice.choice((3, 14, 16, 31, 200, 700))))
        if at > now:
            continue
        event = {
            "at": maker.text(at),
            "type": maker.dice.choice(("acknowledge", "mitigate", "close")),
            "rule": maker.dice.choice(rules)["id"],
            "by": "n",
        }
        if maker.chance(0.6):
            event["note"] = "sett"
        if maker.chance(0.5):
            event["action"] = "ringt"
        made.append(event)
    return sorted(made, key=lambda e: instant(e["at"], OSLO))


SPO2_VALUES = (79, 80, 83, 84, 87, 88, 89, 91, 92, 93, 97)


def _kind_absolute(maker: Maker) -> Any:
    more: dict[str, Any] = {}
    if maker.chance(0.25):
        more["quiet"] = maker.dice.choice(("PT1H", "PT12H"))
    spo2 = _absolute("spo2", "%", SPO2, **more)
    glucose = _absolute("glucose", "mmol/L", GLUCOSE)
    values = [_value("spo2", "%", SPO2_VALUES)]
    if maker.chance(0.5):
        values.append(_value("glucose", "mg/dL", (53, 54, 69, 70, 71, 180, 181, 360, 361)))
    elif maker.chance(0.5):
        values.append(
            _value("glucose", "mmol/L", (2.9, 3.0, 3.04, 3.8, 3.9, 10.0, 10.05, 10.1, 20.0, 20.1))
        )
    else:
        values.append(_value("spo2", "1", (0.87, 0.879, 0.88, 0.91, 0.92)))
    return [spo2, glucose], values


def _kind_bp(maker: Maker) -> Any:
    rule = {
        "id": "r-bp",
        "kind": "composite_bp",
        "unit": "mm[Hg]",
        "bands": {"systolic": SYSTOLIC, "diastolic": DIASTOLIC},
    }
    if maker.chance(0.3):
        rule["bands"] = {
            **rule["bands"],
            "pulse_pressure": [
                _band("green", lt=60),
                _band("yellow", ge=60, lt=80),
                _band("red", ge=80),
            ],
        }  # type: ignore[dict-item]

    def make(maker: Maker) -> None:
        at = maker.start
        for _ in range(maker.dice.randint(1, 5)):
            at += timedelta(hours=maker.dice.choice((1, 5, 12)))
            if maker.chance(0.3):
                given = {
                    "systolic": maker.dice.choice((11.9, 12.0, 18.6, 18.7, 21.3, 24.0)),
                    "diastolic": maker.dice.choice((6.6, 6.7, 8.0, 10.0, 11.5)),
                }
                unit = "kPa"
            else:
                given = {
                    "systolic": maker.dice.choice((89, 90, 99, 100, 139, 140, 179, 180)),
                    "diastolic": maker.dice.choice((49, 50, 59, 60, 80, 88)),
                }
                unit = "mm[Hg]"
            if maker.chance(0.15):
                given.pop(maker.dice.choice(sorted(given)))
            made = add(maker, "bp", at, components=given, unit=unit)
            if maker.chance(0.2):
                signs = ("<", "<=", ">", ">=", None)
                drawn = {part: maker.dice.choice(signs) for part in given}
                made["comparator"] = {part: sign for part, sign in drawn.items() if sign}

    return [rule], [make]


def _kind_delta(maker: Maker) -> Any:
    rule: dict[str, Any] = {
        "id": "r-wt", "kind": "delta", "measure": "weight", "unit": "kg", "window": maker.dice.choice(("P3D", "P1D", "PT72H", "PT24H")),
        "direction": "up", "baseline": "min", "bands": [_band("yellow", gt=2.0), _band("red", gt=3.0)],
    }  # fmt: skip
    match maker.dice.randrange(4):
        case 0:
            rule.update(direction="down", baseline="max")
        case 1:
            rule.update(baseline="fixed", fixed=80)
        case 2:
            rule.update({"as": "percent"})
        case _:
            pass
    unit = maker.dice.choice(
        (
            ("kg", (78.0, 79.9, 80.0, 82.0, 82.1, 83.0, 83.1)),
            ("g", (78000, 80000, 82000, 82001, 83001)),
        )
    )
    return [rule], [_value("weight", unit[0], unit[1], (2, 7), (23, 24, 25, 48, 72, 73))]


def _kind_trend(maker: Maker) -> Any:
    rule = {
        "id": "r-tr", "kind": "trend", "measure": "weight", "unit": "kg", "window": maker.dice.choice(("P7D", "PT120H")), "min_points": 4,
        "min_span": maker.dice.choice(("PT72H", "PT60H")), "direction": maker.dice.choice(("up", "down")), "bands": [_band("yellow", ge=0.3), _band("red", ge=0.6)],
    }  # fmt: skip

    def make(maker: Maker) -> None:
        slope = maker.dice.choice((-0.6, -0.3, 0.2, 0.3, 0.6))
        at = maker.start
        for n in range(maker.dice.randint(3, 8)):
            add(
                maker,
                "weight",
                at,
                value=round(80 + slope * n + maker.dice.choice((0, 0, 0.1, -0.1)), 1),
                unit="kg",
            )
            at += timedelta(hours=maker.dice.choice((24, 24, 12)))

    return [rule], [make]


def _kind_n_of_m(maker: Maker) -> Any:
    rule: dict[str, Any] = {
        "id": "r-nm",
        "kind": "n_of_m",
        "measure": "spo2",
        "unit": "%",
        "n": 2,
        "m": 3,
        "where": {"lt": 90},
        "zone": maker.dice.choice(("red", "yellow")),
    }
    if maker.chance(0.5):
        rule["window"] = maker.dice.choice(("P2D", "PT24H"))
    return [rule], [_value("spo2", "%", (88, 89, 90, 91, 95), (2, 7), (12, 23, 24, 25))]


def _kind_average(maker: Maker) -> Any:
    rule = {
        "id": "r-avg", "kind": "average", "measure": "bp", "unit": "mm[Hg]", "window_days": maker.dice.choice((3, 4)), "drop_first_day": maker.chance(0.5),
        "min_readings": 3, "min_days": 2, "bands": {"systolic": [_band("green", lt=135), _band("yellow", ge=135)], "diastolic": [_band("green", lt=85), _band("yellow", ge=85, lt=95), _band("red", ge=95)]},
    }  # fmt: skip

    def make(maker: Maker) -> None:
        at = maker.start + timedelta(hours=maker.dice.choice((7, 23)))
        for _ in range(maker.dice.randint(3, 10)):
            made = add(
                maker,
                "bp",
                at,
                components={
                    "systolic": maker.dice.choice((134, 135, 136)),
                    "diastolic": maker.dice.choice((84, 85, 86, 95, 96)),
                },
                unit="mm[Hg]",
            )
            if maker.chance(0.1):
                beyond = maker.dice.choice((["systolic"], ["diastolic"], ["systolic", "diastolic"]))
                made["comparator"] = dict.fromkeys(beyond, ">")
            at += timedelta(hours=maker.dice.choice((1, 12, 23, 24, 25)))

    return [rule], [make]


def _kind_missing(maker: Maker) -> Any:
    rule: dict[str, Any] = {
        "id": "r-miss",
        "kind": "missing",
        "measure": "spo2",
        "times": maker.dice.choice((["08:00", "20:00"], ["02:30"], ["09:00"])),
        "early": "PT2H",
        "grace": maker.dice.choice(("PT2H", "PT1H")),
        "zone": "yellow",
    }
    if maker.chance(0.5):
        rule["escalate"] = {"count": maker.dice.choice((2, 3)), "zone": "red"}
    if maker.chance(0.2):
        rule["days"] = maker.dice.choice(
            (["mon", "wed", "fri"], ["sat", "sun"], ["mon", "tue", "wed", "thu", "fri"])
        )

    def make(maker: Maker) -> None:
        at = maker.start
        for _ in range(maker.dice.randint(1, 6)):
            at += timedelta(
                hours=maker.dice.choice((6, 8, 10, 12, 14, 24)),
                minutes=maker.dice.choice((0, 0, 1, 59)),
            )
            add(maker, "spo2", at, value=95, unit="%")

    return [rule], [make]


def _kind_plans(maker: Maker) -> Any:
    rules = [_absolute("spo2", "%", SPO2)]
    return rules, [_value("spo2", "%", SPO2_VALUES, (2, 7), (5, 11, 20))]


def _kind_form(maker: Maker) -> Any:
    total: dict[str, Any] = {
        "id": "r-total",
        "kind": "questionnaire",
        "form": "f",
        "total": True,
        "items": FORM,
        "bands": [_band("green", lt=5), _band("yellow", ge=5, lt=8), _band("red", ge=8)],
    }
    if maker.chance(0.4):
        total.update(
            reversed=True,
            item_max=3,
            multiply=4,
            bands=[_band("red", le=12), _band("yellow", gt=12, le=28), _band("green", gt=28)],
        )
    item = {
        "id": "r-item",
        "kind": "questionnaire",
        "form": "f",
        "item": "4",
        "bands": [_band("green", lt=1), _band(maker.dice.choice(("red", "yellow")), ge=1)],
    }

    def make(maker: Maker) -> None:
        at = maker.start
        for _ in range(maker.dice.randint(1, 4)):
            at += timedelta(hours=maker.dice.choice((1, 24)))
            answered = [i for i in FORM if not maker.chance(0.2)] or ["1"]
            add(maker, "form:f", at, items={i: maker.dice.randrange(4) for i in answered})

    return [total, item], [make]


def _kind_symptom(maker: Maker) -> Any:
    rules: list[dict[str, Any]] = [
        {"id": "r-sym", "kind": "symptom", "measure": "sym:dyspnoea", "map": {"none": "green", "more": "yellow", "rest": "red"}},
        {"id": "r-wt", "kind": "delta", "measure": "weight", "unit": "kg", "window": "P3D", "direction": "up", "baseline": "min", "bands": [_band("yellow", gt=2.0), _band("red", gt=3.0)]},
        {"id": "r-both", "kind": "combination", "zone": "red", "within": maker.dice.choice(("PT24H", "PT2H")), "all": [{"rule": "r-wt", "min_zone": "yellow"}, {"rule": "r-sym", "min_zone": maker.dice.choice(("yellow", "red"))}]},
    ]  # fmt: skip

    def make(maker: Maker) -> None:
        at = maker.start
        for _ in range(maker.dice.randint(1, 4)):
            at += timedelta(hours=maker.dice.choice((1, 2, 12, 24)))
            add(
                maker,
                "sym:dyspnoea",
                at,
                code=maker.dice.choice(("none", "more", "rest", "strange")),
            )

    return rules, [make, _value("weight", "kg", (80.0, 82.5, 83.5), (1, 4), (1, 2, 12, 24))]


def _kind_score(maker: Maker) -> Any:
    rule = {
        "id": "r-news",
        "kind": "score",
        "score": "news2",
        "spo2_scale": maker.dice.choice((1, 2)),
        "within": "PT1H",
        "bands": [_band("green", lt=5), _band("yellow", ge=5, lt=7), _band("red", ge=7)],
    }

    def make(maker: Maker) -> None:
        at = maker.start + timedelta(hours=8)
        for _ in range(maker.dice.randint(1, 3)):
            at += timedelta(minutes=maker.dice.choice((20, 70)))
            add(maker, "oxygen", at, code=maker.dice.choice(("yes", "no")))
            wanted = [
                (
                    "resp_rate",
                    {"value": maker.dice.choice((8, 9, 11, 12, 20, 21, 24, 25)), "unit": "/min"},
                ),
                (
                    "spo2",
                    {
                        "value": maker.dice.choice((83, 84, 87, 88, 91, 92, 93, 94, 96, 97)),
                        "unit": "%",
                    },
                ),
                (
                    "bp",
                    {
                        "components": {
                            "systolic": maker.dice.choice((90, 91, 100, 101, 110, 111, 219, 220)),
                            "diastolic": 60,
                        },
                        "unit": "mm[Hg]",
                    },
                ),
                (
                    "pulse",
                    {
                        "value": maker.dice.choice((40, 41, 50, 51, 90, 91, 110, 111, 130, 131)),
                        "unit": "/min",
                    },
                ),
                ("consciousness", {"code": maker.dice.choice(("A", "A", "A", "C", "U"))}),
                (
                    "temperature",
                    {
                        "value": maker.dice.choice(
                            (35.0, 35.1, 36.0, 36.1, 38.0, 38.1, 39.0, 39.1)
                        ),
                        "unit": "Cel",
                    },
                ),
            ]
            maker.dice.shuffle(wanted)
            for measure, content in wanted:
                at += timedelta(seconds=30)
                if not maker.chance(0.1):
                    add(maker, measure, at, **content)

    return [rule], [make]


def _kind_stale(maker: Maker) -> Any:
    return [
        {"id": "r-stale", "kind": "stale_plan", "zone": "yellow"},
        _absolute("spo2", "%", SPO2),
    ], [_value("spo2", "%", SPO2_VALUES, (1, 3))]


def _kind_meter(maker: Maker) -> Any:
    """LO and HI of a glucose meter, and values just beside the plausible (§4.5, §4.6)."""
    rule = _absolute("glucose", "mmol/L", GLUCOSE)
    if maker.chance(0.3):
        rule["bands"] = [
            _band("green", gt=5.0, le=9.0),
            _band("yellow", le=5.0),
            _band("red", gt=9.0),
        ]

    def make(maker: Maker) -> None:
        at = maker.start
        for _ in range(maker.dice.randint(1, 5)):
            at += timedelta(minutes=maker.dice.choice((20, 59, 61, 300)))
            value = maker.dice.choice((0.5, 0.6, 1.1, 3.0, 3.9, 5.0, 9.0, 10.0, 20.0, 50, 50.1))
            made = add(maker, "glucose", at, value=value, unit="mmol/L")
            if 1 < value < 40 and maker.chance(0.6):
                made["comparator"] = maker.dice.choice(("<", "<=") if value < 15 else (">", ">="))

    return [rule], [make]


def _kind_context(maker: Maker) -> Any:
    """Limits for values with and without oxygen (§5.1)."""
    rules = [
        _absolute("spo2", "%", SPO2, when={"on_oxygen": False}),
        {**_absolute("spo2", "%", SPO2_LOWER, when={"on_oxygen": True}), "id": "r-spo2-oxygen"},
    ]

    def make(maker: Maker) -> None:
        at = maker.start
        for _ in range(maker.dice.randint(1, 5)):
            at += timedelta(hours=maker.dice.choice((1, 8)))
            made = add(maker, "spo2", at, value=maker.dice.choice((83, 84, 91, 92, 97)), unit="%")
            if maker.chance(0.7):
                made["context"] = {"on_oxygen": maker.chance(0.5)}

    return rules, [make]


def _kind_clock(maker: Maker) -> Any:
    """Clocks that run ahead, local times without an offset, days without a time, values weeks late (§4.2, §8.1)."""
    rules = [_absolute("spo2", "%", SPO2)]

    def make(maker: Maker) -> None:
        at = maker.start + timedelta(days=20)
        for _ in range(maker.dice.randint(1, 5)):
            at += timedelta(hours=maker.dice.choice((1, 8, 24)))
            made = add(maker, "spo2", at, value=maker.dice.choice(SPO2_VALUES), unit="%")
            effective = instant(made["effective"], OSLO)
            match maker.dice.randrange(6):
                case 0:
                    ahead = maker.dice.choice((299, 300, 301, 9000))
                    received = effective - timedelta(seconds=ahead)
                    made["received"] = maker.text(received)
                case 1:
                    made["effective"] = effective.astimezone(OSLO).replace(tzinfo=None).isoformat()
                    made["received"] = maker.text(maker.free(effective + timedelta(hours=2)))
                case 2:
                    made["effective"] = effective.astimezone(OSLO).date().isoformat()
                    made["received"] = maker.text(maker.free(effective + timedelta(days=1)))
                case 3:
                    old = timedelta(days=14, seconds=maker.dice.choice((-1, 0, 1)))
                    made["effective"] = maker.text(instant(made["received"], OSLO) - old)
                case _:
                    pass

    return rules, [make]


def _kind_calm(maker: Maker) -> Any:
    """Yellow alerts that end by themselves after greens well inside (§7.5)."""
    wish = {"count": maker.dice.choice((2, 3)), "margin": maker.dice.choice((0, 1, 2))}
    rule = _absolute("spo2", "%", SPO2, auto_resolve=wish)

    def make(maker: Maker) -> None:
        at = maker.start
        for _ in range(maker.dice.randint(3, 9)):
            at = maker.free(at + timedelta(hours=maker.dice.choice((1, 8))))
            value = maker.dice.choice((87, 90, 92, 93, 94, 94, 95, 97, 97))
            text = maker.text(at)
            number = len(maker.observations) + 1
            made = {"id": f"o{number}", "measure": "spo2", "value": value, "unit": "%"}
            maker.observations.append(
                {**made, "effective": text, "received": text, "status": "final"}
            )

    return [rule], [make]


def _kind_general(maker: Maker) -> Any:
    """General limits under, beside and in place of the patient's own (§4.9, §4.10)."""
    own = _absolute("spo2", "%", SPO2_LOWER)
    if maker.chance(0.25):
        own["bands"] = []
    return [own, _absolute("pulse", "/min", PULSE)], [
        _value("spo2", "%", SPO2_VALUES, (1, 5)),
        _value("pulse", "/min", (39, 40, 49, 50, 100, 101, 120, 121), (0, 3)),
        _value("glucose", "mmol/L", (2.9, 3.0, 3.9, 10.1), (0, 2)),
    ]


def _general(maker: Maker) -> list[dict[str, Any]]:
    made = [floor()]
    if maker.chance(0.5):
        made.append({**_absolute("spo2", "%", SPO2), "id": "g-spo2", "overridable": True})
    if maker.chance(0.5):
        made.append({**_absolute("glucose", "mmol/L", GLUCOSE), "id": "g-glu", "overridable": True})
    return made


KINDS = {
    name.removeprefix("_kind_"): made
    for name, made in sorted(globals().items())
    if name.startswith("_kind_")
}
