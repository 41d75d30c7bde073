"""The meaning of a search, written a second time and naively, straight from the specification's sentences.

Nothing here is shared with the hub: dates are read by hand and every resource is looked at.
Source: http://hl7.org/fhir/R4/search.html#prefix, #date, #token, #reference.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.builders import Json

OSLO = ZoneInfo("Europe/Oslo")
Range = tuple[Fraction, Fraction]
FOREVER = Fraction(10**12)


def seconds(at: datetime) -> Fraction:
    """An aware instant → seconds since 1970."""
    passed = at - datetime(1970, 1, 1, tzinfo=UTC)
    return Fraction(passed.days * 86400 + passed.seconds) + Fraction(passed.microseconds, 10**6)


def written(text: str) -> Range:
    """A date as written → the time it covers: as long as its precision says."""
    if "T" not in text:
        parts = [int(p) for p in text.split("-")]
        day = datetime(*[*parts, 1, 1][:3], tzinfo=OSLO)  # pyright: ignore[reportArgumentType] - three numbers
        if len(parts) == 1:
            after = day.replace(year=day.year + 1)
        elif len(parts) == 2:
            after = (day.replace(day=28) + timedelta(days=5)).replace(day=1)
        else:
            after = day + timedelta(days=1)
        return seconds(day), seconds(after)
    clock, zone = text, ""
    for mark in ("Z", "+", "-"):
        place = text.rfind(mark)
        if place > text.index("T"):
            clock, zone = text[:place], text[place:]
            break
    whole, _, fraction = clock.partition(".")
    whole_seconds = whole if whole.count(":") == 2 else f"{whole}:00"
    read = datetime.fromisoformat(whole_seconds + zone.replace("Z", "+00:00"))
    at = seconds(read if zone else read.replace(tzinfo=OSLO))
    if whole.count(":") == 1:
        return at, at + 60
    if not fraction:
        return at, at + 1
    return at + Fraction(int(fraction), 10 ** len(fraction)), at + Fraction(
        int(fraction) + 1, 10 ** len(fraction)
    )


def of_resource(resource: Json) -> Range | None:
    """An Observation → the time it is about."""
    if "effectivePeriod" in resource:
        period = resource["effectivePeriod"]
        start = written(period["start"])[0] if "start" in period else -FOREVER
        return start, written(period["end"])[1] if "end" in period else FOREVER
    if "effectiveDateTime" in resource:
        return written(resource["effectiveDateTime"])
    return None


def date_matches(value: str, target: Range, now: datetime) -> bool:
    """A search value with its prefix and a target → whether the sentence of the specification holds."""
    prefix, text = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
    search = written(text)
    contains = search[0] <= target[0] and target[1] <= search[1]
    overlaps = search[0] < target[1] and target[0] < search[1]
    reaches_above, reaches_below = target[1] > search[1], target[0] < search[0]
    match prefix:
        case "eq":  # the range of the search value fully contains the range of the target value
            return contains
        case "ne":
            return not contains
        case "gt":  # the range above the search value intersects the range of the target value
            return reaches_above
        case "lt":
            return reaches_below
        case (
            "ge"
        ):  # ... or the range of the search value fully contains the range of the target value
            return reaches_above or contains
        case "le":
            return reaches_below or contains
        case "sa":  # no overlap, and the range above contains the range of the target value
            return not overlaps and target[0] >= search[1]
        case "eb":
            return not overlaps and target[1] <= search[0]
        case "ap":  # within ten percent of the distance to now (the specification's suggestion)
            slack = Fraction(int(abs(seconds(now) - search[0]) * 10**6) // 10, 10**6)
            return search[0] - slack < target[1] and target[0] < search[1] + slack
        case _:
            raise AssertionError(prefix)


def token_matches(value: str, tokens: list[tuple[str, str]]) -> bool:
    """`code`, `system|code`, `|code`, `system|` and the (system, code) pairs of a resource → whether one fits."""
    if "|" not in value:
        return any(code == value for _, code in tokens)
    system, code = value.split("|", 1)
    return any(s == system and (not code or c == code) for s, c in tokens)


def codings(concept: Json) -> list[tuple[str, str]]:
    """A CodeableConcept → its pairs."""
    return [(c.get("system", ""), c["code"]) for c in concept.get("coding", ())]


def holds(resource: Json, name: str, value: str, now: datetime) -> bool:
    """One parameter with its value (commas: any of them) on an Observation → whether it holds."""
    return any(_holds(resource, name, each, now) for each in value.split(","))


def _holds(resource: Json, name: str, value: str, now: datetime) -> bool:
    match name:
        case "date":
            target = of_resource(resource)
            return target is not None and date_matches(value, target, now)
        case "code":
            return token_matches(value, codings(resource["code"]))
        case "status":
            return token_matches(value, [("", resource["status"])])
        case "identifier":
            pairs: list[Any] = resource.get("identifier", [])
            return token_matches(value, [(i.get("system", ""), i["value"]) for i in pairs])
        case "patient" | "subject":
            wanted = value if "/" in value else f"Patient/{value}"
            return resource["subject"]["reference"] == wanted
        case "_id":
            return resource["id"] == value
        case _:
            raise AssertionError(name)
