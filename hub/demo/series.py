"""Ninety days of measurements as people make them: morning and evening, with noise, missed days and a bad last week.

The same seed gives the same series on every machine.
Source: dho/requirements.md 56, 128, 129 and 171; dho/data/measurements.csv (units, decimals, plausible ranges).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from hub.demo.people import DIABETES, HEART, MAIN, PRESSURE, TRIAL, VALVE
from hub.demo.plans import HISTORY_DAYS, OSLO, TRIAL_PERSON_DAYS
from hub.demo.resources import ADMITTED_DAYS_AGO

Measure = Literal["spo2", "pulse", "bp", "weight", "temperature", "glucose", "inr", "phq9"]

WORSE_DAYS: Final = 7
_DAY_MISSED: Final = 0.05
_SLOT_MISSED: Final = 0.03
_WEEKEND_LATER: Final = timedelta(minutes=40)

MMHG_PER_KPA: Final = Decimal("7.50061683")
MMOL_PER_MGDL: Final = Decimal("0.0554994")


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement as the supplier's equipment gave it.

    Shape: `values` are (measure key, number, UCUM unit); two of them for blood pressure. `key` is unique and stands
    in the Observation's identifier. `oxygen` is the supplemental flow while measuring, None when nobody noted it.
    Units: oxygen L/min.
    """

    key: str
    person: str
    measure: Measure
    at: datetime
    values: tuple[tuple[str, Decimal, str], ...]
    oxygen: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Habit:
    """How a person measures one thing.

    Shape: `every` days; `usual` local times; noise `spread` around `level`; values are kept within `low`..`high`, the
    person's own green zone, so that the demo day starts without open alerts.
    """

    person: str
    measure: Measure
    usual: tuple[time, ...]
    unit: str
    level: tuple[str, ...]
    spread: tuple[str, ...]
    low: tuple[str, ...]
    high: tuple[str, ...]
    step: str
    every: int = 1
    supplier_unit: str | None = None


_MORNING: Final = time(7, 45)
_EVENING: Final = time(19, 40)

HABITS: Final = (
    Habit(MAIN, "spo2", (_MORNING, _EVENING), "%", ("92",), ("0.9",), ("90",), ("95",), "1"),
    Habit(MAIN, "pulse", (_MORNING, _EVENING), "/min", ("82",), ("4",), ("60",), ("99",), "1"),
    Habit(
        MAIN,
        "bp",
        (_MORNING,),
        "mm[Hg]",
        ("128", "76"),
        ("7", "4"),
        ("104", "56"),
        ("155", "92"),
        "1",
    ),
    Habit(MAIN, "weight", (_MORNING,), "kg", ("62.0",), ("0.3",), ("60.8",), ("63.8",), "0.1", 7),
    Habit(MAIN, "temperature", (_EVENING,), "Cel", ("36.7",), ("0.2",), ("36.0",), ("37.8",), "0.1", 3),
    Habit(
        HEART, "weight", (time(7, 5),), "kg", ("70.2",), ("0.4",), ("67.5",), ("72.3",), "0.1"
    ),
    Habit(HEART, "pulse", (time(7, 10),), "/min", ("72",), ("5",), ("55",), ("95",), "1"),
    Habit(
        HEART,
        "bp",
        (time(7, 10),),
        "mm[Hg]",
        ("118", "70"),
        ("7", "5"),
        ("98", "52"),
        ("145", "92"),
        "1",
    ),
    Habit(
        DIABETES,
        "glucose",
        (time(7, 0), time(11, 40), time(17, 15)),
        "mmol/L",
        ("7.0",),
        ("1.3",),
        ("4.2",),
        ("9.8",),
        "0.1",
        supplier_unit="mg/dL",
    ),
    Habit(VALVE, "inr", (time(9, 10),), "{INR}", ("3.0",), ("0.25",), ("2.5",), ("3.5",), "0.1", 7),
    Habit(
        PRESSURE,
        "bp",
        (time(6, 50), time(20, 15)),
        "mm[Hg]",
        ("136", "86"),
        ("6", "4"),
        ("112", "62"),
        ("148", "93"),
        "1",
        supplier_unit="kPa",
    ),
    Habit(TRIAL, "spo2", (time(8, 20), time(20, 0)), "%", ("93",), ("1.2",), ("88",), ("97",), "1"),
    Habit(TRIAL, "pulse", (time(8, 20),), "/min", ("78",), ("5",), ("58",), ("98",), "1"),
)  # fmt: skip

# The main person's last week: how far each level has moved on the last day before the demo day.
_WORSENING: Final[dict[Measure, tuple[str, ...]]] = {
    "spo2": ("-1.8",),
    "pulse": ("13",),
    "bp": ("8", "4"),
    "weight": ("1.7",),
    "temperature": ("0.7",),
}
_COMPONENTS: Final[dict[Measure, tuple[str, ...]]] = {"bp": ("systolic", "diastolic")}


def build_history(day: date, seed: int) -> tuple[Reading, ...]:
    """The demo day and a seed → every reading of the ninety days before it, oldest first."""
    readings = [
        reading
        for habit in HABITS
        for before in range(_first_day(habit), _last_day(habit) - 1, -1)
        for reading in _on_day(habit, day, before, seed)
    ]
    readings.extend(_depression_scores(day))
    return tuple(sorted(readings, key=lambda r: (r.at, r.key)))


def to_supplier_unit(value: Decimal, unit: str) -> Decimal:
    """A value in mm[Hg] or mmol/L and the supplier's unit → the number that supplier sends."""
    if unit == "kPa":
        return _rounded(value / MMHG_PER_KPA, "0.1")
    if unit == "mg/dL":
        return _rounded(value / MMOL_PER_MGDL, "1")
    raise ValueError("no supplier of the demo uses this unit")


def _first_day(habit: Habit) -> int:
    return TRIAL_PERSON_DAYS if habit.person == TRIAL else HISTORY_DAYS


def _last_day(habit: Habit) -> int:
    return ADMITTED_DAYS_AGO + 1 if habit.person == HEART else 1


def _on_day(habit: Habit, day: date, before: int, seed: int) -> Iterator[Reading]:
    today = day - timedelta(days=before)
    worse = habit.person == MAIN and before <= WORSE_DAYS
    # In the bad week the nurse asked for a weight every day.
    due = worse or today.toordinal() % habit.every == 0
    dice = random.Random(f"{seed}/{habit.person}/{today.isoformat()}")  # noqa: S311 - invented data, no secret
    missed_day = dice.random() < _DAY_MISSED
    if not due or (missed_day and not worse):
        return
    for slot, usual in enumerate(habit.usual):
        own = random.Random(f"{seed}/{habit.person}/{habit.measure}/{today.isoformat()}/{slot}")  # noqa: S311 - as above
        if own.random() < _SLOT_MISSED and not worse:
            continue
        yield _reading(habit, today, before, slot, _at(today, usual, dice, slot, own), own)


def _at(today: date, usual: time, dice: random.Random, slot: int, own: random.Random) -> datetime:
    """A usual time → the wall-clock time of this day: people measure several things in one sitting."""
    sitting = random.Random(f"{dice.random()}/{slot}")  # noqa: S311 - invented data, no secret
    wall = datetime.combine(today, usual)
    late = _WEEKEND_LATER if today.weekday() >= 5 else timedelta()
    jitter = timedelta(minutes=max(-45.0, min(75.0, sitting.gauss(0, 18))))
    within = timedelta(seconds=own.randint(10, 240))
    local = (wall + late + jitter + within).replace(microsecond=0)
    return local.replace(tzinfo=OSLO)


def _reading(
    habit: Habit, today: date, before: int, slot: int, at: datetime, own: random.Random
) -> Reading:
    share = (
        Decimal(WORSE_DAYS + 1 - before) / WORSE_DAYS
        if habit.person == MAIN and before <= WORSE_DAYS
        else Decimal(0)
    )
    moves = _WORSENING.get(habit.measure, ("0",)) if share else ("0",) * len(habit.level)
    names = _COMPONENTS.get(habit.measure, (habit.measure,))
    values: list[tuple[str, Decimal, str]] = []
    for number, name in enumerate(names):
        noise = Decimal(str(round(own.gauss(0, 1), 4))) * Decimal(habit.spread[number])
        value = Decimal(habit.level[number]) + share * Decimal(moves[number]) + noise
        value = max(Decimal(habit.low[number]), min(Decimal(habit.high[number]), value))
        value = _rounded(value, habit.step)
        unit = habit.supplier_unit or habit.unit
        values.append((name, to_supplier_unit(value, unit) if habit.supplier_unit else value, unit))
    oxygen = None
    if habit.person == MAIN and habit.measure == "spo2":
        oxygen = Decimal("2.0") if share else Decimal("1.5")
    key = f"{habit.person}-{habit.measure}-{today:%Y%m%d}-{slot + 1}"
    return Reading(key, habit.person, habit.measure, at, tuple(values), oxygen)


def _rounded(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_UP)


def _depression_scores(day: date) -> Iterator[Reading]:
    """Low mood is screened at the start and again after the trial (requirement 171)."""
    for before, score in ((HISTORY_DAYS - 1, "12"), (28, "9")):
        today = day - timedelta(days=before)
        at = datetime.combine(today, time(10, 30), OSLO)
        yield Reading(
            f"{MAIN}-phq9-{today:%Y%m%d}", MAIN, "phq9", at, (("phq9", Decimal(score), "{score}"),)
        )
