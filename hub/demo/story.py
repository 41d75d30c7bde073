"""The demo's story: a town, its history, and one Tuesday from morning to night as a list of events.

The main person slides from green over yellow into red; around him come a unit nobody can read, a value sent twice, a
value eleven hours late, a mistake taken back, black measurements of a trial, and messages from the hospital.
Source: dho/requirements.md 171, 172, 41, 53; dho/thresholds.md §4, §8, §9 (what each event shows).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, Literal

from hub.demo.limits import Rule, general_limits
from hub.demo.observations import identifier_of, to_observation
from hub.demo.people import DIABETES, HEART, MAIN, PRESSURE, TRIAL, VALVE, Person, people
from hub.demo.plans import OSLO, SelfCare, plans
from hub.demo.resources import Entry, Resource, build_town
from hub.demo.series import Measure, Reading, build_history

DEMO_DAY: Final = date(2026, 4, 14)
"""A Tuesday after the change to summer time, so that the history crosses it."""
SEED: Final = 171

Kind = Literal["value", "duplicate", "bad-unit", "late", "mistake", "correction", "message"]
Zone = Literal["none", "black", "green", "yellow", "red", "invalid", "duplicate", "retracted"]
MessageKey = Literal["utskrivningsklar", "utskrivningsrapport", "utskrevet", "innlagt"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens on the demo day.

    Shape: `observation` for everything but messages (a correction is the new version of the one with the same
    identifier); `message` names what hub.demo.messages builds. `zone` is what the plan says of the value, or what
    becomes of it; None for messages. `title` is one line of Norwegian for the screen.
    """

    at: datetime
    kind: Kind
    person: str
    title: str
    observation: Resource | None = None
    reading: Reading | None = None
    zone: Zone | None = None
    message: MessageKey | None = None

    @property
    def identifier(self) -> str | None:
        """Nothing → the supplier identifier of the value as `system|value`."""
        return identifier_of(self.observation) if self.observation else None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything the demo loads and plays.

    Shape: `town` in an order that can be created entry by entry; `history` oldest first; `events` in order of time.
    """

    day: date
    people: Mapping[str, Person]
    town: tuple[Entry, ...]
    plans: Mapping[str, SelfCare]
    general_limits: tuple[Rule, ...]
    history: tuple[Reading, ...]
    events: tuple[Event, ...]

    @property
    def opens(self) -> datetime:
        """Nothing → when the played day begins."""
        return datetime.combine(self.day, time(6, 30), OSLO)

    @property
    def closes(self) -> datetime:
        """Nothing → when the played day ends."""
        return datetime.combine(self.day, time(21, 30), OSLO)


def build_story(day: date = DEMO_DAY, seed: int = SEED) -> Story:
    """A day and a seed → the same story every time."""
    persons = people(day)
    return Story(
        day,
        persons,
        build_town(persons, day),
        plans(day),
        general_limits(),
        build_history(day, seed),
        _events(day),
    )


@dataclass(frozen=True, slots=True)
class _Day:
    """Makes the readings of one day."""

    day: date

    def at(self, clock: str, before: int = 0) -> datetime:
        """`HH:MM` (so many days before) → the instant."""
        hour, minute = clock.split(":")
        return datetime.combine(
            self.day - timedelta(days=before), time(int(hour), int(minute)), OSLO
        )

    def reading(
        self,
        clock: str,
        person: str,
        measure: Measure,
        *values: tuple[str, str, str],
        oxygen: str | None = None,
        before: int = 0,
    ) -> Reading:
        """Time, person, measure and values as text → the reading."""
        at = self.at(clock, before)
        return Reading(
            f"{person}-{measure}-{at:%Y%m%d-%H%M}",
            person,
            measure,
            at,
            tuple((name, Decimal(number), unit) for name, number, unit in values),
            Decimal(oxygen) if oxygen else None,
        )

    def value(self, reading: Reading, zone: Zone, title: str, kind: Kind = "value") -> Event:
        """A reading and its zone → the event of its arrival, a minute after it was taken."""
        at = reading.at + timedelta(minutes=1)
        return Event(at, kind, reading.person, title, to_observation(reading), reading, zone)

    def message(self, clock: str, person: str, key: MessageKey, title: str) -> Event:
        """Time, person and message → the event of its arrival."""
        return Event(self.at(clock), "message", person, title, message=key)


def _events(day: date) -> tuple[Event, ...]:
    made = _Day(day)
    events = [*_main_person(made), *_others(made), *_faults(made), *_messages(made)]
    return tuple(sorted(events, key=lambda e: e.at))


def _spo2(made: _Day, clock: str, value: str, oxygen: str) -> Reading:
    return made.reading(clock, MAIN, "spo2", ("spo2", value, "%"), oxygen=oxygen)


def _pulse(made: _Day, clock: str, person: str, value: str) -> Reading:
    return made.reading(clock, person, "pulse", ("pulse", value, "/min"))


def _pressure(
    made: _Day, clock: str, person: str, high: str, low: str, unit: str = "mm[Hg]", before: int = 0
) -> Reading:
    pair = (("systolic", high, unit), ("diastolic", low, unit))
    return made.reading(clock, person, "bp", *pair, before=before)


def _main_person(made: _Day) -> tuple[Event, ...]:
    first = _spo2(made, "07:42", "89", "2.0")
    again = made.value(first, "duplicate", "Leverandøren sender samme SpO2 om igjen", "duplicate")
    weight = made.reading("07:46", MAIN, "weight", ("weight", "64.4", "kg"))
    warm = made.reading("12:35", MAIN, "temperature", ("temperature", "37.9", "Cel"))
    return (
        made.value(first, "yellow", "SpO2 89 %: under det vanlige for ham"),
        made.value(_pulse(made, "07:43", MAIN, "98"), "green", "Puls 98"),
        made.value(_pressure(made, "07:44", MAIN, "138", "84"), "green", "Blodtrykk 138/84"),
        made.value(weight, "yellow", "Vekt 64,4 kg: opp 2,4 kg på en uke"),
        replace(again, at=made.at("07:52")),
        made.value(_spo2(made, "12:31", "88", "2.0"), "yellow", "SpO2 88 %: fortsatt gul"),
        made.value(_pulse(made, "12:32", MAIN, "104"), "yellow", "Puls 104"),
        made.value(warm, "green", "Temperatur 37,9 °C"),
        made.value(_spo2(made, "16:05", "86", "2.0"), "red", "SpO2 86 %: under rød grense"),
        made.value(_pulse(made, "16:06", MAIN, "116"), "yellow", "Puls 116"),
        made.value(_spo2(made, "20:10", "91", "2.0"), "green", "SpO2 91 % etter behandling"),
        made.value(_pulse(made, "20:11", MAIN, "96"), "green", "Puls 96"),
    )


def _others(made: _Day) -> tuple[Event, ...]:
    def sugar(clock: str, value: str) -> Reading:
        return made.reading(clock, DIABETES, "glucose", ("glucose", value, "mg/dL"))

    trial = made.reading("08:05", TRIAL, "spo2", ("spo2", "91", "%"))
    return (
        made.value(sugar("06:55", "128"), "green", "Blodsukker 128 mg/dL (7,1 mmol/L)"),
        made.value(sugar("17:20", "61"), "yellow", "Blodsukker 61 mg/dL (3,4 mmol/L): lavt"),
        made.value(sugar("17:50", "97"), "green", "Blodsukker 97 mg/dL etter saft"),
        made.value(
            _pressure(made, "06:48", PRESSURE, "18.9", "11.6", "kPa"),
            "green",
            "Blodtrykk 18,9/11,6 kPa (142/87 mmHg)",
        ),
        made.value(
            _pressure(made, "20:20", PRESSURE, "20.5", "12.3", "kPa"),
            "yellow",
            "Blodtrykk 20,5/12,3 kPa (154/92 mmHg)",
        ),
        made.value(trial, "black", "SpO2 91 % i utprøving: svart måling"),
        made.value(_pulse(made, "08:06", TRIAL, "80"), "black", "Puls 80 i utprøving"),
    )


def _faults(made: _Day) -> tuple[Event, ...]:
    # The code "mmol" is a UCUM unit, but not one of a concentration: nobody may guess what was meant.
    unit = made.reading("11:38", DIABETES, "glucose", ("glucose", "6.4", "mmol"))
    late = made.value(
        _pressure(made, "20:12", PRESSURE, "18.4", "11.2", "kPa", before=1),
        "green",
        "Blodtrykk fra i går kveld kommer elleve timer for sent",
        "late",
    )
    wrong = made.reading("08:30", VALVE, "inr", ("inr", "4.9", "{INR}"))
    right = made.reading("08:44", VALVE, "inr", ("inr", "2.9", "{INR}"))
    taken_back = Event(
        made.at("08:43"),
        "correction",
        VALVE,
        "INR 4,9 var en tastefeil: trukket tilbake",
        to_observation(wrong, "entered-in-error"),
        wrong,
        "retracted",
    )
    return (
        made.value(unit, "invalid", "Blodsukker 6,4 med en enhet ingen kan lese", "bad-unit"),
        replace(late, at=made.at("07:20")),
        made.value(wrong, "yellow", "INR 4,9: over gul grense", "mistake"),
        taken_back,
        made.value(right, "green", "INR 2,9"),
    )


def _messages(made: _Day) -> tuple[Event, ...]:
    return (
        made.message(
            "09:20", HEART, "utskrivningsklar", "Sykehuset melder pasienten utskrivningsklar"
        ),
        made.message(
            "13:30", HEART, "utskrivningsrapport", "Utskrivningsrapport: ber om hjemmeoppfølging"
        ),
        made.message("14:05", HEART, "utskrevet", "Melding om utskrevet pasient"),
        made.message("17:35", TRIAL, "innlagt", "Melding om innlagt pasient"),
    )
