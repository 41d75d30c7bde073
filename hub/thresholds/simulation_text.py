"""A simulation → words for people, in Norwegian or English, and a value for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from hub.thresholds.judgement import Firing
from hub.thresholds.measures import name_in_english, name_of
from hub.thresholds.simulate import Outcome, Simulation, Value
from hub.thresholds.spans import local_time
from hub.values import Language

_ALARMING: Final = ("red", "yellow")
_MOST: Final = 20
_ZONES: Final[dict[Language, dict[str, tuple[str, str]]]] = {
    "nb": {
        "red": ("rød", "røde"),
        "yellow": ("gul", "gule"),
        "green": ("grønn", "grønne"),
        "black": ("svart", "svarte"),
        "none": ("uten grense", "uten grense"),
        "invalid": ("ikke vurdert", "ikke vurdert"),
    },
    "en": {
        "red": ("red", "red"),
        "yellow": ("yellow", "yellow"),
        "green": ("green", "green"),
        "black": ("black", "black"),
        "none": ("without limit", "without limit"),
        "invalid": ("not judged", "not judged"),
    },
}
_TEXTS: Final[dict[Language, dict[str, str]]] = {
    "nb": {
        "head": "{start} til {end}: {values} verdier.",
        "fired": "Utslag nå: {now}. Med utkastet: {draft}.",
        "nothing": "ingen",
        "technical": "Tekniske utslag, som ingen plan endrer: {count}.",
        "rules": "Utslag per regel (nå → utkast):",
        "zones": "Verdier per sone (nå → utkast):",
        "changed": "Verdier som får annen sone: {count}.",
        "more": "… og {count} til.",
        "same": "Ingen verdi får annen sone.",
        "lost": "OBS: {count} verdier som er røde nå, blir ikke røde med utkastet.",
        "lost-one": "OBS: 1 verdi som er rød nå, blir ikke rød med utkastet.",
    },
    "en": {
        "head": "{start} to {end}: {values} values.",
        "fired": "Fires now: {now}. With the draft: {draft}.",
        "nothing": "nothing",
        "technical": "Technical firings, which no plan changes: {count}.",
        "rules": "Firings by rule (now → draft):",
        "zones": "Values by zone (now → draft):",
        "changed": "Values whose zone changes: {count}.",
        "more": "… and {count} more.",
        "same": "No value changes zone.",
        "lost": "NOTE: {count} values that are red now are not red with the draft.",
        "lost-one": "NOTE: 1 value that is red now is not red with the draft.",
    },
}


def changed_values(simulation: Simulation) -> tuple[tuple[Value, Value], ...]:
    """A simulation → (now, with the draft) of every value whose zone differs, by time."""
    drafted = {value.observation: value for value in simulation.draft.values}
    pairs = ((now, drafted.get(now.observation)) for now in simulation.current.values)
    return tuple((now, then) for now, then in pairs if then is not None and now.zone != then.zone)


def render_simulation(
    simulation: Simulation, zone: ZoneInfo, language: Language = "nb"
) -> tuple[str, ...]:
    """A simulation and the patient's calendar → lines for people."""
    return tuple(_lines(simulation, zone, language))


def summary(simulation: Simulation, language: Language = "nb") -> str:
    """A simulation → the one line that matters: how often each plan fires."""
    return _TEXTS[language]["fired"].format(
        now=_counted(simulation.current, language), draft=_counted(simulation.draft, language)
    )


def _lines(simulation: Simulation, zone: ZoneInfo, language: Language) -> Iterator[str]:
    texts = _TEXTS[language]
    start, end = (_day(at, zone) for at in (simulation.start, simulation.end))
    yield texts["head"].format(start=start, end=end, values=len(simulation.current.values))
    yield summary(simulation, language)
    lost = sum(1 for now, then in changed_values(simulation) if now.zone == "red" != then.zone)
    if lost:
        yield texts["lost" if lost > 1 else "lost-one"].format(count=lost)
    if simulation.current.technical:
        yield texts["technical"].format(count=simulation.current.technical)
    yield from _table(texts["zones"], simulation.current.zones, simulation.draft.zones, language)
    yield from _rules(texts["rules"], simulation, language)
    yield from _changes(simulation, zone, language)


def _counted(outcome: Outcome, language: Language) -> str:
    fired = outcome.fired
    words = _ZONES[language]
    told = [f"{fired[z]} {words[z][fired[z] != 1]}" for z in reversed(_ALARMING) if fired[z]]
    return ", ".join(told) or _TEXTS[language]["nothing"]


def _table(head: str, now: Counter[str], then: Counter[str], language: Language) -> Iterator[str]:
    rows = [z for z in ("red", "yellow", "green", "black", "none", "invalid") if now[z] or then[z]]
    if rows:
        yield head
    for zone in rows:
        yield f"  {_ZONES[language][zone][1]:14} {now[zone]:6} → {then[zone]}"


def _rules(head: str, simulation: Simulation, language: Language) -> Iterator[str]:
    now, then = (_by_rule(o.firings) for o in (simulation.current, simulation.draft))
    if now or then:
        yield head
    for key in sorted({*now, *then}, key=lambda k: (k[0], _ALARMING.index(k[1]))):
        rule, zone = key
        yield f"  {rule:24} {_ZONES[language][zone][0]:8} {now[key]:6} → {then[key]}"


def _by_rule(firings: tuple[Firing, ...]) -> Counter[tuple[str, str]]:
    return Counter((firing.rule, firing.zone) for firing in firings if firing.zone in _ALARMING)


def _changes(simulation: Simulation, zone: ZoneInfo, language: Language) -> Iterator[str]:
    texts, words = _TEXTS[language], _ZONES[language]
    changed = changed_values(simulation)
    if not changed:
        yield texts["same"]
        return
    yield texts["changed"].format(count=len(changed))
    calm = [p for p in changed if not {p[0].zone, p[1].zone} & {*_ALARMING}]
    for (now, then), count in Counter((n.zone, t.zone) for n, t in calm).items():
        yield f"  {words.get(now, (now,))[0]} → {words.get(then, (then,))[0]}: {count}"
    alarming = [pair for pair in changed if pair not in calm]
    named = name_of if language == "nb" else name_in_english
    for now, then in alarming[-_MOST:]:
        at = local_time(now.effective, zone)
        names = tuple(words.get(z, (z,))[0] for z in (now.zone, then.zone))
        yield f"  {at:%d.%m.%Y %H:%M}  {named(now.measure):24} {names[0]} → {names[1]}"
    if len(alarming) > _MOST:
        yield "  " + texts["more"].format(count=len(alarming) - _MOST)


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{local_time(at, zone):%d.%m.%Y %H:%M}"


def simulation_document(simulation: Simulation) -> dict[str, Any]:
    """A simulation → one object for programs; every firing with what explains it."""
    return {
        "start": simulation.start.isoformat(),
        "end": simulation.end.isoformat(),
        "values": len(simulation.current.values),
        "summary": summary(simulation, "nb"),
        "current": _outcome(simulation.current),
        "draft": _outcome(simulation.draft),
        "changed": [
            {
                "observation": now.observation,
                "measure": now.measure,
                "effective": now.effective.isoformat(),
                "from": now.zone,
                "to": then.zone,
            }
            for now, then in changed_values(simulation)
        ],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "zones": dict(sorted(outcome.zones.items())),
        "fired": {zone: outcome.fired[zone] for zone in ("yellow", "red")},
        "technical": outcome.technical,
        "firings": [
            msgspec.to_builtins(firing, builtin_types=(Decimal, datetime))
            for firing in outcome.firings
        ],
    }
