"""A replay of two plans → one picture (SVG) that stands by itself: for each measure what fires now, above what the draft would fire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from hub.api.pages.trend import points_of, stretches_of, unit_of
from hub.api.pages.trend_chart import HEIGHT, WIDTH, Point, render_chart
from hub.flows.simulate_plan import Replay
from hub.html import Html, el, join
from hub.thresholds.book import Book
from hub.thresholds.measures import MEASURES, name_of
from hub.thresholds.reason import render_unit
from hub.thresholds.simulate import Outcome
from hub.thresholds.simulation_text import summary

_HEAD: Final = 64
_TITLE: Final = 30
_ZONES: Final = ("red", "yellow")
_STYLE: Final = """
svg{font-family:system-ui,sans-serif;font-size:13px;fill:#1b2430}
.head{font-size:16px;font-weight:600}.name{font-size:14px;font-weight:600}
.grid{stroke:#d9dee5;stroke-width:1}.joined{fill:none;stroke:#8b97a6;stroke-width:1}
.limit{stroke-dasharray:5 4;stroke-width:1.4}.limit.red{stroke:#b3001b}.limit.yellow{stroke:#b07f00}
.area.red{fill:#b3001b;fill-opacity:.07}.area.yellow{fill:#e0a800;fill-opacity:.10}
text.red{fill:#b3001b}text.yellow{fill:#7a5200}
.dot{stroke:#fff;stroke-width:.8}.dot.red{fill:#b3001b}.dot.yellow{fill:#d99a00}.dot.green{fill:#2e8b4a}
.dot.black{fill:#1b2430}.dot.other{fill:#fff;stroke:#5a6675;stroke-width:1.4}.beyond{fill:none;stroke:#1b2430;stroke-width:1.4}
"""


def render_simulation_svg(replay: Replay) -> str:
    """A replay → an SVG document."""
    simulation = replay.simulation
    found = [
        (f"{name_of(measure)}{_in_unit(measure, book, simulation.end)}: {side}", chart)
        for measure in _measures(replay)
        for side, book, outcome in (
            ("nå", replay.current, simulation.current),
            ("med utkastet", replay.draft, simulation.draft),
        )
        if (chart := _chart(replay, measure, side, book, outcome)) is not None
    ]
    height = _HEAD + len(found) * (HEIGHT + _TITLE)
    parts = [
        el(
            "g",
            el("text", title, x=16, y=18, class_="name"),
            el("g", chart, transform=f"translate(0 {_TITLE})"),
            transform=f"translate(0 {_HEAD + number * (HEIGHT + _TITLE)})",
        )
        for number, (title, chart) in enumerate(found)
    ]
    told = summary(simulation)
    whole = el(
        "svg",
        el("title", told),
        Html(f"<style>{_STYLE}</style>"),
        el("text", told, x=16, y=26, class_="head"),
        el("text", _missing(simulation.current, simulation.draft), x=16, y=48),
        join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        width=WIDTH,
        height=height,
        role="img",
        aria_label=told,
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{whole.text}\n'


def _measures(replay: Replay) -> list[str]:
    """Measures with values that can be drawn; those that fire come first."""
    simulation = replay.simulation
    fired = {
        value.measure
        for outcome in (simulation.current, simulation.draft)
        for value in outcome.values
        if value.zone in _ZONES
    }
    seen = dict.fromkeys(value.measure for value in simulation.current.values)
    drawn = [m for m in seen if m in MEASURES and not MEASURES[m].coded]
    return sorted(drawn, key=lambda measure: (measure not in fired, measure))


def _chart(replay: Replay, measure: str, side: str, book: Book, outcome: Outcome) -> Html | None:
    simulation = replay.simulation
    unit = unit_of(book, measure, simulation.end)
    points = list(_points(replay, measure, unit, outcome))
    if not points:
        return None
    stretches = list(stretches_of(book, measure, unit, simulation.start, simulation.end))
    title = f"{name_of(measure)}, {side}"
    chart = render_chart(title, points, stretches, simulation.start, simulation.end)
    return Html(chart.text.replace("<svg", f'<svg width="{WIDTH}" height="{HEIGHT}"', 1))


def _points(replay: Replay, measure: str, unit: str, outcome: Outcome) -> Iterator[Point]:
    for value in outcome.values:
        if value.measure == measure:
            received = replay.values[value.observation]
            yield from points_of(received, value.effective, value.zone, measure, unit)


def _in_unit(measure: str, book: Book, at: datetime) -> str:
    unit = render_unit(unit_of(book, measure, at))
    return f" ({unit})" if unit else ""


def _missing(current: Outcome, draft: Outcome) -> str:
    now, then = (
        sum(1 for firing in outcome.firings if firing.reason == "missing")
        for outcome in (current, draft)
    )
    return f"Uteblitte målinger: {now} nå, {then} med utkastet." if now or then else ""
