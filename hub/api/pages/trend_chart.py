"""A series with its limits → a chart as inline SVG: readable without colour, without script, and as text beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil, floor, log10
from typing import Final

from hub.api.pages.layout import OSLO, zone_class, zone_word
from hub.html import Html, el
from hub.thresholds.bands import Scale
from hub.thresholds.reason import render_number

WIDTH: Final = 960
HEIGHT: Final = 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 156, 14, 34
_ALARMING: Final = ("red", "yellow")
_TICKS: Final = 6
_LINE: Final = 15


@dataclass(frozen=True, slots=True)
class Point:
    """One value. Units: those of the chart.

    Shape: `shown` the value as it was received; `beyond` 1 or -1 where it is only known that the value lies above or below (§4.5), else 0.
    """

    at: datetime
    value: Decimal
    zone: str
    shown: str
    series: int = 0
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Limits that held for a time. Shape: `name` tells the component, "" where there is one value only."""

    start: datetime
    end: datetime
    scale: Scale
    name: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where things lie. Shape: from instants and values to places in the picture."""

    start: datetime
    end: datetime
    low: float
    high: float

    def x(self, at: datetime) -> float:
        """An instant → its place."""
        part = (at - self.start) / (self.end - self.start)
        return round(_LEFT + min(max(part, 0.0), 1.0) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        """A value → its place."""
        part = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - _BOTTOM - min(max(part, 0.0), 1.0) * (HEIGHT - _TOP - _BOTTOM), 1)


def render_chart(
    title: str,
    points: Sequence[Point],
    stretches: Sequence[Stretch],
    start: datetime,
    end: datetime,
) -> Html:
    """Points and limits of a time → the chart."""
    frame = _frame(points, stretches, start, end)
    shaded = [s for s in stretches if not s.name]
    return el(
        "svg",
        el("title", title),
        [area for stretch in shaded for area in _areas(frame, stretch)],
        _grid(frame),
        [line for stretch in stretches for line in _limits(frame, stretch)],
        list(_labels(frame, stretches)),
        [_joined(frame, [p for p in points if p.series == n]) for n in (0, 1)],
        [_dot(frame, point) for point in points],
        [_beyond(frame, point) for point in points if point.beyond],
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=title,
    )


def changes(scale: Scale) -> Iterator[tuple[Decimal, str, str]]:
    """A scale → (bound, zone, sign) wherever the zone changes to or from red or yellow: the limit in words."""
    for number, bound in enumerate(scale.bounds):
        below, above = scale.cells[2 * number], scale.cells[2 * number + 2]
        if below.zone == above.zone:
            continue
        # The worse side gives the colour: below the line that is "<", above it ">" (or with the bound itself).
        for zone in _ALARMING:
            if zone in (below.zone, above.zone):
                own = scale.cells[2 * number + 1].zone == zone
                sign = ("≤" if own else "<") if below.zone == zone else ("≥" if own else ">")
                yield bound, zone, sign
                break


def _frame(
    points: Sequence[Point], stretches: Sequence[Stretch], start: datetime, end: datetime
) -> Frame:
    values = [float(p.value) for p in points]
    bounds = [float(b) for s in stretches for b, _, _ in changes(s.scale)]
    both = [*values, *bounds] or [0.0, 1.0]
    room = (max(both) - min(both)) * 0.08 or max(abs(max(both)) * 0.05, 1.0)
    return Frame(start, end, min(both) - room, max(both) + room)


def _areas(frame: Frame, stretch: Stretch) -> Iterator[Html]:
    """The zones red and yellow as a tint behind everything."""
    ends = [frame.low, *(float(b) for b in stretch.scale.bounds), frame.high]
    x = frame.x(stretch.start)
    for number in range(len(stretch.scale.bounds) + 1):
        zone = stretch.scale.cells[2 * number].zone
        if zone not in _ALARMING:
            continue
        low, high = (frame.y(max(min(e, frame.high), frame.low)) for e in ends[number : number + 2])
        if low > high:
            yield el(
                "rect",
                x=x,
                y=high,
                width=round(frame.x(stretch.end) - x, 1),
                height=round(low - high, 1),
                class_=f"area {zone}",
            )


def _limits(frame: Frame, stretch: Stretch) -> Iterator[Html]:
    for bound, zone, _ in changes(stretch.scale):
        y = frame.y(float(bound))
        ends = {"x1": frame.x(stretch.start), "x2": frame.x(stretch.end), "y1": y, "y2": y}
        yield el("line", class_=f"limit {zone}", **ends)


def _labels(frame: Frame, stretches: Sequence[Stretch]) -> Iterator[Html]:
    """The limits that still hold, named at the right edge; names that would cover each other move apart."""
    now = [s for s in stretches if s.end >= frame.end]
    named = [
        (frame.y(float(b)), b, z, sign, s.name) for s in now for b, z, sign in changes(s.scale)
    ]
    last = 0.0
    for y, bound, zone, sign, name in sorted(named):
        last = max(y + 4, last + _LINE)
        text = f"{zone_word(zone)} {sign} {render_number(bound)} {name}".rstrip()
        yield el("text", text, x=WIDTH - _RIGHT + 6, y=last, class_=zone)


def _grid(frame: Frame) -> list[Html]:
    parts: list[Html] = []
    step = _step((frame.high - frame.low) / _TICKS)
    value = ceil(frame.low / step) * step
    while value <= frame.high:
        y = frame.y(value)
        parts.append(el("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        label = f"{value:.{max(0, -floor(log10(step)))}f}".replace(".", ",")
        parts.append(el("text", label, x=_LEFT - 8, y=y + 4, text_anchor="end"))
        value += step
    days = max((frame.end - frame.start).days // _TICKS, 1)
    at = frame.start.astimezone(OSLO).replace(hour=0, minute=0, second=0, microsecond=0)
    at += timedelta(days=1)
    while at < frame.end:
        x = frame.x(at)
        parts.append(el("line", x1=x, x2=x, y1=_TOP, y2=HEIGHT - _BOTTOM, class_="grid"))
        label = f"{at:%d.%m.}"
        parts.append(el("text", label, x=x, y=HEIGHT - _BOTTOM + 20, text_anchor="middle"))
        at += timedelta(days=days)
    return parts


def _step(rough: float) -> float:
    """The distance wanted between lines → the next round one."""
    power = 10.0 ** floor(log10(rough))
    return next(s * power for s in (1, 2, 5, 10) if s * power >= rough)


def _joined(frame: Frame, points: Sequence[Point]) -> Html | None:
    if len(points) < 2:
        return None
    places = " ".join(f"{frame.x(p.at)},{frame.y(float(p.value))}" for p in points)
    return el("polyline", points=places, class_="joined")


def _dot(frame: Frame, point: Point) -> Html:
    """Red is a triangle, yellow a square, everything else a circle: the zone can be told without colour."""
    x, y = frame.x(point.at), frame.y(float(point.value))
    kind = f"dot {zone_class(point.zone)}"
    local = point.at.astimezone(OSLO)
    told = el("title", f"{local:%d.%m.%Y %H:%M}: {point.shown}, {zone_word(point.zone)}")
    if point.zone == "red":
        corners = f"{x},{y - 7} {x + 6.5},{y + 5} {x - 6.5},{y + 5}"
        return el("polygon", told, points=corners, class_=kind)
    if point.zone == "yellow":
        return el("path", told, d=f"M{x - 4.5},{y - 4.5}h9v9h-9z", class_=kind)
    return el(
        "path", told, d=f"M{x - 3.6},{y}a3.6,3.6 0 1,0 7.2,0a3.6,3.6 0 1,0 -7.2,0", class_=kind
    )


def _beyond(frame: Frame, point: Point) -> Html:
    """An arrow from the value to the side where the true one lies, which the device could not measure."""
    x, y = frame.x(point.at), frame.y(float(point.value))
    away = -point.beyond  # a picture counts downwards
    shape = f"M{x},{y + 8 * away}v{9 * away}m-3.5,{-4 * away}l3.5,{4 * away}l3.5,{-4 * away}"
    return el("path", d=shape, class_="beyond")
